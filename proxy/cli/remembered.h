/*
 * The running daemon's downgrade memory, for a probe that is to come to the
 * daemon's own verdict. Knows the members of that answer.
 */
#ifndef DG_CLI_REMEMBERED_H
#define DG_CLI_REMEMBERED_H

#include "policy/memory.h"

/*
 * Reads an answer to show downgrade-memory; *out is to be freed. A host counts
 * as having spoken TLS, if it ever did, when it last offered it. DG_ESYNTAX,
 * DG_ENOMEM.
 */
DG_MUSTCHECK int remembered_read(struct memory **out, struct span answer);

#endif
