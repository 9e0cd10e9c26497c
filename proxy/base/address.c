#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static size_t
family_bytes(enum address_family family)
{
	switch (family) {
	case ADDRESS_NONE:
		return 0;
	case ADDRESS_IPV4:
		return 4;
	case ADDRESS_IPV6:
		return 16;
	}
	return 0;
}

int
address_parse(struct address *out, struct span text)
{
	char copy[INET6_ADDRSTRLEN];
	struct address a = { 0 };

	if (span_copy_text(copy, sizeof(copy), text) != 0)
		return DG_ESYNTAX;
	if (inet_pton(AF_INET, copy, a.bytes) == 1)
		a.family = ADDRESS_IPV4;
	else if (inet_pton(AF_INET6, copy, a.bytes) == 1)
		a.family = ADDRESS_IPV6;
	else
		return DG_ESYNTAX;
	*out = a;
	return 0;
}

int
address_parse_port(struct address *out, struct span text, uint16_t port)
{
	size_t at = span_find(text, '@', 0);
	struct address a;
	uint64_t number = port;

	if (address_parse(&a, span_slice(text, 0, at)) != 0)
		return DG_ESYNTAX;
	if (at < text.n &&
	    (span_number(&number, span_slice(text, at + 1, text.n),
		 UINT16_MAX) != 0 ||
		number == 0))
		return DG_ESYNTAX;
	a.port = (uint16_t)number;
	*out = a;
	return 0;
}

/* The bit of bytes that is bit number i from the left. */
static bool
bit_at(const uint8_t *bytes, size_t i)
{
	return (bytes[i / 8] >> (7 - i % 8)) & 1;
}

int
prefix_parse(struct prefix *out, struct span text)
{
	size_t slash = span_find(text, '/', 0);
	struct prefix p = { 0 };
	size_t bits;
	uint64_t length;

	if (address_parse(&p.address, span_slice(text, 0, slash)) != 0)
		return DG_ESYNTAX;
	bits = 8 * family_bytes(p.address.family);
	length = bits;
	if (slash < text.n &&
	    span_number(&length, span_slice(text, slash + 1, text.n), bits) !=
		0)
		return DG_ESYNTAX;
	for (size_t i = (size_t)length; i < bits; i++)
		if (bit_at(p.address.bytes, i))
			return DG_ESYNTAX;
	p.length = (uint8_t)length;
	*out = p;
	return 0;
}

bool
prefix_contains(const struct prefix *p, const struct address *a)
{
	if (p->address.family != a->family || a->family == ADDRESS_NONE)
		return false;
	for (size_t i = 0; i < p->length; i++)
		if (bit_at(p->address.bytes, i) != bit_at(a->bytes, i))
			return false;
	return true;
}

bool
address_same_host(const struct address *a, const struct address *b)
{
	return a->family == b->family && a->family != ADDRESS_NONE &&
	    memcmp(a->bytes, b->bytes, family_bytes(a->family)) == 0;
}

const char *
address_text(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
	int family = a->family == ADDRESS_IPV4 ? AF_INET : AF_INET6;

	if (a->family == ADDRESS_NONE ||
	    inet_ntop(family, a->bytes, text, ADDRESS_TEXT_MAX) == NULL)
		(void)snprintf(text, ADDRESS_TEXT_MAX, "none");
	return text;
}

const char *
address_port_text(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
	char host[ADDRESS_TEXT_MAX];

	(void)address_text(a, host);
	host[INET6_ADDRSTRLEN - 1] = '\0';
	(void)snprintf(text, ADDRESS_TEXT_MAX,
	    a->family == ADDRESS_IPV6 ? "[%.46s]:%u" : "%.46s:%u", host,
	    (unsigned)a->port);
	return text;
}
