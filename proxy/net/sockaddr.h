/*
 * The one place where an address value becomes a socket address and back.
 * Knows nothing else.
 */
#ifndef DG_NET_SOCKADDR_H
#define DG_NET_SOCKADDR_H

#include <sys/socket.h>

#include "base/address.h"

/*
 * Fills *out and *len. DG_EINVAL when a is of no family. The storage is the
 * caller's.
 */
DG_MUSTCHECK int sockaddr_from_address(struct sockaddr_storage *out,
    socklen_t *len, const struct address *a);

/*
 * DG_EINVAL when it is neither IPv4 nor IPv6, or len is too short. An
 * IPv4-mapped IPv6 address becomes the IPv4 address it stands for.
 */
DG_MUSTCHECK int sockaddr_to_address(struct address *out,
    const struct sockaddr_storage *ss, socklen_t len);

#endif
