#include "config/network.h"

#include <string.h>

#include "base/err.h"

static uint32_t
ipv4_number(const struct address *a)
{
	return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 |
	    (uint32_t)a->bytes[2] << 8 | a->bytes[3];
}

static struct address
ipv4_address(uint32_t number)
{
	return (struct address){ .family = ADDRESS_IPV4,
		.bytes = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		    (uint8_t)(number >> 8), (uint8_t)number } };
}

/* The host part of an IPv4 address, as a mask. */
static uint32_t
host_mask(const struct interface_address *i)
{
	return i->length == 0 ? UINT32_MAX
			      : (uint32_t)((1ULL << (32 - i->length)) - 1);
}

void
network_default(struct network *n)
{
	*n = (struct network){
		.hostname = "danegate",
		.wan = { .mode = INTERFACE_DHCP },
		.mtu = 1500,
		.lan = { .mode = INTERFACE_STATIC, .length = 24 },
		.dhcp_server = 1,
		.dhcp_lease = 3600,
		.nat = 1,
	};
	n->lan.address = ipv4_address(0xc0a81901); /* 192.168.25.1 */
}

/* The whole network or all its hosts: RFC 1122 3.2.1.3, RFC 3021; RFC 4291
 * 2.6.1 (anycast of its routers), RFC 6164. */
static bool
names_no_host(const struct interface_address *i)
{
	uint32_t host;

	if (i->address.family == ADDRESS_IPV4) {
		host = ipv4_number(&i->address) & host_mask(i);
		return i->length < 31 && (host == 0 || host == host_mask(i));
	}
	for (unsigned bit = i->length; bit < 128; bit++)
		if ((i->address.bytes[bit / 8] & (0x80 >> bit % 8)) != 0)
			return false;
	return i->length < 127;
}

int
interface_address_parse(struct interface_address *out, struct span text)
{
	struct interface_address i = { .mode = INTERFACE_STATIC };
	size_t slash = span_find(text, '/', 0);
	uint64_t length;

	if (address_parse(&i.address, span_slice(text, 0, slash)) != 0 ||
	    slash >= text.n)
		return DG_ESYNTAX;
	if (span_number(&length, span_slice(text, slash + 1, text.n),
		i.address.family == ADDRESS_IPV4 ? 32 : 128) != 0 ||
	    length == 0)
		return DG_ESYNTAX;
	i.length = (uint8_t)length;
	if (names_no_host(&i))
		return DG_ESYNTAX;
	*out = i;
	return 0;
}

/* Both are hosts of one link. */
static bool
on_link(const struct interface_address *i, const struct address *a)
{
	struct prefix p = { i->address, i->length };

	return prefix_contains(&p, a);
}

bool
network_dhcp_range(struct address *first, struct address *last,
    const struct network *n)
{
	uint64_t size;
	uint32_t net;

	if (n->dhcp_server == 0 || n->lan.mode != INTERFACE_STATIC ||
	    n->lan.length > 29)
		return false;
	if (n->dhcp_first.family != ADDRESS_NONE) {
		*first = n->dhcp_first;
		*last = n->dhcp_last;
		return true;
	}
	size = (uint64_t)host_mask(&n->lan) + 1;
	net = ipv4_number(&n->lan.address) & ~host_mask(&n->lan);
	*first = ipv4_address(net + (uint32_t)(size * 100 / 256));
	*last = ipv4_address(net + (uint32_t)(size * 200 / 256) - 1);
	return true;
}

const char *
network_check(const struct network *n)
{
	const struct address *first = &n->dhcp_first;

	if (n->wan.mode == INTERFACE_STATIC &&
	    (on_link(&n->wan, &n->lan.address) ||
		on_link(&n->lan, &n->wan.address)))
		return "interface wan address and interface lan address in "
		       "different networks";
	if (n->gateway.family != ADDRESS_NONE &&
	    (n->wan.mode != INTERFACE_STATIC || !on_link(&n->wan, &n->gateway)))
		return "interface wan gateway inside a static interface wan "
		       "address";
	if (n->gateway6.family != ADDRESS_NONE &&
	    n->wan6.mode != INTERFACE_STATIC)
		return "a static interface wan address6 where gateway6 is set";
	if (first->family != ADDRESS_NONE &&
	    (!on_link(&n->lan, first) || !on_link(&n->lan, &n->dhcp_last) ||
		ipv4_number(first) > ipv4_number(&n->dhcp_last)))
		return "interface lan dhcp-range FIRST LAST inside interface "
		       "lan address";
	return NULL;
}

/* What all keys of a type begin with: the lengths and names before the key
 * itself. The one that is cut in the middle of a byte ends there. */
static const struct {
	const char *type, *begin;
	size_t length;
} key_types[] = {
	{ "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAI", 68 },
	{ "ecdsa-sha2-nistp256",
	    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBB", 140 },
};

static bool
is_base64(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '/';
}

int
ssh_key_check(struct span type, struct span blob)
{
	size_t t = 0;
	size_t padding = 0;
	struct span begin;

	while (t < DG_ARRAY_LEN(key_types) &&
	    !span_equal(type, span_text(key_types[t].type)))
		t++;
	if (t == DG_ARRAY_LEN(key_types) || blob.n != key_types[t].length)
		return DG_ESYNTAX;
	begin = span_text(key_types[t].begin);
	if (!span_equal(span_slice(blob, 0, begin.n), begin))
		return DG_ESYNTAX;
	/* 104 bytes are two more than a multiple of three. */
	if (blob.p[blob.n - 1] == '=' && blob.n == 140)
		padding = 1;
	for (size_t i = 0; i < blob.n - padding; i++)
		if (!is_base64(blob.p[i]))
			return DG_ESYNTAX;
	return 0;
}
