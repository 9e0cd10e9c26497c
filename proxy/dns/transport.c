#include "dns/transport.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "dns/wire.h"
#include "dnssec/message.h"

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
 * the same and does not fit, or cannot be read, is passed over; after
 * FORGED_MAX of it somebody is guessing, and the try goes on over TCP.
 *
 * A stream is a TCP connection to one forwarder that several queries share, in
 * whatever order its answers come (RFC 7766 sections 6.2 and 7). Without
 * queries it stays open for a while. A forwarder may close it at any time: a
 * query that was sent on one that stood open already gets a fresh one, once.
 */

#define UDP_MAX	     4096 /* more than DNS_EDNS_SIZE, for who does not listen */
#define FORGED_MAX   32
#define SILENCES_MAX 2	/* tries without answer until a forwarder comes last */
#define PREFIX	     2	/* octets of length before a message over TCP */
#define STREAM_MAX   16 /* queries that share a stream */
#define PACKET_MAX   (PREFIX + DNS_QUERY_MAX)

struct server {
	struct address address;
	unsigned silences; /* tries in a row without an answer */
	uint64_t down_until;
	struct stream *streams;
};

struct stream {
	struct transport *t;
	struct server *server;
	struct stream *next; /* of that server */
	struct wire *wire;
	struct wire_timer *idle;
	struct transport_query *waiting; /* sent or to be sent on it */
	size_t nwaiting;
	bool proven; /* an answer has come over it */
	bool tired;  /* silent to a query: takes no more of them */
	bool dead;   /* off its server's list, about to go */
	unsigned strays;
	size_t sent;
	size_t queued;
	uint8_t out[STREAM_MAX * PACKET_MAX];
	uint8_t prefix[PREFIX];
	size_t received; /* of prefix and body together */
	uint8_t *body;
	size_t body_len;
};

struct transport {
	struct event_base *base;
	struct server servers[TRANSPORT_SERVERS_MAX];
	size_t nservers;
	unsigned try_ms;
	bool mix_case;
	size_t nqueries;
	struct budget tcp_memory;
	uint8_t udp[UDP_MAX]; /* what arrives; used within one callback only */
};

struct transport_query {
	struct transport *t;
	struct dnssec_question question;
	transport_done *done;
	void *arg;
	struct wire_timer *timer;
	bool begun;
	struct wire *wire; /* of a try over UDP */
	struct stream *stream;
	struct transport_query *next; /* on the stream */
	bool shared;		      /* the stream had proven itself before */
	bool again;		      /* has had its fresh stream in this try */
	size_t server;
	unsigned round;
	unsigned tried;	    /* bits: asked in this round */
	unsigned spent;	    /* bits: not to be asked (again) at all */
	unsigned incapable; /* bits: refused EDNS */
	uint16_t id;
	unsigned forged;
	uint8_t packet[PACKET_MAX];
	size_t packet_len;
	int err; /* what ended the last try */
	char why[TRANSPORT_WHY_MAX];
};

static void query_next(struct transport_query *q);
static void query_begin_tcp(struct transport_query *q);

static struct server *
query_server(struct transport_query *q)
{
	return &q->t->servers[q->server];
}

/* The query as it goes over UDP. */
static struct span
query_bytes(const struct transport_query *q)
{
	return span_of(q->packet + PREFIX, q->packet_len - PREFIX);
}

/* Takes q off its stream, which may go when nobody is left on it. */
static void
stream_detach(struct transport_query *q)
{
	struct stream *s = q->stream;
	struct transport_query **at = &s->waiting;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	s->nwaiting--;
	q->stream = NULL;
	if (s->waiting != NULL || s->dead)
		return;
	/* Never at once: its own callback may be what has led here. */
	if (s->tired || wire_timer_start(s->idle, TRANSPORT_IDLE_MS) != 0)
		wire_timer_soon(s->idle);
}

/* Ends the try: no socket, no timer. */
static void
query_close(struct transport_query *q)
{
	wire_timer_stop(q->timer);
	wire_close(q->wire);
	q->wire = NULL;
	if (q->stream != NULL)
		stream_detach(q);
}

static void
query_free(struct transport_query *q)
{
	query_close(q);
	wire_timer_free(q->timer);
	q->t->nqueries--;
	free(q);
}

static void
query_finish(struct transport_query *q, struct transport_answer *answer)
{
	answer->incapable = q->incapable;
	query_close(q);
	q->done(q->arg, answer);
	query_free(q);
}

/* Remembers why a try failed: "SERVFAIL from 192.0.2.1". */
static void
query_note(struct transport_query *q, int err, const char *what,
    const char *besides)
{
	char text[ADDRESS_TEXT_MAX];

	q->err = err;
	if (snprintf(q->why, sizeof(q->why), "%s from %s%s", what,
		address_text(&query_server(q)->address, text), besides) < 0)
		q->why[0] = '\0';
}

static void
server_set_down(struct server *s)
{
	s->down_until = wire_now_ms() + TRANSPORT_DOWN_MS;
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
	query_note(q, err, what, "");
	query_next(q);
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
	case DNS_RCODE_BADVERS:
		return "BADVERS";
	default:
		return "an error";
	}
}

/* RFC 6891 7: so answers who does not know of EDNS, or will not have it; and
 * without EDNS there is no DNSSEC (RFC 4035 4.1). */
static bool
refuses_edns(const struct dns_header *header)
{
	return header->rcode == DNS_RCODE_BADVERS ||
	    (!header->edns &&
		(header->rcode == DNS_RCODE_FORMERR ||
		    header->rcode == DNS_RCODE_NOTIMP));
}

/* An answer that fits the question has come, whole. Ends the try. */
static void
query_answered(struct transport_query *q, const struct dns_header *header,
    struct span message)
{
	struct transport_answer answer = {
		.message = message,
		.server = q->server,
		.edns = header->edns,
	};
	bool incapable = refuses_edns(header);

	query_server(q)->silences = 0;
	if (header->rcode == DNS_RCODE_NOERROR ||
	    header->rcode == DNS_RCODE_NXDOMAIN) {
		query_finish(q, &answer);
		return;
	}
	q->spent |= 1U << q->server;
	if (incapable) {
		q->incapable |= 1U << q->server;
		server_set_down(query_server(q));
	}
	query_note(q, DG_EPROTO, rcode_text(header->rcode),
	    incapable ? ": it cannot do DNSSEC" : "");
	query_next(q);
}

/* What is merely too much is the validator's to refuse. */
static bool
is_malformed(struct span message)
{
	return dns_answer_check(message) == DG_ESYNTAX;
}

/* Streams */

static void
stream_unlink(struct stream *s)
{
	struct stream **at = &s->server->streams;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->dead = true;
}

static void
stream_drop_body(struct stream *s)
{
	if (s->body != NULL)
		budget_give(&s->t->tcp_memory, s->body_len);
	free(s->body);
	s->body = NULL;
	s->received = 0;
}

/* Nobody may be waiting on it, nor it on a list. */
static void
stream_free(struct stream *s)
{
	assert(s->waiting == NULL && s->dead);
	stream_drop_body(s);
	wire_close(s->wire);
	wire_timer_free(s->idle);
	free(s);
}

/* The connection has broken: whoever waits on it goes on elsewhere. */
static void
stream_fail(struct stream *s, int err, const char *what)
{
	struct transport_query *q;

	stream_unlink(s);
	while ((q = s->waiting) != NULL) {
		bool retry = q->shared && !q->again;

		stream_detach(q);
		if (retry) {
			q->again = true;
			query_begin_tcp(q);
		} else {
			query_fail(q, err, what);
		}
	}
	stream_free(s);
}

static void
stream_on_idle(void *arg)
{
	struct stream *s = arg;

	if (s->waiting != NULL)
		return;
	stream_unlink(s);
	stream_free(s);
}

/* Sends what is queued. 0, or what went wrong. */
static int
stream_flush(struct stream *s)
{
	while (s->sent < s->queued) {
		int n = wire_send(s->wire,
		    span_of(s->out + s->sent, s->queued - s->sent));

		if (n == DG_EAGAIN)
			return wire_want_write(s->wire, true);
		if (n < 0)
			return n;
		s->sent += (size_t)n;
	}
	s->sent = 0;
	s->queued = 0;
	return wire_want_write(s->wire, false);
}

/* The length is known: gets memory for so many octets. */
static int
stream_expect(struct stream *s)
{
	size_t n = (size_t)s->prefix[0] << 8 | s->prefix[1];

	if (n == 0)
		return DG_EPROTO;
	if (budget_take(&s->t->tcp_memory, n) != 0)
		return DG_ENOMEM;
	s->body = malloc(n);
	if (s->body == NULL) {
		budget_give(&s->t->tcp_memory, n);
		return DG_ENOMEM;
	}
	s->body_len = n;
	return 0;
}

/* Reads on. 0 when a message is whole, DG_EAGAIN, or what went wrong. */
static int
stream_receive(struct stream *s)
{
	for (;;) {
		bool head = s->received < PREFIX;
		size_t at = head ? s->received : s->received - PREFIX;
		uint8_t *into = head ? s->prefix : s->body;
		size_t whole = head ? PREFIX : s->body_len;
		int n = wire_receive(s->wire, into + at, whole - at);

		if (n < 0)
			return n;
		s->received += (size_t)n;
		if (s->received < PREFIX)
			continue;
		if (s->body == NULL) {
			int err = stream_expect(s);

			if (err != 0)
				return err;
		} else if (s->received == PREFIX + s->body_len) {
			return 0;
		}
	}
}

/*
 * A message has come: gives it to whom it fits. Nobody else can have sent it,
 * so that one that fits and is of no use ends the try. DG_EPROTO after too many
 * that fit nobody.
 */
static int
stream_deliver(struct stream *s, struct span message)
{
	struct transport_query *q = s->waiting;
	struct dns_header header;

	while (q != NULL &&
	    (dns_answer_match(&header, message, q->id, &q->question) != 0 ||
		(s->t->mix_case &&
		    !dns_answer_same_case(message, query_bytes(q)))))
		q = q->next;
	/* Somebody may have stopped waiting for it. */
	if (q == NULL)
		return ++s->strays < FORGED_MAX ? 0 : DG_EPROTO;
	s->proven = true;
	if (header.truncated || is_malformed(message))
		query_fail(q, DG_EPROTO, "a malformed answer");
	else
		query_answered(q, &header, message);
	return 0;
}

static const char *
stream_text(int err)
{
	return err == DG_ENOMEM ? "no memory for an answer"
				: "broken TCP connection";
}

static void
stream_on_ready(void *arg, bool writable)
{
	struct stream *s = arg;
	int err = writable ? stream_flush(s) : stream_receive(s);

	while (!writable && err == 0) {
		struct span message = span_of(s->body, s->body_len);
		uint8_t *body = s->body;

		s->body = NULL;
		s->received = 0;
		err = stream_deliver(s, message);
		free(body);
		budget_give(&s->t->tcp_memory, message.n);
		if (err == 0)
			err = stream_receive(s);
	}
	if (err != 0 && err != DG_EAGAIN)
		stream_fail(s, err == DG_ENOMEM ? err : DG_EIO,
		    stream_text(err));
}

static int
stream_new(struct stream **out, struct transport *t, struct server *server)
{
	struct stream *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return DG_ENOMEM;
	s->t = t;
	s->server = server;
	err = wire_timer_new(&s->idle, t->base, stream_on_idle, s);
	if (err == 0)
		err = wire_open(&s->wire, t->base, &server->address,
		    WIRE_STREAM, stream_on_ready, s);
	if (err != 0) {
		wire_timer_free(s->idle);
		free(s);
		return err;
	}
	s->next = server->streams;
	server->streams = s;
	*out = s;
	return 0;
}

/* One that stands open and has room, unless a fresh one is asked for. */
static struct stream *
stream_find(const struct server *server, bool fresh)
{
	struct stream *s = fresh ? NULL : server->streams;

	while (s != NULL &&
	    (s->tired || s->nwaiting == STREAM_MAX ||
		sizeof(s->out) - s->queued < PACKET_MAX))
		s = s->next;
	return s;
}

/* Goes on over TCP with the same forwarder. */
static void
query_begin_tcp(struct transport_query *q)
{
	struct server *server = query_server(q);
	struct stream *s = stream_find(server, q->again);

	query_close(q);
	if (s == NULL && stream_new(&s, q->t, server) != 0) {
		query_fail(q, DG_EIO, "no TCP connection");
		return;
	}
	wire_timer_stop(s->idle);
	q->stream = s;
	q->shared = s->proven;
	q->next = s->waiting;
	s->waiting = q;
	s->nwaiting++;
	memcpy(s->out + s->queued, q->packet, q->packet_len);
	s->queued += q->packet_len;
	if (wire_want_write(s->wire, true) != 0 ||
	    wire_timer_start(q->timer, TRANSPORT_TCP_MS) != 0)
		query_fail(q, DG_ENOMEM, "no memory for an answer");
}

/* UDP */

/* Is this the answer, one that can be read? */
static bool
udp_fits(struct dns_header *header, const struct transport_query *q,
    struct span message, bool cut)
{
	if (dns_answer_match(header, message, q->id, &q->question) != 0 ||
	    (q->t->mix_case && !dns_answer_same_case(message, query_bytes(q))))
		return false;
	return header->truncated || cut || !is_malformed(message);
}

/*
 * Looks at one datagram of n octets. True when the try is over (q may be gone
 * then), false to read on.
 */
static bool
udp_take(struct transport_query *q, size_t n)
{
	struct transport *t = q->t;
	struct dns_header header;
	/* The true length: it did not fit if larger. */
	bool cut = n > sizeof(t->udp);
	struct span message = span_of(t->udp, cut ? sizeof(t->udp) : n);

	if (!udp_fits(&header, q, message, cut)) {
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
udp_on_ready(void *arg, bool writable)
{
	struct transport_query *q = arg;

	(void)writable;
	for (;;) {
		int n = wire_receive(q->wire, q->t->udp, sizeof(q->t->udp));

		if (n == DG_EAGAIN)
			return;
		if (n < 0) {
			query_fail(q, DG_EIO, "nothing but an error");
			return;
		}
		if (udp_take(q, (size_t)n))
			return;
	}
}

/* Writes the query with a fresh id, and its length in front for TCP. */
static int
query_write(struct transport_query *q)
{
	uint8_t random[DNS_CASE_BYTES];
	int n;

	q->id = random_u16();
	n = dns_query_write(q->packet + PREFIX, DNS_QUERY_MAX, q->id,
	    &q->question);
	if (n < 0)
		return n;
	if (q->t->mix_case) {
		random_bytes(random, sizeof(random));
		dns_query_mix_case(q->packet + PREFIX, (size_t)n, random);
	}
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
	struct span bytes;

	if (err != 0)
		return err;
	bytes = query_bytes(q);
	q->forged = 0;
	q->again = false;
	err = wire_open(&q->wire, q->t->base, &query_server(q)->address,
	    WIRE_DATAGRAM, udp_on_ready, q);
	if (err != 0)
		return err;
	if (wire_send(q->wire, bytes) != (int)bytes.n)
		return DG_EIO;
	return wire_timer_start(q->timer, q->t->try_ms << q->round);
}

/* Chooses the next forwarder of this round or the next. False: none left. */
static bool
query_choose(struct transport_query *q)
{
	const struct transport *t = q->t;
	uint64_t now = wire_now_ms();

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
		query_note(q, err, "no way to ask, no answer", "");
	}
	failure.err = q->err;
	query_finish(q, &failure);
}

static void
query_on_timer(void *arg)
{
	struct transport_query *q = arg;

	if (!q->begun) {
		q->begun = true;
		query_next(q);
		return;
	}
	if (q->stream != NULL)
		q->stream->tired = true;
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
	q->spent = avoid & transport_all(t);
	q->err = DG_EIO;
	(void)snprintf(q->why, sizeof(q->why), "no forwarder left to ask");
	/* Not from inside this call: the first try may fail at once. */
	if (wire_timer_new(&q->timer, t->base, query_on_timer, q) != 0) {
		free(q);
		return DG_ENOMEM;
	}
	wire_timer_soon(q->timer);
	t->nqueries++;
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

bool
transport_answering(const struct transport *t, size_t server)
{
	return t->servers[server].down_until <= wire_now_ms();
}

unsigned
transport_silences(const struct transport *t, size_t server)
{
	return t->servers[server].silences;
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
	t->mix_case = config->mix_case;
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
	for (size_t i = 0; i < t->nservers; i++) {
		struct stream *s;

		while ((s = t->servers[i].streams) != NULL) {
			t->servers[i].streams = s->next;
			s->dead = true;
			stream_free(s);
		}
	}
	free(t);
}
