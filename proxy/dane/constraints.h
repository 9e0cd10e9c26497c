/*
 * Inside of dane/ only: name constraints (RFC 5280 4.2.1.10). Done are DNS
 * names, distinguished names, mail and IP addresses; where another form of name
 * is constrained and occurs, the authority is refused, as the RFC wants it.
 */
#ifndef DG_DANE_CONSTRAINTS_H
#define DG_DANE_CONSTRAINTS_H

#include "dane/cert.h"

/*
 * What of the authority's constraints stands against a certificate below it,
 * told of the authority; NULL is nothing. leaf: it is the server's own, whose
 * common name may count as a DNS name. budget: comparisons left, which an
 * authority cannot make us exceed.
 */
const char *constraints_fault(const struct cert *authority,
    const struct cert *below, bool leaf, unsigned *budget);

#endif
