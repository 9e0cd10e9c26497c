/*
 * The held envelope goes out: MAIL once per message, RCPT after its verdict, and
 * RCPTs in one flight where both sides know PIPELINING (RFC 2920 3.1).
 */
#include <stdio.h>
#include <string.h>

#include "session/session.h"

/* Extensions whose parameters cannot be left out without changing the mail. */
#define BINDING                                                 \
	(SMTP_EXT_8BITMIME | SMTP_EXT_SMTPUTF8 | SMTP_EXT_DSN | \
	    SMTP_EXT_BINARYMIME | SMTP_EXT_DELIVERBY | SMTP_EXT_MT_PRIORITY)

/*
 * SIZE is a hint and BODY=7BIT the default: towards a server that does not
 * know them they are left out and nothing is lost.
 */
static bool
is_dispensable(struct span word, unsigned offered)
{
	if (span_starts_nocase(word, "SIZE="))
		return (offered & SMTP_EXT_SIZE) == 0;
	if (span_equal_nocase(word, "BODY=7BIT"))
		return (offered & SMTP_EXT_8BITMIME) == 0;
	return false;
}

/* The parameters as the server may have them; bits: what they need of it. */
static size_t
write_parameters(char *out, size_t size, unsigned *bits,
    const struct smtp_command *c, unsigned offered)
{
	struct span rest = c->parameters;
	struct span word;
	size_t n = 0;

	*bits = c->extensions & BINDING;
	while ((word = span_word(&rest)).n > 0) {
		if (span_equal_nocase(word, "BODY=7BIT"))
			*bits &= ~(unsigned)SMTP_EXT_8BITMIME;
		if (is_dispensable(word, offered) || n + word.n + 2 > size)
			continue;
		out[n++] = ' ';
		memcpy(out + n, word.p, word.n);
		n += word.n;
	}
	out[n] = '\0';
	return n;
}

/* One command line for the server; false when it cannot honour it. */
static bool
write_command(char *out, size_t size, const char *verb, const char *held,
    size_t held_len, unsigned offered, unsigned *missing)
{
	char parameters[SMTP_LINE_MAX + 1];
	struct smtp_command c;
	unsigned bits;
	int n;

	if (smtp_command_parse(&c, span_of(held, held_len)) != 0)
		return false;
	(void)write_parameters(parameters, sizeof(parameters), &bits, &c,
	    offered);
	*missing |= bits & ~offered;
	n = snprintf(out, size, "%s:<%.*s>%s\r\n", verb, (int)c.path.n,
	    (const char *)c.path.p, parameters);
	return n > 0 && (size_t)n < size;
}

static const char *
first_text(unsigned bits)
{
	return smtp_extension_text(bits & ~(bits - 1));
}

void
transaction_rcpt(struct session *s)
{
	char mail[SMTP_LINE_MAX + 16];
	char rcpt[SMTP_LINE_MAX + 16];
	unsigned missing = 0;

	if (!write_command(mail, sizeof(mail), "MAIL FROM", s->mail,
		s->mail_len, s->offered.bits, &missing) ||
	    !write_command(rcpt, sizeof(rcpt), "RCPT TO", s->rcpt, s->rcpt_len,
		s->offered.bits, &missing)) {
		answer(s, 501, "5.5.4 danegate: address too long");
		session_goto(s, SESSION_COMMAND);
		return;
	}
	if (missing != 0) {
		answer(s, 451,
		    "4.3.3 danegate: the server does not offer %s, which this "
		    "message needs",
		    first_text(missing));
		session_goto(s, SESSION_COMMAND);
		return;
	}
	s->pipelined = (s->offered.bits & SMTP_EXT_PIPELINING) != 0;
	s->mail_refused = false;
	if (s->mail_sent)
		ask(s, SESSION_RCPT, "%s", rcpt);
	else if (s->pipelined)
		ask(s, SESSION_MAIL, "%s%s", mail, rcpt);
	else
		ask(s, SESSION_MAIL, "%s", mail);
	if (s->mail_sent || s->pipelined)
		s->owed++;
}

bool
transaction_ahead(struct session *s)
{
	char rcpt[SMTP_LINE_MAX + 16];
	struct smtp_command c;
	struct span line;
	size_t used;
	unsigned missing = 0;

	if (!s->mail_sent || (s->offered.bits & SMTP_EXT_PIPELINING) == 0 ||
	    s->owed >= SESSION_OWED_MAX || s->decision.ready ||
	    s->attempts >= SESSION_RECIPIENTS_MAX ||
	    buf_room(upstream_out(&s->upstream)) < sizeof(rcpt))
		return false;
	/* What would get an answer of ours waits for its turn. */
	return smtp_line_next(&line, &used, &s->down_in, SMTP_LINE_MAX) == 0 &&
	    smtp_command_parse(&c, line) == 0 && c.verb == SMTP_VERB_RCPT &&
	    write_command(rcpt, sizeof(rcpt), "RCPT TO", (const char *)line.p,
		line.n, s->offered.bits, &missing) &&
	    missing == 0;
}

void
transaction_mail_reply(struct session *s)
{
	char rcpt[SMTP_LINE_MAX + 16];
	unsigned missing = 0;

	if (s->reader.reply.code / 100 != 2) {
		s->held = s->reader.reply;
		s->mail_refused = true;
		if (s->pipelined) {
			session_goto(s, SESSION_RCPT);
			return;
		}
		answer_reply(s, &s->held);
		session_goto(s, SESSION_COMMAND);
		return;
	}
	s->mail_sent = true;
	if (s->pipelined)
		session_goto(s, SESSION_RCPT);
	else if (write_command(rcpt, sizeof(rcpt), "RCPT TO", s->rcpt,
		     s->rcpt_len, s->offered.bits, &missing)) {
		ask(s, SESSION_RCPT, "%s", rcpt);
		s->owed++;
	} else {
		server_broken(s);
	}
}

void
transaction_rcpt_reply(struct session *s)
{
	bool good = s->reader.reply.code / 100 == 2;

	s->owed--;
	if (s->mail_refused && good) {
		/* A recipient without a sender: its state cannot be known. */
		server_broken(s);
		return;
	}
	if (s->mail_refused) {
		answer_reply(s, &s->held);
	} else {
		answer_reply(s, &s->reader.reply);
		if (good) {
			s->recipients++;
			s->accepted_any = true;
		}
	}
	if (s->owed > 0)
		session_goto(s, SESSION_RCPT);
	else if (s->decision.ready)
		session_goto(s, SESSION_FACTS); /* a refusal, its turn is now */
	else
		session_goto(s, SESSION_COMMAND);
}

void
transaction_rset(struct session *s)
{
	if (s->mail_sent) {
		ask(s, SESSION_RSET, "RSET\r\n");
		return;
	}
	transaction_over(s);
	answer(s, 250, "2.0.0 Ok");
}

void
transaction_rset_reply(struct session *s)
{
	if (s->reader.reply.code / 100 != 2) {
		server_broken(s);
		return;
	}
	transaction_over(s);
	answer_reply(s, &s->reader.reply);
	session_goto(s, SESSION_COMMAND);
}

void
transaction_over(struct session *s)
{
	s->have_mail = false;
	s->mail_sent = false;
	s->mail_refused = false;
	s->recipients = 0;
	s->attempts = 0;
	s->chunks = 0;
	s->chunked = false;
	s->chunk = false;
}
