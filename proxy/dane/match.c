#include "dane/match.h"

#include <string.h>

#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>

#include "dane/outline.h"

#define SELECTOR_CERT 0
#define MATCHING_FULL 0
#define MATCHING_256  1
#define MATCHING_512  2

/*
 * RFC 7671 9: among the digests that one usage and selector come with, the
 * strongest that we know is the only one that counts, so that a broken one
 * cannot be chosen by whoever can forge it. Whole contents always count.
 */
static bool
is_outdone(const struct tlsa *record, const struct tlsa *records, size_t n)
{
	if (record->matching != MATCHING_256)
		return false;
	for (size_t i = 0; i < n; i++)
		if (records[i].usage == record->usage &&
		    records[i].selector == record->selector &&
		    records[i].matching == MATCHING_512 &&
		    tlsa_usable(&records[i], NULL))
			return true;
	return false;
}

/*
 * Records that fit the same certificate are told apart by their worth, so that
 * the verdict does not hang on the order that a name server likes: key before
 * certificate, the longer digest first.
 */
static unsigned
worth(const struct tlsa *record)
{
	return (unsigned)record->usage << 16 | (unsigned)record->selector << 8 |
	    record->matching;
}

static void
insert(struct match_set *set, const struct tlsa *record)
{
	size_t i = set->n++;

	for (; i > 0 && worth(set->records[i - 1]) < worth(record); i--)
		set->records[i] = set->records[i - 1];
	set->records[i] = record;
}

void
match_set_init(struct match_set *set, const struct tlsa *records, size_t n)
{
	if (n > TLSA_SET_MAX)
		n = TLSA_SET_MAX;
	set->n = 0;
	for (size_t i = 0; i < n; i++)
		if (tlsa_usable(&records[i], NULL) &&
		    !is_outdone(&records[i], records, n))
			insert(set, &records[i]);
}

void
match_target_init(struct match_target *t, struct span cert)
{
	memset(t, 0, sizeof(*t));
	t->cert = cert;
	if (outline_find_key(&t->spki, cert) < 0)
		t->spki = span_of(NULL, 0);
}

static bool
compute_digest(uint8_t *out, uint8_t matching, struct span data)
{
	if (matching == MATCHING_256)
		return mbedtls_sha256(data.p, data.n, out, 0) == 0;
	return mbedtls_sha512(data.p, data.n, out, 0) == 0;
}

bool
match_record(struct match_target *t, const struct tlsa *record)
{
	uint8_t s = record->selector, m = record->matching;
	struct span data;

	/* What is not usable fits nothing, whoever asks. */
	if (!tlsa_usable(record, NULL))
		return false;
	data = s == SELECTOR_CERT ? t->cert : t->spki;
	if (data.n == 0)
		return false;
	if (m == MATCHING_FULL)
		return span_equal(data, record->data);
	if (!t->done[s][m]) {
		if (!compute_digest(t->digest[s][m], m, data))
			return false;
		t->done[s][m] = true;
	}
	/* Its length is right: the record is usable. */
	return memcmp(t->digest[s][m], record->data.p, record->data.n) == 0;
}

const struct tlsa *
match_find(const struct match_set *set, enum tlsa_usage usage,
    struct match_target *t)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->records[i]->usage == usage &&
		    match_record(t, set->records[i]))
			return set->records[i];
	return NULL;
}

bool
match_has_usage(const struct match_set *set, enum tlsa_usage usage)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->records[i]->usage == usage)
			return true;
	return false;
}
