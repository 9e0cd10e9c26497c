#include "cli/ruleset.h"

#define SET_MARK "meta mark set meta mark & 0xff00ffff | " RULESET_MARK

void
ruleset_write_removal(FILE *out)
{
	/* The first line makes the second one succeed. */
	(void)fputs("table inet danegate\n"
		    "delete table inet danegate\n",
	    out);
}

static const char *
family_word(const struct prefix *p)
{
	return p->address.family == ADDRESS_IPV6 ? "ip6" : "ip";
}

static void
write_interfaces(FILE *out, const struct settings *s)
{
	(void)fputs("iifname {", out);
	for (size_t i = 0; i < s->ninterfaces; i++)
		(void)fprintf(out, "%s \"%s\"", i > 0 ? "," : "",
		    s->interfaces[i]);
	(void)fputs(" } tcp dport 25", out);
}

/* One rule for each source that is forwarded untouched. */
static void
write_exempt(FILE *out, const struct settings *s, const char *verdict)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < s->nexempt; i++)
		(void)fprintf(out, "\t\t%s saddr %s/%u %s\n",
		    family_word(&s->exempt[i]),
		    address_text(&s->exempt[i].address, text),
		    s->exempt[i].length, verdict);
}

/*
 * Where the server sees the client's address, its answers go to that: a packet
 * that belongs to a socket of ours is kept here. So is what the way there has
 * to say of it (the packet too big, the host not reached): the second port
 * inside of an ICMP message, behind its 8 bytes and an IP header without
 * options. Behind the place where masquerading is undone, so that the
 * addresses are the socket's.
 */
static void
write_divert(FILE *out)
{
	static const char *const packets[] = {
		"tcp sport 25",
		"icmp type destination-unreachable @th,240,16 25",
		("icmpv6 type { destination-unreachable, packet-too-big } "
		 "@th,400,16 25"),
	};

	(void)fputs("\tchain divert {\n"
		    "\t\ttype filter hook prerouting priority dstnat + 10;\n",
	    out);
	for (size_t i = 0; i < DG_ARRAY_LEN(packets); i++)
		(void)fprintf(out, "\t\t%s socket transparent 1 " SET_MARK "\n",
		    packets[i]);
	(void)fputs("\t}\n", out);
}

void
ruleset_write(FILE *out, const struct settings *s)
{
	ruleset_write_removal(out);
	(void)fputs("table inet danegate {\n"
		    "\tchain prerouting {\n"
		    "\t\ttype filter hook prerouting priority mangle;\n"
		    "\t\t",
	    out);
	write_interfaces(out, s);
	(void)fputs(" jump intercept\n"
		    "\t}\n"
		    "\tchain intercept {\n"
		    "\t\tfib daddr type local return\n",
	    out);
	write_exempt(out, s, "return");
	for (unsigned family = 4; family <= 6; family += 2)
		(void)fprintf(out,
		    "\t\tmeta nfproto ipv%u meta l4proto tcp tproxy %s to :%u " SET_MARK
		    " accept\n",
		    family, family == 4 ? "ip" : "ip6", s->listen_port);
	(void)fputs("\t}\n", out);
	if (s->source == SOURCE_PRESERVE)
		write_divert(out);
	(void)fputs("\tchain forward {\n"
		    "\t\ttype filter hook forward priority filter - 10;\n"
		    "\t\t",
	    out);
	write_interfaces(out, s);
	(void)fputs(" jump refuse\n"
		    "\t}\n"
		    "\tchain refuse {\n",
	    out);
	write_exempt(out, s, "return");
	(void)fprintf(out,
	    "\t\treject with tcp reset\n"
	    "\t}\n"
	    "\tchain input {\n"
	    "\t\ttype filter hook input priority filter - 10;\n"
	    "\t\ttcp dport %u tcp flags & (syn | ack) == syn "
	    "reject with tcp reset\n"
	    "\t}\n"
	    "}\n",
	    s->listen_port);
}
