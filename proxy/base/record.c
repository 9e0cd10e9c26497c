#include "base/record.h"

#include <string.h>

#define MARK   0xd7
#define HEAD   4 /* mark, kind, length */
#define SUM    4
#define NIBBLE 16

/* CRC-32 (ISO 3309), four bits at a time: small, and fast enough. */
static uint32_t
crc_of(struct span s)
{
	static const uint32_t table[NIBBLE] = { 0x00000000, 0x1db71064,
		0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158,
		0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < s.n; i++) {
		crc = (crc >> 4) ^ table[(crc ^ s.p[i]) % NIBBLE];
		crc = (crc >> 4) ^ table[(crc ^ (s.p[i] >> 4)) % NIBBLE];
	}
	return ~crc;
}

void
record_number_put(uint8_t *p, size_t n, uint64_t value)
{
	while (n > 0) {
		p[--n] = (uint8_t)value;
		value >>= 8;
	}
}

uint64_t
record_number_get(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value = value << 8 | p[i];
	return value;
}

int
record_put(struct buf *b, uint8_t kind, struct span payload)
{
	size_t whole = HEAD + payload.n + SUM;
	size_t room;
	uint8_t *p;

	if (payload.n > RECORD_PAYLOAD_MAX)
		return DG_ELIMIT;
	p = buf_tail(b, &room);
	if (room < whole)
		return DG_EAGAIN;
	p[0] = MARK;
	p[1] = kind;
	record_number_put(p + 2, 2, payload.n);
	if (payload.n > 0)
		memcpy(p + HEAD, payload.p, payload.n);
	record_number_put(p + HEAD + payload.n, SUM,
	    crc_of(span_of(p, HEAD + payload.n)));
	buf_commit(b, whole);
	return 0;
}

/* What stands at the beginning of s: a record (0), perhaps the beginning of
 * one (DG_EAGAIN), or neither (DG_ESYNTAX). */
static int
look_at(struct record *out, struct span s)
{
	size_t n;

	if (s.n == 0 || s.p[0] != MARK)
		return s.n == 0 ? DG_EAGAIN : DG_ESYNTAX;
	if (s.n < HEAD)
		return DG_EAGAIN;
	n = (size_t)record_number_get(s.p + 2, 2);
	if (n > RECORD_PAYLOAD_MAX)
		return DG_ESYNTAX;
	if (s.n < HEAD + n + SUM)
		return DG_EAGAIN;
	if (crc_of(span_slice(s, 0, HEAD + n)) !=
	    record_number_get(s.p + HEAD + n, SUM))
		return DG_ESYNTAX;
	out->kind = s.p[1];
	out->payload = span_slice(s, HEAD, HEAD + n);
	return 0;
}

int
record_take(struct record *out, struct span *in, bool ended, size_t *skipped)
{
	for (;;) {
		int err = look_at(out, *in);

		if (err == 0) {
			*in = span_slice(*in, HEAD + out->payload.n + SUM,
			    in->n);
			return 0;
		}
		if (err == DG_EAGAIN && (!ended || in->n == 0))
			return DG_EAGAIN;
		*in = span_slice(*in, 1, in->n);
		(*skipped)++;
	}
}
