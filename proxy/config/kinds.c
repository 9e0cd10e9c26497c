#include "config/kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "config/quote.h"

/* The member of the settings that the option sets. */
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

/* words: the index in the form a|b|c is the enum's value */

static int
word_take(struct settings *s, const struct option *o, struct option_input *in)
{
	struct span form = span_text(o->forms[0]);
	struct span word = option_word(in);
	struct span choice;

	/* Enums without negative members are unsigned to both compilers. */
	for (unsigned i = 0; (choice = option_form_choice(form, i)).n > 0; i++)
		if (span_equal(word, choice)) {
			memcpy(member(s, o), &i, sizeof(i));
			return 0;
		}
	return DG_ESYNTAX;
}

static bool
word_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	struct span choice;
	unsigned value;

	memcpy(&value, member_of(s, o), sizeof(value));
	choice = option_form_choice(span_text(o->forms[0]), value);
	return index == 0 && choice.n > 0 &&
	    span_copy_text(text, OPTION_VALUE_MAX, choice) == 0;
}

const struct option_kind kind_word = { word_take, word_show };

/* numbers */

static int
number_take(struct settings *s, const struct option *o, struct option_input *in)
{
	uint64_t v;

	if (span_number(&v, option_word(in), o->max) != 0 || v < o->min)
		return DG_ESYNTAX;
	*(uint32_t *)member(s, o) = (uint32_t)v;
	return 0;
}

static bool
number_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	(void)snprintf(text, OPTION_VALUE_MAX, "%" PRIu32,
	    *(const uint32_t *)member_of(s, o));
	return index == 0;
}

const struct option_kind kind_number = { number_take, number_show };

static int
port_take(struct settings *s, const struct option *o, struct option_input *in)
{
	uint64_t v;

	if (span_number(&v, option_word(in), UINT16_MAX) != 0 || v == 0)
		return DG_ESYNTAX;
	*(uint16_t *)member(s, o) = (uint16_t)v;
	return 0;
}

static bool
port_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	(void)snprintf(text, OPTION_VALUE_MAX, "%u",
	    (unsigned)*(const uint16_t *)member_of(s, o));
	return index == 0;
}

const struct option_kind kind_port = { port_take, port_show };

/* 16M, 512K, or plain bytes. */
static int
size_take(struct settings *s, const struct option *o, struct option_input *in)
{
	struct span word = option_word(in);
	unsigned shift = 0;
	uint64_t v;

	if (word.n > 0 && word.p[word.n - 1] == 'K')
		shift = 10;
	if (word.n > 0 && word.p[word.n - 1] == 'M')
		shift = 20;
	if (shift != 0)
		word.n--;
	if (span_number(&v, word, o->max >> shift) != 0 ||
	    (v << shift) < o->min)
		return DG_ESYNTAX;
	*(uint64_t *)member(s, o) = v << shift;
	return 0;
}

static bool
size_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	uint64_t v = *(const uint64_t *)member_of(s, o);
	const char *unit = "";
	unsigned shift = 0;

	if (v % (1U << 20) == 0) {
		shift = 20;
		unit = "M";
	} else if (v % (1U << 10) == 0) {
		shift = 10;
		unit = "K";
	}
	(void)snprintf(text, OPTION_VALUE_MAX, "%" PRIu64 "%s", v >> shift,
	    unit);
	return index == 0;
}

const struct option_kind kind_size = { size_take, size_show };

/* texts; an empty one is not set, and has no text form */

static int
text_take(struct settings *s, const struct option *o, struct option_input *in)
{
	struct span word = option_word(in);

	if (word.n == 0)
		return DG_ESYNTAX;
	return span_copy_text(member(s, o), (size_t)o->max, word);
}

static bool
text_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	return index == 0 && show_text(text, member_of(s, o));
}

const struct option_kind kind_text = { text_take, text_show };

static int
mailbox_take(struct settings *s, const struct option *o,
    struct option_input *in)
{
	struct span word = option_word(in);
	int err = mailbox_check(word);

	return err != 0 ? err : span_copy_text(member(s, o), MAILBOX_MAX, word);
}

const struct option_kind kind_mailbox = { mailbox_take, text_show };

static int
path_take(struct settings *s, const struct option *o, struct option_input *in)
{
	struct span word = option_word(in);

	if (word.n == 0 || word.p[0] != '/')
		return DG_ESYNTAX;
	return span_copy_text(member(s, o), (size_t)o->max, word);
}

const struct option_kind kind_path = { path_take, text_show };

/* lists */

static int
list_full(struct option_input *in, const char *expected)
{
	in->expected = expected;
	return DG_ELIMIT;
}

static int
interface_take(struct settings *s, const struct option *o,
    struct option_input *in)
{
	struct span word = option_word(in);

	(void)o;
	if (s->ninterfaces == SETTINGS_INTERFACES_MAX)
		return list_full(in, "at most 16 interfaces");
	/* What the kernel refuses, and what would break out of a quoted name
	 * in a ruleset. */
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '/' || word.p[i] == '"' || word.p[i] <= 0x20 ||
		    word.p[i] >= 0x7f)
			return DG_ESYNTAX;
	if (word.n == 0 ||
	    span_copy_text(s->interfaces[s->ninterfaces], SETTINGS_IFNAME_MAX,
		word) != 0)
		return DG_ESYNTAX;
	s->ninterfaces++;
	return 0;
}

static bool
interface_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	(void)o;
	return index < s->ninterfaces && show_text(text, s->interfaces[index]);
}

const struct option_kind kind_interface = { interface_take, interface_show };

static int
exempt_take(struct settings *s, const struct option *o, struct option_input *in)
{
	(void)o;
	if (s->nexempt == SETTINGS_EXEMPT_MAX)
		return list_full(in, "at most 64 exempt sources");
	if (prefix_parse(&s->exempt[s->nexempt], option_word(in)) != 0)
		return DG_ESYNTAX;
	s->nexempt++;
	return 0;
}

/* A whole address needs no length. */
const char *
prefix_text(const struct prefix *p, char text[PREFIX_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX];
	unsigned whole = p->address.family == ADDRESS_IPV4 ? 32 : 128;

	address_text(&p->address, address);
	if (p->length == whole)
		(void)snprintf(text, PREFIX_TEXT_MAX, "%s", address);
	else
		(void)snprintf(text, PREFIX_TEXT_MAX, "%s/%u", address,
		    (unsigned)p->length);
	return text;
}

static bool
exempt_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	char prefix[PREFIX_TEXT_MAX];

	(void)o;
	return index < s->nexempt &&
	    show_text(text, prefix_text(&s->exempt[index], prefix));
}

const struct option_kind kind_exempt = { exempt_take, exempt_show };

#define DNS_PORT 53

/* The port where it is not the usual one. */
static bool
show_server(char text[OPTION_VALUE_MAX], const struct address *server,
    uint16_t usual)
{
	char address[ADDRESS_TEXT_MAX];

	address_text(server, address);
	if (server->port == usual)
		return show_text(text, address);
	(void)snprintf(text, OPTION_VALUE_MAX, "%s@%u", address,
	    (unsigned)server->port);
	return true;
}

static int
server_take(struct settings *s, const struct option *o, struct option_input *in)
{
	(void)o;
	if (s->nservers == SETTINGS_SERVERS_MAX)
		return list_full(in, "at most 8 servers");
	if (address_parse_port(&s->servers[s->nservers], option_word(in),
		DNS_PORT) != 0)
		return DG_ESYNTAX;
	s->nservers++;
	return 0;
}

static bool
server_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	(void)o;
	return index < s->nservers &&
	    show_server(text, &s->servers[index], DNS_PORT);
}

const struct option_kind kind_server = { server_take, server_show };

static int
remote_take(struct settings *s, const struct option *o, struct option_input *in)
{
	return address_parse_port(member(s, o), option_word(in),
	    (uint16_t)o->max);
}

static bool
remote_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	const struct address *a = member_of(s, o);

	return index == 0 && a->family != ADDRESS_NONE &&
	    show_server(text, a, (uint16_t)o->max);
}

const struct option_kind kind_remote = { remote_take, remote_show };

/* levels */

static int
level_parse(enum level *out, struct option_input *in)
{
	struct span word = option_word(in);

	for (enum level l = LEVEL_NONE; l <= LEVEL_BLOCK; l++)
		if (span_equal(word, span_text(level_text(l)))) {
			*out = l;
			return 0;
		}
	in->expected = "none, may, encrypt, dane, dane-only, verify or block";
	return DG_ESYNTAX;
}

static int
level_take(struct settings *s, const struct option *o, struct option_input *in)
{
	(void)o;
	return level_parse(&s->default_level, in);
}

static bool
level_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	(void)o;
	return index == 0 && show_text(text, level_text(s->default_level));
}

const struct option_kind kind_level = { level_take, level_show };

/* LEVEL [until DATE] [reason "TEXT"]: the statement holds the whole of it. */
static int
domain_level_take(struct domain_rule *rule, struct option_input *in)
{
	char reason[DOMAINS_REASON_MAX] = "";
	enum level level;
	int64_t until = 0;
	int err = level_parse(&level, in);
	struct span word;

	if (err != 0)
		return err;
	word = in->rest.n > 0 ? option_word(in) : span_text("");
	if (span_equal(word, span_text("until"))) {
		in->expected = "a day such as 2027-01-31";
		if (date_parse(&until, option_word(in)) != 0 || until == 0)
			return DG_ESYNTAX;
		word = in->rest.n > 0 ? option_word(in) : span_text("");
	}
	if (word.n > 0 && !span_equal(word, span_text("reason"))) {
		in->expected = "until DATE, reason \"TEXT\" or nothing more";
		return DG_ESYNTAX;
	}
	if (word.n > 0) {
		in->expected = "\"TEXT\": 1 to 80 printable characters";
		if (quote_take(reason, sizeof(reason), &in->word, &in->rest) !=
			0 ||
		    reason[0] == '\0')
			return DG_ESYNTAX;
	}
	rule->level = level;
	rule->until = (int32_t)until;
	return domain_rule_set_reason(rule, reason);
}

/* NAME level LEVEL ..., or NAME fallback cleartext */
static int
domain_take(struct settings *s, const struct option *o, struct option_input *in)
{
	struct span word = option_word(in);
	struct domain_rule *rule;
	struct name domain;
	bool below = word.n > 1 && word.p[0] == '.';
	int err;

	(void)o;
	if (name_parse(&domain, span_slice(word, below ? 1 : 0, word.n)) != 0 ||
	    domain.len == 0) {
		if (word.n > 0)
			in->expected = "a domain such as example.nl, or "
				       ".example.nl for all below it";
		return DG_ESYNTAX;
	}
	err = domain_rules_get(&rule, &s->domains, &domain, below);
	if (err == DG_ELIMIT)
		return list_full(in, "at most 10000 domains");
	if (err != 0)
		return err;
	word = option_word(in);
	if (span_equal(word, span_text("level")))
		return domain_level_take(rule, in);
	in->expected = "level LEVEL or fallback cleartext";
	if (!span_equal(word, span_text("fallback")) ||
	    !span_equal(option_word(in), span_text("cleartext")))
		return DG_ESYNTAX;
	rule->fallback_cleartext = true;
	return 0;
}

const char *
domain_rule_text(const struct domain_rule *rule, char text[OPTION_VALUE_MAX])
{
	char reason[2 * DOMAINS_REASON_MAX + 3];
	char date[DATE_TEXT_MAX];
	bool ends = rule->until != 0;
	bool has_reason = rule->reason[0] != '\0';

	quote_put(reason, sizeof(reason), rule->reason);
	(void)snprintf(text, OPTION_VALUE_MAX, "%s%s level %s%s%s%s%s",
	    rule->below ? "." : "", rule->domain, level_text(rule->level),
	    ends ? " until " : "", ends ? date_text(rule->until, date) : "",
	    has_reason ? " reason " : "", has_reason ? reason : "");
	return text;
}

/* Each rule has two numbers: its level, and its fallback if it has one. */
static bool
domain_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	const struct domain_rule *rule;

	(void)o;
	if (index / 2 >= s->domains.n)
		return false;
	rule = &s->domains.rules[index / 2];
	text[0] = '\0';
	if (index % 2 == 0 && rule->level != LEVEL_UNSET)
		(void)domain_rule_text(rule, text);
	if (index % 2 == 1 && rule->fallback_cleartext)
		(void)snprintf(text, OPTION_VALUE_MAX,
		    "%s%s fallback cleartext", rule->below ? "." : "",
		    rule->domain);
	return true;
}

const struct option_kind kind_domain = { domain_take, domain_show };

/* ADDRESS[/LENGTH] name HOST [level LEVEL] */
static int
relay_take(struct settings *s, const struct option *o, struct option_input *in)
{
	struct relay_rule rule = { 0 };
	struct relay_rule *rules;
	struct span word;

	(void)o;
	if (prefix_parse(&rule.prefix, option_word(in)) != 0 ||
	    !span_equal(option_word(in), span_text("name")) ||
	    name_parse(&rule.host, option_word(in)) != 0 || rule.host.len == 0)
		return DG_ESYNTAX;
	if (in->rest.n > 0) {
		word = option_word(in);
		if (!span_equal(word, span_text("level")))
			return DG_ESYNTAX;
		if (level_parse(&rule.level, in) != 0)
			return DG_ESYNTAX;
	}
	if (s->nrelays == SETTINGS_RELAYS_MAX)
		return list_full(in, "at most 128 relays");
	rules = realloc(s->relays, (s->nrelays + 1) * sizeof(*rules));
	if (rules == NULL)
		return DG_ENOMEM;
	s->relays = rules;
	rules[s->nrelays++] = rule;
	return 0;
}

static bool
relay_show(char text[OPTION_VALUE_MAX], const struct settings *s,
    const struct option *o, size_t index)
{
	const struct relay_rule *rule;
	char prefix[PREFIX_TEXT_MAX];
	bool level;

	(void)o;
	if (index >= s->nrelays)
		return false;
	rule = &s->relays[index];
	level = rule->level != LEVEL_UNSET;
	(void)snprintf(text, OPTION_VALUE_MAX, "%s name %s%s%s",
	    prefix_text(&rule->prefix, prefix), rule->host.text,
	    level ? " level " : "", level ? level_text(rule->level) : "");
	return true;
}

const struct option_kind kind_relay = { relay_take, relay_show };
