#include "session/support/player.h"

#include <ctype.h>
#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "session/session.h"
#include "session/support/fake.h"
#include "session/support/witness.h"

#define TEXT_ROOM 300000
#define STEPS_MAX 4000000
#define PARTS	  "tests/unit/session/parts"
#define PART_ROOM 8192
#define INCLUDES  8

struct text {
	uint8_t bytes[TEXT_ROOM];
	size_t n;
};

/* One side, as the play sees it. */
struct side {
	const char *name;
	struct fake_peer *peer;
	uint8_t plain[FAKE_ROOM]; /* what it got, TLS undone */
	size_t plain_len;
	size_t decoded; /* of peer->got */
	size_t read;	/* of plain: compared */
	bool tls;
	bool goodbye; /* close_notify came */
};

static struct {
	struct play *play;
	struct proxy *proxy;
	struct settings settings, earlier;
	bool have_settings, have_earlier;
	struct text config;
	struct side client, server;
	bool begun;
	bool waits;
	bool clear;
	bool as_written;
	bool glued; /* the last line waits for the next */
	const char *file;
	unsigned line;
	unsigned turn;
	unsigned depth;	      /* of parts in parts */
	unsigned connections; /* of the server's, seen */
	size_t scanned; /* of what the server got: no envelope in clear there */
	int far;	/* the far end of the client's socket */
	char certificate[64];
	char hosts[FAKE_FACTS][ROUTE_HOSTS_MAX][64];
} stage;

static bool fail(const char *format, ...) DG_PRINTF(1, 2);

static bool
fail(const char *format, ...)
{
	struct play *p = stage.play;
	va_list ap;
	int n;

	if (p->error[0] != '\0')
		return false;
	n = snprintf(p->error, sizeof(p->error), "%s:%u: ", stage.file,
	    stage.line);
	va_start(ap, format);
	(void)vsnprintf(p->error + n, sizeof(p->error) - (size_t)n, format, ap);
	va_end(ap);
	return false;
}

static struct session *
session_now(void)
{
	return stage.proxy != NULL ? stage.proxy->sessions.first : NULL;
}

static void
curtain(bool up)
{
	if (stage.play->curtain != NULL)
		stage.play->curtain(up);
}

/* Text */

static bool do_lines(struct span all, size_t *at, bool inner);

static size_t
load(char *text, size_t size, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(text, 1, size, f) : 0;

	if (f != NULL)
		(void)fclose(f);
	return n;
}

static const char *
take_number(unsigned *out, const char *p, const char *end, int base)
{
	*out = 0;
	while (p < end && isxdigit((unsigned char)*p) &&
	    (base == 16 || isdigit((unsigned char)*p))) {
		int c = tolower((unsigned char)*p++);

		*out = *out * (unsigned)base +
		    (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return p;
}

static void
add(struct text *t, const void *bytes, size_t n)
{
	if (n > sizeof(t->bytes) - t->n)
		abort();
	memcpy(t->bytes + t->n, bytes, n);
	t->n += n;
}

/* What stands behind a backslash; returns where to go on. */
static const char *
unescape(struct text *t, const char *p, const char *end)
{
	static const char from[] = "rnt0\\", to[] = "\r\n\t\0\\";
	const char *at = strchr(from, *p);
	unsigned n;
	char number[16];

	if (at != NULL && *p != '\0') {
		add(t, &to[at - from], 1);
		return p + 1;
	}
	if (*p == '$') {
		(void)snprintf(number, sizeof(number), "%u", stage.turn);
		add(t, number, strlen(number));
		return p + 1;
	}
	if (*p == 'x') {
		uint8_t byte;

		p = take_number(&n, p + 1, p + 3 < end ? p + 3 : end, 16);
		byte = (uint8_t)n;
		add(t, &byte, 1);
		return p;
	}
	if (*p == '#') {
		p = take_number(&n, p + 1, end, 10);
		for (unsigned i = 0; i < n; i++)
			add(t, p + 1, 1);
		return p + 2;
	}
	(void)fail("no such escape: \\%c", *p);
	return end;
}

static void
text_of(struct text *t, struct span s, bool line)
{
	const char *p = (const char *)s.p;
	const char *end = p + s.n;

	t->n = 0;
	while (p < end) {
		if (*p == '\\' && p + 1 < end)
			p = unescape(t, p + 1, end);
		else
			add(t, p++, 1);
	}
	if (line)
		add(t, "\r\n", 2);
}

/* Bytes for a message to a person. */
static const char *
shown(char *out, size_t size, const uint8_t *p, size_t n)
{
	log_escape(out, size, span_of(p, n < 120 ? n : 120));
	return out;
}

/* The world */

static void
side_decode(struct side *s)
{
	struct fake_peer *p = s->peer;
	size_t used = p->got_len - s->decoded;

	if (s->tls) {
		s->plain_len += fake_tls_decode(s->plain + s->plain_len, &used,
		    &s->goodbye, p->got + s->decoded, used);
	} else {
		memcpy(s->plain + s->plain_len, p->got + s->decoded, used);
		s->plain_len += used;
	}
	s->decoded += used;
}

/* Never a byte of the envelope in clear, whatever the play says. */
static void
check_clear(void)
{
	static const char *const words[] = { "MAIL FROM", "RCPT TO", "DATA\r\n",
		"BDAT " };
	size_t n = stage.server.peer->got_len - stage.scanned;
	const uint8_t *p = stage.server.peer->got + stage.scanned;

	for (size_t i = 0; i < DG_ARRAY_LEN(words) && !stage.clear; i++)
		if (memmem(p, n, words[i], strlen(words[i])) != NULL)
			(void)fail("%s goes out in clear", words[i]);
	if (stage.play->no_mail &&
	    memmem(stage.server.plain, stage.server.plain_len, "MAIL FROM",
		9) != NULL)
		(void)fail("an envelope goes to a server that is not proved");
	/* A word may be cut in two. */
	if (n > 10)
		stage.scanned += n - 10;
}

/* A second connection with the server begins in clear. */
static void
look_for_connection(void)
{
	struct fake_peer *p = stage.server.peer;

	if (p->connections == stage.connections)
		return;
	stage.connections = p->connections;
	side_decode(&stage.server);
	stage.server.tls = false;
	stage.server.decoded = p->got_len;
}

/* Everything that waits for nothing but the loop is done. */
static bool
pump(void)
{
	curtain(true);
	for (unsigned i = 0; fake_step(); i++) {
		look_for_connection();
		if (i == STEPS_MAX) {
			curtain(false);
			return fail("the session goes round in circles");
		}
	}
	curtain(false);
	side_decode(&stage.client);
	side_decode(&stage.server);
	check_clear();
	witness_look(stage.client.plain, stage.client.plain_len,
	    stage.server.plain, stage.server.plain_len);
	if (witness_error() != NULL)
		return fail("%s", witness_error());
	return true;
}

/* What a session does when it is woken for no reason: nothing. */
static bool
check_quiet(void)
{
	struct session *s = session_now();
	enum session_state state;
	size_t client = stage.client.peer->got_len;
	size_t server = stage.server.peer->got_len;

	if (s == NULL)
		return true;
	state = s->state;
	if (!event_pending(&s->timer, EV_TIMEOUT, NULL))
		return fail("waits without a timeout in state %s",
		    session_state_text(state));
	curtain(true);
	session_run(s);
	curtain(false);
	if (!pump())
		return false;
	if (session_now() != s || s->state != state ||
	    stage.client.peer->got_len != client ||
	    stage.server.peer->got_len != server)
		return fail("slept in state %s although there was something to "
			    "do",
		    session_state_text(state));
	return true;
}

static bool
settle(void)
{
	return pump() && check_quiet();
}

static bool
check_nothing(struct side *s)
{
	char what[500];

	if (stage.play->blind || s->read == s->plain_len)
		return true;
	return fail("nobody expected at the %s: %s", s->name,
	    shown(what, sizeof(what), s->plain + s->read,
		s->plain_len - s->read));
}

/* Before something happens: all that came was expected. */
static bool
before_action(void)
{
	if (stage.glued)
		return true;
	return settle() && check_nothing(&stage.client) &&
	    check_nothing(&stage.server);
}

static bool
after_action(void)
{
	stage.glued = false;
	return settle();
}

/* Lines of the head */

static bool
load_settings(struct span more)
{
	struct config_error error;
	struct text *t = &stage.config;
	size_t n = t->n;
	int err;

	if (more.n > 0) {
		add(t, "set ", 4);
		add(t, more.p, more.n);
		add(t, "\n", 1);
	}
	if (stage.have_earlier)
		settings_free(&stage.earlier);
	stage.earlier = stage.settings;
	stage.have_earlier = stage.have_settings;
	err = config_parse(&stage.settings, span_of(t->bytes, t->n), &error);
	t->n = n;
	stage.have_settings = err == 0;
	return err == 0 || fail("settings: %s", error.expected);
}

static bool
op_set(struct span rest)
{
	add(&stage.config, "set ", 4);
	add(&stage.config, rest.p, rest.n);
	add(&stage.config, "\n", 1);
	return !stage.begun || fail("set comes first");
}

static bool
op_clear(struct span rest)
{
	stage.clear = true;
	return rest.n == 0;
}

static bool
op_remembers(struct span rest)
{
	stage.clear = stage.play->blind;
	return rest.n == 0;
}

static bool
op_as_written(struct span rest)
{
	fake.split = FAKE_WHOLE;
	return rest.n == 0;
}

static bool
op_certificate(struct span rest)
{
	if (span_copy_text(stage.certificate, sizeof(stage.certificate),
		rest) != 0)
		return fail("certificate?");
	fake.certificate = stage.certificate;
	return true;
}

static bool
fact_status(struct fake_facts *f, struct span word)
{
	static const struct {
		const char *word;
		enum route_status status;
	} all[] = { { "null-mx", ROUTE_NULL_MX }, { "none", ROUTE_NONE },
		{ "bogus", ROUTE_BOGUS }, { "failed", ROUTE_FAILED },
		{ "clock-unset", ROUTE_CLOCK_UNSET },
		{ "unknown", ROUTE_UNKNOWN } };

	for (size_t i = 0; i < DG_ARRAY_LEN(all); i++)
		if (span_equal_nocase(word, all[i].word)) {
			f->facts.status = all[i].status;
			return true;
		}
	if (span_equal_nocase(word, "no-memory"))
		f->no_memory = true;
	else if (span_equal_nocase(word, "refused"))
		f->refused = true;
	else if (span_equal_nocase(word, "held"))
		f->held = true;
	else if (span_equal_nocase(word, "insecure-mx"))
		f->facts.mx_security = DNSSEC_INSECURE;
	else
		return false;
	return true;
}

static bool
fact_tlsa(struct host_facts *h, struct span value)
{
	static const struct {
		const char *word;
		enum tlsa_status status;
	} all[] = { { "usable", TLSA_STATUS_USABLE },
		{ "unusable", TLSA_STATUS_UNUSABLE },
		{ "absent", TLSA_STATUS_ABSENT },
		{ "insecure", TLSA_STATUS_INSECURE },
		{ "bogus", TLSA_STATUS_BOGUS },
		{ "failed", TLSA_STATUS_FAILED },
		{ "unknown", TLSA_STATUS_UNKNOWN } };

	for (size_t i = 0; i < DG_ARRAY_LEN(all); i++)
		if (span_equal_nocase(value, all[i].word)) {
			h->tlsa = all[i].status;
			return true;
		}
	return false;
}

static bool
fact_host(struct fake_facts *f, struct span value)
{
	struct host_facts *h = &f->facts.hosts[f->facts.nhosts];

	if (f->facts.nhosts == ROUTE_HOSTS_MAX ||
	    name_parse(&h->host, value) != 0)
		return false;
	h->preference = (uint16_t)(10 * f->facts.nhosts++);
	h->matched = true;
	h->base = h->host;
	h->names[0] = h->host;
	h->nnames = 1;
	h->ttl = 3600;
	return true;
}

static bool
fact_record(struct fake_facts *f, struct span value)
{
	size_t i = f->facts.nhosts - 1;
	char *kept = stage.hosts[f - fake.facts][i];

	f->facts.hosts[i].tlsa = TLSA_STATUS_USABLE;
	f->certificate[i] = kept;
	return span_copy_text(kept, sizeof(stage.hosts[0][0]), value) == 0;
}

static bool
fact(struct fake_facts *f, struct span word)
{
	size_t equals = span_find(word, '=', 0);
	struct span key = span_slice(word, 0, equals);
	struct span value = span_slice(word, equals + 1, word.n);
	struct host_facts *h;

	if (equals == word.n && fact_status(f, word))
		return true;
	if (span_equal_nocase(key, "host"))
		return fact_host(f, value);
	if (span_equal_nocase(key, "why") && f->facts.nhosts == 0)
		return span_copy_text(f->facts.why, sizeof(f->facts.why),
			   value) == 0;
	if (f->facts.nhosts == 0)
		return false;
	h = &f->facts.hosts[f->facts.nhosts - 1];
	if (span_equal_nocase(word, "unmatched")) {
		h->matched = false;
		return true;
	}
	if (span_equal_nocase(key, "record"))
		return fact_record(f, value);
	if (span_equal_nocase(key, "tlsa"))
		return fact_tlsa(h, value);
	if (span_equal_nocase(key, "why"))
		return span_copy_text(h->why, sizeof(h->why), value) == 0;
	return false;
}

static bool
op_facts(struct span rest)
{
	struct span word = span_word(&rest);
	size_t at = 0;
	struct fake_facts *f;

	/* Told again, they are other facts from now on. */
	while (at < fake.nfacts &&
	    !span_equal_nocase(word, fake.facts[at].domain.text))
		at++;
	if (at == FAKE_FACTS)
		return fail("too many facts");
	f = &fake.facts[at];
	memset(f, 0, sizeof(*f));
	f->facts.status = ROUTE_FOUND;
	f->facts.mx_security = DNSSEC_SECURE;
	if (name_parse(&f->domain, word) != 0)
		return fail("facts of what?");
	while ((word = span_word(&rest)).n > 0)
		if (!fact(f, word))
			return fail("no such fact: %.*s", (int)word.n,
			    (const char *)word.p);
	if (at == fake.nfacts)
		fake.nfacts++;
	return true;
}

/* Lines of talk */

/* client: of no family for the office's mail server. */
static bool
new_client(int *far, struct address client)
{
	struct address server;
	int fds[2];

	if ((client.family == ADDRESS_NONE &&
		address_parse_port(&client, span_text("10.0.0.9@40000"), 0) !=
		    0) ||
	    address_parse_port(&server, span_text("192.0.2.25"), 25) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return fail("no client");
	*far = fds[1];
	curtain(true);
	proxy_accept(stage.proxy, fds[0], &client, &server);
	curtain(false);
	return true;
}

static void
new_side(struct side *s)
{
	struct fake_peer *p = s->peer;

	p->endpoint = NULL;
	p->to_len = p->to_taken = p->got_len = 0;
	p->ends = p->saw = FAKE_OPEN;
	p->window = FAKE_ROOM;
	p->shut = false;
	s->plain_len = s->decoded = s->read = 0;
	s->tls = s->goodbye = false;
}

static bool
new_proxy(void)
{
	if (stage.proxy != NULL)
		return true;
	if (!load_settings(span_text("")))
		return false;
	if (proxy_new(&stage.proxy, fake.base, &stage.settings, NULL, NULL) !=
	    0)
		return fail("no proxy");
	return true;
}

static bool
op_connect(struct span rest)
{
	if (!new_proxy())
		return false;
	if (stage.begun && (!settle() || session_now() != NULL))
		return fail("the first session has not ended");
	stage.begun = true;
	new_side(&stage.client);
	new_side(&stage.server);
	witness_start();
	stage.scanned = 0;
	fake.server.answers = !span_equal_nocase(rest, "silent");
	fake.server.error = 0;
	fake.connect_errno = 0;
	if (span_equal_nocase(rest, "refused"))
		fake.server.error = ECONNREFUSED;
	else if (span_equal_nocase(rest, "unreachable"))
		fake.server.error = EHOSTUNREACH;
	else if (span_equal_nocase(rest, "none"))
		fake.connect_errno = ENETUNREACH;
	if (stage.far >= 0)
		(void)close(stage.far);
	return new_client(&stage.far, (struct address){ 0 }) && settle();
}

static bool
talk_begins(void)
{
	return stage.begun || op_connect(span_text(""));
}

static bool
side_send(struct side *s, struct span rest, bool line, bool glue)
{
	static struct text t;
	static uint8_t coded[2 * TEXT_ROOM];

	if (!before_action())
		return false;
	text_of(&t, rest, line);
	if (s == &stage.client)
		witness_client_said(t.bytes, t.n);
	else
		witness_server_said(t.bytes, t.n);
	if (s->tls)
		fake_send(s->peer, coded, fake_tls_encode(coded, t.bytes, t.n));
	else
		fake_send(s->peer, t.bytes, t.n);
	if (glue) {
		stage.glued = true;
		return true;
	}
	return after_action();
}

static bool
side_expect(struct side *s, struct span rest, bool line)
{
	static struct text t;
	char want[500], got[500];
	size_t n;

	if (!settle())
		return false;
	if (stage.play->blind)
		return true;
	text_of(&t, rest, line);
	n = s->plain_len - s->read;
	if (n >= t.n && memcmp(s->plain + s->read, t.bytes, t.n) == 0) {
		s->read += t.n;
		return true;
	}
	return fail("at the %s\n  expected %s\n  got      %s", s->name,
	    shown(want, sizeof(want), t.bytes, t.n),
	    shown(got, sizeof(got), s->plain + s->read, n));
}

static bool
side_ends(struct side *s, enum fake_end how, bool goodbye)
{
	if (!before_action())
		return false;
	if (s->tls && goodbye)
		fake_send(s->peer, FAKE_TLS_CLOSE, 2);
	s->peer->ends = how;
	return after_action();
}

static bool
side_sees(struct side *s, struct span what)
{
	bool seen = false;

	if (!settle())
		return false;
	if (span_equal_nocase(what, "end"))
		seen = s->peer->shut || s->peer->saw == FAKE_CLOSED;
	else if (span_equal_nocase(what, "close"))
		seen = s->peer->saw == FAKE_CLOSED;
	else if (span_equal_nocase(what, "reset"))
		seen = s->peer->saw == FAKE_RESET;
	return seen || stage.play->blind ||
	    fail("the %s does not see that", s->name);
}

/* What another connection with it meets: "refused", "silent" or nothing. */
static bool
side_again(struct side *s, struct span how)
{
	s->peer->answers = !span_equal_nocase(how, "silent");
	s->peer->error = span_equal_nocase(how, "refused") ? ECONNREFUSED : 0;
	fake.connect_errno = span_equal_nocase(how, "none") ? ENETUNREACH : 0;
	return true;
}

static bool
side_window(struct side *s, size_t window)
{
	if (!settle())
		return false;
	s->peer->window = window;
	return settle();
}

/* Arrow or word of a line that begins with "client" or "server". */
static bool
side_op(struct side *s, struct span rest)
{
	struct span word = span_word(&rest);
	bool client = s == &stage.client;
	const char *in = client ? ">" : "<";
	const char *raw_in = client ? ">>" : "<<";

	/* span_word() takes all blanks behind the word; one is meant. */
	rest = span_of(word.p + word.n + 1,
	    rest.n > 0 ? (size_t)(rest.p + rest.n - word.p) - word.n - 1 : 0);
	if (!talk_begins())
		return false;
	if (span_equal_nocase(word, in))
		return side_send(s, rest, true, false);
	if (span_equal_nocase(word, raw_in))
		return side_send(s, rest, false, false);
	if (span_equal_nocase(word, "+"))
		return side_send(s, rest, true, true);
	if (span_equal_nocase(word, "++"))
		return side_send(s, rest, false, true);
	if (span_equal_nocase(word, client ? "<" : ">"))
		return side_expect(s, rest, true);
	if (span_equal_nocase(word, client ? "<<" : ">>"))
		return side_expect(s, rest, false);
	if (span_equal_nocase(word, "closes"))
		return side_ends(s, FAKE_CLOSED, true);
	if (span_equal_nocase(word, "cuts"))
		return side_ends(s, FAKE_CLOSED, false);
	if (span_equal_nocase(word, "resets"))
		return side_ends(s, FAKE_RESET, false);
	if (span_equal_nocase(word, "sees"))
		return side_sees(s, span_trim(rest));
	if (span_equal_nocase(word, "again"))
		return side_again(s, span_trim(rest));
	if (span_equal_nocase(word, "stalls"))
		return side_window(s, 0);
	if (span_equal_nocase(word, "reads"))
		return side_window(s, FAKE_ROOM);
	return fail("the %s does what?", s->name);
}

static bool
op_client(struct span rest)
{
	return side_op(&stage.client, rest);
}

static bool
op_server(struct span rest)
{
	return side_op(&stage.server, rest);
}

static bool
op_tls(struct span rest)
{
	struct span word = span_word(&rest);
	const char *answer;
	char hello[300];

	rest = span_trim(rest);
	if (span_equal_nocase(word, "hello")) {
		(void)snprintf(hello, sizeof(hello), "HELLO %.*s\n",
		    (int)rest.n, (const char *)rest.p);
		return side_expect(&stage.server, span_text(hello), false);
	}
	if (span_equal_nocase(word, "tickets")) {
		fake.tickets = true;
		return true;
	}
	if (span_equal_nocase(word, "memory")) {
		fake.refuse_tls = true;
		return true;
	}
	if (!before_action())
		return false;
	answer = span_equal_nocase(word, "ok")	 ? FAKE_TLS_GOOD
	    : span_equal_nocase(word, "resumes") ? FAKE_TLS_RESUMED
						 : FAKE_TLS_BAD;
	fake_send(stage.server.peer, answer, strlen(answer));
	stage.server.tls = true;
	return after_action();
}

static bool
op_timeout(struct span rest)
{
	struct session *s;
	struct timeval at, now;
	uint64_t seconds;

	if (!before_action())
		return false;
	s = session_now();
	if (s == NULL)
		return stage.play->blind || fail("there is no session");
	if (span_number(&seconds, rest, 100000) != 0 ||
	    !event_pending(&s->timer, EV_TIMEOUT, &at))
		return fail("no timeout");
	(void)evutil_gettimeofday(&now, NULL);
	if (!stage.play->blind &&
	    (at.tv_sec - now.tv_sec > (long)seconds + 1 ||
		at.tv_sec - now.tv_sec < (long)seconds - 60))
		return fail("state %s waits %ld seconds",
		    session_state_text(s->state), at.tv_sec - now.tv_sec);
	event_active(&s->timer, EV_TIMEOUT, 0);
	return after_action();
}

static bool
op_arrive(struct span rest)
{
	if (!before_action())
		return false;
	for (size_t i = 0; i < fake.nfacts; i++)
		if (span_equal_nocase(rest, fake.facts[i].domain.text))
			fake.facts[i].held = false;
	return after_action();
}

/* From now on lookups of a domain cannot be begun. */
static bool
op_refuse(struct span rest)
{
	for (size_t i = 0; i < fake.nfacts; i++)
		if (span_equal_nocase(rest, fake.facts[i].domain.text))
			fake.facts[i].refused = true;
	return true;
}

/* Time has gone by: ten seconds more, and the session's timeout is there. */
static bool
op_late(struct span rest)
{
	const struct timeval tv = { .tv_sec = 10 };
	struct session *s;

	if (!before_action())
		return false;
	s = session_now();
	if (s == NULL)
		return stage.play->blind;
	return rest.n == 0 && event_add(&s->timer, &tv) == 0;
}

static bool
op_passes(struct span rest)
{
	uint64_t seconds;

	if (!before_action() || span_number(&seconds, rest, 1000000) != 0)
		return false;
	fake.now += (int64_t)seconds;
	return true;
}

static bool
op_drain(struct span rest)
{
	if (!talk_begins() || !before_action())
		return false;
	curtain(true);
	proxy_drain(stage.proxy);
	curtain(false);
	return rest.n == 0 && after_action();
}

static bool
op_reload(struct span rest)
{
	if (!talk_begins() || !before_action() || !load_settings(rest))
		return false;
	curtain(true);
	proxy_reconfigure(stage.proxy, &stage.settings, NULL);
	curtain(false);
	return after_action();
}

static bool
turned_away(struct span rest, struct address client)
{
	char got[500];
	struct fake_peer *p = &fake.client;
	struct endpoint *kept = p->endpoint;
	unsigned before = p->connections;
	ssize_t n;
	int far;

	if (!talk_begins() || !before_action())
		return false;
	/* Without the first one there is nothing that would turn it away. */
	if (stage.play->blind &&
	    (session_now() == NULL || fake.server.endpoint == NULL))
		return true;
	if (!new_client(&far, client))
		return false;
	n = recv(far, got, sizeof(got) - 1, MSG_DONTWAIT);
	(void)close(far);
	if (p->connections != before || p->endpoint != kept)
		return stage.play->blind || fail("the client was taken in");
	got[n > 0 ? n : 0] = '\0';
	if (n < 2 ||
	    span_slice(span_of(got, (size_t)n), 0, (size_t)n - 2).n != rest.n ||
	    memcmp(got, rest.p, rest.n) != 0)
		return stage.play->blind || fail("it was told: %s", got);
	return after_action();
}

static bool
op_turned_away(struct span rest)
{
	return turned_away(rest, (struct address){ 0 });
}

static bool
op_loops(struct span rest)
{
	return talk_begins() && settle() && turned_away(rest, fake.local);
}

static bool
op_from(struct span rest)
{
	char text[ADDRESS_TEXT_MAX];

	if (!talk_begins() || !settle())
		return false;
	return stage.play->blind ||
	    span_equal(span_trim(rest),
		span_text(address_text(&fake.local, text))) ||
	    fail("it comes from %s", text);
}

static bool
log_has(const char *line, struct span rest)
{
	struct span word = span_word(&rest);
	char text[300];

	if (strncmp(line, (const char *)word.p, word.n) != 0 ||
	    (line[word.n] != ' ' && line[word.n] != '\0'))
		return false;
	while ((word = span_word(&rest)).n > 0) {
		const char *at;

		(void)snprintf(text, sizeof(text), " %.*s", (int)word.n,
		    (const char *)word.p);
		at = strstr(line, text);
		if (at == NULL ||
		    (at[strlen(text)] != ' ' && at[strlen(text)] != '\0'))
			return false;
	}
	return true;
}

static bool
op_log(struct span rest)
{
	const char *last = "nothing";

	if (!settle() || stage.play->blind)
		return stage.play->blind;
	for (size_t i = 0; i < fake.nlogs; i++) {
		if (fake.log_seen[i])
			continue;
		if (log_has(fake.logs[i], rest)) {
			fake.log_seen[i] = true;
			return true;
		}
		last = fake.logs[i];
	}
	return fail("no such line in the log; the last one not asked for is\n"
		    "  %s",
	    last);
}

static bool
op_nothing(struct span rest)
{
	struct span at = span_word(&rest);

	(void)at;
	rest = span_trim(rest);
	return settle() &&
	    check_nothing(span_equal_nocase(rest, "client") ? &stage.client
							    : &stage.server);
}

static bool
op_waits(struct span rest)
{
	struct session *s;

	if (!settle())
		return false;
	s = session_now();
	stage.waits = true;
	if (stage.play->blind)
		return true;
	if (s == NULL)
		return fail("the session has ended");
	return span_equal_nocase(rest, session_state_text(s->state)) ||
	    fail("it stands in state %s", session_state_text(s->state));
}

/* The lines of a part: parts/NAME beside the folder of scenarios. */
static bool
op_include(struct span rest)
{
	static char text[INCLUDES][PART_ROOM];
	char path[300];
	const char *file = stage.file;
	unsigned line = stage.line;
	struct span all;
	size_t at = 0;
	bool good;

	if (stage.depth == INCLUDES)
		return fail("too deep");
	(void)snprintf(path, sizeof(path), PARTS "/%.*s", (int)rest.n,
	    (const char *)rest.p);
	stage.file = path;
	stage.line = 0;
	stage.depth++;
	all = span_of(text[stage.depth - 1],
	    load(text[stage.depth - 1], PART_ROOM, path));
	good = do_lines(all, &at, false);
	stage.depth--;
	stage.file = file;
	stage.line = line;
	return good && (at > 0 || fail("no such part"));
}

static const struct {
	const char *word;
	bool (*op)(struct span rest);
} ops[] = {
	{ "include", op_include },
	{ "set", op_set },
	{ "clear", op_clear },
	{ "remembers", op_remembers },
	{ "as-written", op_as_written },
	{ "facts", op_facts },
	{ "certificate", op_certificate },
	{ "connect", op_connect },
	{ "client", op_client },
	{ "server", op_server },
	{ "tls", op_tls },
	{ "timeout", op_timeout },
	{ "arrive", op_arrive },
	{ "refuse", op_refuse },
	{ "late", op_late },
	{ "passes", op_passes },
	{ "drain", op_drain },
	{ "reload", op_reload },
	{ "turned-away", op_turned_away },
	{ "loops", op_loops },
	{ "from", op_from },
	{ "log", op_log },
	{ "nothing", op_nothing },
	{ "waits", op_waits },
};

static bool
do_line(struct span line)
{
	struct span rest = line;
	struct span word = span_word(&rest);

	if (word.n == 0 || word.p[0] == '#')
		return true;
	for (size_t i = 0; i < DG_ARRAY_LEN(ops); i++)
		if (span_equal_nocase(word, ops[i].word)) {
			bool good = ops[i].op(span_slice(rest, 1, rest.n));

			return good ? stage.play->error[0] == '\0'
				    : fail("this line makes no sense");
		}
	return fail("no such line");
}

/* The lines from *at to the end, or to the "end" of a repeat. */
static bool
do_lines(struct span all, size_t *at, bool inner)
{
	size_t begin, turns = 0;

	while (*at < all.n) {
		size_t end = span_find(all, '\n', *at);
		struct span line = span_slice(all, *at, end);
		struct span rest = line;
		struct span word = span_word(&rest);
		uint64_t n;

		*at = end + 1;
		stage.line++;
		if (inner && span_equal_nocase(word, "end"))
			return true;
		if (inner || !span_equal_nocase(word, "repeat")) {
			if (!do_line(line))
				return false;
			continue;
		}
		begin = *at;
		if (span_number(&n, span_trim(rest), 100000) != 0)
			return fail("repeat how often?");
		for (turns = 0; turns < n; turns++) {
			unsigned here = stage.line;

			*at = begin;
			stage.turn = (unsigned)turns + 1;
			/* NOLINTNEXTLINE(misc-no-recursion): one deep */
			if (!do_lines(all, at, true))
				return false;
			if (turns + 1 < n)
				stage.line = here;
		}
	}
	return !inner || fail("repeat without end");
}

/* The last check: nothing unexpected, nothing left, nobody waits for ever. */
static bool
play_end(void)
{
	if (!stage.begun)
		return fail("nobody came");
	if (!settle() || !check_nothing(&stage.client) ||
	    !check_nothing(&stage.server))
		return false;
	for (size_t i = 0; i < fake.nlogs; i++) {
		if (strncmp(fake.logs[i], "impossible", 10) == 0)
			return fail("%s", fake.logs[i]);
		if (!stage.play->blind && !fake.log_seen[i] &&
		    strncmp(fake.logs[i], "delivered", 9) == 0)
			return fail("nobody expected: %s", fake.logs[i]);
	}
	if (!stage.play->blind && session_now() != NULL && !stage.waits)
		return fail("the session has not ended, it stands in state %s",
		    session_state_text(session_now()->state));
	return true;
}

static bool
play_left(void)
{
	curtain(true);
	proxy_free(stage.proxy);
	curtain(false);
	stage.proxy = NULL;
	if (fake.client.endpoint != NULL || fake.server.endpoint != NULL)
		return fail("a connection is left");
	if (fake.engines != 0)
		return fail("a TLS engine is left");
	if (fake.queries != 0)
		return fail("a lookup is left");
	return true;
}

bool
play_run(struct play *p)
{
	static char text[65536];
	struct event_base *base = event_base_new();
	struct span all;
	size_t at = 0;
	bool good;

	memset(&stage, 0, sizeof(stage));
	stage.play = p;
	stage.file = p->path;
	stage.far = -1;
	stage.client.name = "client";
	stage.client.peer = &fake.client;
	stage.server.name = "server";
	stage.server.peer = &fake.server;
	p->error[0] = '\0';
	fake_reset(base);
	fake.split = p->split;
	fake.seed = p->seed;
	all = p->text;
	if (all.p == NULL)
		all = span_of(text, load(text, sizeof(text), p->path));
	good = do_lines(all, &at, false) && play_end();
	good = play_left() && good;
	if (stage.far >= 0)
		(void)close(stage.far);
	if (stage.have_settings)
		settings_free(&stage.settings);
	if (stage.have_earlier)
		settings_free(&stage.earlier);
	event_base_free(base);
	return good && p->error[0] == '\0';
}
