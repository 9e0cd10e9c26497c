/*
 * Mailboxes LOCAL@DOMAIN whose letters can stand in an SMTP command and in a
 * header as they are. Pure.
 */
#ifndef DG_BASE_MAILBOX_H
#define DG_BASE_MAILBOX_H

#include "base/span.h"

#define MAILBOX_MAX 255 /* with NUL; RFC 5321 4.5.3.1.3 */

/* A dot-atom, and the name of a host (RFC 5321 4.1.2): no quotes, no address
 * literal. DG_ESYNTAX, DG_ELIMIT. */
DG_MUSTCHECK int mailbox_check(struct span text);

#endif
