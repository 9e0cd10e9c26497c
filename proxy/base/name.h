/*
 * A domain name as mail and configuration use it: text, lower case, A-labels,
 * no trailing dot; the root is the empty text. Only letters, digits, hyphen
 * and underscore (for _25._tcp); anything else in a host name is refused here
 * and so never reaches a lookup, a log line or a certificate check. Names in
 * DNS wire form are the business of dnssec/.
 */
#ifndef DG_BASE_NAME_H
#define DG_BASE_NAME_H

#include "base/span.h"

#define NAME_TEXT_MAX 253 /* RFC 1035 2.3.4, in text form without final dot */

struct name {
	uint8_t len;
	char text[NAME_TEXT_MAX + 1]; /* NUL-terminated */
};

/*
 * Takes text in any case, with or without final dot; "." is the root.
 * DG_ESYNTAX for empty text, empty labels or other characters; DG_ELIMIT for
 * labels over 63 or names over 253 bytes.
 */
DG_MUSTCHECK int name_parse(struct name *out, struct span text);

/*
 * The same for names that no host has, as `dns lookup` may ask for them: RFC
 * 1035 5.1's \X and \DDD stand for any octet, and '*' for itself. In the text
 * that comes of it each octet that a host's name cannot have is \DDD, so that
 * one name has one text. Not for names that come from mail or DNS.
 */
DG_MUSTCHECK int name_parse_any(struct name *out, struct span text);

/* It is one of those. */
bool name_is_odd(const struct name *name);

/* Appends an octet of a label to a name's text. DG_ELIMIT. */
DG_MUSTCHECK int name_add_octet(struct name *name, uint8_t octet);

bool name_equal(const struct name *a, const struct name *b);

/* name is zone or lies below it; everything lies below the root. */
bool name_is_within(const struct name *name, const struct name *zone);

/* Number of labels, the root not counted. */
unsigned name_labels(const struct name *name);

/* name without its first label; the root's parent is the root. */
void name_parent(struct name *out, const struct name *name);

/* prefix + "." + name, e.g. "_25._tcp" and a host. DG_ELIMIT when too long. */
DG_MUSTCHECK int name_prepend(struct name *out, const char *prefix,
    const struct name *name);

#endif
