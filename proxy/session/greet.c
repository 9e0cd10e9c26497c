/*
 * From the connection to the EHLO that counts: banner, EHLO in clear, STARTTLS,
 * EHLO inside TLS.
 */
#include <stdio.h>
#include <string.h>

#include "session/session.h"

/* What danegate carries; SMTP_EXT_STARTTLS is never offered to a client. */
#define CARRIED                                                               \
	(SMTP_EXT_SIZE | SMTP_EXT_8BITMIME | SMTP_EXT_PIPELINING |            \
	    SMTP_EXT_ENHANCEDSTATUSCODES | SMTP_EXT_DSN | SMTP_EXT_SMTPUTF8 | \
	    SMTP_EXT_CHUNKING | SMTP_EXT_BINARYMIME | SMTP_EXT_DELIVERBY |    \
	    SMTP_EXT_MT_PRIORITY | SMTP_EXT_LIMITS)

/* A middleman could have thinned these out of the EHLO in clear. */
#define ASSUMED (SMTP_EXT_8BITMIME | SMTP_EXT_SMTPUTF8 | SMTP_EXT_SIZE)

void
greet_connected(struct session *s)
{
	session_goto(s, SESSION_BANNER);
}

void
greet_failed(struct session *s)
{
	char address[ADDRESS_TEXT_MAX];
	char why[200];

	if (s->timed_out)
		(void)snprintf(why, sizeof(why), "timeout");
	else
		upstream_error(&s->upstream, why, sizeof(why));
	report_event(s, LOG_LEVEL_INFO, "connect-failed", REASON_SERVER_GONE,
	    why);
	answer_close(s, 421, "4.4.1 danegate: cannot connect to %s: %s",
	    address_port_text(&s->server, address), why);
}

void
greet_banner(struct session *s)
{
	struct smtp_reply reply = s->reader.reply;

	if (reply.code == 220 && s->again) {
		ask(s, SESSION_EHLO, "EHLO %s\r\n", s->helo);
		return;
	}
	if (reply.code == 220) {
		answer_reply(s, &reply);
		session_goto(s, SESSION_COMMAND);
		return;
	}
	if (reply.code / 100 < 4) {
		server_broken(s);
		return;
	}
	report_event(s, LOG_LEVEL_INFO, "unwelcome", REASON_SERVER_GONE, "");
	if (s->again) {
		/* The client has had its banner. */
		answer_close(s, 421,
		    "4.4.2 danegate: server-gone: not welcome");
		return;
	}
	upstream_close(&s->upstream);
	answer_reply(s, &reply);
	session_goto(s, SESSION_CLOSING);
}

/*
 * A handshake has failed, and for this recipient mail may go in clear all the
 * same: on a second connection, on which STARTTLS is not asked for (as Postfix
 * has it at level may). What it greets with is not for the client.
 */
void
greet_again(struct session *s)
{
	s->again = true;
	s->secured = false;
	s->bound = false;
	memset(&s->sni, 0, sizeof(s->sni));
	memset(&s->offered, 0, sizeof(s->offered));
	session_goto(s, SESSION_CONNECT);
	if (session_connect(s) != 0)
		greet_failed(s);
}

void
greet_client(struct session *s, bool esmtp, struct span name)
{
	if (span_copy_text(s->helo, sizeof(s->helo), name) != 0) {
		answer(s, 501, "5.5.4 danegate: name too long");
		return;
	}
	transaction_over(s);
	s->esmtp = esmtp;
	/* A new greeting ends what the server knows of a message too. */
	ask(s, s->secured ? SESSION_EHLO_TLS : SESSION_EHLO, "EHLO %s\r\n",
	    s->helo);
}

/* What the client may use: the server's list, and what may be missing in it. */
unsigned
greet_bits(const struct session *s)
{
	unsigned bits = s->offered.bits;

	if (!s->secured && (bits & SMTP_EXT_STARTTLS) != 0) {
		unsigned known = proxy_recall_offer(s->proxy, &s->server);

		bits = known != 0 ? known : bits | ASSUMED;
	}
	return (bits & CARRIED) | SMTP_EXT_PIPELINING;
}

/* The client's EHLO or HELO is answered. */
void
greet_answer(struct session *s)
{
	struct smtp_extensions offer = s->offered;
	struct smtp_reply reply = { 0 };
	char address[ADDRESS_TEXT_MAX];
	struct span name = span_text(address_text(&s->server, address));

	s->greeted = true;
	if (s->esmtp) {
		offer.bits = greet_bits(s);
		if (smtp_extensions_reply(&reply, name, &offer) != 0) {
			server_broken(s);
			return;
		}
	} else {
		smtp_reply_set(&reply, 250, "%s", address);
	}
	answer_reply(s, &reply);
	session_goto(s, SESSION_COMMAND);
}

/* The first EHLO's answer is known: a relay is checked at once. On a second
 * connection the recipient waits that it was made for. */
static void
greet_ready(struct session *s)
{
	if (s->decision.ready) {
		decide_judge(s);
		return;
	}
	if (!s->greeted && (s->offered.bits & SMTP_EXT_STARTTLS) != 0 &&
	    policy_relay(s->proxy->settings, &s->server) != NULL)
		decide_start(s, DECIDE_RELAY);
	else
		greet_answer(s);
}

/*
 * The greeting in clear says whether TLS may be tried. Once offered, an offer
 * that is gone from a later greeting counts as refused: somebody thinned it.
 */
static void
greet_offered(struct session *s)
{
	/* There is no more TLS with this server in this session. */
	if (s->again)
		return;
	if ((s->offered.bits & SMTP_EXT_STARTTLS) != 0) {
		s->starttls = true;
		s->server_tls = SERVER_TLS_UNKNOWN;
	} else {
		s->server_tls = s->starttls ? SERVER_TLS_REFUSED
					    : SERVER_TLS_NOT_OFFERED;
	}
}

void
greet_ehlo(struct session *s)
{
	const struct smtp_reply *reply = &s->reader.reply;

	if (reply->code != 250) {
		ask(s, SESSION_HELO, "HELO %s\r\n", s->helo);
		return;
	}
	if (smtp_extensions_parse(&s->offered, reply) != 0) {
		server_broken(s);
		return;
	}
	greet_offered(s);
	greet_ready(s);
}

void
greet_helo(struct session *s)
{
	struct smtp_reply reply = s->reader.reply;

	memset(&s->offered, 0, sizeof(s->offered));
	greet_offered(s);
	if (reply.code == 250) {
		if (s->decision.ready)
			decide_judge(s);
		else
			greet_answer(s);
		return;
	}
	if (s->decision.ready) {
		answer_close(s, 421,
		    "4.4.2 danegate: server-gone: not welcome");
		return;
	}
	answer_reply(s, &reply);
	session_goto(s, SESSION_COMMAND);
}

void
greet_starttls(struct session *s)
{
	ask(s, SESSION_STARTTLS, "STARTTLS\r\n");
}

/* Somebody speaks in clear where only TLS may follow. */
static void
greet_injected(struct session *s, const char *why)
{
	report_event(s, LOG_LEVEL_WARNING, "starttls-injection",
	    REASON_DOWNGRADE, why);
	s->server_tls = SERVER_TLS_INJECTED;
	upstream_abort(&s->upstream);
	decide_judge(s);
}

void
greet_starttls_reply(struct session *s)
{
	const struct name *sni;
	int err;

	if (s->reader.reply.code != 220) {
		s->server_tls = SERVER_TLS_REFUSED;
		decide_judge(s);
		return;
	}
	sni = policy_sni(&s->decision.requirement);
	s->bound = s->proxy->settings->tls_resumption == SWITCH_ON &&
	    resume_binding(&s->binding, s);
	err = upstream_secure(&s->upstream, s->proxy->tls, sni,
	    s->bound ? &s->binding : NULL);
	if (err == 0) {
		if (sni != NULL)
			s->sni = *sni;
		s->secured = true;
		session_goto(s, SESSION_HANDSHAKE);
		return;
	}
	if (err != DG_EPROTO) {
		answer_close(s, 421,
		    "4.3.2 danegate: overload: no memory for TLS");
		return;
	}
	greet_injected(s, "plaintext behind the reply to STARTTLS");
}

void
greet_secured(struct session *s)
{
	s->server_tls = SERVER_TLS_DONE;
	s->proxy->watch.counts.handshakes++;
	if (tls_conn_resumed(s->upstream.tls))
		s->proxy->watch.counts.handshakes_resumed++;
	ask(s, SESSION_EHLO_TLS, "EHLO %s\r\n", s->helo);
}

void
greet_handshake_failed(struct session *s)
{
	char why[200];

	if (upstream_plaintext(&s->upstream)) {
		greet_injected(s, "plaintext in the place of a handshake");
		return;
	}
	if (s->timed_out)
		(void)snprintf(why, sizeof(why), "timeout");
	else
		upstream_error(&s->upstream, why, sizeof(why));
	report_event(s, LOG_LEVEL_WARNING, "tls-failed", REASON_TLS_FAILED,
	    why);
	s->server_tls = SERVER_TLS_FAILED;
	s->proxy->watch.counts.handshakes_failed++;
	upstream_abort(&s->upstream);
	decide_judge(s);
}

void
greet_ehlo_tls(struct session *s)
{
	const struct smtp_reply *reply = &s->reader.reply;
	bool deciding = s->decision.ready;

	if (reply->code != 250 ||
	    smtp_extensions_parse(&s->offered, reply) != 0) {
		server_broken(s);
		return;
	}
	s->offered.bits &= ~(unsigned)SMTP_EXT_STARTTLS;
	proxy_remember_offer(s->proxy, &s->server, s->offered.bits);
	if (deciding)
		decide_judge(s);
	else
		greet_answer(s);
}
