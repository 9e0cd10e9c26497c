/*
 * The service extensions of an EHLO reply: which of them the server offers, and
 * which are passed on to the client (RFC 5321 4.1.1.1). Pure. An allow-list: a
 * keyword that is not named here does not reach the client. Knows nothing of
 * when an offer may be trusted; that is the session's business.
 */
#ifndef DG_SMTP_EXTENSIONS_H
#define DG_SMTP_EXTENSIONS_H

#include "smtp/reply.h"

enum smtp_extension {
	SMTP_EXT_SIZE = 1 << 0,		       /* RFC 1870 */
	SMTP_EXT_PIPELINING = 1 << 1,	       /* RFC 2920 */
	SMTP_EXT_8BITMIME = 1 << 2,	       /* RFC 6152 */
	SMTP_EXT_ENHANCEDSTATUSCODES = 1 << 3, /* RFC 2034 */
	SMTP_EXT_DSN = 1 << 4,		       /* RFC 3461 */
	SMTP_EXT_SMTPUTF8 = 1 << 5,	       /* RFC 6531 */
	SMTP_EXT_CHUNKING = 1 << 6,	       /* RFC 3030 */
	SMTP_EXT_BINARYMIME = 1 << 7,	       /* RFC 3030 */
	SMTP_EXT_DELIVERBY = 1 << 8,	       /* RFC 2852 */
	SMTP_EXT_MT_PRIORITY = 1 << 9,	       /* RFC 6710 */
	SMTP_EXT_LIMITS = 1 << 10,	       /* RFC 9422 */
	SMTP_EXT_STARTTLS = 1 << 11,	       /* RFC 3207; never passed on */
};

#define SMTP_EXTENSION_ARGUMENT_MAX 64

/* What is offered. All zero: nothing. Arguments are printable, or empty. */
struct smtp_extensions {
	unsigned bits; /* SMTP_EXT_ */
	uint64_t size; /* bytes; 0: no limit told */
	char deliverby[SMTP_EXTENSION_ARGUMENT_MAX + 1];
	char mt_priority[SMTP_EXTENSION_ARGUMENT_MAX + 1];
	char limits[SMTP_EXTENSION_ARGUMENT_MAX + 1];
};

/*
 * Reads the keywords of a 250 reply to EHLO. Unknown ones are skipped; so is a
 * keyword whose argument cannot be passed on as it stands (not printable, too
 * long): what the client does not see it does not use. A SIZE that is no number
 * counts as no limit told. DG_EPROTO: the reply is not a 250.
 */
DG_MUSTCHECK int smtp_extensions_parse(struct smtp_extensions *out,
    const struct smtp_reply *reply);

/*
 * Makes the reply to the client's EHLO: domain (who greets) and what of offer
 * a client may see. STARTTLS and AUTH never stand in it; BINARYMIME needs
 * CHUNKING beside it (RFC 3030 3), SMTPUTF8 needs 8BITMIME (RFC 6531 3.1).
 * DG_ESYNTAX: domain is empty, not printable, or longer than 255 bytes.
 */
DG_MUSTCHECK int smtp_extensions_reply(struct smtp_reply *out,
    struct span domain, const struct smtp_extensions *offer);

/* The keyword of one SMTP_EXT_ bit; never NULL. */
const char *smtp_extension_text(unsigned bit);

#endif
