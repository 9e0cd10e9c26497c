/*
 * What the client asks for, one command at a time and in order (RFC 5321 4.1,
 * RFC 2920 for what it sends ahead).
 */
#include <string.h>

#include "session/session.h"

static void
command_bad(struct session *s, int code, const char *text)
{
	if (++s->errors >= SESSION_ERRORS_MAX) {
		upstream_close(&s->upstream);
		answer_close(s, 421, "4.7.0 danegate: too many errors");
		return;
	}
	answer(s, code, "%s", text);
}

static void
command_greet(struct session *s, const struct smtp_command *c)
{
	struct span rest = c->argument;
	struct span name = span_word(&rest);

	if (name.n == 0 || rest.n > 0) {
		command_bad(s, 501,
		    "5.5.4 danegate: EHLO and HELO take a name");
		return;
	}
	greet_client(s, c->verb == SMTP_VERB_EHLO, name);
}

static void
command_mail(struct session *s, const struct smtp_command *c, struct span line)
{
	unsigned missing = c->extensions & ~greet_bits(s);

	if (!s->greeted) {
		command_bad(s, 503, "5.5.1 danegate: say EHLO first");
	} else if (s->have_mail) {
		command_bad(s, 503, "5.5.1 danegate: one MAIL at a time");
	} else if (missing != 0) {
		command_bad(s, 555,
		    "5.5.4 danegate: parameter of an extension that is not "
		    "offered");
	} else if (s->proxy->draining) {
		upstream_close(&s->upstream);
		answer_close(s, 421, "4.3.2 danegate: going down");
	} else {
		memcpy(s->mail, line.p, line.n);
		s->mail_len = line.n;
		s->have_mail = true;
		answer(s, 250, "2.1.0 Ok");
	}
}

static void
command_rcpt(struct session *s, const struct smtp_command *c, struct span line)
{
	if (!s->have_mail) {
		command_bad(s, 503, "5.5.1 danegate: MAIL first");
		return;
	}
	if (s->attempts >= SESSION_RECIPIENTS_MAX) {
		answer(s, 452, "4.5.3 danegate: too many recipients");
		return;
	}
	if (s->chunked) {
		command_bad(s, 503, "5.5.1 danegate: BDAT has begun");
		return;
	}
	s->attempts++;
	memcpy(s->rcpt, line.p, line.n);
	s->rcpt_len = line.n;
	s->decision.domain = c->domain;
	s->decision.literal = c->literal || c->no_domain;
	decide_start(s, DECIDE_RECIPIENT);
}

/* A binary message has no lines, so no end that DATA could find (RFC 3030 3). */
static bool
is_binary(const struct session *s)
{
	struct smtp_command mail;

	return smtp_command_parse(&mail, span_of(s->mail, s->mail_len)) == 0 &&
	    (mail.extensions & SMTP_EXT_BINARYMIME) != 0;
}

static void
command_data(struct session *s)
{
	if (!s->have_mail || s->attempts == 0 || s->chunked)
		command_bad(s, 503, "5.5.1 danegate: MAIL and RCPT first");
	else if (s->recipients == 0)
		answer(s, 554, "5.5.1 danegate: no valid recipients");
	else if (is_binary(s))
		command_bad(s, 503,
		    "5.5.1 danegate: BODY=BINARYMIME needs BDAT");
	else
		body_data(s);
}

static void
command_quit(struct session *s)
{
	/* Nobody waits for the server's goodbye: QUIT and the end at once. */
	if (s->upstream.endpoint == NULL ||
	    buf_put(upstream_out(&s->upstream), "QUIT\r\n", 6) == 0)
		upstream_close(&s->upstream);
	answer_close(s, 221, "2.0.0 Bye");
}

static void
command_dispatch(struct session *s, const struct smtp_command *c,
    struct span line)
{
	switch (c->verb) {
	case SMTP_VERB_HELO:
	case SMTP_VERB_EHLO:
		command_greet(s, c);
		return;
	case SMTP_VERB_MAIL:
		command_mail(s, c, line);
		return;
	case SMTP_VERB_RCPT:
		command_rcpt(s, c, line);
		return;
	case SMTP_VERB_DATA:
		command_data(s);
		return;
	case SMTP_VERB_BDAT:
		body_bdat(s, c);
		return;
	case SMTP_VERB_RSET:
		transaction_rset(s);
		return;
	case SMTP_VERB_NOOP:
		answer(s, 250, "2.0.0 Ok");
		return;
	case SMTP_VERB_HELP:
		answer(s, 214, "2.0.0 danegate: see RFC 5321");
		return;
	case SMTP_VERB_VRFY:
		answer(s, 252, "2.5.2 danegate: send some mail and see");
		return;
	case SMTP_VERB_QUIT:
		command_quit(s);
		return;
	case SMTP_VERB_EXPN:
	case SMTP_VERB_STARTTLS:
	case SMTP_VERB_AUTH:
		command_bad(s, 502, "5.5.1 danegate: not offered");
		return;
	case SMTP_VERB_UNKNOWN:
		break;
	}
	command_bad(s, 500, "5.5.2 danegate: unknown command");
}

/*
 * A BDAT that cannot be read has a chunk of unknown length behind it, and a
 * message must not be taken for commands: the end, as Postfix has it.
 */
static void
command_unreadable(struct session *s, struct span line)
{
	struct span word = span_word(&line);

	if (!span_equal_nocase(word, "BDAT")) {
		command_bad(s, 501, "5.5.4 danegate: syntax");
		return;
	}
	upstream_close(&s->upstream);
	answer_close(s, 501, "5.5.4 danegate: BDAT takes a number and LAST");
}

void
command_run(struct session *s)
{
	char copy[SMTP_LINE_MAX];
	struct smtp_command c;
	struct span line;
	size_t used;
	int err = smtp_line_next(&line, &used, &s->down_in, SMTP_LINE_MAX);

	if (err != 0) {
		upstream_close(&s->upstream);
		answer_close(s, 500, "5.5.2 danegate: line too long");
		return;
	}
	/* The buffer goes on changing while the command is carried out. */
	memcpy(copy, line.p, line.n);
	line = span_of(copy, line.n);
	buf_drop(&s->down_in, used);
	err = smtp_command_parse(&c, line);
	if (err == DG_EUNSUPPORTED)
		command_bad(s, 555, "5.5.4 danegate: unknown parameter");
	else if (err != 0)
		command_unreadable(s, line);
	else
		command_dispatch(s, &c, line);
}
