#include <stdlib.h>
#include <string.h>

#include <mbedtls/sha256.h>

#include "dns/route.h"
#include "session/support/fake.h"

#define QUERIES 16
#define DIGEST	32

struct route_query {
	const struct fake_facts *known; /* NULL: no such domain in the play */
	route_done *done;
	void *arg;
};

static struct route_query *queries[QUERIES];
/* Of one host's certificate; the same whenever it is asked for. */
static uint8_t digests[FAKE_FACTS][ROUTE_HOSTS_MAX][DIGEST];

static const struct fake_facts *
find(const struct route_question *q)
{
	const char *key = q->domain.text;

	if (q->literal)
		key = "literal";
	else if (q->relay)
		key = q->relay_host.text;
	for (size_t i = 0; i < fake.nfacts; i++)
		if (strcmp(fake.facts[i].domain.text, key) == 0)
			return &fake.facts[i];
	return NULL;
}

int
route_lookup(struct route_query **out, struct resolver *r,
    const struct route_question *question, route_done *done, void *arg)
{
	const struct fake_facts *known = find(question);
	struct route_query *q;

	(void)r;
	fake.lookups++;
	if (known != NULL && known->refused)
		return DG_ELIMIT;
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return DG_ENOMEM;
	*q = (struct route_query){ known, done, arg };
	for (size_t i = 0; i < QUERIES; i++)
		if (queries[i] == NULL) {
			queries[i] = q;
			fake.queries++;
			*out = q;
			return 0;
		}
	abort();
}

static void
forget(struct route_query *q)
{
	for (size_t i = 0; i < QUERIES; i++)
		if (queries[i] == q)
			queries[i] = NULL;
	fake.queries--;
	free(q);
}

void
route_cancel(struct route_query *q)
{
	if (q != NULL)
		forget(q);
}

/* 3 0 1: any bytes may be the certificate. */
static void
add_digest(struct tlsa *record, uint8_t digest[DIGEST], struct span what)
{
	if (mbedtls_sha256(what.p, what.n, digest, 0) != 0)
		abort();
	record->usage = TLSA_DANE_EE;
	record->matching = 1;
	record->data = span_of(digest, DIGEST);
}

/* A copy that its receiver frees; NULL: no memory. */
static struct route_facts *
copy_facts(const struct fake_facts *known)
{
	struct route_facts *f = calloc(1, sizeof(*f));

	if (f == NULL || known == NULL)
		return f;
	*f = known->facts;
	for (size_t i = 0; i < f->nhosts; i++) {
		struct host_facts *h = &f->hosts[i];

		if (known->certificate[i] == NULL)
			continue;
		h->records = calloc(1, sizeof(*h->records));
		if (h->records == NULL) {
			route_facts_free(f);
			return NULL;
		}
		h->nrecords = 1;
		add_digest(h->records, digests[known - fake.facts][i],
		    span_text(known->certificate[i]));
	}
	return f;
}

bool
fake_route_step(void)
{
	for (size_t i = 0; i < QUERIES; i++) {
		struct route_query *q = queries[i];
		struct route_query asked;

		if (q == NULL || (q->known != NULL && q->known->held))
			continue;
		asked = *q;
		forget(q);
		asked.done(asked.arg,
		    asked.known != NULL && asked.known->no_memory
			? NULL
			: copy_facts(asked.known));
		return true;
	}
	return false;
}
