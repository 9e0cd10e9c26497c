/*
 * Resumption: a TLS session is taken up again instead of a full handshake.
 *
 * What may go wrong here is that a server is believed for what another, or the
 * same under weaker demands, once proved. So:
 *
 *   - a ticket is kept only after tls_conn_keep(), which the caller calls once
 *     the server has been judged to be what it must be, and never longer than
 *     the caller says, the server says, or a day after the full handshake;
 *   - it is found again only by the same binding, a digest of all that the
 *     judgement rested on;
 *   - it carries the chain of the full handshake, and the connection that it
 *     opens hands out that chain: whoever judges sees the same certificates
 *     again, at the time that it is then. Nobody's verdict is remembered.
 *
 * Whoever knows the secrets of a ticket took part in that handshake, in which
 * the key of the leaf was proved to be there (RFC 8446 2.2), or was told them
 * by whoever did.
 *
 * A session of TLS 1.2 without extended master secret is not kept: two sessions
 * could have the same secrets there, and one be taken up in the other's place
 * (RFC 7627 1, 5.3). TLS 1.3 has no others.
 *
 * A session that was taken up shows no certificates, and what is saved holds
 * none because tls.c takes them from the library after the handshake: no chain
 * in the library is how it is known that the server agreed to resume.
 */
#include <string.h>

#include "base/clock.h"
#include "tls/conn.h"
#include "tls/memory.h"
#include "tls/tickets.h"

/* Puts what was saved into the ClientHello to come. */
static int
offer(struct tls_conn *c, const struct ticket *ticket)
{
	mbedtls_ssl_session session;
	int r;

	mbedtls_ssl_session_init(&session);
	r = mbedtls_ssl_session_load(&session, ticket->bytes, ticket->nsecrets);
	if (r == 0)
		r = mbedtls_ssl_set_session(&c->ssl, &session);
	mbedtls_ssl_session_free(&session);
	return r;
}

int
tls_conn_resume(struct tls_conn *c, const struct tls_binding *binding)
{
	struct tls_context *t = c->context;
	struct ticket *ticket;
	int r;

	if (!t->resumption)
		return 0;
	ticket = tickets_take(&t->tickets, binding, clock_monotonic_ms());
	if (ticket == NULL)
		return 0;
	tls_memory_enter(c->part);
	r = offer(c, ticket);
	tls_memory_leave();
	if (r != 0) {
		/* Half of it may be set: no handshake with that. */
		ticket_free(&t->tickets, ticket);
		return DG_ENOMEM;
	}
	c->ticket = ticket;
	return 0;
}

void
conn_drop_ticket(struct tls_conn *c)
{
	ticket_free(&c->context->tickets, c->ticket);
	c->ticket = NULL;
}

void
conn_note_handshake(struct tls_conn *c)
{
	if (mbedtls_ssl_get_peer_cert(&c->ssl) != NULL)
		conn_drop_ticket(c);
	c->resumed = c->ticket != NULL;
	if (c->resumed) {
		c->born = c->ticket->born;
		c->context->counts.resumed++;
	} else {
		c->born = clock_monotonic_ms();
		c->context->counts.full++;
	}
}

/* Until when it may be used; 0: not at all. */
static uint64_t
ticket_end(const struct tls_conn *c, const mbedtls_ssl_session *session)
{
	uint32_t seconds = session->MBEDTLS_PRIVATE(ticket_lifetime);
	uint64_t now = clock_monotonic_ms();
	uint64_t end = c->born + TICKET_LIFE_MS;

	/* RFC 5077 5.6: no lifetime means that it is not told. */
	if (seconds != 0 && now + seconds * 1000ULL < end)
		end = now + seconds * 1000ULL;
	if (c->keep_until < end)
		end = c->keep_until;
	return end > now ? end : 0;
}

/* Is there anything to resume this by? */
static bool
resumable(const mbedtls_ssl_session *session)
{
	size_t n = session->MBEDTLS_PRIVATE(ticket_len);

	if (session->MBEDTLS_PRIVATE(ticket) != NULL)
		return n > 0 && n <= TICKET_SERVER_MAX;
	return session->MBEDTLS_PRIVATE(tls_version) ==
	    MBEDTLS_SSL_VERSION_TLS1_2 &&
	    session->MBEDTLS_PRIVATE(id_len) > 0;
}

static void
save(struct tls_conn *c, const mbedtls_ssl_session *session)
{
	struct tickets *t = &c->context->tickets;
	struct span chain[TLS_CHAIN_MAX];
	struct ticket_parts parts = { .chain = chain };
	struct ticket *ticket;
	uint64_t end = ticket_end(c, session);
	size_t n;

	if (end == 0 || !resumable(session))
		return;
	(void)mbedtls_ssl_session_save(session, NULL, 0, &parts.nsecrets);
	parts.nchain = tls_conn_chain(c, chain, TLS_CHAIN_MAX);
	/* Without room there is one resumption less. */
	if (parts.nsecrets == 0 || ticket_new(&ticket, t, &parts) < 0)
		return;
	if (mbedtls_ssl_session_save(session, ticket->bytes, ticket->nsecrets,
		&n) != 0) {
		ticket_free(t, ticket);
		return;
	}
	ticket->binding = c->keep_for;
	ticket->born = c->born;
	ticket->properties = c->properties;
	ticket->expires = end;
	tickets_put(t, ticket);
}

void
conn_note_ticket(struct tls_conn *c)
{
	mbedtls_ssl_session session;

	if (!c->keep || !conn_is_extended(c))
		return;
	mbedtls_ssl_session_init(&session);
	if (mbedtls_ssl_get_session(&c->ssl, &session) == 0)
		save(c, &session);
	mbedtls_ssl_session_free(&session);
}

void
tls_conn_keep(struct tls_conn *c, const struct tls_binding *binding,
    uint32_t seconds)
{
	if (!c->context->resumption || c->state != TLS_STATE_OPEN)
		return;
	c->keep = true;
	c->keep_for = *binding;
	c->keep_until = clock_monotonic_ms() + seconds * 1000ULL;
	tls_memory_enter(c->part);
	conn_note_ticket(c);
	tls_memory_leave();
}

bool
tls_conn_resumed(const struct tls_conn *c)
{
	return c->resumed;
}
