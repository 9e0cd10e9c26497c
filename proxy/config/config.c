#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * One table of options: path, what a value must be (said to the operator when
 * it is not), and the function that takes it. A word list gives the values of
 * an enum in order, from `first` on.
 */
struct option {
	const char *path; /* "proxy listen-port" */
	const char *expected;
	int (*take)(struct settings *s, const struct option *o,
	    struct span *rest, const char **expected);
	size_t offset;		  /* of the member, for the simple ones */
	uint64_t min, max;	  /* numbers; max is the size of a text */
	const char *const *words; /* enums; NULL-terminated */
};

#define MEMBER(s, o) ((void *)((uint8_t *)(s) + (o)->offset))

static const char *const mode_words[] = { "enforce", "monitor", NULL };
static const char *const on_block_words[] = { "defer", "reject", NULL };
static const char *const unlisted_words[] = { "allow", "defer", NULL };
static const char *const insecure_mx_words[] = { "dane", "may", NULL };
static const char *const switch_words[] = { "off", "on", NULL };
static const char *const clock_words[] = { "floor", "kernel", "always", NULL };
static const char *const newline_words[] = { "normalize", "reject", NULL };
static const char *const log_to_words[] = { "stderr", "syslog", NULL };
static const char *const log_level_words[] = { "error", "warning", "info",
	"debug", NULL };

static const char level_expected[] =
    "none, may, encrypt, dane, dane-only or block";

/* Index of word in the list, or -1. */
static int
word_index(const char *const *words, struct span word)
{
	for (int i = 0; words[i] != NULL; i++)
		if (span_equal(word, span_text(words[i])))
			return i;
	return -1;
}

static int
take_word(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	int i = word_index(o->words, span_word(rest));
	unsigned value;

	(void)expected;
	if (i < 0)
		return DG_ESYNTAX;
	/* Enums without negative members are unsigned to both compilers. */
	value = (unsigned)i;
	memcpy(MEMBER(s, o), &value, sizeof(value));
	return 0;
}

static int
take_u32(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	uint64_t v;

	(void)expected;
	if (span_number(&v, span_word(rest), o->max) != 0 || v < o->min)
		return DG_ESYNTAX;
	*(uint32_t *)MEMBER(s, o) = (uint32_t)v;
	return 0;
}

static int
take_port(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	uint64_t v;

	(void)expected;
	if (span_number(&v, span_word(rest), UINT16_MAX) != 0 || v == 0)
		return DG_ESYNTAX;
	*(uint16_t *)MEMBER(s, o) = (uint16_t)v;
	return 0;
}

/* 16M, 512K, or plain bytes. */
static int
take_size(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	struct span word = span_word(rest);
	unsigned shift = 0;
	uint64_t v;

	(void)expected;
	if (word.n > 0 && word.p[word.n - 1] == 'K')
		shift = 10;
	if (word.n > 0 && word.p[word.n - 1] == 'M')
		shift = 20;
	if (shift != 0)
		word.n--;
	if (span_number(&v, word, o->max >> shift) != 0 ||
	    (v << shift) < o->min)
		return DG_ESYNTAX;
	*(uint64_t *)MEMBER(s, o) = v << shift;
	return 0;
}

static int
take_text(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	struct span word = span_word(rest);

	(void)expected;
	if (word.n == 0)
		return DG_ESYNTAX;
	return span_copy_text(MEMBER(s, o), (size_t)o->max, word);
}

static int
take_path(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	struct span word = *rest;

	word = span_word(&word);
	if (word.n == 0 || word.p[0] != '/')
		return DG_ESYNTAX;
	return take_text(s, o, rest, expected);
}

static int
take_interface(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	struct span word = span_word(rest);

	(void)o;
	if (s->ninterfaces == SETTINGS_INTERFACES_MAX) {
		*expected = "at most 16 interfaces";
		return DG_ELIMIT;
	}
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

static int
take_exempt(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	(void)o;
	if (s->nexempt == SETTINGS_EXEMPT_MAX) {
		*expected = "at most 64 exempt sources";
		return DG_ELIMIT;
	}
	if (prefix_parse(&s->exempt[s->nexempt], span_word(rest)) != 0)
		return DG_ESYNTAX;
	s->nexempt++;
	return 0;
}

static int
take_server(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	(void)o;
	if (s->nservers == SETTINGS_SERVERS_MAX) {
		*expected = "at most 8 servers";
		return DG_ELIMIT;
	}
	if (address_parse_port(&s->servers[s->nservers], span_word(rest), 53) !=
	    0)
		return DG_ESYNTAX;
	s->nservers++;
	return 0;
}

/* `preserve` is part of the language but cannot be done yet: better refused
 * than ignored. */
static int
take_source(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	struct span word = span_word(rest);

	(void)o;
	if (span_equal(word, span_text("preserve")))
		*expected =
		    "router (preserve is not available in this version)";
	if (!span_equal(word, span_text("router")))
		return DG_ESYNTAX;
	s->source = SOURCE_ROUTER;
	return 0;
}

static int
level_parse(enum level *out, struct span word, const char **expected)
{
	if (span_equal(word, span_text("verify"))) {
		*expected = "another level (verify is not available in this "
			    "version)";
		return DG_ESYNTAX;
	}
	for (enum level l = LEVEL_NONE; l <= LEVEL_BLOCK; l++)
		if (span_equal(word, span_text(level_text(l)))) {
			*out = l;
			return 0;
		}
	*expected = level_expected;
	return DG_ESYNTAX;
}

static int
take_level(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	(void)o;
	return level_parse(&s->default_level, span_word(rest), expected);
}

/* The rule for this domain: the one that is there, or a new one. */
static struct domain_rule *
domain_rule_get(struct settings *s, const struct name *domain, bool below)
{
	struct domain_rule *rules;

	for (size_t i = 0; i < s->ndomains; i++)
		if (s->domains[i].below == below &&
		    name_equal(&s->domains[i].domain, domain))
			return &s->domains[i];
	if (s->ndomains == SETTINGS_DOMAINS_MAX)
		return NULL;
	rules = realloc(s->domains, (s->ndomains + 1) * sizeof(*rules));
	if (rules == NULL)
		return NULL;
	s->domains = rules;
	rules[s->ndomains] = (struct domain_rule){ .domain = *domain,
		.below = below };
	return &rules[s->ndomains++];
}

/* NAME level LEVEL, or NAME fallback cleartext */
static int
take_domain(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	struct span word = span_word(rest);
	struct domain_rule *rule;
	struct name domain;
	bool below = word.n > 1 && word.p[0] == '.';

	(void)o;
	if (name_parse(&domain, span_slice(word, below ? 1 : 0, word.n)) != 0 ||
	    domain.len == 0)
		return DG_ESYNTAX;
	rule = domain_rule_get(s, &domain, below);
	if (rule == NULL) {
		*expected = "at most 1024 domains";
		return DG_ELIMIT;
	}
	word = span_word(rest);
	if (span_equal(word, span_text("level")))
		return level_parse(&rule->level, span_word(rest), expected);
	*expected = "level LEVEL or fallback cleartext";
	if (!span_equal(word, span_text("fallback")) ||
	    !span_equal(span_word(rest), span_text("cleartext")))
		return DG_ESYNTAX;
	rule->fallback_cleartext = true;
	return 0;
}

/* ADDRESS[/LENGTH] name HOST [level LEVEL] */
static int
take_relay(struct settings *s, const struct option *o, struct span *rest,
    const char **expected)
{
	struct relay_rule rule = { 0 }, *rules;
	struct span word;

	(void)o;
	if (prefix_parse(&rule.prefix, span_word(rest)) != 0 ||
	    !span_equal(span_word(rest), span_text("name")) ||
	    name_parse(&rule.host, span_word(rest)) != 0 || rule.host.len == 0)
		return DG_ESYNTAX;
	word = span_word(rest);
	if (word.n > 0) {
		if (!span_equal(word, span_text("level")))
			return DG_ESYNTAX;
		if (level_parse(&rule.level, span_word(rest), expected) != 0)
			return DG_ESYNTAX;
	}
	*expected = "at most 128 relays";
	if (s->nrelays == SETTINGS_RELAYS_MAX)
		return DG_ELIMIT;
	rules = realloc(s->relays, (s->nrelays + 1) * sizeof(*rules));
	if (rules == NULL)
		return DG_ENOMEM;
	s->relays = rules;
	rules[s->nrelays++] = rule;
	return 0;
}

#define AT(member) .offset = offsetof(struct settings, member)

/* clang-format off */
static const struct option options[] = {
	{ "intercept interface", "an interface name of 1 to 15 characters", .take = take_interface },
	{ "intercept exempt", "ADDRESS[/LENGTH] without host bits", .take = take_exempt },
	{ "proxy listen-port", "a port from 1 to 65535", take_port, AT(listen_port) },
	{ "proxy source", "router", .take = take_source },
	{ "proxy max-sessions", "a number from 1 to 10000", take_u32, AT(max_sessions), .min = 1, .max = 10000 },
	{ "proxy memory-limit", "a size from 1M to 4096M (16M, 2048K)", take_size, AT(memory_limit), .min = 1U << 20, .max = 1ULL << 32 },
	{ "proxy drain-time", "seconds from 0 to 600", take_u32, AT(drain_seconds), .max = 600 },
	{ "proxy user", "a user name of 1 to 32 characters", take_text, AT(user), .max = SETTINGS_USER_MAX },
	{ "dns server", "ADDRESS[@PORT]", .take = take_server },
	{ "dns trust-anchor-file", "an absolute path of at most 107 characters", take_path, AT(trust_anchor_file), .max = SETTINGS_PATH_MAX },
	{ "dns case-randomization", "on or off", take_word, AT(case_randomization), .words = switch_words },
	{ "clock trust", "floor, kernel or always", take_word, AT(clock_trust), .words = clock_words },
	{ "policy default", level_expected, .take = take_level },
	{ "policy domain", "NAME level LEVEL or NAME fallback cleartext", .take = take_domain },
	{ "policy relay", "ADDRESS[/LENGTH] name HOST [level LEVEL]", .take = take_relay },
	{ "policy mode", "enforce or monitor", take_word, AT(mode), .words = mode_words },
	{ "policy on-block", "defer or reject", take_word, AT(on_block), .words = on_block_words },
	{ "policy unlisted-destination", "allow or defer", take_word, AT(unlisted), .words = unlisted_words },
	{ "policy insecure-mx", "dane or may", take_word, AT(insecure_mx), .words = insecure_mx_words },
	{ "policy bare-newline", "normalize or reject", take_word, AT(bare_newline), .words = newline_words },
	{ "downgrade-memory days", "days from 0 to 3650", take_u32, AT(memory_days), .max = 3650 },
	{ "control socket", "an absolute path of at most 107 characters", take_path, AT(control_socket), .max = SETTINGS_PATH_MAX },
	{ "state directory", "an absolute path of at most 107 characters", take_path, AT(state_directory), .max = SETTINGS_PATH_MAX },
	{ "log destination", "stderr or syslog", take_word, AT(log_destination), .words = log_to_words },
	{ "log level", "error, warning, info or debug", take_word, AT(log_level), .words = log_level_words },
};
/* clang-format on */

static const struct option *
option_find(struct span first, struct span second)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(options); i++) {
		struct span rest = span_text(options[i].path);

		if (span_equal(span_word(&rest), first) &&
		    span_equal(span_word(&rest), second))
			return &options[i];
	}
	return NULL;
}

/* One line without its comment. */
static int
statement(struct settings *s, struct span line, const char **expected)
{
	struct span first = span_word(&line), second;
	const struct option *o;
	int result;

	if (first.n == 0)
		return 0;
	*expected = "set";
	if (!span_equal(first, span_text("set")))
		return DG_ESYNTAX;
	first = span_word(&line);
	second = span_word(&line);
	o = option_find(first, second);
	*expected = "an option";
	if (o == NULL)
		return DG_ESYNTAX;
	*expected = o->expected;
	result = o->take(s, o, &line, expected);
	if (result != 0)
		return result;
	*expected = "nothing more on this line";
	return span_word(&line).n == 0 ? 0 : DG_ESYNTAX;
}

/* What only the whole can show. */
static int
check(const struct settings *s, const char **expected)
{
	for (size_t i = 0; i < s->ndomains; i++) {
		const struct domain_rule *rule = &s->domains[i];

		*expected = "a level for each policy domain";
		if (rule->level == LEVEL_UNSET)
			return DG_ESYNTAX;
		*expected = "level may where fallback cleartext is set";
		if (rule->fallback_cleartext && rule->level != LEVEL_MAY)
			return DG_ESYNTAX;
	}
	return 0;
}

/* A carriage return before the line end is white space, no more. */
static struct span
line_content(struct span line)
{
	line = span_slice(line, 0, span_find(line, '#', 0));
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static int
parse_lines(struct settings *s, struct span text, unsigned *number,
    const char **expected)
{
	for (size_t at = 0; at < text.n;) {
		size_t end = span_find(text, '\n', at);
		struct span line = span_slice(text, at, end);
		int result;

		++*number;
		*expected = "a line of at most 1024 characters";
		if (line.n > CONFIG_LINE_MAX)
			return DG_ELIMIT;
		result = statement(s, line_content(line), expected);
		if (result != 0)
			return result;
		at = end + 1;
	}
	*number = 0;
	return check(s, expected);
}

int
config_parse(struct settings *out, struct span text, struct config_error *error)
{
	const char *expected = "at most 1 MiB of configuration";
	struct settings s;
	unsigned number = 0;
	int result = DG_ELIMIT;

	settings_default(&s);
	if (text.n <= CONFIG_TEXT_MAX)
		result = parse_lines(&s, text, &number, &expected);
	if (result == 0) {
		*out = s;
		return 0;
	}
	settings_free(&s);
	error->line = number;
	(void)snprintf(error->expected, sizeof(error->expected), "%s",
	    expected);
	return result;
}
