/*
 * Types and RDATA as text for people and scripts: mnemonics, presentation form
 * (RFC 1035 section 5, RFC 3597). Goes through ldns, with a form for whatever
 * that cannot read. What a record is worth is not known here.
 */
#ifndef DG_DNSSEC_PRESENT_H
#define DG_DNSSEC_PRESENT_H

#include "base/span.h"

#define DNS_TYPE_TEXT_MAX 24 /* for dns_type_text() */

/*
 * A type that records can have and signatures can cover, by its mnemonic or as
 * TYPEnnn (RFC 3597 section 5), in any case. DG_ESYNTAX for no such word,
 * DG_EUNSUPPORTED for RRSIG and what exists in questions or headers alone.
 */
DG_MUSTCHECK int dns_type_parse(uint16_t *out, struct span text);

/* "TLSA", or "TYPE65280" for one without a mnemonic. Returns text. */
const char *dns_type_text(uint16_t type, char text[DNS_TYPE_TEXT_MAX]);

/*
 * RDATA, uncompressed, in presentation form; \# and hexadecimal digits when it
 * does not fit its type, or that text would not say all of it. *out is to be freed by the caller. DG_ENOMEM, DG_EINVAL
 * when it is longer than RDATA can be.
 */
DG_MUSTCHECK int dns_rdata_text(char **out, uint16_t type, struct span rdata);

#endif
