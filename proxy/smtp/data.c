#include "smtp/data.h"

#include <string.h>

/*
 * The most that one byte of input can make: a repaired CR that stood behind a
 * held dot (".\r" and then "x": dot dot CR LF x).
 */
#define PIECE_MAX 6

/* What one byte of input leads to: bytes to write, and the next state. */
struct piece {
	size_t n;
	char text[PIECE_MAX];
	enum smtp_data_state next;
	bool bare; /* the byte shows a bare CR or LF */
};

static void
add(struct piece *p, const char *text)
{
	size_t n = strlen(text);

	memcpy(p->text + p->n, text, n);
	p->n += n;
}

static void
add_byte(struct piece *p, uint8_t c)
{
	p->text[p->n++] = (char)c;
}

/* Byte c within a line, nothing held. */
static void
step_text(struct piece *p, uint8_t c)
{
	if (c == '\r') {
		p->next = SMTP_DATA_CR;
	} else if (c == '\n') {
		add(p, "\r\n");
		p->bare = true;
		p->next = SMTP_DATA_REPAIRED;
	} else {
		add_byte(p, c);
		p->next = SMTP_DATA_TEXT;
	}
}

/* Byte c right behind a repaired line end. */
static void
step_repaired(struct piece *p, uint8_t c)
{
	if (c == '.')
		add(p, ".");
	step_text(p, c);
}

/* Byte c behind a CR that is held. */
static void
step_cr(struct piece *p, uint8_t c)
{
	add(p, "\r\n");
	if (c == '\n') {
		p->next = SMTP_DATA_LINE_START;
		return;
	}
	p->bare = true;
	step_repaired(p, c);
}

/* Byte c behind a dot at the client's line start. */
static void
step_dot(struct piece *p, uint8_t c)
{
	if (c == '\r') {
		p->next = SMTP_DATA_DOT_CR;
		return;
	}
	/*
	 * ".\n" would become ".\r\n", the end of data: the dot is doubled, the
	 * server undoes that, and the line stays a line with one dot.
	 */
	add(p, c == '\n' ? ".." : ".");
	step_text(p, c);
}

static void
step(struct piece *p, enum smtp_data_state state, uint8_t c)
{
	switch (state) {
	case SMTP_DATA_LINE_START:
		if (c == '.')
			p->next = SMTP_DATA_DOT;
		else
			step_text(p, c);
		return;
	case SMTP_DATA_REPAIRED:
		step_repaired(p, c);
		return;
	case SMTP_DATA_TEXT:
		step_text(p, c);
		return;
	case SMTP_DATA_CR:
		step_cr(p, c);
		return;
	case SMTP_DATA_DOT:
		step_dot(p, c);
		return;
	case SMTP_DATA_DOT_CR:
		if (c == '\n') {
			add(p, ".\r\n");
			p->next = SMTP_DATA_END;
			return;
		}
		add(p, "..");
		step_cr(p, c);
		return;
	case SMTP_DATA_END:
		break;
	}
	p->next = SMTP_DATA_END;
}

void
smtp_data_start(struct smtp_data *d, enum smtp_newline_rule rule)
{
	*d = (struct smtp_data){ .state = SMTP_DATA_LINE_START, .rule = rule };
}

/* The first c of the n bytes at p, or where they end. */
static size_t
find(const uint8_t *p, size_t n, uint8_t c)
{
	const uint8_t *found = n > 0 ? memchr(p, c, n) : NULL;

	return found != NULL ? (size_t)(found - p) : n;
}

/* A line ends at p, and what begins the next one is plain text. */
static bool
line_goes_on(const uint8_t *p, size_t n)
{
	return n > 2 && p[0] == '\r' && p[1] == '\n' && p[2] != '.' &&
	    p[2] != '\r' && p[2] != '\n';
}

/* Line ends are looked for so far at once: a text in which only one of CR and LF
 * stands would else be gone through to its end for each of them. */
#define WINDOW 256

/*
 * How many bytes go through as they are, of the n at p: from within a line to
 * within another, all line ends between them being proper ones, none before a
 * dot. Nearly all of a message is such runs, and byte by byte they would cost
 * more than their encryption.
 */
static size_t
run_of_text(const struct smtp_data *d, const uint8_t *p, size_t n)
{
	size_t at = 0;

	if (d->state != SMTP_DATA_TEXT)
		return 0;
	while (at < n) {
		size_t window = n - at < WINDOW ? n - at : WINDOW;
		size_t text = find(p + at, window, '\r');

		text = find(p + at, text, '\n');
		at += text;
		if (text == window)
			continue;
		if (!line_goes_on(p + at, n - at))
			break;
		at += 2;
	}
	return at;
}

int
smtp_data_relay(struct smtp_data *d, struct buf *in, struct buf *out)
{
	struct span s = buf_peek(in);
	size_t room, taken = 0, made = 0;
	uint8_t *tail = buf_tail(out, &room);
	int result = DG_EAGAIN;

	while (taken < s.n && d->state != SMTP_DATA_END) {
		struct piece p = { 0 };
		size_t run = s.n - taken < room - made ? s.n - taken
						       : room - made;

		run = run_of_text(d, s.p + taken, run);
		if (run > 0) {
			memcpy(tail + made, s.p + taken, run);
			made += run;
			taken += run;
			d->size += run;
			continue;
		}
		step(&p, d->state, s.p[taken]);
		if (p.bare && d->rule == SMTP_NEWLINE_REJECT) {
			result = DG_ESYNTAX;
			break;
		}
		if (p.n > room - made)
			break;
		memcpy(tail + made, p.text, p.n);
		made += p.n;
		taken++;
		d->state = p.next;
		if (d->state != SMTP_DATA_END)
			d->size += p.n;
	}
	buf_commit(out, made);
	buf_drop(in, taken);
	return d->state == SMTP_DATA_END ? 0 : result;
}

int
smtp_data_discard(struct smtp_data *d, struct buf *in)
{
	struct span s = buf_peek(in);
	size_t taken = 0;

	while (taken < s.n && d->state != SMTP_DATA_END) {
		struct piece p = { 0 };
		size_t run = run_of_text(d, s.p + taken, s.n - taken);

		taken += run;
		if (run > 0)
			continue;
		step(&p, d->state, s.p[taken++]);
		d->state = p.next;
	}
	buf_drop(in, taken);
	return d->state == SMTP_DATA_END ? 0 : DG_EAGAIN;
}

uint64_t
smtp_data_size(const struct smtp_data *d)
{
	return d->size;
}
