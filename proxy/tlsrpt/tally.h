/*
 * What came of the sessions with each domain over a day, as a report on its TLS
 * has it (RFC 8460 4): how many succeeded, how many failed and why, by the
 * policy that was applied. Pure; of addresses only the domain is taken in.
 *
 * Bounded: where there is no room for a domain, its sessions are counted as
 * lost; where there is none for a detail of a failure, the failure is counted
 * without it.
 */
#ifndef DG_TLSRPT_TALLY_H
#define DG_TLSRPT_TALLY_H

#include "base/budget.h"
#include "policy/policy.h"

#define TLSRPT_FAILURES_MAX 16	 /* details of a policy */
#define TLSRPT_STRINGS_MAX  1024 /* bytes of a policy's TLSA records */

/* The result types of RFC 8460 4.3 that there are reasons for here. */
enum tlsrpt_result {
	TLSRPT_NOTHING = 0, /* says nothing about the domain's TLS */
	TLSRPT_SUCCESS,
	TLSRPT_STARTTLS_NOT_SUPPORTED,
	TLSRPT_CERTIFICATE_NOT_TRUSTED,
	TLSRPT_VALIDATION_FAILURE,
	TLSRPT_TLSA_INVALID,
	TLSRPT_DNSSEC_INVALID,
	TLSRPT_DANE_REQUIRED,
	TLSRPT_RESULTS
};

/* The words "tlsa" and "no-policy-found" (RFC 8460 4.4). */
enum tlsrpt_policy {
	TLSRPT_NO_POLICY = 0,
	TLSRPT_TLSA,
	TLSRPT_POLICIES
};

const char *tlsrpt_result_text(enum tlsrpt_result result);
const char *tlsrpt_policy_text(enum tlsrpt_policy policy);

/* What a decision says in a report's words. Pure. */
enum tlsrpt_result tlsrpt_result_of(const struct requirement *requirement,
    const struct judgement *judgement, enum server_tls tls);
enum tlsrpt_policy tlsrpt_policy_of(const struct requirement *requirement,
    enum tlsrpt_result result);

/* One recipient's decision; several of one session count once. */
struct tlsrpt_seen {
	const struct name *domain;
	uint64_t session;
	enum tlsrpt_result result;
	enum tlsrpt_policy policy;
	enum reason reason;
	const struct host_facts *host; /* NULL: not known */
	const struct address *server;
	const struct address *local; /* our end; of no family: not known */
};

struct tlsrpt_failure {
	struct tlsrpt_failure *next;
	enum tlsrpt_result result;
	enum reason reason;
	uint64_t sessions;
	uint64_t session; /* the last one */
	struct address server;
	struct address local;
	char mx[]; /* empty: not known */
};

struct tlsrpt_sum {
	uint64_t successes;
	uint64_t failures;  /* all, also those without a detail */
	uint64_t succeeded; /* the last session that did; ids begin with 1 */
	uint64_t failed;    /* the last that failed without a detail */
	size_t ndetails;
	struct tlsrpt_failure *details;
	char *strings; /* TLSA records, one to a line; NULL: none */
};

struct tlsrpt_domain {
	struct tlsrpt_domain *next;
	struct tlsrpt_sum sums[TLSRPT_POLICIES];
	char name[];
};

/* Fields are for the owner to read. */
struct tlsrpt_tally {
	int64_t since; /* seconds since 1970 */
	uint64_t lost; /* sessions that there was no room for */
	struct budget *budget;
	size_t ndomains;
	struct tlsrpt_domain *domains;
};

/* All that it takes is taken from the budget, which must outlive it.
 * DG_ENOMEM. */
DG_MUSTCHECK int tlsrpt_tally_new(struct tlsrpt_tally **out, int64_t since,
    struct budget *budget);
void tlsrpt_tally_free(struct tlsrpt_tally *t); /* NULL is fine */

void tlsrpt_tally_note(struct tlsrpt_tally *t, const struct tlsrpt_seen *seen);

/* Domain number `index`, or NULL. */
const struct tlsrpt_domain *tlsrpt_tally_domain(const struct tlsrpt_tally *t,
    size_t index);

/* That one is done with. */
void tlsrpt_tally_drop(struct tlsrpt_tally *t, size_t index);

#endif
