/* rooms: policy base */
/*
 * A file of downgrade memory with any bytes in it: read piece by piece it is
 * what it is at once, whole records are found whatever stands before them, and
 * what was taken in is written and read back as the same. Input: one byte for
 * the size of the pieces, then the file.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"

#define ROOM (2 * RECORD_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static size_t
take(struct memory *m, struct span *in, bool ended, size_t *skipped)
{
	struct record r;
	size_t n = 0;

	while (record_take(&r, in, ended, skipped) == 0) {
		n++;
		if (r.kind == MEMORY_RECORD)
			(void)memory_restore(m, r.payload);
	}
	require(in->n < RECORD_MAX && (!ended || in->n == 0));
	return n;
}

static size_t
take_in_pieces(struct memory *m, struct span file, size_t piece,
    size_t *skipped)
{
	static uint8_t mem[ROOM];
	size_t n = 0;
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	for (size_t at = 0; at <= file.n; at += piece) {
		struct span next = span_slice(file, at, at + piece);
		struct span rest;
		size_t had;

		require(buf_put(&b, next.p, next.n) == 0);
		rest = buf_peek(&b);
		had = rest.n;
		n += take(m, &rest, at + piece > file.n, skipped);
		buf_drop(&b, had - rest.n);
	}
	return n;
}

static void
restore_again(void *arg, struct span payload)
{
	require(memory_restore(arg, payload) == 0);
}

static struct memory *
memory(void)
{
	struct memory *m;

	require(memory_new(&m, 16) == 0);
	return m;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory *whole = memory();
	struct memory *pieces = memory();
	struct memory *again = memory();
	size_t skipped[2] = { 0, 0 };
	struct span file, rest;

	if (size > 0) {
		size_t piece = (size_t)data[0] * 4 + 1;

		file = span_of(data + 1, size - 1);
		rest = file;
		require(take(whole, &rest, true, &skipped[0]) ==
		    take_in_pieces(pieces, file, piece, &skipped[1]));
		require(skipped[0] == skipped[1]);
	}
	require(memory_hosts(whole) == memory_hosts(pieces));
	memory_save(whole, RECORD_ALL, restore_again, again);
	require(memory_hosts(whole) == memory_hosts(again));
	memory_free(again);
	memory_free(pieces);
	memory_free(whole);
	return 0;
}
