/*
 * A bounded byte queue in memory of fixed size: put at the tail, get at the
 * head. It never grows; a full buffer is how back-pressure travels. The memory
 * is the caller's. Knows nothing of sockets or protocols.
 */
#ifndef DG_BASE_BUF_H
#define DG_BASE_BUF_H

#include "base/span.h"

struct buf {
	uint8_t *mem;
	size_t size;
	size_t head; /* index of the first byte */
	size_t len;  /* bytes held, contiguous from head */
};

/* Makes b an empty queue over mem[0..size). */
void buf_init(struct buf *b, uint8_t *mem, size_t size);

/* All bytes held, contiguous; valid until the next call that changes b. */
struct span buf_peek(const struct buf *b);

/* Drops the first n bytes; n must be at most the bytes held. */
void buf_drop(struct buf *b, size_t n);

/* Room left for put. */
size_t buf_room(const struct buf *b);

/*
 * Writable memory at the tail: all of the room, contiguous (bytes held are
 * moved to the front when they must be). buf_commit() then adds the first n
 * bytes written there.
 */
uint8_t *buf_tail(struct buf *b, size_t *room);
void buf_commit(struct buf *b, size_t n);

/* Adds all n bytes, or none and DG_EAGAIN when the room is too small. */
DG_MUSTCHECK int buf_put(struct buf *b, const void *p, size_t n);

/* Adds formatted text, all of it, or nothing and DG_EAGAIN. */
DG_MUSTCHECK int buf_printf(struct buf *b, const char *format, ...)
    DG_PRINTF(2, 3);

/* Empties b. */
void buf_clear(struct buf *b);

/*
 * From now on b is a queue over mem[0..size), with what it holds: that is
 * copied, must fit, and the memory it had is no longer used.
 */
void buf_move(struct buf *b, uint8_t *mem, size_t size);

#endif
