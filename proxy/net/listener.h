/*
 * Interception and plain sockets: listeners that take connections meant for
 * somebody else (TPROXY), what such a connection was meant for, and outgoing
 * connections. All sockets are non-blocking and close-on-exec. Knows nothing
 * of what is spoken over them.
 */
#ifndef DG_NET_LISTENER_H
#define DG_NET_LISTENER_H

#include "base/address.h"

/*
 * A transparent listener on every address of the family at this port; needs
 * CAP_NET_ADMIN. The IPv6 one takes IPv6 alone. DG_EIO with errno set.
 */
DG_MUSTCHECK int listener_open(int *fd, enum address_family family,
    uint16_t port);

/*
 * The next waiting connection. destination is what the client dialled, with
 * port. DG_EAGAIN when none waits (or it has gone already), DG_ENOMEM when
 * descriptors or memory have run out, DG_EIO otherwise; errno is set.
 */
DG_MUSTCHECK int socket_accept(int *fd, struct address *client,
    struct address *destination, int listener);

/*
 * Begins a connection; it may stand already or be under way when this returns,
 * socket_error() or an endpoint tells. DG_EIO with errno set when it cannot
 * even begin (no route), DG_EINVAL for an address of no family.
 */
DG_MUSTCHECK int socket_connect(int *fd, const struct address *destination);

/* A socket whose datagrams go there and that takes none from elsewhere. */
DG_MUSTCHECK int socket_datagram(int *fd, const struct address *destination);

/*
 * The same, from the address of another host where source is not NULL: needs
 * CAP_NET_ADMIN, and rules that bring the answers here. The port is never
 * source's own: between the same two hosts that would be a connection that
 * stands already, and connection tracking would take one for the other. local
 * is our end of the new connection.
 */
DG_MUSTCHECK int socket_connect_from(int *fd, struct address *local,
    const struct address *destination, const struct address *source);

/*
 * The address belongs to this machine (or is loopback or unspecified): a
 * connection to it would come back to us. Also true when the system cannot
 * tell, so that a loop is never opened by mistake.
 */
bool socket_is_self(const struct address *a);

/* Closes with a reset, so that the other side knows at once. */
void socket_reset(int fd);

/* Fetches and clears the pending error: 0 or an errno value. */
int socket_error(int fd);

#endif
