/*
 * What a TLS session may be resumed for: see tls/resume.c for what a binding
 * is. Here are all the things that the judgement of a server rests on, in a
 * form of which there is only one.
 */
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

/* How long what rests on no DNS record may be kept. */
#define LIFE_WITHOUT_RECORDS 86400

#define PARTS_MAX (5 + DANE_NAMES_MAX + 2 * TLSA_SET_MAX)
#define HEAD_SIZE 3 /* usage, selector, matching of a record */

struct parts {
	struct span all[PARTS_MAX];
	size_t n;
	uint8_t demand[5];
	uint8_t port[2];
	struct tlsa records[TLSA_SET_MAX];
	uint8_t heads[TLSA_SET_MAX][HEAD_SIZE];
};

static void
add(struct parts *p, const void *bytes, size_t n)
{
	p->all[p->n++] = span_of(bytes, n);
}

static int
compare_records(const void *a, const void *b)
{
	const struct tlsa *x = a;
	const struct tlsa *y = b;
	size_t n = x->data.n < y->data.n ? x->data.n : y->data.n;
	int order;

	if (x->usage != y->usage)
		return x->usage < y->usage ? -1 : 1;
	if (x->selector != y->selector)
		return x->selector < y->selector ? -1 : 1;
	if (x->matching != y->matching)
		return x->matching < y->matching ? -1 : 1;
	order = memcmp(x->data.p, y->data.p, n);
	if (order != 0 || x->data.n == y->data.n)
		return order;
	return x->data.n < y->data.n ? -1 : 1;
}

/* The set, in whatever order DNS gave it. */
static void
add_records(struct parts *p, const struct host_facts *host)
{
	size_t n = host->nrecords;

	memcpy(p->records, host->records, n * sizeof(p->records[0]));
	qsort(p->records, n, sizeof(p->records[0]), compare_records);
	for (size_t i = 0; i < n; i++) {
		const struct tlsa *record = &p->records[i];

		p->heads[i][0] = record->usage;
		p->heads[i][1] = record->selector;
		p->heads[i][2] = record->matching;
		add(p, p->heads[i], HEAD_SIZE);
		add(p, record->data.p, record->data.n);
	}
}

static void
add_host(struct parts *p, const struct host_facts *host)
{
	add(p, host->base.text, host->base.len);
	for (size_t i = 0; i < host->nnames; i++)
		add(p, host->names[i].text, host->names[i].len);
	if (host->nrecords > 0)
		add_records(p, host);
}

/* Whose name the certificate must have, and who may vouch for it. */
static void
add_authorities(struct parts *p, const struct host_facts *host,
    const struct pkix_store *authorities)
{
	add(p, host->host.text, host->host.len);
	if (authorities != NULL)
		add(p, pkix_store_digest(authorities), PKIX_DIGEST_SIZE);
}

bool
resume_binding(struct tls_binding *out, const struct session *s)
{
	const struct requirement *r = &s->decision.requirement;
	struct parts p = { .n = 0 };

	if (r->host != NULL && r->host->nrecords > TLSA_SET_MAX)
		return false;
	p.demand[0] = (uint8_t)r->need;
	p.demand[1] = (uint8_t)r->level;
	p.demand[2] = (uint8_t)r->reason;
	p.demand[3] = r->mx_secure;
	p.demand[4] = (uint8_t)s->server.family;
	p.port[0] = (uint8_t)(s->server.port >> 8);
	p.port[1] = (uint8_t)s->server.port;
	add(&p, p.demand, sizeof(p.demand));
	add(&p, s->server.bytes, sizeof(s->server.bytes));
	add(&p, p.port, sizeof(p.port));
	if (r->need == NEED_DANE && r->host != NULL)
		add_host(&p, r->host);
	if (r->need == NEED_PKIX && r->host != NULL)
		add_authorities(&p, r->host, s->proxy->authorities);
	return tls_binding_make(out, p.all, p.n) == 0;
}

void
resume_keep(struct session *s)
{
	const struct requirement *r = &s->decision.requirement;
	struct tls_binding now;
	uint32_t seconds = LIFE_WITHOUT_RECORDS;

	if (!s->bound || s->server_tls != SERVER_TLS_DONE ||
	    s->upstream.tls == NULL)
		return;
	/* Judged for somebody else's sake, or found to be another host. */
	if (!resume_binding(&now, s) ||
	    memcmp(now.digest, s->binding.digest, sizeof(now.digest)) != 0)
		return;
	if (r->need == NEED_DANE)
		seconds = r->host->ttl;
	tls_conn_keep(s->upstream.tls, &s->binding, seconds);
}
