#include <stdio.h>
#include <string.h>

#include "config/kinds.h"

static void *
member(struct settings *s, const struct option *o)
{
	return (uint8_t *)s + o->offset;
}

static const void *
member_of(const struct settings *s, const struct option *o)
{
	return (const uint8_t *)s + o->offset;
}

static bool
show_text(char text[OPTION_VALUE_MAX], const char *value)
{
	(void)snprintf(text, OPTION_VALUE_MAX, "%s", value);
	return true;
}

/* interface addresses: dhcp, auto or none, or ADDRESS/LENGTH; the option's max
 * is the family, and its first form says which of the words it knows */

static const char *const modes[] = {
	[INTERFACE_NONE] = "none",
	[INTERFACE_DHCP] = "dhcp",
	[INTERFACE_AUTO] = "auto",
};

static int
interface_address_take(struct settings *s, const struct option *o,
    struct option_input *in)
{
	struct interface_address *to = member(s, o);
	struct interface_address i = { 0 };
	struct span word = option_word(in);

	for (unsigned m = 0; m < DG_ARRAY_LEN(modes); m++)
		if (span_equal(word, span_text(modes[m])) &&
		    option_form_has(span_text(o->forms[0]), word)) {
			*to = (struct interface_address){
				.mode = (enum interface_mode)m
			};
			return 0;
		}
	if (interface_address_parse(&i, word) != 0 ||
	    (uint64_t)i.address.family != o->max)
		return DG_ESYNTAX;
	*to = i;
	return 0;
}

static bool
interface_address_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	const struct interface_address *i = member_of(s, o);
	char address[ADDRESS_TEXT_MAX];

	if (index > 0)
		return false;
	if (i->mode != INTERFACE_STATIC)
		return show_text(text, modes[i->mode]);
	(void)snprintf(text, OPTION_VALUE_MAX, "%s/%u",
	    address_text(&i->address, address), (unsigned)i->length);
	return true;
}

const struct option_kind kind_interface_address = { interface_address_take,
	interface_address_show };

/* one address of the family that is the option's max */

static int
address_take_family(struct address *out, struct option_input *in,
    uint64_t family)
{
	struct address a;

	if (address_parse(&a, option_word(in)) != 0 ||
	    (uint64_t)a.family != family)
		return DG_ESYNTAX;
	*out = a;
	return 0;
}

static int
address_take(struct settings *s, const struct option *o,
    struct option_input *in)
{
	return address_take_family(member(s, o), in, o->max);
}

static bool
address_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	const struct address *a = member_of(s, o);
	char address[ADDRESS_TEXT_MAX];

	return index == 0 && a->family != ADDRESS_NONE &&
	    show_text(text, address_text(a, address));
}

const struct option_kind kind_address = { address_take, address_show };

/* FIRST LAST of the LAN's DHCP server */

static int
dhcp_range_take(struct settings *s, const struct option *o,
    struct option_input *in)
{
	struct address first;
	struct address last;

	(void)o;
	if (address_take_family(&first, in, ADDRESS_IPV4) != 0 ||
	    address_take_family(&last, in, ADDRESS_IPV4) != 0)
		return DG_ESYNTAX;
	s->network.dhcp_first = first;
	s->network.dhcp_last = last;
	return 0;
}

static bool
dhcp_range_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	char first[ADDRESS_TEXT_MAX];
	char last[ADDRESS_TEXT_MAX];

	(void)o;
	if (index > 0 || s->network.dhcp_first.family == ADDRESS_NONE)
		return false;
	(void)snprintf(text, OPTION_VALUE_MAX, "%s %s",
	    address_text(&s->network.dhcp_first, first),
	    address_text(&s->network.dhcp_last, last));
	return true;
}

const struct option_kind kind_dhcp_range = { dhcp_range_take, dhcp_range_show };

/* names: nothing in them means anything to a shell */

static bool
is_letter_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* One label of a host's name, RFC 1123 2.1. */
static int
hostname_take(struct settings *s, const struct option *o,
    struct option_input *in)
{
	struct span word = option_word(in);

	(void)o;
	if (word.n == 0 || word.p[0] == '-' || word.p[word.n - 1] == '-')
		return DG_ESYNTAX;
	for (size_t i = 0; i < word.n; i++)
		if (!is_letter_or_digit(word.p[i]) && word.p[i] != '-')
			return DG_ESYNTAX;
	return span_copy_text(s->network.hostname, NETWORK_HOST_MAX, word);
}

static bool
hostname_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	(void)o;
	return index == 0 && show_text(text, s->network.hostname);
}

const struct option_kind kind_hostname = { hostname_take, hostname_show };

/* A host's name or an address. */
static bool
is_server(struct span word)
{
	struct address a;

	if (address_parse(&a, word) == 0)
		return true;
	if (word.n == 0 || word.p[0] == '-' || word.p[0] == '.')
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (!is_letter_or_digit(word.p[i]) && word.p[i] != '-' &&
		    word.p[i] != '.')
			return false;
	return true;
}

static int
ntp_take(struct settings *s, const struct option *o, struct option_input *in)
{
	struct network *n = &s->network;
	struct span word = option_word(in);

	(void)o;
	if (n->nntp == NETWORK_SERVERS_MAX) {
		in->expected = "at most 4 servers";
		return DG_ELIMIT;
	}
	if (!is_server(word) ||
	    span_copy_text(n->ntp[n->nntp], NETWORK_SERVER_MAX, word) != 0)
		return DG_ESYNTAX;
	n->nntp++;
	return 0;
}

static bool
ntp_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	(void)o;
	return index < s->network.nntp &&
	    show_text(text, s->network.ntp[index]);
}

const struct option_kind kind_ntp = { ntp_take, ntp_show };

/* PREFIX via ADDRESS, of one family */

static int
route_take(struct settings *s, const struct option *o, struct option_input *in)
{
	struct network *n = &s->network;
	struct route r = { 0 };

	(void)o;
	if (n->nroutes == NETWORK_ROUTES_MAX) {
		in->expected = "at most 32 routes";
		return DG_ELIMIT;
	}
	if (prefix_parse(&r.to, option_word(in)) != 0 ||
	    !span_equal(option_word(in), span_text("via")) ||
	    address_take_family(&r.via, in, (uint64_t)r.to.address.family) != 0)
		return DG_ESYNTAX;
	n->routes[n->nroutes++] = r;
	return 0;
}

static bool
route_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	char prefix[PREFIX_TEXT_MAX];
	char via[ADDRESS_TEXT_MAX];
	const struct route *r;

	(void)o;
	if (index >= s->network.nroutes)
		return false;
	r = &s->network.routes[index];
	(void)snprintf(text, OPTION_VALUE_MAX, "%s via %s",
	    prefix_text(&r->to, prefix), address_text(&r->via, via));
	return true;
}

const struct option_kind kind_route = { route_take, route_show };

/* admin|view TYPE BLOB */

static const char
    *const logins[] = { [SSH_ADMIN] = "admin", [SSH_VIEW] = "view" };

static int
ssh_key_take(struct settings *s, const struct option *o,
    struct option_input *in)
{
	struct network *n = &s->network;
	struct ssh_key key = { .login = SSH_ADMIN };
	struct span login = option_word(in);
	struct span type;
	struct span blob;

	(void)o;
	if (n->nssh_keys == NETWORK_KEYS_MAX) {
		in->expected = "at most 8 keys";
		return DG_ELIMIT;
	}
	if (span_equal(login, span_text(logins[SSH_VIEW])))
		key.login = SSH_VIEW;
	else if (!span_equal(login, span_text(logins[SSH_ADMIN])))
		return DG_ESYNTAX;
	type = option_word(in);
	blob = option_word(in);
	if (ssh_key_check(type, blob) != 0)
		return DG_ESYNTAX;
	(void)snprintf(key.text, sizeof(key.text), "%.*s %.*s", (int)type.n,
	    (const char *)type.p, (int)blob.n, (const char *)blob.p);
	n->ssh_keys[n->nssh_keys++] = key;
	return 0;
}

static bool
ssh_key_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	const struct ssh_key *key;

	(void)o;
	if (index >= s->network.nssh_keys)
		return false;
	key = &s->network.ssh_keys[index];
	(void)snprintf(text, OPTION_VALUE_MAX, "%s %s", logins[key->login],
	    key->text);
	return true;
}

const struct option_kind kind_ssh_key = { ssh_key_take, ssh_key_show };
