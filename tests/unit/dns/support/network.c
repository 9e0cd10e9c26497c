#include "dns/support/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x)                                                           \
	do {                                                               \
		if (!(x)) {                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
			    #x);                                           \
			abort();                                           \
		}                                                          \
	} while (0)

#define START_MS 1000000

enum what {
	ARRIVES,
	WRITABLE,
	HANGS_UP,
	FAILS,
};

struct happening {
	struct happening *next;
	uint64_t at;
	uint64_t order;
	enum what what;
	unsigned wire;
	uint8_t *bytes;
	size_t n;
};

struct wire {
	struct wire *next;
	unsigned id;
	struct address to;
	enum wire_kind kind;
	wire_ready *ready;
	void *arg;
	bool connected;
	bool want_write;
	bool ended;
	bool failed;
	/* What has arrived: one datagram, or octets of a stream. */
	uint8_t *in;
	size_t n;
	bool has;
	/* What was sent on a stream and is no whole message yet. */
	uint8_t *out;
	size_t out_n;
};

struct wire_timer {
	struct wire_timer *next;
	bool running;
	uint64_t at;
	uint64_t order;
	wire_fired *fired;
	void *arg;
};

static struct {
	uint64_t now;
	uint64_t order;
	unsigned ids;
	struct wire *wires;
	struct wire_timer *timers;
	struct happening *happenings;
	network_server *serve;
	network_accepts *accept;
	void *arg;
} net;

void
network_open(network_server *serve, network_accepts *accept, void *arg)
{
	memset(&net, 0, sizeof(net));
	net.now = START_MS;
	net.serve = serve;
	net.accept = accept;
	net.arg = arg;
}

void
network_close(void)
{
	struct happening *h;

	CHECK(net.wires == NULL && net.timers == NULL);
	while ((h = net.happenings) != NULL) {
		net.happenings = h->next;
		free(h->bytes);
		free(h);
	}
}

static void
happen(unsigned wire, enum what what, uint64_t in_ms, const uint8_t *bytes,
    size_t n)
{
	struct happening *h = calloc(1, sizeof(*h));

	CHECK(h != NULL);
	h->at = net.now + in_ms;
	h->order = net.order++;
	h->what = what;
	h->wire = wire;
	if (n > 0) {
		h->bytes = malloc(n);
		CHECK(h->bytes != NULL);
		memcpy(h->bytes, bytes, n);
		h->n = n;
	}
	h->next = net.happenings;
	net.happenings = h;
}

static struct wire *
find_wire(unsigned id)
{
	struct wire *w = net.wires;

	while (w != NULL && w->id != id)
		w = w->next;
	return w;
}

int
wire_open(struct wire **out, struct event_base *base, const struct address *to,
    enum wire_kind kind, wire_ready *ready, void *arg)
{
	struct wire *w = calloc(1, sizeof(*w));

	(void)base;
	CHECK(w != NULL);
	w->id = ++net.ids;
	w->to = *to;
	w->kind = kind;
	w->ready = ready;
	w->arg = arg;
	w->next = net.wires;
	net.wires = w;
	if (kind == WIRE_STREAM)
		happen(w->id, net.accept(net.arg, to) ? WRITABLE : FAILS,
		    NETWORK_RTT_MS, NULL, 0);
	*out = w;
	return 0;
}

void
wire_close(struct wire *w)
{
	struct wire **at = &net.wires;

	if (w == NULL)
		return;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	free(w->in);
	free(w->out);
	free(w);
}

int
wire_want_write(struct wire *w, bool on)
{
	if (on && !w->want_write && w->connected)
		happen(w->id, WRITABLE, 0, NULL, 0);
	w->want_write = on;
	return 0;
}

/* Puts a message's length before it. */
static void
arrive_on_stream(unsigned id, uint64_t in_ms, const uint8_t *bytes, size_t n)
{
	uint8_t *framed = malloc(n + 2);

	CHECK(framed != NULL);
	framed[0] = (uint8_t)(n >> 8);
	framed[1] = (uint8_t)n;
	memcpy(framed + 2, bytes, n);
	happen(id, ARRIVES, in_ms, framed, n + 2);
	free(framed);
}

static void
serve(const struct wire *w, struct span message)
{
	struct network_reply reply = { 0 };
	bool stream = w->kind == WIRE_STREAM;
	uint64_t in_ms;

	net.serve(net.arg, &w->to, w->kind, message, &reply);
	in_ms = NETWORK_RTT_MS + reply.delay_ms;
	if (reply.refused)
		happen(w->id, FAILS, in_ms, NULL, 0);
	if (stream && reply.n > 0)
		arrive_on_stream(w->id, in_ms, reply.bytes, reply.n);
	else if (reply.n > 0)
		happen(w->id, ARRIVES, in_ms, reply.bytes, reply.n);
	if (reply.second > 0 && stream)
		arrive_on_stream(w->id, in_ms, reply.bytes + reply.n,
		    reply.second);
	else if (reply.second > 0)
		happen(w->id, ARRIVES, in_ms, reply.bytes + reply.n,
		    reply.second);
	if (stream && reply.hangs_up)
		happen(w->id, HANGS_UP, in_ms, NULL, 0);
	free(reply.bytes);
}

/* The whole messages of what was sent on a stream. */
static void
serve_stream(struct wire *w)
{
	while (w->out_n >= 2) {
		size_t n = (size_t)w->out[0] << 8 | w->out[1];

		if (w->out_n < n + 2)
			return;
		serve(w, span_of(w->out + 2, n));
		w->out_n -= n + 2;
		memmove(w->out, w->out + n + 2, w->out_n);
	}
}

int
wire_send(struct wire *w, struct span bytes)
{
	if (w->failed)
		return DG_EIO;
	if (w->kind == WIRE_DATAGRAM) {
		serve(w, bytes);
		return (int)bytes.n;
	}
	if (!w->connected)
		return DG_EAGAIN;
	if (w->ended)
		return DG_EIO;
	w->out = realloc(w->out, w->out_n + bytes.n);
	CHECK(w->out != NULL);
	memcpy(w->out + w->out_n, bytes.p, bytes.n);
	w->out_n += bytes.n;
	serve_stream(w);
	return (int)bytes.n;
}

int
wire_receive(struct wire *w, uint8_t *out, size_t size)
{
	size_t n = w->n < size ? w->n : size;
	size_t whole = w->n;

	if (w->has) {
		memcpy(out, w->in, n);
		w->n = w->kind == WIRE_DATAGRAM ? 0 : w->n - n;
		memmove(w->in, w->in + n, w->n);
		w->has = w->n > 0;
		return (int)(w->kind == WIRE_DATAGRAM ? whole : n);
	}
	if (w->failed)
		return DG_EIO;
	return w->ended ? DG_ECLOSED : DG_EAGAIN;
}

int
wire_timer_new(struct wire_timer **out, struct event_base *base,
    wire_fired *fired, void *arg)
{
	struct wire_timer *t = calloc(1, sizeof(*t));

	(void)base;
	CHECK(t != NULL);
	t->fired = fired;
	t->arg = arg;
	t->next = net.timers;
	net.timers = t;
	*out = t;
	return 0;
}

static void
timer_run(struct wire_timer *t, unsigned ms)
{
	t->running = true;
	t->at = net.now + ms;
	t->order = net.order++;
}

int
wire_timer_start(struct wire_timer *t, unsigned ms)
{
	timer_run(t, ms);
	return 0;
}

void
wire_timer_soon(struct wire_timer *t)
{
	timer_run(t, 0);
}

void
wire_timer_stop(struct wire_timer *t)
{
	t->running = false;
}

void
wire_timer_free(struct wire_timer *t)
{
	struct wire_timer **at = &net.timers;

	if (t == NULL)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	free(t);
}

uint64_t
wire_now_ms(void)
{
	return net.now;
}

void
network_hang_up(void)
{
	for (const struct wire *w = net.wires; w != NULL; w = w->next)
		if (w->kind == WIRE_STREAM)
			happen(w->id, HANGS_UP, 0, NULL, 0);
}

static void
happens(const struct happening *h)
{
	struct wire *w = find_wire(h->wire);

	if (w == NULL)
		return;
	switch (h->what) {
	case ARRIVES:
		w->in = realloc(w->in, w->n + h->n);
		CHECK(w->in != NULL);
		memcpy(w->in + w->n, h->bytes, h->n);
		w->n += h->n;
		w->has = true;
		w->ready(w->arg, false);
		return;
	case WRITABLE:
		w->connected = true;
		if (w->want_write)
			w->ready(w->arg, true);
		return;
	case HANGS_UP:
		w->ended = true;
		w->ready(w->arg, false);
		return;
	case FAILS:
		w->failed = true;
		w->ready(w->arg, false);
		return;
	}
}

static bool
is_earlier(uint64_t at, uint64_t order, uint64_t best_at, uint64_t best_order)
{
	return at < best_at || (at == best_at && order < best_order);
}

bool
network_step(uint64_t limit_ms)
{
	struct wire_timer *timer = NULL;
	struct happening **first = NULL;
	struct happening *h;
	uint64_t at = UINT64_MAX;
	uint64_t order = UINT64_MAX;

	for (struct wire_timer *t = net.timers; t != NULL; t = t->next) {
		if (!t->running || !is_earlier(t->at, t->order, at, order))
			continue;
		timer = t;
		at = t->at;
		order = t->order;
	}
	for (struct happening **p = &net.happenings; *p != NULL;
	     p = &(*p)->next) {
		if (!is_earlier((*p)->at, (*p)->order, at, order))
			continue;
		first = p;
		at = (*p)->at;
		order = (*p)->order;
	}
	if (at > limit_ms)
		return false;
	net.now = at > net.now ? at : net.now;
	if (first == NULL) {
		timer->running = false;
		timer->fired(timer->arg);
		return true;
	}
	h = *first;
	*first = h->next;
	happens(h);
	free(h->bytes);
	free(h);
	return true;
}

void
network_wait(uint64_t until_ms)
{
	while (network_step(until_ms))
		continue;
	net.now = until_ms;
}
