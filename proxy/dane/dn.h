/*
 * Inside of dane/ only: distinguished names (RFC 5280 4.1.2.4) as they stand in
 * certificates, compared. A name is its element with tag and length. What is
 * malformed equals nothing and lies within nothing.
 */
#ifndef DG_DANE_DN_H
#define DG_DANE_DN_H

#include "base/span.h"

/*
 * The same name (RFC 5280 7.1): text without regard to ASCII case, to its kind
 * of string, to blanks at its ends and to how many there are between words.
 */
bool dn_equal(struct span a, struct span b);

/* name begins with all the parts of base (RFC 5280 4.2.1.10). */
bool dn_is_within(struct span name, struct span base);

/* The name has no parts. */
bool dn_is_empty(struct span name);

/*
 * Values of attributes, one after the other: *rest is the name's contents at
 * first, which dn_open() finds. DG_ENOTFOUND at the end.
 */
DG_MUSTCHECK int dn_open(struct span *rest, struct span name);
DG_MUSTCHECK int dn_next_value(struct span *out, struct span *rest,
    struct span oid);

#define DN_COMMON_NAME	 "\x55\x04\x03"				/* 2.5.4.3 */
#define DN_EMAIL_ADDRESS "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01" /* PKCS #9 */

#endif
