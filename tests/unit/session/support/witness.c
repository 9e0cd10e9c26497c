#include "session/support/witness.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/command.h"
#include "smtp/line.h"

#define ROOM	 (1u << 20)
#define WAITING	 4096
#define MESSAGES 64

/* What a reply is waited for. */
enum asked {
	ASKED_COMMAND = 0,
	ASKED_DATA,
	ASKED_MESSAGE, /* the end of DATA */
	ASKED_CHUNKS,  /* BDAT LAST */
};

enum mode {
	MODE_COMMANDS = 0,
	MODE_WAIT, /* whether DATA may come */
	MODE_BODY,
};

/* Bytes of a message as the other side must have them. */
struct message {
	size_t from, to; /* of `bodies` or of the server's bytes */
};

static struct {
	uint8_t said[ROOM];
	size_t said_len, said_at;
	enum mode mode;
	enum asked waiting[WAITING];
	size_t asked, answered;
	size_t got_at;
	size_t server_said;
	uint8_t bodies[ROOM];
	size_t bodies_len;
	struct message client[MESSAGES], server[MESSAGES];
	size_t nclient, nserver;
	size_t chunks_from; /* of bodies */
	size_t last_accepted;
	const char *error;
} w;

void
witness_start(void)
{
	memset(&w, 0, sizeof(w));
	/* The banner. */
	w.asked = 1;
}

static void
wrong(const char *what)
{
	if (w.error == NULL)
		w.error = what;
}

const char *
witness_error(void)
{
	return w.error;
}

void
witness_client_said(const uint8_t *p, size_t n)
{
	if (n > ROOM - w.said_len)
		abort();
	memcpy(w.said + w.said_len, p, n);
	w.said_len += n;
}

void
witness_server_said(const uint8_t *p, size_t n)
{
	(void)p;
	w.server_said += n;
}

static void
ask(enum asked what)
{
	if (w.asked == WAITING)
		abort();
	w.waiting[w.asked++] = what;
}

static void
keep(const uint8_t *p, size_t n)
{
	if (n > ROOM - w.bodies_len)
		abort();
	memcpy(w.bodies + w.bodies_len, p, n);
	w.bodies_len += n;
}

static void
message_said(size_t from)
{
	if (w.nclient == MESSAGES)
		abort();
	w.client[w.nclient++] = (struct message){ from, w.bodies_len };
}

/* The index behind CRLF "." CRLF, the first CRLF may be the start; 0: none. */
static size_t
find_end(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 3 <= n; i++)
		if (memcmp(p + i, ".\r\n", 3) == 0 &&
		    (i == 0 ||
			(i >= 2 && p[i - 2] == '\r' && p[i - 1] == '\n')))
			return i + 3;
	return 0;
}

/*
 * A body as the server must get it: lines end in CRLF; a dot behind a line end
 * that was not CRLF is doubled, for nobody doubled it before.
 */
static void
keep_body(const uint8_t *p, size_t n)
{
	bool bare = false; /* behind a repaired line end */

	for (size_t i = 0; i < n; i++) {
		bool start = i == 0 ||
		    (i >= 2 && p[i - 2] == '\r' && p[i - 1] == '\n');
		bool crlf = p[i] == '\r' && i + 1 < n && p[i + 1] == '\n';

		if (p[i] == '.' && bare)
			keep((const uint8_t *)".", 1);
		/* A dot alone on a line that a bare line end would close. */
		if (p[i] == '.' && !bare && start && i + 1 < n &&
		    (p[i + 1] == '\n' ||
			(p[i + 1] == '\r' && (i + 2 >= n || p[i + 2] != '\n'))))
			keep((const uint8_t *)".", 1);
		bare = false;
		if (crlf) {
			keep((const uint8_t *)"\r\n", 2);
			i++;
		} else if (p[i] == '\r' || p[i] == '\n') {
			keep((const uint8_t *)"\r\n", 2);
			bare = true;
		} else {
			keep(p + i, 1);
		}
	}
}

static bool
read_body(void)
{
	size_t from = w.bodies_len;
	size_t n = find_end(w.said + w.said_at, w.said_len - w.said_at);

	if (n == 0)
		return false;
	keep_body(w.said + w.said_at, n);
	message_said(from);
	w.said_at += n;
	w.mode = MODE_COMMANDS;
	ask(ASKED_MESSAGE);
	return true;
}

/* BDAT, whose chunk follows at once; false when it is not whole yet. */
static bool
read_chunk(const struct smtp_command *c, size_t line)
{
	size_t all = line + (size_t)c->size;

	if (c->size > ROOM || w.said_len - w.said_at < all)
		return false;
	keep(w.said + w.said_at + line, (size_t)c->size);
	if (c->last) {
		message_said(w.chunks_from);
		w.chunks_from = w.bodies_len;
	}
	w.said_at += all;
	ask(c->last ? ASKED_CHUNKS : ASKED_COMMAND);
	return true;
}

static bool
read_command(void)
{
	struct span rest = span_of(w.said + w.said_at, w.said_len - w.said_at);
	size_t end = span_find(rest, '\n', 0);
	struct smtp_command c = { 0 };
	struct span line;

	if (end == rest.n)
		return false;
	line = span_slice(rest, 0, end);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (smtp_command_parse(&c, line) != 0)
		c.verb = SMTP_VERB_UNKNOWN;
	if (c.verb == SMTP_VERB_BDAT)
		return read_chunk(&c, end + 1);
	w.said_at += end + 1;
	if (c.verb == SMTP_VERB_DATA) {
		ask(ASKED_DATA);
		w.mode = MODE_WAIT;
		return true;
	}
	w.chunks_from = w.bodies_len;
	ask(ASKED_COMMAND);
	return true;
}

static bool
read_said(void)
{
	switch (w.mode) {
	case MODE_COMMANDS:
		return read_command();
	case MODE_BODY:
		return read_body();
	case MODE_WAIT:
		break;
	}
	return false;
}

/* What the server was given as finished messages: found anew each time. */
static void
read_server(const uint8_t *p, size_t n)
{
	size_t at = 0, chunks = SIZE_MAX;

	w.nserver = 0;
	while (at < n && w.nserver < MESSAGES) {
		struct span line = span_slice(span_of(p, n), at, n);
		size_t end = span_find(line, '\n', 0);
		struct smtp_command c = { 0 };
		size_t m;

		if (end == line.n)
			return;
		at += end + 1;
		line.n = end > 0 ? end - 1 : 0;
		if (smtp_command_parse(&c, line) != 0)
			continue;
		if (c.verb == SMTP_VERB_DATA) {
			m = find_end(p + at, n - at);
			if (m == 0)
				continue;
			w.server[w.nserver++] = (struct message){ at, at + m };
			at += m;
		} else if (c.verb == SMTP_VERB_BDAT) {
			if (c.size > n - at)
				return;
			if (chunks == SIZE_MAX)
				chunks = at;
			at += (size_t)c.size;
			if (c.last)
				w.server[w.nserver++] = (struct message){
					at - (size_t)c.size, at
				};
		}
	}
}

/* The server has this message of the client's, behind those before. */
static bool
server_has(struct span got, const struct message *m, bool chunks)
{
	const uint8_t *server = got.p;
	size_t n = m->to - m->from;

	read_server(got.p, got.n);
	while (w.last_accepted < w.nserver) {
		const struct message *s = &w.server[w.last_accepted++];
		size_t have = s->to - s->from;

		/* Of chunks the last one is compared. */
		if (chunks && have < n &&
		    memcmp(server + s->from, w.bodies + m->to - have, have) ==
			0)
			return true;
		if (have >= n &&
		    memcmp(server + s->to - n, w.bodies + m->from, n) == 0)
			return true;
	}
	return false;
}

static void
answer(int code, struct span server)
{
	static size_t done; /* messages that have an answer */
	enum asked what;

	if (w.answered == 0)
		done = 0;
	if (w.answered == w.asked) {
		/* A line that never ends is refused before its end. */
		if (code != 421 &&
		    (code != 500 || w.said_len - w.said_at < SMTP_LINE_MAX))
			wrong("a reply that nobody asked for");
		return;
	}
	what = w.waiting[w.answered++];
	if (what == ASKED_DATA) {
		w.mode = code == 354 ? MODE_BODY : MODE_COMMANDS;
	} else if (what == ASKED_MESSAGE || what == ASKED_CHUNKS) {
		if (code / 100 == 2 &&
		    !server_has(server, &w.client[done], what == ASKED_CHUNKS))
			wrong("a message accepted that the server does not "
			      "have");
		done++;
	} else if (code == 354) {
		wrong("354 to something else than DATA");
	}
}

/* The next whole reply the client got. */
static bool
read_reply(const uint8_t *p, size_t n, struct span server)
{
	size_t at = w.got_at;

	for (;;) {
		struct span line = span_slice(span_of(p, n), at, n);
		size_t end = span_find(line, '\n', 0);

		if (end == line.n)
			return false;
		if (end < 4 || line.p[end - 1] != '\r' || !isdigit(line.p[0]) ||
		    !isdigit(line.p[1]) || !isdigit(line.p[2])) {
			wrong("no reply line");
			return false;
		}
		at += end + 1;
		if (line.p[3] == '-')
			continue;
		w.got_at = at;
		answer((line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
			line.p[2] - '0',
		    server);
		return true;
	}
}

void
witness_look(const uint8_t *client, size_t nclient, const uint8_t *server,
    size_t nserver)
{
	bool more = true;

	while (more && w.error == NULL) {
		more = read_said();
		more = read_reply(client, nclient, span_of(server, nserver)) ||
		    more;
	}
}
