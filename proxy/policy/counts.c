#include "policy/counts.h"

#include <stdio.h>
#include <string.h>

#define DAY_BYTES   4
#define VALUE_BYTES 8

/* The words of the lists, by number. */
static const char *
verdict_word(size_t i)
{
	return verdict_text((enum verdict)i);
}

static const char *
reason_word(size_t i)
{
	return reason_text((enum reason)i);
}

static const char *
auth_word(size_t i)
{
	return auth_text((enum auth)i);
}

static const char *
status_word(size_t i)
{
	return dnssec_status_text((enum dnssec_status)i);
}

#define ONE(member)                                               \
	{                                                         \
#		member, offsetof(struct counts, member), 1, NULL \
	}
#define MANY(name, member, n, word)                            \
	{                                                      \
		name, offsetof(struct counts, member), n, word \
	}

/* clang-format off */
static const struct group {
	const char *name;
	size_t offset;
	size_t n;
	const char *(*word)(size_t i); /* NULL: a single counter */
} groups[] = {
	ONE(sessions),
	ONE(turned_away),
	ONE(messages),
	ONE(bytes),
	ONE(handshakes),
	ONE(handshakes_resumed),
	ONE(handshakes_failed),
	MANY("verdict", verdicts, COUNTS_VERDICTS, verdict_word),
	ONE(passed),
	MANY("reason", reasons, REASONS, reason_word),
	MANY("auth", auths, COUNTS_AUTHS, auth_word),
	MANY("unlisted", unlisted, COUNTS_AUTHS, auth_word),
	MANY("messages", messages_by, COUNTS_AUTHS, auth_word),
	MANY("bytes", bytes_by, COUNTS_AUTHS, auth_word),
	MANY("dns", dns, COUNTS_STATUSES, status_word),
};
/* clang-format on */

#define VALUES (sizeof(struct counts) / sizeof(uint64_t))

_Static_assert(VALUES ==
	8 + COUNTS_VERDICTS + (size_t)REASONS + 4 * (size_t)COUNTS_AUTHS +
	    COUNTS_STATUSES,
    "every member of struct counts is a counter of one of the groups");

void
counts_decide(struct counts *c, const struct judgement *j, bool passed)
{
	c->verdicts[j->verdict]++;
	c->reasons[j->reason]++;
	if (j->verdict == VERDICT_RELAY) {
		c->auths[j->auth]++;
		c->unlisted[j->auth] += j->reason == REASON_OK ? 0 : 1;
	} else if (passed) {
		c->passed++;
	}
}

enum auth
auth_weaker(enum auth a, enum auth b)
{
	static const unsigned rank[COUNTS_AUTHS] = {
		[AUTH_NONE] = 0,
		[AUTH_TLS] = 1,
		[AUTH_PKIX] = 2,
		[AUTH_DANE_TA] = 3,
		[AUTH_DANE_EE] = 4,
	};

	return rank[a] < rank[b] ? a : b;
}

void
counts_add(struct counts *to, const struct counts *from)
{
	uint64_t sum[VALUES];
	uint64_t more[VALUES];

	memcpy(sum, to, sizeof(sum));
	memcpy(more, from, sizeof(more));
	for (size_t i = 0; i < VALUES; i++)
		sum[i] += more[i];
	memcpy(to, sum, sizeof(sum));
}

void
counts_subtract(struct counts *to, const struct counts *from)
{
	uint64_t rest[VALUES];
	uint64_t less[VALUES];

	memcpy(rest, to, sizeof(rest));
	memcpy(less, from, sizeof(less));
	for (size_t i = 0; i < VALUES; i++)
		rest[i] -= less[i] < rest[i] ? less[i] : rest[i];
	memcpy(to, rest, sizeof(rest));
}

/* Where counter number `index` of all lies, and its name; VALUES: nowhere. */
static size_t
locate(size_t index, char name[COUNTS_NAME_MAX])
{
	for (size_t i = 0; i < DG_ARRAY_LEN(groups); i++) {
		const struct group *g = &groups[i];

		if (index >= g->n) {
			index -= g->n;
			continue;
		}
		(void)snprintf(name, COUNTS_NAME_MAX, "%s%s%s", g->name,
		    g->word != NULL ? "/" : "",
		    g->word != NULL ? g->word(index) : "");
		return g->offset / sizeof(uint64_t) + index;
	}
	return VALUES;
}

bool
counts_at(const struct counts *c, size_t index, uint64_t *value,
    char name[COUNTS_NAME_MAX])
{
	size_t at = locate(index, name);

	if (at == VALUES)
		return false;
	memcpy(value, (const uint8_t *)c + at * sizeof(*value), sizeof(*value));
	return true;
}

bool
counts_is_unknown(size_t index)
{
	char name[COUNTS_NAME_MAX];
	size_t at = locate(index, name);

	return at == offsetof(struct counts, verdicts) / sizeof(uint64_t) ||
	    at == offsetof(struct counts, dns) / sizeof(uint64_t) ||
	    at == offsetof(struct counts, reasons) / sizeof(uint64_t);
}

int
counts_put(struct buf *b, int64_t day, const struct counts *c)
{
	uint8_t
	    payload[DAY_BYTES + VALUES * (1 + COUNTS_NAME_MAX + VALUE_BYTES)];
	char name[COUNTS_NAME_MAX];
	size_t n = DAY_BYTES;
	uint64_t value;

	record_number_put(payload, DAY_BYTES, (uint64_t)day);
	for (size_t i = 0; counts_at(c, i, &value, name); i++) {
		struct span word = span_text(name);

		if (value == 0)
			continue;
		payload[n++] = (uint8_t)word.n;
		memcpy(payload + n, word.p, word.n);
		n += word.n;
		record_number_put(payload + n, VALUE_BYTES, value);
		n += VALUE_BYTES;
	}
	return record_put(b, COUNTS_RECORD, span_of(payload, n));
}

/* Where two numbers of a list have one word, the first is "unknown": both are
 * written, and both are read as the second. */
static void
add_named(struct counts *c, struct span wanted, uint64_t more)
{
	char name[COUNTS_NAME_MAX];
	size_t found = VALUES;
	uint64_t value;

	for (size_t i = 0; counts_at(c, i, &value, name); i++)
		if (span_equal(wanted, span_text(name)))
			found = locate(i, name);
	if (found == VALUES)
		return;
	memcpy(&value, (uint8_t *)c + found * sizeof(value), sizeof(value));
	value += more;
	memcpy((uint8_t *)c + found * sizeof(value), &value, sizeof(value));
}

int
counts_get(int64_t *day, struct counts *c, struct span payload)
{
	struct counts read = { 0 };
	size_t at = DAY_BYTES;

	if (payload.n < DAY_BYTES)
		return DG_ESYNTAX;
	while (at < payload.n) {
		size_t len = payload.p[at++];

		if (payload.n - at < len + VALUE_BYTES)
			return DG_ESYNTAX;
		add_named(&read, span_slice(payload, at, at + len),
		    record_number_get(payload.p + at + len, VALUE_BYTES));
		at += len + VALUE_BYTES;
	}
	*day = (int64_t)record_number_get(payload.p, DAY_BYTES);
	*c = read;
	return 0;
}
