#include "tls/tickets.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform_util.h>

size_t
ticket_size(const struct ticket *ticket)
{
	size_t n = sizeof(*ticket) + ticket->nsecrets;

	for (size_t i = 0; i < ticket->ncerts; i++)
		n += ticket->certs[i];
	return n;
}

static void
tickets_remove(struct tickets *t, struct ticket *ticket)
{
	QUEUE_REMOVE(&t->order, ticket, link);
	t->n--;
}

static void
tickets_drop(struct tickets *t, struct ticket *ticket)
{
	tickets_remove(t, ticket);
	ticket_free(t, ticket);
}

/* Books n bytes; older tickets give way. */
static int
tickets_make_room(struct tickets *t, size_t n)
{
	while (budget_take(&t->budget, n) < 0) {
		if (t->order.first == NULL)
			return DG_ENOMEM;
		tickets_drop(t, t->order.first);
	}
	return 0;
}

int
ticket_new(struct ticket **out, struct tickets *t,
    const struct ticket_parts *parts)
{
	size_t size = sizeof(**out) + parts->nsecrets;
	struct ticket *ticket;
	uint8_t *at;

	if (parts->nchain > TLS_CHAIN_MAX)
		return DG_ELIMIT;
	for (size_t i = 0; i < parts->nchain; i++)
		size += parts->chain[i].n;
	if (size > TICKET_SIZE_MAX)
		return DG_ELIMIT;
	if (tickets_make_room(t, size) < 0)
		return DG_ENOMEM;
	ticket = calloc(1, size);
	if (ticket == NULL) {
		budget_give(&t->budget, size);
		return DG_ENOMEM;
	}
	ticket->nsecrets = parts->nsecrets;
	at = ticket->bytes + parts->nsecrets;
	for (size_t i = 0; i < parts->nchain; i++) {
		memcpy(at, parts->chain[i].p, parts->chain[i].n);
		at += parts->chain[i].n;
		ticket->certs[ticket->ncerts++] = parts->chain[i].n;
	}
	*out = ticket;
	return 0;
}

void
ticket_free(struct tickets *t, struct ticket *ticket)
{
	size_t size;

	if (ticket == NULL)
		return;
	size = ticket_size(ticket);
	mbedtls_platform_zeroize(ticket, size);
	free(ticket);
	budget_give(&t->budget, size);
}

size_t
ticket_chain(const struct ticket *ticket, struct span *certs, size_t max)
{
	const uint8_t *at = ticket->bytes + ticket->nsecrets;
	size_t n;

	for (n = 0; n < ticket->ncerts && n < max; n++) {
		certs[n] = span_of(at, ticket->certs[n]);
		at += ticket->certs[n];
	}
	return n;
}

static bool
binding_equal(const struct tls_binding *a, const struct tls_binding *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

/* The oldest of that binding, and how many there are. */
static struct ticket *
tickets_oldest(const struct tickets *t, const struct tls_binding *binding,
    size_t *n)
{
	struct ticket *oldest = NULL;

	*n = 0;
	for (struct ticket *i = t->order.first; i != NULL; i = i->link.next) {
		if (!binding_equal(&i->binding, binding))
			continue;
		if (oldest == NULL)
			oldest = i;
		++*n;
	}
	return oldest;
}

void
tickets_put(struct tickets *t, struct ticket *ticket)
{
	size_t n;
	struct ticket *oldest = tickets_oldest(t, &ticket->binding, &n);

	if (n >= TICKETS_PER_BINDING)
		tickets_drop(t, oldest);
	else if (t->n >= TICKETS_MAX)
		tickets_drop(t, t->order.first);
	QUEUE_APPEND(&t->order, ticket, link);
	t->n++;
}

static void
tickets_expire(struct tickets *t, uint64_t now)
{
	struct ticket *next;

	for (struct ticket *i = t->order.first; i != NULL; i = next) {
		next = i->link.next;
		if (i->expires <= now)
			tickets_drop(t, i);
	}
}

struct ticket *
tickets_take(struct tickets *t, const struct tls_binding *binding, uint64_t now)
{
	struct ticket *newest = NULL;

	tickets_expire(t, now);
	for (struct ticket *i = t->order.first; i != NULL; i = i->link.next)
		if (binding_equal(&i->binding, binding))
			newest = i;
	if (newest != NULL)
		tickets_remove(t, newest);
	return newest;
}

void
tickets_clear(struct tickets *t)
{
	while (t->order.first != NULL)
		tickets_drop(t, t->order.first);
}
