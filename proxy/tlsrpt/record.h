/*
 * Whom a domain wants reports on its TLS sent to: the TXT record at
 * _smtp._tls.DOMAIN (RFC 8460 3). Pure; the bytes are a stranger's.
 */
#ifndef DG_TLSRPT_RECORD_H
#define DG_TLSRPT_RECORD_H

#include "base/mailbox.h"

#define TLSRPT_PREFIX	"_smtp._tls"
#define TLSRPT_TEXT_MAX 2048 /* bytes of a record that are looked at */
#define TLSRPT_RUA_MAX	4    /* mailboxes that get a report */

struct tlsrpt_record {
	char mailboxes[TLSRPT_RUA_MAX][MAILBOX_MAX];
	size_t nmailboxes;
	size_t unused; /* URIs that are none of those: https, no mailbox */
};

/*
 * A record's text (RFC 8460 3). DG_ENOTFOUND: not of this kind; DG_ESYNTAX: of
 * this kind, but broken.
 */
DG_MUSTCHECK int tlsrpt_record_parse(struct tlsrpt_record *out,
    struct span text);

/*
 * The one record of this kind among the RDATA of TXT records. DG_ENOTFOUND:
 * none, or more than one, or a broken one: no reports are wanted.
 */
DG_MUSTCHECK int tlsrpt_record_find(struct tlsrpt_record *out,
    const struct span *rdata, size_t n);

#endif
