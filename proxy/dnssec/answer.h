/*
 * What one message says to one question, judged by the zone that the name lies
 * in: records, another name, or that there is nothing. Follows no chain.
 */
#ifndef DG_DNSSEC_ANSWER_H
#define DG_DNSSEC_ANSWER_H

#include "dnssec/denial.h"

enum answer_kind {
	ANSWER_UNKNOWN = 0, /* bogus; work.why says more */
	ANSWER_RECORDS,
	ANSWER_CNAME,
	ANSWER_DNAME, /* at a name above */
	ANSWER_NODATA,
	ANSWER_NXDOMAIN,
	ANSWER_DELEGATION, /* type DS: proven to be an unsigned zone */
};

struct answer {
	enum answer_kind kind;
	enum dnssec_status status; /* secure or insecure, unless unknown */
	bool stripped;		   /* unknown: there is no signature at all */
	bool final;		   /* unknown: what is there is signed, badly */
	uint32_t ttl;
	struct rrset set;    /* records */
	struct dname target; /* CNAME, DNAME: the name to go on with */
	struct dname from;   /* DNAME: its owner and what it leads to */
	struct dname to;
};

/* Judges c->message for c->name, which lies in c->zone, and c->type. */
void answer_judge(struct answer *out, struct work *work,
    const struct denial_case *c);

/*
 * Who seems to have signed what a message says of name and type: the deepest
 * zone that the name lies in. A hint to find the way by, no more.
 * DG_ENOTFOUND.
 */
DG_MUSTCHECK int answer_signer(struct dname *out, const struct message *m,
    const struct dname *name, uint16_t type);

#endif
