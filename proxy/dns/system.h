/*
 * The recursive resolvers that the system itself asks (resolv.conf(5)): what
 * is used where none are configured, as on a router that has them by DHCP.
 * Knows nothing of how they are asked.
 */
#ifndef DG_DNS_SYSTEM_H
#define DG_DNS_SYSTEM_H

#include "base/address.h"

#define SYSTEM_RESOLV_CONF "/etc/resolv.conf"

/*
 * The name servers of resolv.conf text, at most max of them, the others left
 * out; port 53. Returns their number. Addresses with a scope are passed over.
 */
size_t system_servers(struct address *out, size_t max, struct span text);

/* The same of SYSTEM_RESOLV_CONF as it stands now; 0 if it cannot be read. */
size_t system_servers_read(struct address *out, size_t max);

#endif
