/*
 * A span is a view of bytes that belong to somebody else: pointer and length,
 * no terminator. All text from the network is handled as spans. Knows nothing
 * of what the bytes mean.
 */
#ifndef DG_BASE_SPAN_H
#define DG_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct span {
	const uint8_t *p;
	size_t n;
};

/* The bytes p[0..n). */
struct span span_of(const void *p, size_t n);

/* A C string without its NUL. */
struct span span_text(const char *text);

/* Bytes from..to of s, both clamped to its length. */
struct span span_slice(struct span s, size_t from, size_t to);

/* Same length and same bytes. */
bool span_equal(struct span a, struct span b);

/* Same text, ASCII letters compared without case. */
bool span_equal_nocase(struct span a, const char *text);

/* s begins with text, ASCII letters compared without case. */
bool span_starts_nocase(struct span s, const char *text);

/* Index of the first byte equal to c at or after from, or s.n. */
size_t span_find(struct span s, uint8_t c, size_t from);

/* s without blanks and tabs at both ends. */
struct span span_trim(struct span s);

/*
 * Cuts the next word (bytes up to a blank or tab) off *rest. An empty span
 * means that nothing is left.
 */
struct span span_word(struct span *rest);

/*
 * Decimal number without sign or blanks, at most max. DG_ESYNTAX when a byte
 * is not a digit or s is empty, DG_ELIMIT past max.
 */
DG_MUSTCHECK int span_number(uint64_t *out, struct span s, uint64_t max);

/*
 * Copies s with a NUL into dst of size bytes. DG_ELIMIT when it does not fit,
 * DG_ESYNTAX when s holds a NUL itself.
 */
DG_MUSTCHECK int span_copy_text(char *dst, size_t size, struct span s);

#endif
