/*
 * Inside of dane/ only: elements of DER (X.690), one after the other, within
 * bounds. Lengths must be definite; nothing is allocated and nothing recurses.
 * Knows nothing of what the elements mean.
 */
#ifndef DG_DANE_DER_H
#define DG_DANE_DER_H

#include "base/span.h"

#define DER_INTEGER    0x02
#define DER_BIT_STRING 0x03
#define DER_OID	       0x06
#define DER_SEQUENCE   0x30
#define DER_SET	       0x31

/* One element: tag, length, contents. */
struct der {
	uint8_t tag;
	struct span whole; /* with tag and length */
	struct span contents;
};

/* Cuts the next element off *rest. DG_ESYNTAX. */
DG_MUSTCHECK int der_next(struct der *out, struct span *rest);

/* Cuts the next element, which must be of this tag, off *rest. DG_ESYNTAX. */
DG_MUSTCHECK int der_expect(struct der *out, struct span *rest, uint8_t tag);

/* s is one element of this tag and nothing else: its contents. DG_ESYNTAX. */
DG_MUSTCHECK int der_open(struct span *contents, struct span s, uint8_t tag);

/* Bytes that a header for so many bytes of contents may take. */
#define DER_HEADER_MAX 5

/* Writes tag and length; returns the bytes written. n below 2^24. */
size_t der_write_header(uint8_t *out, uint8_t tag, size_t n);

#endif
