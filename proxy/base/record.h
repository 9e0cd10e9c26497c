/*
 * Records one after the other in a file that is only ever added to: each has
 * a kind, bytes, and a checksum. What a power cut tore off or flash has
 * damaged is stepped over, and the next whole record is found again. Pure;
 * knows nothing of files, nor of what a record holds.
 *
 * In bytes: 0xd7, kind, length (2, high byte first), payload, CRC-32 of all
 * that (4, high byte first). The mark is no character, so that a name that
 * somebody chose cannot hold what looks like a record.
 */
#ifndef DG_BASE_RECORD_H
#define DG_BASE_RECORD_H

#include "base/buf.h"

#define RECORD_PAYLOAD_MAX 2048
#define RECORD_OVERHEAD	   8
#define RECORD_MAX	   (RECORD_PAYLOAD_MAX + RECORD_OVERHEAD)

struct record {
	uint8_t kind;
	struct span payload;
};

/* Puts one record at the tail. DG_EAGAIN when there is no room, DG_ELIMIT for
 * too long a payload; nothing is put then. */
DG_MUSTCHECK int record_put(struct buf *b, uint8_t kind, struct span payload);

/*
 * Takes the next whole record off *in, past bytes that are none, whose number
 * is added to *skipped. out->payload points into *in. DG_EAGAIN: there is none;
 * *in holds what may be the beginning of one, at most RECORD_MAX - 1 bytes, and
 * nothing where no more bytes will come (ended).
 */
DG_MUSTCHECK int record_take(struct record *out, struct span *in, bool ended,
    size_t *skipped);

/* What of a table is to be written: what the records do not have yet, to be
 * added to them, or all of it, in place of them. */
enum record_extent {
	RECORD_NOTHING = 0,
	RECORD_CHANGES,
	RECORD_ALL,
};

/* Takes payloads of a table in their order. */
typedef void record_payload_cb(void *arg, struct span payload);

/* Numbers in payloads, high byte first; n is 1 to 8 bytes. */
void record_number_put(uint8_t *p, size_t n, uint64_t value);
uint64_t record_number_get(const uint8_t *p, size_t n);

#endif
