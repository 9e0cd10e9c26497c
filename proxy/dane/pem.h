/*
 * A certificate chain as text (PEM, RFC 7468) into the bytes that a server
 * would present. Pure: text in, bytes out; bounded by the length of the text.
 * Knows nothing of what a certificate says: a block that holds something else
 * keeps its place in the chain, as it would in a handshake.
 */
#ifndef DG_DANE_PEM_H
#define DG_DANE_PEM_H

#include "base/span.h"

/*
 * Reads the certificates of text in their order, at most max of them; what
 * stands between the blocks, and what comes after the last one, is passed over.
 * room (at least text.n bytes) takes what chain[] then points to.
 * DG_ESYNTAX: a block does not end or is not base64. DG_ENOTFOUND: no block
 * holds anything that could be a certificate.
 */
DG_MUSTCHECK int pem_read_chain(struct span *chain, size_t *n, size_t max,
    struct span text, uint8_t *room);

#endif
