#include "cli/dns_ask.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "net/sockaddr.h"

#define PREFIX 2 /* octets of length before a message over TCP */

struct asking {
	const struct dnssec_question *question;
	uint16_t id;
	int fd;
	uint64_t deadline;
	uint8_t packet[PREFIX + DNS_QUERY_MAX];
	size_t packet_len;
	uint8_t *answer; /* room for DNSSEC_MAX_MESSAGE octets */
};

/* Waits until fd is ready for that. DG_ETIMEDOUT, DG_EIO. */
static int
wait_for(const struct asking *a, short events)
{
	struct pollfd p = { .fd = a->fd, .events = events };

	for (;;) {
		uint64_t now = clock_monotonic_ms();
		int n;

		if (now >= a->deadline)
			return DG_ETIMEDOUT;
		n = poll(&p, 1, (int)(a->deadline - now));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return DG_EIO;
	}
}

static bool
is_transient(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static int
open_socket(struct asking *a, const struct address *server, bool tcp)
{
	struct sockaddr_storage ss;
	socklen_t len;

	if (sockaddr_from_address(&ss, &len, server) != 0)
		return DG_EINVAL;
	a->fd = socket(ss.ss_family,
	    (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return DG_EIO;
	if (connect(a->fd, (const struct sockaddr *)&ss, len) != 0 &&
	    errno != EINPROGRESS)
		return DG_EIO;
	return 0;
}

static int
send_all(const struct asking *a, const uint8_t *p, size_t n)
{
	while (n > 0) {
		int err = wait_for(a, POLLOUT);
		ssize_t sent;

		if (err != 0)
			return err;
		sent = send(a->fd, p, n, MSG_NOSIGNAL);
		if (sent < 0 && !is_transient(errno))
			return DG_EIO;
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
	}
	return 0;
}

/* Receives once, at most n octets. DG_ECLOSED at the end of a stream. */
static int
receive(size_t *got, const struct asking *a, uint8_t *p, size_t n)
{
	for (;;) {
		int err = wait_for(a, POLLIN);
		ssize_t r;

		if (err != 0)
			return err;
		r = recv(a->fd, p, n, 0);
		if (r > 0) {
			*got = (size_t)r;
			return 0;
		}
		if (r == 0)
			return DG_ECLOSED;
		if (!is_transient(errno))
			return DG_EIO;
	}
}

static int
receive_all(const struct asking *a, uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t got;
		int err = receive(&got, a, p, n);

		if (err != 0)
			return err;
		p += got;
		n -= got;
	}
	return 0;
}

/* The next message, of whatever kind. */
static int
receive_message(struct span *out, const struct asking *a, bool tcp)
{
	uint8_t prefix[PREFIX];
	size_t n;
	int err;

	if (!tcp) {
		err = receive(&n, a, a->answer, DNSSEC_MAX_MESSAGE);
		if (err == 0)
			*out = span_of(a->answer, n);
		return err;
	}
	err = receive_all(a, prefix, sizeof(prefix));
	if (err != 0)
		return err;
	n = wire_get16(prefix);
	err = receive_all(a, a->answer, n);
	if (err == 0)
		*out = span_of(a->answer, n);
	return err;
}

static int
write_query(struct asking *a)
{
	int n;

	a->id = random_u16();
	n = dns_query_write(a->packet + PREFIX, DNS_QUERY_MAX, a->id,
	    a->question);
	if (n < 0)
		return n;
	wire_put16(a->packet, (unsigned)n);
	a->packet_len = PREFIX + (size_t)n;
	return 0;
}

/* The answer that fits. */
static int
await_answer(struct dns_reply *out, const struct asking *a, bool tcp)
{
	struct dns_reply reply = { 0 };
	struct span message;
	int err;

	do {
		err = receive_message(&message, a, tcp);
		if (err != 0)
			return err;
	} while (
	    dns_answer_match(&reply.header, message, a->id, a->question) != 0);
	if (message_read(&reply.message, message) != 0)
		return DG_EPROTO;
	reply.size = message.n;
	*out = reply;
	return 0;
}

int
dns_ask(struct dns_reply *out, const struct address *server,
    const struct dnssec_question *question, bool tcp)
{
	struct asking a = {
		.question = question,
		.fd = -1,
		.deadline = clock_monotonic_ms() + DNS_ASK_MS,
		.answer = malloc(DNSSEC_MAX_MESSAGE),
	};
	size_t skip = tcp ? 0 : PREFIX;
	int err = DG_ENOMEM;

	if (a.answer == NULL)
		goto out;
	err = write_query(&a);
	if (err == 0)
		err = open_socket(&a, server, tcp);
	if (err == 0)
		err = send_all(&a, a.packet + skip, a.packet_len - skip);
	if (err == 0)
		err = await_answer(out, &a, tcp);
out:
	if (a.fd >= 0)
		(void)close(a.fd);
	free(a.answer);
	return err;
}
