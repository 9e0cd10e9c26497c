#include "cli/netplan.h"

#include <inttypes.h>
#include <string.h>

#define DNS_PORT 53

static void
write_address(FILE *out, const char *name, const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];

	(void)fprintf(out, "%s='%s'\n", name,
	    a->family == ADDRESS_NONE ? "" : address_text(a, text));
}

static void
write_interface(FILE *out, const char *name, const struct interface_address *i)
{
	static const char *const modes[] = {
		[INTERFACE_NONE] = "none",
		[INTERFACE_DHCP] = "dhcp",
		[INTERFACE_AUTO] = "auto",
	};
	char text[ADDRESS_TEXT_MAX];

	if (i->mode == INTERFACE_STATIC)
		(void)fprintf(out, "%s='%s/%u'\n", name,
		    address_text(&i->address, text), (unsigned)i->length);
	else
		(void)fprintf(out, "%s='%s'\n", name, modes[i->mode]);
}

/* 24 is 255.255.255.0. */
static void
write_netmask(FILE *out, const char *name, unsigned length)
{
	uint32_t mask = length == 0 ? 0 : UINT32_MAX << (32 - length);

	(void)fprintf(out, "%s='%u.%u.%u.%u'\n", name, mask >> 24,
	    mask >> 16 & 0xff, mask >> 8 & 0xff, mask & 0xff);
}

static void
write_wan(FILE *out, const struct network *n)
{
	write_interface(out, "wan_address", &n->wan);
	write_address(out, "wan_gateway", &n->gateway);
	write_interface(out, "wan_address6", &n->wan6);
	write_address(out, "wan_gateway6", &n->gateway6);
	(void)fprintf(out, "wan_vlan='%" PRIu32 "'\n", n->vlan);
	(void)fprintf(out, "wan_mtu='%" PRIu32 "'\n", n->mtu);
}

static void
write_lan(FILE *out, const struct network *n)
{
	struct address first = { .family = ADDRESS_NONE };
	struct address last = { .family = ADDRESS_NONE };
	bool serves = network_dhcp_range(&first, &last, n);

	write_interface(out, "lan_address", &n->lan);
	write_netmask(out, "lan_netmask", n->lan.length);
	write_interface(out, "lan_address6", &n->lan6);
	(void)fprintf(out, "lan_dhcp='%s'\n", serves ? "on" : "off");
	write_address(out, "lan_dhcp_first", &first);
	write_address(out, "lan_dhcp_last", &last);
	(void)fprintf(out, "lan_dhcp_lease='%" PRIu32 "'\n", n->dhcp_lease);
}

/* PREFIX,GATEWAY each: two words would be two routes. */
static void
write_routes(FILE *out, const struct network *n)
{
	char to[ADDRESS_TEXT_MAX];
	char via[ADDRESS_TEXT_MAX];

	(void)fputs("routes='", out);
	for (size_t i = 0; i < n->nroutes; i++)
		(void)fprintf(out, "%s%s/%u,%s", i > 0 ? " " : "",
		    address_text(&n->routes[i].to.address, to),
		    (unsigned)n->routes[i].to.length,
		    address_text(&n->routes[i].via, via));
	(void)fputs("'\n", out);
}

/* TYPE,KEY each, as routes are. */
static void
write_keys(FILE *out, const char *name, const struct network *n,
    enum ssh_login login)
{
	const char *blank = "";

	(void)fprintf(out, "%s='", name);
	for (size_t i = 0; i < n->nssh_keys; i++) {
		const char *text = n->ssh_keys[i].text;
		int type = (int)strcspn(text, " ");

		if (n->ssh_keys[i].login != login)
			continue;
		(void)fprintf(out, "%s%.*s,%s", blank, type, text,
		    text + type + 1);
		blank = " ";
	}
	(void)fputs("'\n", out);
}

static void
write_exempt(FILE *out, const char *name, const struct settings *s,
    enum address_family family)
{
	char text[ADDRESS_TEXT_MAX];
	const char *blank = "";

	(void)fprintf(out, "%s='", name);
	for (size_t i = 0; i < s->nexempt; i++) {
		const struct prefix *p = &s->exempt[i];

		if (p->address.family != family)
			continue;
		(void)fprintf(out, "%s%s/%u", blank,
		    address_text(&p->address, text), (unsigned)p->length);
		blank = " ";
	}
	(void)fputs("'\n", out);
}

/* Those that can be asked where no port can be given. */
static void
write_resolvers(FILE *out, const struct settings *s)
{
	char text[ADDRESS_TEXT_MAX];
	const char *blank = "";

	(void)fputs("dns_servers='", out);
	for (size_t i = 0; i < s->nservers; i++) {
		if (s->servers[i].port != DNS_PORT)
			continue;
		(void)fprintf(out, "%s%s", blank,
		    address_text(&s->servers[i], text));
		blank = " ";
	}
	(void)fputs("'\n", out);
}

void
netplan_write(FILE *out, const struct settings *s)
{
	const struct network *n = &s->network;

	(void)fprintf(out, "hostname='%s'\n", n->hostname);
	(void)fputs("ntp_servers='", out);
	for (size_t i = 0; i < n->nntp; i++)
		(void)fprintf(out, "%s%s", i > 0 ? " " : "", n->ntp[i]);
	(void)fputs("'\n", out);
	write_resolvers(out, s);
	write_wan(out, n);
	write_lan(out, n);
	(void)fprintf(out, "nat='%s'\n", n->nat != 0 ? "on" : "off");
	write_routes(out, n);
	(void)fprintf(out, "ssh='%s'\n", n->ssh_server != 0 ? "on" : "off");
	write_keys(out, "ssh_admin", n, SSH_ADMIN);
	write_keys(out, "ssh_view", n, SSH_VIEW);
	write_exempt(out, "exempt4", s, ADDRESS_IPV4);
	write_exempt(out, "exempt6", s, ADDRESS_IPV6);
	(void)fprintf(out, "listen_port='%u'\n", (unsigned)s->listen_port);
}
