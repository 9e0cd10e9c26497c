/* rooms: dane base */
/*
 * The DANE check under hostile certificates, records and names. Input: items of
 * one byte for the kind, two for the length, then the bytes. What is verified
 * must be verified by a usable record that is in the set, and an end entity's
 * record must fit the leaf by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "dane/dane.h"
#include "dane/match.h"

#define RECORDS_MAX (TLSA_SET_MAX + 1)
#define CHAIN_MAX   (DANE_CHAIN_MAX + 1)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct tlsa records[RECORDS_MAX];
	struct span chain[CHAIN_MAX];
	struct name names[DANE_NAMES_MAX];
	struct dane_input in;
};

static void
add_item(struct fuzz *f, uint8_t kind, struct span item)
{
	struct dane_input *in = &f->in;

	switch (kind & 3) {
	case 0:
		if (in->nchain < CHAIN_MAX)
			f->chain[in->nchain++] = item;
		break;
	case 1:
		if (in->nrecords < RECORDS_MAX &&
		    tlsa_from_rdata(&f->records[in->nrecords], item) == 0)
			in->nrecords++;
		break;
	case 2:
		if (in->nnames < DANE_NAMES_MAX &&
		    name_parse(&f->names[in->nnames], item) == 0)
			in->nnames++;
		break;
	default:
		in->now = 0;
		for (size_t i = 0; i < item.n && i < 7; i++)
			in->now = in->now << 8 | item.p[i];
	}
}

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
check_verified(const struct dane_input *in, const struct dane_result *result)
{
	struct match_target leaf;
	bool found = false;

	match_target_init(&leaf, in->chain[0]);
	for (size_t i = 0; i < in->nrecords; i++) {
		const struct tlsa *r = &in->records[i];

		if (r->usage != result->usage ||
		    r->selector != result->selector ||
		    r->matching != result->matching || !tlsa_usable(r, NULL))
			continue;
		if (r->usage != TLSA_DANE_EE || match_record(&leaf, r))
			found = true;
	}
	require(found);
	require(result->usage != TLSA_DANE_EE || result->depth == 0);
}

static void
check_result(const struct dane_input *in, const struct dane_result *result)
{
	require(memchr(result->reason, '\0', DANE_REASON_MAX) != NULL);
	for (const char *p = result->reason; *p != '\0'; p++)
		require(*p >= ' ' && *p <= '~');
	require(result->verdict != DANE_UNKNOWN);
	if (result->verdict == DANE_VERIFIED)
		check_verified(in, result);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	struct dane_result result;

	memset(&f, 0, sizeof(f));
	f.in.records = f.records;
	f.in.chain = f.chain;
	f.in.names = f.names;
	while (size >= 3) {
		size_t n = (size_t)data[1] << 8 | data[2];
		uint8_t kind = data[0];

		data += 3;
		size -= 3;
		if (n > size)
			n = size;
		add_item(&f, kind, span_of(data, n));
		data += n;
		size -= n;
	}
	dane_verify(&result, &f.in);
	check_result(&f.in, &result);
	return 0;
}
