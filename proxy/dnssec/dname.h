/*
 * Domain names in DNS wire form: any bytes in any label, always lower case and
 * uncompressed, so that comparing bytes compares names (RFC 4034 6.1, 6.2).
 * Values without pointers; knows nothing of records.
 */
#ifndef DG_DNSSEC_DNAME_H
#define DG_DNSSEC_DNAME_H

#include "base/name.h"

#define DNAME_MAX      255 /* bytes, RFC 1035 2.3.4 */
#define DNAME_TEXT_MAX 256 /* for dname_text() */

struct dname {
	uint8_t len; /* 1 for the root */
	uint8_t bytes[DNAME_MAX];
};

/* The root. */
void dname_root(struct dname *out);

/* DG_ELIMIT when the wire form is longer than a name may be. */
DG_MUSTCHECK int dname_from_name(struct dname *out, const struct name *name);

/* DG_ESYNTAX when no host or service can have this name. */
DG_MUSTCHECK int dname_to_name(struct name *out, const struct dname *d);

/* Any name, as name_parse_any() writes them. DG_ELIMIT when the text is too
 * long. */
DG_MUSTCHECK int dname_to_any_name(struct name *out, const struct dname *d);

/*
 * Reads a name at *pos of message, following compression pointers (which must
 * lead backwards), and moves *pos behind it. DG_ESYNTAX.
 */
DG_MUSTCHECK int dname_unpack(struct dname *out, struct span message,
    size_t *pos);

/* Reads an uncompressed name at *pos of rdata. DG_ESYNTAX. */
DG_MUSTCHECK int dname_read(struct dname *out, struct span rdata, size_t *pos);

/* Moves *pos behind the name there, without following it. DG_ESYNTAX. */
DG_MUSTCHECK int dname_skip(struct span message, size_t *pos);

bool dname_equal(const struct dname *a, const struct dname *b);

/* d is zone or lies below it. */
bool dname_is_within(const struct dname *d, const struct dname *zone);

/* Number of labels, the root not counted; a leading * counts. */
unsigned dname_labels(const struct dname *d);

/* Its last n labels; all of it when it has no more. */
void dname_ancestor(struct dname *out, const struct dname *d, unsigned n);

/* Number of labels that both end in. */
unsigned dname_common(const struct dname *a, const struct dname *b);

/* Below zero, zero, above: canonical order, RFC 4034 6.1. */
int dname_compare(const struct dname *a, const struct dname *b);

/* The first label is a lone asterisk. */
bool dname_is_wildcard(const struct dname *d);

/* "*." before d. DG_ELIMIT when that is too long. */
DG_MUSTCHECK int dname_wildcard(struct dname *out, const struct dname *d);

/*
 * The name that d becomes when its ending from is replaced by to (RFC 6672
 * 2.2); d must lie below from. DG_ELIMIT when that is too long.
 */
DG_MUSTCHECK int dname_substitute(struct dname *out, const struct dname *d,
    const struct dname *from, const struct dname *to);

/* For messages to people: "example.nl", "the root"; odd bytes become '?'. */
const char *dname_text(const struct dname *d, char text[DNAME_TEXT_MAX]);

#endif
