#include "dns/transport.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "dnssec/message.h"
#include "net/listener.h"
#include "net/sockaddr.h"

/*
 * A query goes through tries. A round asks each forwarder once, the ones that
 * are known to answer first, then in the order of the configuration; a later
 * round waits longer. A try ends by an answer that fits, by its timer, or by an
 * error of the socket. A forwarder that answered with an error has had its say
 * and is not asked again.
 *
 * Whoever does not see our packets must guess id and port of every try: each
 * has a socket of its own, bound by the kernel to a random port and connected,
 * so that nobody else's packets arrive (RFC 5452 section 9.2). What arrives all
 * the same and does not fit is passed over; after FORGED_MAX of it somebody is
 * guessing, and the try goes on over TCP.
 */

#define UDP_MAX	     4096 /* more than DNS_EDNS_SIZE, for who does not listen */
#define FORGED_MAX   32
#define SILENCES_MAX 2 /* tries without answer until a forwarder comes last */
#define PREFIX	     2 /* octets of length before a message over TCP */

struct server {
	struct address address;
	unsigned silences; /* tries in a row without an answer */
	uint64_t down_until;
};

struct transport {
	struct event_base *base;
	struct server servers[TRANSPORT_SERVERS_MAX];
	size_t nservers;
	unsigned try_ms;
	size_t nqueries;
	struct budget tcp_memory;
	uint8_t udp[UDP_MAX]; /* what arrives; used within one callback only */
};

struct transport_query {
	struct transport *t;
	struct dnssec_question question;
	transport_done *done;
	void *arg;
	struct event io;
	struct event timer;
	int fd; /* -1: between tries */
	size_t server;
	unsigned round;
	unsigned tried; /* bits: asked in this round */
	unsigned spent; /* bits: not to be asked (again) at all */
	uint16_t id;
	unsigned forged;
	uint8_t packet[PREFIX + DNS_QUERY_MAX];
	size_t packet_len;
	/* TCP */
	bool tcp;
	bool connected;
	size_t sent;
	uint8_t prefix[PREFIX];
	uint8_t *body;
	size_t body_len;
	size_t received; /* of prefix and body together */
	int err;	 /* what ended the last try */
	char why[TRANSPORT_WHY_MAX];
};

static void query_next(struct transport_query *q);

static struct server *
query_server(struct transport_query *q)
{
	return &q->t->servers[q->server];
}

/* Ends the try: no socket, no memory, no timer. */
static void
query_close(struct transport_query *q)
{
	(void)event_del(&q->timer);
	if (q->fd >= 0) {
		(void)event_del(&q->io);
		(void)close(q->fd);
		q->fd = -1;
	}
	if (q->body != NULL) {
		free(q->body);
		q->body = NULL;
		budget_give(&q->t->tcp_memory, q->body_len);
	}
	q->tcp = false;
	q->connected = false;
	q->sent = 0;
	q->received = 0;
}

static void
query_free(struct transport_query *q)
{
	query_close(q);
	q->t->nqueries--;
	free(q);
}

static void
query_finish(struct transport_query *q, const struct transport_answer *answer)
{
	q->done(q->arg, answer);
	query_free(q);
}

/* Remembers why a try failed: "SERVFAIL from 192.0.2.1". */
static void
query_note(struct transport_query *q, int err, const char *what)
{
	char text[ADDRESS_TEXT_MAX];

	q->err = err;
	if (snprintf(q->why, sizeof(q->why), "%s from %s", what,
		address_text(&query_server(q)->address, text)) < 0)
		q->why[0] = '\0';
}

static void
server_set_down(struct server *s)
{
	s->down_until = clock_monotonic_ms() + TRANSPORT_DOWN_MS;
}

/* The try brought nothing: silence of the forwarder, or an error below. */
static void
query_fail(struct transport_query *q, int err, const char *what)
{
	struct server *s = query_server(q);

	if (s->silences < SILENCES_MAX)
		s->silences++;
	if (s->silences >= SILENCES_MAX)
		server_set_down(s);
	query_note(q, err, what);
	query_next(q);
}

static int
query_arm(struct transport_query *q, unsigned ms)
{
	struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000) * 1000,
	};

	return event_add(&q->timer, &tv) == 0 ? 0 : DG_ENOMEM;
}

static const char *
rcode_text(unsigned rcode)
{
	switch (rcode) {
	case DNS_RCODE_FORMERR:
		return "FORMERR";
	case DNS_RCODE_SERVFAIL:
		return "SERVFAIL";
	case DNS_RCODE_NOTIMP:
		return "NOTIMP";
	case DNS_RCODE_REFUSED:
		return "REFUSED";
	default:
		return "an error";
	}
}

/* An answer that fits the question has come, whole. Ends the try. */
static void
query_answered(struct transport_query *q, const struct dns_header *header,
    struct span message)
{
	struct transport_answer answer = {
		.message = message,
		.server = q->server,
	};

	query_server(q)->silences = 0;
	if (header->rcode == DNS_RCODE_NOERROR ||
	    header->rcode == DNS_RCODE_NXDOMAIN) {
		query_finish(q, &answer);
		return;
	}
	q->spent |= 1U << q->server;
	query_note(q, DG_EPROTO, rcode_text(header->rcode));
	query_next(q);
}

/* TCP */

static void on_tcp(evutil_socket_t fd, short what, void *arg);

/* Goes on over TCP with the same forwarder. */
static void
query_begin_tcp(struct transport_query *q)
{
	query_close(q);
	if (socket_connect(&q->fd, &query_server(q)->address) != 0) {
		query_fail(q, DG_EIO, "no TCP connection");
		return;
	}
	q->tcp = true;
	if (event_assign(&q->io, q->t->base, q->fd, EV_WRITE | EV_PERSIST,
		on_tcp, q) != 0 ||
	    event_add(&q->io, NULL) != 0 || query_arm(q, TRANSPORT_TCP_MS) != 0)
		query_fail(q, DG_ENOMEM, "no memory for an answer");
}

static bool
is_transient(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void
tcp_send(struct transport_query *q)
{
	ssize_t n;

	if (!q->connected && socket_error(q->fd) != 0) {
		query_fail(q, DG_EIO, "no TCP connection");
		return;
	}
	q->connected = true;
	n = send(q->fd, q->packet + q->sent, q->packet_len - q->sent,
	    MSG_NOSIGNAL);
	if (n < 0) {
		if (!is_transient(errno))
			query_fail(q, DG_EIO, "broken TCP connection");
		return;
	}
	q->sent += (size_t)n;
	if (q->sent < q->packet_len)
		return;
	(void)event_del(&q->io);
	if (event_assign(&q->io, q->t->base, q->fd, EV_READ | EV_PERSIST,
		on_tcp, q) != 0 ||
	    event_add(&q->io, NULL) != 0)
		query_fail(q, DG_ENOMEM, "no memory for an answer");
}

/* The length is known: gets memory for so many octets. */
static int
tcp_expect(struct transport_query *q)
{
	size_t n = (size_t)q->prefix[0] << 8 | q->prefix[1];

	if (n == 0)
		return DG_EPROTO;
	if (budget_take(&q->t->tcp_memory, n) != 0)
		return DG_ENOMEM;
	q->body = malloc(n);
	if (q->body == NULL) {
		budget_give(&q->t->tcp_memory, n);
		return DG_ENOMEM;
	}
	q->body_len = n;
	return 0;
}

/* Reads on. 0 when the message is whole, DG_EAGAIN, or what went wrong. */
static int
tcp_receive(struct transport_query *q)
{
	for (;;) {
		bool head = q->received < PREFIX;
		size_t at = head ? q->received : q->received - PREFIX;
		uint8_t *into = head ? q->prefix : q->body;
		size_t whole = head ? PREFIX : q->body_len;
		ssize_t n = recv(q->fd, into + at, whole - at, 0);

		if (n < 0)
			return is_transient(errno) ? DG_EAGAIN : DG_EIO;
		if (n == 0)
			return DG_ECLOSED;
		q->received += (size_t)n;
		if (q->received < PREFIX)
			continue;
		if (q->body == NULL) {
			int err = tcp_expect(q);

			if (err != 0)
				return err;
		} else if (q->received == PREFIX + q->body_len) {
			return 0;
		}
	}
}

static void
on_tcp(evutil_socket_t fd, short what, void *arg)
{
	struct transport_query *q = arg;
	struct dns_header header;
	struct span message;
	int err;

	(void)fd;
	if ((what & EV_WRITE) != 0) {
		tcp_send(q);
		return;
	}
	err = tcp_receive(q);
	if (err == DG_EAGAIN)
		return;
	if (err == DG_ENOMEM) {
		query_fail(q, err, "no memory for an answer");
		return;
	}
	if (err != 0) {
		query_fail(q, err == DG_EPROTO ? err : DG_EIO,
		    "broken TCP connection");
		return;
	}
	message = span_of(q->body, q->body_len);
	if (dns_answer_match(&header, message, q->id, &q->question) != 0 ||
	    header.truncated) {
		query_fail(q, DG_EPROTO, "a wrong answer");
		return;
	}
	query_answered(q, &header, message);
}

/* UDP */

/*
 * Looks at one datagram of n octets. True when the try is over (q may be gone
 * then), false to read on.
 */
static bool
udp_take(struct transport_query *q, size_t n)
{
	struct transport *t = q->t;
	struct dns_header header;
	/* MSG_TRUNC gives the true length: it did not fit if larger. */
	bool cut = n > sizeof(t->udp);
	struct span message = span_of(t->udp, cut ? sizeof(t->udp) : n);

	if (dns_answer_match(&header, message, q->id, &q->question) != 0) {
		if (++q->forged < FORGED_MAX)
			return false;
		query_begin_tcp(q);
		return true;
	}
	if (header.truncated || cut)
		query_begin_tcp(q);
	else
		query_answered(q, &header, message);
	return true;
}

static void
on_udp(evutil_socket_t fd, short what, void *arg)
{
	struct transport_query *q = arg;

	(void)what;
	for (;;) {
		ssize_t n = recv((int)fd, q->t->udp, sizeof(q->t->udp),
		    MSG_TRUNC);

		if (n < 0) {
			if (!is_transient(errno))
				query_fail(q, DG_EIO, "nothing but an error");
			return;
		}
		if (udp_take(q, (size_t)n))
			return;
	}
}

static int
udp_open(int *fd, const struct address *server)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int s;

	if (sockaddr_from_address(&ss, &len, server) != 0)
		return DG_EINVAL;
	s = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s < 0)
		return DG_EIO;
	if (connect(s, (const struct sockaddr *)&ss, len) != 0) {
		(void)close(s);
		return DG_EIO;
	}
	*fd = s;
	return 0;
}

/* Writes the query with a fresh id, and its length in front for TCP. */
static int
query_write(struct transport_query *q)
{
	int n;

	q->id = random_u16();
	n = dns_query_write(q->packet + PREFIX, DNS_QUERY_MAX, q->id,
	    &q->question);
	if (n < 0)
		return n;
	q->packet[0] = (uint8_t)(n >> 8);
	q->packet[1] = (uint8_t)n;
	q->packet_len = PREFIX + (size_t)n;
	return 0;
}

/* One try with q->server. DG_EIO, DG_ENOMEM and whatever query_write() says. */
static int
query_begin(struct transport_query *q)
{
	int err = query_write(q);
	size_t n;

	if (err != 0)
		return err;
	q->forged = 0;
	err = udp_open(&q->fd, &query_server(q)->address);
	if (err != 0)
		return err;
	if (event_assign(&q->io, q->t->base, q->fd, EV_READ | EV_PERSIST,
		on_udp, q) != 0)
		return DG_ENOMEM;
	n = q->packet_len - PREFIX;
	if (send(q->fd, q->packet + PREFIX, n, 0) != (ssize_t)n)
		return DG_EIO;
	if (event_add(&q->io, NULL) != 0)
		return DG_ENOMEM;
	return query_arm(q, q->t->try_ms << q->round);
}

/* Chooses the next forwarder of this round or the next. False: none left. */
static bool
query_choose(struct transport_query *q)
{
	const struct transport *t = q->t;
	uint64_t now = clock_monotonic_ms();

	if (q->spent == transport_all(t))
		return false;
	if ((q->tried | q->spent) == transport_all(t)) {
		q->tried = 0;
		if (++q->round == TRANSPORT_ROUNDS)
			return false;
	}
	for (int down = 0; down <= 1; down++) {
		for (size_t i = 0; i < t->nservers; i++) {
			bool is_down = t->servers[i].down_until > now;

			if (((q->tried | q->spent) & 1U << i) != 0 ||
			    is_down != (down == 1))
				continue;
			q->server = i;
			q->tried |= 1U << i;
			return true;
		}
	}
	return false;
}

/* The next try, or the end when there is none. q may be gone afterwards. */
static void
query_next(struct transport_query *q)
{
	struct transport_answer failure = { .why = q->why };

	query_close(q);
	while (query_choose(q)) {
		int err = query_begin(q);

		if (err == 0)
			return;
		query_close(q);
		query_note(q, err, "no way to ask, no answer");
	}
	failure.err = q->err;
	query_finish(q, &failure);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct transport_query *q = arg;

	(void)fd;
	(void)what;
	if (q->fd < 0)
		query_next(q); /* the first try */
	else
		query_fail(q, DG_ETIMEDOUT, "no answer");
}

int
transport_ask(struct transport_query **out, struct transport *t,
    const struct dnssec_question *question, unsigned avoid,
    transport_done *done, void *arg)
{
	struct transport_query *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return DG_ENOMEM;
	q->t = t;
	q->question = *question;
	q->done = done;
	q->arg = arg;
	q->fd = -1;
	q->spent = avoid & transport_all(t);
	q->err = DG_EIO;
	(void)snprintf(q->why, sizeof(q->why), "no forwarder left to ask");
	if (event_assign(&q->timer, t->base, -1, 0, on_timer, q) != 0) {
		free(q);
		return DG_ENOMEM;
	}
	t->nqueries++;
	/* Not from inside this call: the first try may fail at once. */
	event_active(&q->timer, EV_TIMEOUT, 0);
	*out = q;
	return 0;
}

void
transport_cancel(struct transport_query *q)
{
	query_free(q);
}

void
transport_mark_down(struct transport *t, size_t server)
{
	assert(server < t->nservers);
	server_set_down(&t->servers[server]);
}

const struct address *
transport_server(const struct transport *t, size_t server)
{
	assert(server < t->nservers);
	return &t->servers[server].address;
}

unsigned
transport_all(const struct transport *t)
{
	return (1U << t->nservers) - 1;
}

int
transport_new(struct transport **out, struct event_base *base,
    const struct transport_config *config)
{
	struct transport *t;

	if (config->nservers == 0 || config->nservers > TRANSPORT_SERVERS_MAX)
		return DG_EINVAL;
	for (size_t i = 0; i < config->nservers; i++)
		if (config->servers[i].family == ADDRESS_NONE)
			return DG_EINVAL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return DG_ENOMEM;
	t->base = base;
	t->nservers = config->nservers;
	t->try_ms = config->try_ms != 0 ? config->try_ms : TRANSPORT_TRY_MS;
	t->tcp_memory = (struct budget){
		.name = "dns-tcp",
		.limit = TRANSPORT_TCP_MEMORY,
	};
	for (size_t i = 0; i < config->nservers; i++)
		t->servers[i].address = config->servers[i];
	*out = t;
	return 0;
}

void
transport_free(struct transport *t)
{
	if (t == NULL)
		return;
	assert(t->nqueries == 0);
	free(t);
}
