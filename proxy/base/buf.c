#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
buf_init(struct buf *b, uint8_t *mem, size_t size)
{
	*b = (struct buf){ .mem = mem, .size = size };
}

struct span
buf_peek(const struct buf *b)
{
	return span_of(b->mem + b->head, b->len);
}

void
buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->len -= n;
	b->head = b->len == 0 ? 0 : b->head + n;
}

size_t
buf_room(const struct buf *b)
{
	return b->size - b->len;
}

uint8_t *
buf_tail(struct buf *b, size_t *room)
{
	if (b->head > 0) {
		memmove(b->mem, b->mem + b->head, b->len);
		b->head = 0;
	}
	*room = b->size - b->len;
	return b->mem + b->len;
}

void
buf_commit(struct buf *b, size_t n)
{
	assert(b->head + b->len + n <= b->size);
	b->len += n;
}

int
buf_put(struct buf *b, const void *p, size_t n)
{
	size_t room;
	uint8_t *tail;

	if (n > buf_room(b))
		return DG_EAGAIN;
	if (n == 0)
		return 0;
	tail = buf_tail(b, &room);
	memcpy(tail, p, n);
	buf_commit(b, n);
	return 0;
}

int
buf_printf(struct buf *b, const char *format, ...)
{
	size_t room;
	uint8_t *tail = buf_tail(b, &room);
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf((char *)tail, room, format, ap);
	va_end(ap);
	/* vsnprintf wants a byte for its NUL, which is not kept. */
	if (n < 0 || (size_t)n >= room)
		return DG_EAGAIN;
	buf_commit(b, (size_t)n);
	return 0;
}

void
buf_clear(struct buf *b)
{
	b->head = 0;
	b->len = 0;
}

void
buf_move(struct buf *b, uint8_t *mem, size_t size)
{
	assert(b->len <= size);
	if (b->len > 0)
		memcpy(mem, b->mem + b->head, b->len);
	*b = (struct buf){ .mem = mem, .size = size, .len = b->len };
}
