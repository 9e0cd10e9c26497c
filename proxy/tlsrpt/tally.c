#include "tlsrpt/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 24 /* of the allocator, for each piece of memory */

const char *
tlsrpt_result_text(enum tlsrpt_result result)
{
	static const char *const words[TLSRPT_RESULTS] = {
		[TLSRPT_NOTHING] = "none",
		[TLSRPT_SUCCESS] = "success",
		[TLSRPT_STARTTLS_NOT_SUPPORTED] = "starttls-not-supported",
		[TLSRPT_CERTIFICATE_NOT_TRUSTED] = "certificate-not-trusted",
		[TLSRPT_VALIDATION_FAILURE] = "validation-failure",
		[TLSRPT_TLSA_INVALID] = "tlsa-invalid",
		[TLSRPT_DNSSEC_INVALID] = "dnssec-invalid",
		[TLSRPT_DANE_REQUIRED] = "dane-required",
	};

	return words[result < TLSRPT_RESULTS ? result : TLSRPT_NOTHING];
}

const char *
tlsrpt_policy_text(enum tlsrpt_policy policy)
{
	return policy == TLSRPT_TLSA ? "tlsa" : "no-policy-found";
}

/* TLS was asked for before the server was: because there is no usable TLSA set
 * (level dane-only), or for another's sake. */
static enum tlsrpt_result
result_of_required(const struct requirement *r)
{
	if (r->need != NEED_DEFER || r->host == NULL)
		return TLSRPT_NOTHING;
	return r->host->tlsa == TLSA_STATUS_UNUSABLE ? TLSRPT_TLSA_INVALID
						     : TLSRPT_DANE_REQUIRED;
}

/* Encrypted or not: that is what a relayed one says. */
static enum tlsrpt_result
result_of_relayed(const struct requirement *r, enum auth auth,
    enum server_tls tls)
{
	if (auth != AUTH_NONE)
		return TLSRPT_SUCCESS;
	/* Level none asks for no TLS, and so learns nothing. */
	if (r->need == NEED_NOTHING)
		return TLSRPT_NOTHING;
	return tls == SERVER_TLS_FAILED ? TLSRPT_VALIDATION_FAILURE
					: TLSRPT_STARTTLS_NOT_SUPPORTED;
}

enum tlsrpt_result
tlsrpt_result_of(const struct requirement *r, const struct judgement *j,
    enum server_tls tls)
{
	if (j->verdict == VERDICT_RELAY)
		return result_of_relayed(r, j->auth, tls);
	switch (j->reason) {
	case REASON_STARTTLS_MISSING:
	case REASON_STARTTLS_REFUSED:
		return TLSRPT_STARTTLS_NOT_SUPPORTED;
	case REASON_DOWNGRADE:
		return tls == SERVER_TLS_INJECTED
		    ? TLSRPT_VALIDATION_FAILURE
		    : TLSRPT_STARTTLS_NOT_SUPPORTED;
	case REASON_TLS_FAILED:
		/* The handshake came to its end: no authority vouches. */
		return tls == SERVER_TLS_DONE ? TLSRPT_CERTIFICATE_NOT_TRUSTED
					      : TLSRPT_VALIDATION_FAILURE;
	case REASON_TLSA_MISMATCH:
		return TLSRPT_VALIDATION_FAILURE;
	case REASON_DNS_BOGUS:
	case REASON_DNS_FAILED:
		return TLSRPT_DNSSEC_INVALID;
	case REASON_TLS_REQUIRED:
		return result_of_required(r);
	case REASON_UNKNOWN:
	case REASON_OK:
	case REASON_CLOCK_UNSET:
	case REASON_NULL_MX:
	case REASON_POLICY_BLOCK:
	case REASON_OTHER_SERVER:
	case REASON_UNLISTED_DESTINATION:
	case REASON_OVERLOAD:
	case REASON_SERVER_GONE:
	case REASON_PROTOCOL_ERROR:
	case REASONS:
		break;
	}
	return TLSRPT_NOTHING;
}

enum tlsrpt_policy
tlsrpt_policy_of(const struct requirement *r, enum tlsrpt_result result)
{
	/* Those are failures of DANE by themselves (RFC 8460 4.3.2.1). */
	if (result >= TLSRPT_TLSA_INVALID)
		return TLSRPT_TLSA;
	return r->need == NEED_DANE ? TLSRPT_TLSA : TLSRPT_NO_POLICY;
}

int
tlsrpt_tally_new(struct tlsrpt_tally **out, int64_t since,
    struct budget *budget)
{
	struct tlsrpt_tally *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return DG_ENOMEM;
	t->since = since;
	t->budget = budget;
	*out = t;
	return 0;
}

/* Zeroed memory, within the bounds; NULL. */
static void *
take(struct tlsrpt_tally *t, size_t n)
{
	void *p;

	if (budget_take(t->budget, n + PIECE_BYTES) != 0)
		return NULL;
	p = calloc(1, n);
	if (p == NULL)
		budget_give(t->budget, n + PIECE_BYTES);
	return p;
}

static void
give(struct tlsrpt_tally *t, void *p, size_t n)
{
	if (p == NULL)
		return;
	free(p);
	budget_give(t->budget, n + PIECE_BYTES);
}

static void
sum_clear(struct tlsrpt_tally *t, struct tlsrpt_sum *sum)
{
	while (sum->details != NULL) {
		struct tlsrpt_failure *f = sum->details;

		sum->details = f->next;
		give(t, f, sizeof(*f) + strlen(f->mx) + 1);
	}
	if (sum->strings != NULL)
		give(t, sum->strings, strlen(sum->strings) + 1);
}

static void
domain_free(struct tlsrpt_tally *t, struct tlsrpt_domain *d)
{
	for (size_t i = 0; i < TLSRPT_POLICIES; i++)
		sum_clear(t, &d->sums[i]);
	give(t, d, sizeof(*d) + strlen(d->name) + 1);
	t->ndomains--;
}

void
tlsrpt_tally_free(struct tlsrpt_tally *t)
{
	if (t == NULL)
		return;
	while (t->domains != NULL)
		tlsrpt_tally_drop(t, 0);
	free(t);
}

static struct tlsrpt_domain **
link_at(struct tlsrpt_tally *t, size_t index)
{
	struct tlsrpt_domain **at = &t->domains;

	while (*at != NULL && index-- > 0)
		at = &(*at)->next;
	return at;
}

const struct tlsrpt_domain *
tlsrpt_tally_domain(const struct tlsrpt_tally *t, size_t index)
{
	const struct tlsrpt_domain *d = t->domains;

	while (d != NULL && index-- > 0)
		d = d->next;
	return d;
}

void
tlsrpt_tally_drop(struct tlsrpt_tally *t, size_t index)
{
	struct tlsrpt_domain **at = link_at(t, index);
	struct tlsrpt_domain *d = *at;

	if (d == NULL)
		return;
	*at = d->next;
	domain_free(t, d);
}

/* The domain's place, a new one at the end if there is room; NULL. */
static struct tlsrpt_domain *
find(struct tlsrpt_tally *t, const struct name *name)
{
	struct tlsrpt_domain **at = &t->domains;
	struct tlsrpt_domain *d;

	for (; *at != NULL; at = &(*at)->next)
		if (strcmp((*at)->name, name->text) == 0)
			return *at;
	d = take(t, sizeof(*d) + name->len + 1);
	if (d == NULL)
		return NULL;
	memcpy(d->name, name->text, name->len + 1U);
	*at = d;
	t->ndomains++;
	return d;
}

/* "3 1 1 0A1B...": RFC 6698 2.2. What has no room is left out. */
static size_t
strings_write(char text[TLSRPT_STRINGS_MAX], const struct host_facts *host)
{
	size_t len = 0;

	for (size_t i = 0; i < host->nrecords; i++) {
		const struct tlsa *r = &host->records[i];

		/* Three numbers, blanks, the digits, an end. */
		if (len + 12 + 2 * r->data.n + 2 > TLSRPT_STRINGS_MAX)
			continue;
		len += (size_t)sprintf(text + len, "%s%u %u %u ",
		    len > 0 ? "\n" : "", (unsigned)r->usage,
		    (unsigned)r->selector, (unsigned)r->matching);
		for (size_t b = 0; b < r->data.n; b++)
			len += (size_t)sprintf(text + len, "%02x",
			    (unsigned)r->data.p[b]);
	}
	text[len] = '\0';
	return len;
}

/* The records of the last session hold. */
static void
strings_set(struct tlsrpt_tally *t, struct tlsrpt_sum *sum,
    const struct host_facts *host)
{
	char text[TLSRPT_STRINGS_MAX];
	size_t n;

	if (host == NULL || (n = strings_write(text, host)) == 0 ||
	    (sum->strings != NULL && strcmp(sum->strings, text) == 0))
		return;
	if (sum->strings != NULL)
		give(t, sum->strings, strlen(sum->strings) + 1);
	sum->strings = take(t, n + 1);
	if (sum->strings != NULL)
		memcpy(sum->strings, text, n + 1);
}

/* Both may be not known. */
static bool
is_same_host(const struct address *a, const struct address *b)
{
	return (a->family == ADDRESS_NONE && b->family == ADDRESS_NONE) ||
	    address_same_host(a, b);
}

static bool
is_same(const struct tlsrpt_failure *f, const struct tlsrpt_seen *seen,
    const char *mx)
{
	return f->result == seen->result && f->reason == seen->reason &&
	    is_same_host(&f->server, seen->server) &&
	    is_same_host(&f->local, seen->local) && strcmp(f->mx, mx) == 0;
}

/* A new detail at the end of the list, if there is room; NULL. */
static struct tlsrpt_failure *
add_detail(struct tlsrpt_tally *t, struct tlsrpt_sum *sum,
    const struct tlsrpt_seen *seen, const char *mx)
{
	struct tlsrpt_failure **at = &sum->details;
	struct tlsrpt_failure *f;

	if (sum->ndetails == TLSRPT_FAILURES_MAX ||
	    (f = take(t, sizeof(*f) + strlen(mx) + 1)) == NULL)
		return NULL;
	f->result = seen->result;
	f->reason = seen->reason;
	f->server = *seen->server;
	f->local = *seen->local;
	memcpy(f->mx, mx, strlen(mx) + 1);
	while (*at != NULL)
		at = &(*at)->next;
	*at = f;
	sum->ndetails++;
	return f;
}

static void
note_failure(struct tlsrpt_tally *t, struct tlsrpt_sum *sum,
    const struct tlsrpt_seen *seen)
{
	const char *mx = seen->host != NULL ? seen->host->host.text : "";
	struct tlsrpt_failure *f = sum->details;
	uint64_t *last;

	while (f != NULL && !is_same(f, seen, mx))
		f = f->next;
	if (f == NULL)
		f = add_detail(t, sum, seen, mx);
	last = f != NULL ? &f->session : &sum->failed;
	if (*last == seen->session)
		return;
	*last = seen->session;
	sum->failures++;
	if (f != NULL)
		f->sessions++;
}

void
tlsrpt_tally_note(struct tlsrpt_tally *t, const struct tlsrpt_seen *seen)
{
	struct tlsrpt_domain *d;
	struct tlsrpt_sum *sum;

	if (seen->result == TLSRPT_NOTHING || seen->domain->len == 0)
		return;
	d = find(t, seen->domain);
	if (d == NULL) {
		t->lost++;
		return;
	}
	sum = &d->sums[seen->policy];
	if (seen->policy == TLSRPT_TLSA)
		strings_set(t, sum, seen->host);
	if (seen->result != TLSRPT_SUCCESS) {
		note_failure(t, sum, seen);
	} else if (sum->succeeded != seen->session) {
		sum->succeeded = seen->session;
		sum->successes++;
	}
}
