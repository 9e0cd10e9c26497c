/* rooms: dane base */
/*
 * TLSA sets, as RDATA and as text. Input: items of one byte for the length, the
 * lowest bit for text, then the bytes. Which records count must be what RFC
 * 7671 9 says, found here in the slow way, and must not hang on their order.
 */
#include <stdlib.h>
#include <string.h>

#include "dane/dane.h"
#include "dane/match.h"

#define ROOM 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static bool
counts(const struct tlsa *r, const struct tlsa *records, size_t n)
{
	if (!tlsa_usable(r, NULL))
		return false;
	for (size_t i = 0; r->matching != 0 && i < n; i++)
		if (tlsa_usable(&records[i], NULL) &&
		    records[i].usage == r->usage &&
		    records[i].selector == r->selector &&
		    records[i].matching > r->matching)
			return false;
	return true;
}

static void
check_record(const struct tlsa *r)
{
	const char *why = "";
	bool usable = tlsa_usable(r, &why);

	require(usable == (why == NULL));
	require(!usable ||
	    ((r->usage == 2 || r->usage == 3) && r->selector < 2 &&
		r->matching < 3 && r->data.n > 0));
}

static void
check_set(const struct tlsa *records, size_t n)
{
	static struct tlsa turned[TLSA_SET_MAX];
	struct match_set set, other;
	size_t expected = 0;

	for (size_t i = 0; i < n; i++) {
		check_record(&records[i]);
		expected += counts(&records[i], records, n);
		turned[n - 1 - i] = records[i];
	}
	match_set_init(&set, records, n);
	match_set_init(&other, turned, n);
	require(set.n == expected && other.n == expected);
	for (size_t i = 0; i < set.n; i++) {
		require(counts(set.records[i], records, n));
		require(set.records[i]->usage == other.records[i]->usage &&
		    set.records[i]->selector == other.records[i]->selector &&
		    set.records[i]->matching == other.records[i]->matching);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tlsa records[TLSA_SET_MAX];
	static uint8_t room[ROOM];
	size_t n = 0, used = 0;

	while (size >= 1 && n < TLSA_SET_MAX) {
		bool text = (data[0] & 1) != 0;
		size_t len = (size_t)data[0] >> 1;
		struct span item;

		data++;
		size--;
		if (len > size)
			len = size;
		item = span_of(data, len);
		data += len;
		size -= len;
		if (text ? used + len / 2 < ROOM &&
			    tlsa_from_text(&records[n], item, room + used) == 0
			 : tlsa_from_rdata(&records[n], item) == 0) {
			n++;
			used += text ? len / 2 : 0;
		}
	}
	check_set(records, n);
	return 0;
}
