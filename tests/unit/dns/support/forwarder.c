#include "dns/support/forwarder.h"

#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/sockaddr.h"

#define HEADER	 12
#define RUBBISH	 64 /* more than the transport puts up with */
#define MUCH	 9000
#define FLAG_QR	 0x80
#define FLAG_TC	 0x02
#define OPEN_MAX 20

/* Turns the question in m[0..n) into an answer to it; returns its length. */
static size_t
make_answer(const struct forwarder *f, uint8_t *m, size_t n)
{
	size_t end = HEADER;

	if (n < HEADER)
		return 0;
	while (end < n && m[end] != 0)
		end += 1 + (size_t)m[end];
	end += 5; /* the root label, type and class */
	if (end > n)
		return 0;
	m[2] |= FLAG_QR;
	m[3] = (uint8_t)f->rcode;
	memset(m + 6, 0, HEADER - 6);
	return end;
}

static void
send_to(const struct forwarder *f, const void *m, size_t n,
    const struct sockaddr_storage *to, socklen_t len)
{
	(void)sendto(f->udp_fd, m, n, 0, (const struct sockaddr *)to, len);
}

/* Everything that is not the answer m. */
static void
send_rubbish(const struct forwarder *f, const uint8_t *m, size_t n,
    const struct sockaddr_storage *to, socklen_t len)
{
	uint8_t bad[512];

	send_to(f, "", 0, to, len);
	send_to(f, "rubbish", 7, to, len);
	send_to(f, m, HEADER, to, len);
	memcpy(bad, m, n);
	bad[1] ^= 1; /* another id */
	send_to(f, bad, n, to, len);
	memcpy(bad, m, n);
	bad[2] ^= FLAG_QR; /* a question */
	send_to(f, bad, n, to, len);
	memcpy(bad, m, n);
	bad[HEADER + 1] ^= 1; /* another name */
	send_to(f, bad, n, to, len);
	memcpy(bad, m, n);
	bad[n - 3] ^= 1; /* another type */
	send_to(f, bad, n, to, len);
	memcpy(bad, m, n);
	bad[7] = 1; /* an answer that is not there */
	send_to(f, bad, n, to, len);
}

static void
answer_udp(const struct forwarder *f, uint8_t *m, size_t n,
    const struct sockaddr_storage *to, socklen_t len)
{
	uint8_t much[MUCH] = { 0 };

	switch (f->manner) {
	case ANSWERS:
		send_to(f, m, n, to, len);
		break;
	case IS_SILENT:
		break;
	case SENDS_RUBBISH_FIRST:
		send_rubbish(f, m, n, to, len);
		send_to(f, m, n, to, len);
		break;
	case SENDS_RUBBISH_ONLY:
		for (int i = 0; i < RUBBISH; i++)
			send_to(f, "x", 1, to, len);
		break;
	case SENDS_MUCH:
		memcpy(much, m, n);
		send_to(f, much, sizeof(much), to, len);
		break;
	case LOWERS_CASE:
		for (size_t i = HEADER; i < n - 5; i++)
			m[i] = (uint8_t)tolower(m[i]);
		send_to(f, m, n, to, len);
		break;
	case TRUNCATES:
	case BREAKS_TCP:
	case LIES_OVER_TCP:
		m[2] |= FLAG_TC;
		send_to(f, m, n, to, len);
		break;
	}
}

static void
on_udp(evutil_socket_t fd, short what, void *arg)
{
	struct forwarder *f = arg;
	struct sockaddr_storage from;
	struct address client;
	socklen_t len = sizeof(from);
	uint8_t m[512];
	ssize_t n = recvfrom((int)fd, m, sizeof(m), 0, (struct sockaddr *)&from,
	    &len);
	size_t answer;

	(void)what;
	if (n < 0 || sockaddr_to_address(&client, &from, len) != 0)
		return;
	f->udp++;
	f->upper = 0;
	for (ssize_t i = HEADER; i < n && m[i] != 0; i++)
		f->upper += isupper(m[i]) ? 1 : 0;
	if (client.port != f->last_port)
		f->ports++;
	f->last_port = client.port;
	answer = make_answer(f, m, (size_t)n);
	if (answer > 0)
		answer_udp(f, m, answer, &from, len);
}

/* The question over the connection; loopback brings it in one piece. False at
 * the end. */
static bool
answer_tcp(struct forwarder *f, int fd)
{
	uint8_t m[512];
	ssize_t n = recv(fd, m, sizeof(m), 0);
	size_t answer = n > 2 ? make_answer(f, m + 2, (size_t)n - 2) : 0;

	if (answer == 0)
		return false;
	f->tcp++;
	if (f->manner == LIES_OVER_TCP)
		m[2] ^= 1;
	m[0] = (uint8_t)(answer >> 8);
	m[1] = (uint8_t)answer;
	/* In pieces, the first of which ends within the length. */
	(void)send(fd, m, 1, MSG_NOSIGNAL);
	(void)send(fd, m + 1, 5, MSG_NOSIGNAL);
	if (f->manner != BREAKS_TCP)
		(void)send(fd, m + 6, answer + 2 - 6, MSG_NOSIGNAL);
	return f->keeps_open;
}

static void
close_connection(struct forwarder *f)
{
	if (f->connection == NULL)
		return;
	(void)close((int)event_get_fd(f->connection));
	event_free(f->connection);
	f->connection = NULL;
}

static void
on_tcp(evutil_socket_t fd, short what, void *arg)
{
	struct forwarder *f = arg;

	(void)what;
	if (!answer_tcp(f, (int)fd))
		close_connection(f);
}

void
forwarder_hang_up(struct forwarder *f)
{
	close_connection(f);
}

/* One connection at a time. */
static void
on_connection(evutil_socket_t listener, short what, void *arg)
{
	struct forwarder *f = arg;
	int fd = accept((int)listener, NULL, NULL);

	(void)what;
	if (fd < 0)
		return;
	close_connection(f);
	f->connections++;
	f->connection = event_new(f->base, fd, EV_READ | EV_PERSIST, on_tcp, f);
	if (f->connection == NULL) {
		(void)close(fd);
		return;
	}
	(void)event_add(f->connection, NULL);
}

/* Both sockets on one port; another socket may have the TCP one. */
static int
open_pair(struct forwarder *f)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	f->tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->udp_fd < 0 || f->tcp_fd < 0 ||
	    bind(f->udp_fd, (const struct sockaddr *)&in, sizeof(in)) != 0 ||
	    getsockname(f->udp_fd, (struct sockaddr *)&ss, &len) != 0 ||
	    sockaddr_to_address(&f->address, &ss, len) != 0)
		return -1;
	if (bind(f->tcp_fd, (const struct sockaddr *)&ss, len) != 0)
		return -1;
	return listen(f->tcp_fd, 8);
}

static void
close_pair(struct forwarder *f)
{
	if (f->udp_fd >= 0)
		(void)close(f->udp_fd);
	if (f->tcp_fd >= 0)
		(void)close(f->tcp_fd);
	f->udp_fd = -1;
	f->tcp_fd = -1;
}

int
forwarder_open(struct forwarder *f, struct event_base *base)
{
	*f = (struct forwarder){ .base = base, .udp_fd = -1, .tcp_fd = -1 };
	for (int i = 0; open_pair(f) != 0; i++) {
		close_pair(f);
		if (i == OPEN_MAX)
			return -1;
	}
	f->udp_event = event_new(base, f->udp_fd, EV_READ | EV_PERSIST, on_udp,
	    f);
	f->tcp_event = event_new(base, f->tcp_fd, EV_READ | EV_PERSIST,
	    on_connection, f);
	if (f->udp_event == NULL || f->tcp_event == NULL ||
	    event_add(f->udp_event, NULL) != 0 ||
	    event_add(f->tcp_event, NULL) != 0) {
		forwarder_close(f);
		return -1;
	}
	return 0;
}

void
forwarder_close(struct forwarder *f)
{
	if (f->udp_event != NULL)
		event_free(f->udp_event);
	if (f->tcp_event != NULL)
		event_free(f->tcp_event);
	f->udp_event = NULL;
	f->tcp_event = NULL;
	close_connection(f);
	close_pair(f);
}
