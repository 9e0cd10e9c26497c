#include "net/listener.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/sockaddr.h"

#define BACKLOG 256

/* Closes fd without losing the errno that the caller reports. */
static void
close_keep_errno(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

static int
set_flag(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on));
}

static int
listener_prepare(int fd, enum address_family family)
{
	/* A restart must not wait for the old sessions' TIME_WAIT. */
	if (set_flag(fd, SOL_SOCKET, SO_REUSEADDR) != 0)
		return -1;
	switch (family) {
	case ADDRESS_NONE:
		break;
	case ADDRESS_IPV4:
		return set_flag(fd, SOL_IP, IP_TRANSPARENT);
	case ADDRESS_IPV6:
		if (set_flag(fd, SOL_IPV6, IPV6_V6ONLY) != 0)
			return -1;
		return set_flag(fd, SOL_IPV6, IPV6_TRANSPARENT);
	}
	errno = EAFNOSUPPORT;
	return -1;
}

int
listener_open(int *fd, enum address_family family, uint16_t port)
{
	struct address any = { .family = family, .port = port };
	struct sockaddr_storage ss;
	socklen_t len;
	int s;

	if (sockaddr_from_address(&ss, &len, &any) != 0) {
		errno = EAFNOSUPPORT;
		return DG_EIO;
	}
	s = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s < 0)
		return DG_EIO;
	if (listener_prepare(s, family) != 0 ||
	    bind(s, (const struct sockaddr *)&ss, len) != 0 ||
	    listen(s, BACKLOG) != 0) {
		close_keep_errno(s);
		return DG_EIO;
	}
	*fd = s;
	return 0;
}

/*
 * accept(2): errors of the new connection itself are to be treated like
 * EAGAIN; running out of something is told apart so that the caller can pause.
 */
static int
accept_failure(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return DG_ENOMEM;
	case EBADF:
	case EFAULT:
	case EINVAL:
	case ENOTSOCK:
		return DG_EIO;
	default:
		return DG_EAGAIN;
	}
}

/* Our end of a connection. */
static int
socket_local(struct address *local, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return DG_EIO;
	return sockaddr_to_address(local, &ss, len);
}

int
socket_accept(int *fd, struct address *client, struct address *destination,
    int listener)
{
	struct sockaddr_storage ss;
	struct address from, to;
	socklen_t len = sizeof(ss);
	int s;

	s = accept4(listener, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (s < 0)
		return accept_failure(errno);
	if (sockaddr_to_address(&from, &ss, len) != 0)
		goto fail;
	if (socket_local(&to, s) != 0)
		goto fail;
	/* Replies go out whole; waiting to fill segments only costs time. */
	(void)set_flag(s, IPPROTO_TCP, TCP_NODELAY);
	*fd = s;
	*client = from;
	*destination = to;
	return 0;
fail:
	close_keep_errno(s);
	return DG_EAGAIN;
}

/* A stream socket with source's address and a port that the kernel chooses. */
static int
socket_open_as(int *fd, const struct address *source)
{
	struct address host = *source;
	bool v6 = source->family == ADDRESS_IPV6;
	struct sockaddr_storage ss;
	socklen_t len;
	int s;

	host.port = 0;
	if (sockaddr_from_address(&ss, &len, &host) != 0)
		return DG_EINVAL;
	s = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s < 0)
		return DG_EIO;
	if (set_flag(s, v6 ? SOL_IPV6 : SOL_IP,
		v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT) != 0 ||
	    bind(s, (const struct sockaddr *)&ss, len) != 0) {
		close_keep_errno(s);
		return DG_EIO;
	}
	*fd = s;
	return 0;
}

/* The same, but never with source's port. */
static int
socket_open_beside(int *fd, const struct address *source)
{
	struct address local;
	int first;
	int err = socket_open_as(&first, source);

	if (err != 0)
		return err;
	if (socket_local(&local, first) == 0 && local.port != source->port) {
		*fd = first;
		return 0;
	}
	/* As long as the first one holds the port, nobody else gets it. */
	err = socket_open_as(fd, source);
	close_keep_errno(first);
	return err;
}

int
socket_connect_from(int *fd, struct address *local,
    const struct address *destination, const struct address *source)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int err = 0;
	int s;

	if (sockaddr_from_address(&ss, &len, destination) != 0)
		return DG_EINVAL;
	if (source != NULL)
		err = socket_open_beside(&s, source);
	else
		s = socket(ss.ss_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (err != 0)
		return err;
	if (s < 0)
		return DG_EIO;
	(void)set_flag(s, IPPROTO_TCP, TCP_NODELAY);
	if ((connect(s, (const struct sockaddr *)&ss, len) != 0 &&
		errno != EINPROGRESS) ||
	    socket_local(local, s) != 0) {
		close_keep_errno(s);
		return DG_EIO;
	}
	*fd = s;
	return 0;
}

int
socket_connect(int *fd, const struct address *destination)
{
	struct address local;

	return socket_connect_from(fd, &local, destination, NULL);
}

int
socket_datagram(int *fd, const struct address *destination)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int s;

	if (sockaddr_from_address(&ss, &len, destination) != 0)
		return DG_EINVAL;
	s = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s < 0)
		return DG_EIO;
	if (connect(s, (const struct sockaddr *)&ss, len) != 0) {
		close_keep_errno(s);
		return DG_EIO;
	}
	*fd = s;
	return 0;
}

/* Loopback and the unspecified address are ours on every machine. */
static bool
is_always_self(const struct address *a)
{
	static const uint8_t zero[16];

	switch (a->family) {
	case ADDRESS_NONE:
		return true;
	case ADDRESS_IPV4:
		return a->bytes[0] == 127 || a->bytes[0] == 0;
	case ADDRESS_IPV6:
		return memcmp(a->bytes, zero, 15) == 0 && a->bytes[15] <= 1;
	}
	return true;
}

/* An IPv4-mapped destination reaches the IPv4 host: compare that one. */
static struct address
unmapped(const struct address *a)
{
	struct sockaddr_storage ss;
	struct address plain = *a;
	socklen_t len;

	if (sockaddr_from_address(&ss, &len, a) == 0 &&
	    sockaddr_to_address(&plain, &ss, len) != 0)
		plain = *a;
	return plain;
}

static bool
is_interface_address(const struct ifaddrs *i, const struct address *a)
{
	struct sockaddr_storage ss = { 0 };
	struct address own;
	socklen_t len;

	if (i->ifa_addr == NULL)
		return false;
	if (i->ifa_addr->sa_family == AF_INET)
		len = sizeof(struct sockaddr_in);
	else if (i->ifa_addr->sa_family == AF_INET6)
		len = sizeof(struct sockaddr_in6);
	else
		return false;
	memcpy(&ss, i->ifa_addr, len);
	return sockaddr_to_address(&own, &ss, len) == 0 &&
	    address_same_host(&own, a);
}

/*
 * The kernel lets a socket be bound to no address but its own. To ask so costs
 * a third of what a list of all addresses does, and nothing more with many of
 * them. What else it says, or that a socket could be bound (it could be to any
 * address with the sysctl ip_nonlocal_bind), does not answer the question.
 */
static bool
is_surely_elsewhere(const struct address *a)
{
	struct address host = *a;
	struct sockaddr_storage ss;
	socklen_t len;
	bool elsewhere;
	int fd;

	host.port = 0;
	if (sockaddr_from_address(&ss, &len, &host) != 0)
		return false;
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	elsewhere = bind(fd, (struct sockaddr *)&ss, len) != 0 &&
	    errno == EADDRNOTAVAIL;
	(void)close(fd);
	return elsewhere;
}

bool
socket_is_self(const struct address *address)
{
	struct address a = unmapped(address);
	struct ifaddrs *list;
	bool found = false;

	if (is_always_self(&a))
		return true;
	if (is_surely_elsewhere(&a))
		return false;
	if (getifaddrs(&list) != 0)
		return true;
	for (const struct ifaddrs *i = list; i != NULL && !found;
	     i = i->ifa_next)
		found = is_interface_address(i, &a);
	freeifaddrs(list);
	return found;
}

void
socket_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(fd);
}

int
socket_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return errno;
	return error;
}
