/*
 * Internationalized mail domains: U-labels to A-labels, so that a domain has
 * one key in policy and DNS (RFC 5890, RFC 3492). Pure. Carries no Unicode
 * tables: what would need mapping first (upper case, combining marks, full
 * width forms) is refused rather than guessed.
 */
#ifndef DG_SMTP_IDNA_H
#define DG_SMTP_IDNA_H

#include "base/name.h"

/*
 * The domain name in UTF-8 text as a name of A-labels. Pure ASCII text is the
 * same as name_parse(). DG_ESYNTAX: no valid UTF-8, or characters that no
 * registered label holds; DG_ELIMIT: too long as A-labels.
 */
DG_MUSTCHECK int idna_name(struct name *out, struct span text);

#endif
