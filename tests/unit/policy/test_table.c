/*
 * Every combination of level, DNS, server, chain, memory and settings, against
 * the lines of tests/unit/policy/table (RFC 7672 2.1, 2.2; RFC 7505).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "policy/policy.h"

#define TABLE	  "tests/unit/policy/table"
#define TABLE_MAX 65536
#define LINES_MAX 100
#define WORDS_MAX 20

enum column {
	LEVEL,
	DNS,
	SERVER,
	CHAIN,
	MX,
	MEMORY,
	FALLBACK,
	UNLISTED,
	COLUMNS
};

/* The words of each column; the index is the value. */
static const char *const words[COLUMNS][WORDS_MAX] = {
	[LEVEL] = { "unset", "none", "may", "encrypt", "dane", "dane-only",
	    "verify", "block" },
	[DNS] = { "route-unknown", "tlsa-unknown", "clock-unset", "mx-bogus",
	    "mx-failed", "null-mx", "no-route", "usable", "unusable", "absent",
	    "insecure", "tlsa-bogus", "tlsa-failed", "unlisted", "elsewhere" },
	[SERVER] = { "unknown", "absent", "refused", "injected", "failed",
	    "late", "other", "done" },
	[CHAIN] = { "unknown", "ee", "ta", "mismatch", "unusable", "pkix" },
	[MX] = { "insecure", "secure" },
	[MEMORY] = { "nothing", "offered", "spoke" },
	[FALLBACK] = { "no", "yes" },
	[UNLISTED] = { "allow", "defer" },
};

struct line {
	unsigned values[COLUMNS]; /* bits */
	const char *verdict;
	const char *auth;
	const char *reason;
	unsigned used;
};

static struct line lines[LINES_MAX];
static size_t nlines;
static char text[TABLE_MAX + 1];

static unsigned
bit_of(enum column c, const char *word, size_t n)
{
	for (unsigned i = 0; i < WORDS_MAX && words[c][i] != NULL; i++)
		if (strlen(words[c][i]) == n &&
		    memcmp(words[c][i], word, n) == 0)
			return 1U << i;
	fail_msg("%.*s is no word of column %d", (int)n, word, (int)c);
	return 0;
}

/* a|b|c or * */
static unsigned
bits_of(enum column c, const char *field)
{
	unsigned bits = 0;

	if (strcmp(field, "*") == 0)
		return UINT32_MAX;
	while (*field != '\0') {
		size_t n = strcspn(field, "|");

		bits |= bit_of(c, field, n);
		field += n + (field[n] == '|' ? 1 : 0);
	}
	return bits;
}

/* The next word of a line, ended by a NUL; NULL: none is left. */
static char *
next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " ");
	size_t n = strcspn(word, " ");

	if (n == 0)
		return NULL;
	*rest = word + n + (word[n] == ' ' ? 1 : 0);
	word[n] = '\0';
	return word;
}

static void
read_line(char *line)
{
	struct line *l = &lines[nlines];
	const char *word = NULL;

	if (line[0] == '#' || line[0] == '\0')
		return;
	assert_true(nlines < LINES_MAX);
	nlines++;
	for (enum column c = LEVEL; c < COLUMNS; c++) {
		word = next_word(&line);
		assert_non_null(word);
		l->values[c] = bits_of(c, word);
	}
	l->verdict = next_word(&line);
	assert_non_null(l->verdict);
	l->auth = "none";
	if (strcmp(l->verdict, "relay") == 0)
		l->auth = next_word(&line);
	l->reason = next_word(&line);
	assert_non_null(l->reason);
	assert_null(next_word(&line));
}

static int
read_table(void **state)
{
	uint8_t *bytes;
	size_t n;

	(void)state;
	if (file_read(&bytes, &n, TABLE, TABLE_MAX) != 0)
		return -1;
	memcpy(text, bytes, n);
	text[n] = '\0';
	free(bytes);
	for (char *at = text; *at != '\0';) {
		size_t end = strcspn(at, "\n");
		bool last = at[end] == '\0';

		at[end] = '\0';
		read_line(at);
		at += end + (last ? 0 : 1);
	}
	return 0;
}

static struct line *
line_for(const unsigned at[COLUMNS])
{
	for (size_t i = 0; i < nlines; i++) {
		enum column c = LEVEL;

		while (c < COLUMNS && (lines[i].values[c] >> at[c] & 1) != 0)
			c++;
		if (c == COLUMNS)
			return &lines[i];
	}
	return NULL;
}

static void
set_facts(struct route_facts *f, const unsigned at[COLUMNS])
{
	static const struct {
		enum route_status status;
		enum tlsa_status tlsa;
		bool matched;
	} facts[] = {
		{ ROUTE_UNKNOWN, TLSA_STATUS_UNKNOWN, false },
		{ ROUTE_FOUND, TLSA_STATUS_UNKNOWN, true },
		{ ROUTE_CLOCK_UNSET, TLSA_STATUS_UNKNOWN, false },
		{ ROUTE_BOGUS, TLSA_STATUS_UNKNOWN, false },
		{ ROUTE_FAILED, TLSA_STATUS_UNKNOWN, false },
		{ ROUTE_NULL_MX, TLSA_STATUS_UNKNOWN, false },
		{ ROUTE_NONE, TLSA_STATUS_UNKNOWN, false },
		{ ROUTE_FOUND, TLSA_STATUS_USABLE, true },
		{ ROUTE_FOUND, TLSA_STATUS_UNUSABLE, true },
		{ ROUTE_FOUND, TLSA_STATUS_ABSENT, true },
		{ ROUTE_FOUND, TLSA_STATUS_INSECURE, true },
		{ ROUTE_FOUND, TLSA_STATUS_BOGUS, true },
		{ ROUTE_FOUND, TLSA_STATUS_FAILED, true },
		{ ROUTE_FOUND, TLSA_STATUS_ABSENT, false },
		{ ROUTE_FOUND, TLSA_STATUS_USABLE, false },
	};

	f->status = facts[at[DNS]].status;
	f->nhosts = f->status == ROUTE_FOUND ? 1 : 0;
	f->hosts[0].tlsa = facts[at[DNS]].tlsa;
	f->hosts[0].matched = facts[at[DNS]].matched;
	f->mx_security = at[MX] != 0 ? DNSSEC_SECURE : DNSSEC_INSECURE;
}

static void
set_server(struct server_facts *server, const unsigned at[COLUMNS])
{
	static const enum server_tls did[] = { SERVER_TLS_UNKNOWN,
		SERVER_TLS_NOT_OFFERED, SERVER_TLS_REFUSED, SERVER_TLS_INJECTED,
		SERVER_TLS_FAILED, SERVER_TLS_TOO_LATE, SERVER_TLS_OTHER,
		SERVER_TLS_DONE };
	static const enum dane_verdict verdicts[] = { DANE_UNKNOWN,
		DANE_VERIFIED, DANE_VERIFIED, DANE_FAILED, DANE_UNUSABLE,
		DANE_FAILED };

	memset(server, 0, sizeof(*server));
	server->tls = did[at[SERVER]];
	server->dane.verdict = verdicts[at[CHAIN]];
	server->dane.usage = at[CHAIN] == 2 ? TLSA_DANE_TA : TLSA_DANE_EE;
	server->pkix.verified = at[CHAIN] == 5;
	server->offered = at[MEMORY] > 0;
	server->remembered = at[MEMORY] > 1;
}

/* What the line's word means with this setting. */
static const char *
verdict_of(const struct line *l, enum on_block on_block)
{
	if (strcmp(l->verdict, "relay") == 0)
		return "relay";
	if (strcmp(l->verdict, "refuse") == 0)
		return "reject";
	if (strcmp(l->verdict, "wait") == 0)
		return "defer";
	assert_string_equal(l->verdict, "hold");
	return on_block == ON_BLOCK_REJECT ? "reject" : "defer";
}

static void
compare(const struct line *l, const unsigned at[COLUMNS],
    const struct settings *settings, const struct judgement *j)
{
	if (strcmp(verdict_text(j->verdict),
		verdict_of(l, settings->on_block)) == 0 &&
	    strcmp(reason_text(j->reason), l->reason) == 0 &&
	    (j->verdict != VERDICT_RELAY ||
		strcmp(auth_text(j->auth), l->auth) == 0))
		return;
	for (enum column c = LEVEL; c < COLUMNS; c++)
		print_message("%s ", words[c][at[c]]);
	fail_msg("line %zu (%s %s) against %s %s %s", (size_t)(l - lines) + 1,
	    l->verdict, l->reason, verdict_text(j->verdict), auth_text(j->auth),
	    reason_text(j->reason));
}

static void
judge_one(const unsigned at[COLUMNS], const struct line *l)
{
	static struct route_facts facts;
	struct settings settings = { .default_level = LEVEL_BLOCK };
	struct domain_rule *rule;
	struct name domain;
	struct server_facts server;
	struct requirement r;
	struct judgement j;

	set_facts(&facts, at);
	set_server(&server, at);
	assert_int_equal(name_parse(&domain, span_text("a.example")), 0);
	assert_int_equal(domain_rules_get(&rule, &settings.domains, &domain,
			     false),
	    0);
	for (enum level level = LEVEL_UNSET; level <= LEVEL_BLOCK; level++)
		if (strcmp(level_text(level), words[LEVEL][at[LEVEL]]) == 0)
			rule->level = level;
	rule->fallback_cleartext = at[FALLBACK] != 0;
	settings.unlisted = at[UNLISTED] != 0 ? UNLISTED_DEFER : UNLISTED_ALLOW;
	/* The mode changes no judgement: only what is done about it. */
	for (unsigned i = 0; i < 4; i++) {
		settings.mode = i % 2 == 0 ? MODE_ENFORCE : MODE_MONITOR;
		settings.on_block = i < 2 ? ON_BLOCK_DEFER : ON_BLOCK_REJECT;
		policy_require(&r, &settings, &domain, NULL, &facts, 0);
		policy_judge(&j, &settings, &r, &server);
		compare(l, at, &settings, &j);
	}
	settings_free(&settings);
}

/* To the next combination, as an odometer. */
static bool
advance(unsigned at[COLUMNS])
{
	for (enum column c = LEVEL; c < COLUMNS; c++) {
		if (words[c][++at[c]] != NULL)
			return true;
		at[c] = 0;
	}
	return false;
}

static void
test_every_combination(void **state)
{
	unsigned at[COLUMNS] = { 0 };
	size_t n = 0;

	(void)state;
	do {
		struct line *l = line_for(at);

		if (l == NULL) {
			for (enum column c = LEVEL; c < COLUMNS; c++)
				print_message("%s ", words[c][at[c]]);
			fail_msg("has no line");
			return;
		}
		l->used++;
		judge_one(at, l);
		n++;
	} while (advance(at));
	assert_int_equal(n, 8 * 15 * 8 * 6 * 2 * 3 * 2 * 2);
	for (size_t i = 0; i < nlines; i++)
		if (lines[i].used == 0)
			fail_msg("line %zu of the table is never used", i + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_combination),
	};

	return cmocka_run_group_tests(tests, read_table, NULL);
}
