/* rooms: policy base */
/*
 * Files of evidence and of daily sums with any bytes in them: what was taken in
 * is bounded, and written and read back as the same. Input: a file.
 */
#include <stdlib.h>

#include "policy/counts.h"
#include "policy/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool truth)
{
	if (!truth)
		abort();
}

/* A day's sums come back as they were, but for names that nobody knows. */
static void
take_counts(struct span payload)
{
	uint8_t mem[RECORD_MAX];
	struct counts c;
	struct counts again;
	struct record record;
	struct span written;
	struct buf b;
	int64_t day;
	int64_t day_again;
	size_t skipped = 0;

	if (counts_get(&day, &c, payload) != 0)
		return;
	buf_init(&b, mem, sizeof(mem));
	require(counts_put(&b, day, &c) == 0);
	written = buf_peek(&b);
	require(record_take(&record, &written, true, &skipped) == 0);
	require(counts_get(&day_again, &again, record.payload) == 0);
	require(day == day_again);
	for (size_t i = 0;; i++) {
		char name[COUNTS_NAME_MAX];
		uint64_t value[2] = { 0, 0 };

		if (!counts_at(&c, i, &value[0], name))
			break;
		require(counts_at(&again, i, &value[1], name));
		require(value[0] == value[1]);
	}
}

static void
restore(void *arg, struct span payload)
{
	require(evidence_restore(arg, payload) == 0);
}

static void
sum(void *arg, const struct evidence_item *item)
{
	uint64_t *n = arg;

	*n += item->recipients;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span_of(data, size);
	struct evidence *e;
	struct evidence *again;
	struct record record;
	size_t skipped = 0;
	uint64_t n[2] = { 0, 0 };

	require(evidence_new(&e) == 0 && evidence_new(&again) == 0);
	while (record_take(&record, &file, true, &skipped) == 0) {
		if (record.kind == COUNTS_RECORD)
			take_counts(record.payload);
		if (record.kind == EVIDENCE_RECORD)
			(void)(evidence_restore(e, record.payload) == 0);
	}
	require(evidence_bytes(e) <= EVIDENCE_BYTES_MAX);
	evidence_save(e, RECORD_ALL, restore, again);
	evidence_each(e, sum, &n[0]);
	evidence_each(again, sum, &n[1]);
	require(n[0] == n[1]);
	evidence_free(again);
	evidence_free(e);
	return 0;
}
