/* rooms: dane base */
/*
 * What danegate dane verify reads: lines of TLSA text, an empty line, then the
 * file with the chain. Bounded, whatever it is, and never without a verdict.
 */
#include <stdlib.h>
#include <string.h>

#include "dane/dane.h"
#include "dane/pem.h"

#define NOW 1780272000 /* 2026-06-01 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	struct tlsa records[TLSA_SET_MAX];
	struct span chain[DANE_CHAIN_MAX];
	struct name name;
	struct dane_input in;
};

static void
require(bool truth)
{
	if (!truth)
		abort();
}

/* Takes the lines off *file. */
static void
read_records(struct fuzz *f, struct span *file, uint8_t *room)
{
	size_t used = 0;

	while (file->n > 0) {
		size_t end = span_find(*file, '\n', 0);
		struct span line = span_slice(*file, 0, end);

		*file = span_slice(*file, end + 1, file->n);
		if (line.n == 0)
			return;
		if (f->in.nrecords < TLSA_SET_MAX &&
		    tlsa_from_text(&f->records[f->in.nrecords], line,
			room + used) == 0)
			f->in.nrecords++;
		used += line.n / 2;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	struct span file = span_of(data, size);
	/* Of the exact size, so that the sanitizer sees what goes past it. */
	uint8_t *digits = malloc(size / 2 + 1);
	uint8_t *ders = malloc(size + 1);
	struct dane_result result;

	memset(&f, 0, sizeof(f));
	require(digits != NULL && ders != NULL);
	require(name_parse(&f.name, span_text("mx.example.org")) == 0);
	f.in = (struct dane_input){ .records = f.records,
		.chain = f.chain,
		.names = &f.name,
		.nnames = 1,
		.now = NOW };
	read_records(&f, &file, digits);
	if (pem_read_chain(f.chain, &f.in.nchain, DANE_CHAIN_MAX, file, ders) ==
	    0) {
		size_t total = 0;

		require(f.in.nchain > 0 && f.in.nchain <= DANE_CHAIN_MAX);
		for (size_t i = 0; i < f.in.nchain; i++)
			total += f.chain[i].n;
		require(total <= file.n);
		dane_verify(&result, &f.in);
		require(result.verdict != DANE_UNKNOWN);
		require(memchr(result.reason, '\0', DANE_REASON_MAX) != NULL);
	}
	free(ders);
	free(digits);
	return 0;
}
