/*
 * A report on one domain's TLS: as JSON (RFC 8460 4.4), and as the letter that
 * brings it (RFC 8460 5.3). Pure; who sends it is another's business.
 */
#ifndef DG_TLSRPT_REPORT_H
#define DG_TLSRPT_REPORT_H

#include "base/json.h"
#include "tlsrpt/record.h"
#include "tlsrpt/tally.h"

#define TLSRPT_JSON_MAX ((size_t)32 << 10)

struct tlsrpt_about {
	const char *from; /* mailbox: sender and contact */
	int64_t since;	  /* seconds since 1970; of the first second */
	int64_t until;	  /* of the last second */
	int64_t now;	  /* when the letter is written */
};

/* Writes the report as one object. */
void tlsrpt_json(struct json *j, const struct tlsrpt_domain *domain,
    const struct tlsrpt_about *about);

/* gzip (RFC 1952) of the bytes; *out is to be freed. DG_ENOMEM. */
DG_MUSTCHECK int tlsrpt_gzip(uint8_t **out, size_t *n, struct span bytes);

/*
 * The letter to those of the record, headers and body, lines ending in CRLF;
 * none of them begins with a dot. *out is to be freed. DG_ENOMEM; DG_ELIMIT:
 * the report has no room in TLSRPT_JSON_MAX.
 */
DG_MUSTCHECK int tlsrpt_letter(char **out, size_t *n,
    const struct tlsrpt_domain *domain, const struct tlsrpt_about *about,
    const struct tlsrpt_record *to);

#endif
