/* rooms: dnssec base */
/*
 * Validation under hostile answers. The tree whose anchor stands here was
 * signed once, and the seeds are its answers; nobody has its keys. So whatever
 * comes of them: what is secure must be what the tree holds, and its signed
 * zones never count as unsigned. Input: one byte for the question, then the
 * answers in order, each after its length in two bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "dnssec/message.h"

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char anchor[] =
    ". IN DS 35900 13 2 "
    "b5975f229c3f0f06f6d3e27d45e189efd276bdfb084158474cd46acdf669398f";

/* What is true: records, nothing, or no name, by what is signed. */
enum truth {
	TRUTH_ADDRESS = 1, /* 192.0.2.1 */
	TRUTH_TLSA,	   /* 3 1 1 and 32 times 0xab */
	TRUTH_NODATA,
	TRUTH_NXDOMAIN,
	TRUTH_UNSIGNED,
};

static const struct {
	const char *name;
	uint16_t type;
	enum truth truth;
} questions[] = {
	{ "www.n.test", DNS_TYPE_A, TRUTH_ADDRESS },
	{ "www.h.test", DNS_TYPE_A, TRUTH_ADDRESS },
	{ "_25._tcp.mx.n.test", DNS_TYPE_TLSA, TRUTH_TLSA },
	{ "_25._tcp.mx.h.test", DNS_TYPE_TLSA, TRUTH_TLSA },
	{ "x.wild.n.test", DNS_TYPE_A, TRUTH_ADDRESS },
	{ "x.wild.h.test", DNS_TYPE_A, TRUTH_ADDRESS },
	{ "alias.n.test", DNS_TYPE_A, TRUTH_ADDRESS },
	{ "alias.h.test", DNS_TYPE_A, TRUTH_ADDRESS },
	{ "www.dn.n.test", DNS_TYPE_A, TRUTH_ADDRESS },
	{ "www.dn.h.test", DNS_TYPE_A, TRUTH_ADDRESS },
	{ "www.n.test", DNS_TYPE_MX, TRUTH_NODATA },
	{ "www.h.test", DNS_TYPE_MX, TRUTH_NODATA },
	{ "_tcp.mx.n.test", DNS_TYPE_TLSA, TRUTH_NODATA },
	{ "_tcp.mx.h.test", DNS_TYPE_TLSA, TRUTH_NODATA },
	{ "x.wild.n.test", DNS_TYPE_MX, TRUTH_NODATA },
	{ "x.wild.h.test", DNS_TYPE_MX, TRUTH_NODATA },
	{ "no.n.test", DNS_TYPE_A, TRUTH_NXDOMAIN },
	{ "no.h.test", DNS_TYPE_A, TRUTH_NXDOMAIN },
	{ "_25._tcp.www.n.test", DNS_TYPE_TLSA, TRUTH_NXDOMAIN },
	{ "_25._tcp.www.h.test", DNS_TYPE_TLSA, TRUTH_NXDOMAIN },
	{ "www.u.test", DNS_TYPE_A, TRUTH_UNSIGNED },
};

static bool
is_true(const struct dnssec_result *r, enum truth truth)
{
	bool one = r->nanswers == 1 && !r->nxdomain;

	switch (truth) {
	case TRUTH_ADDRESS:
		return one &&
		    span_equal(r->answers[0], span_of("\300\0\2\1", 4));
	case TRUTH_TLSA:
		return one && r->answers[0].n == 35 &&
		    memcmp(r->answers[0].p, "\3\1\1\xab\xab", 5) == 0;
	case TRUTH_NODATA:
		return r->nanswers == 0 && !r->nxdomain;
	case TRUTH_NXDOMAIN:
		return r->nanswers == 0 && r->nxdomain;
	case TRUTH_UNSIGNED:
		return false;
	}
	return false;
}

static void
judge(const struct dnssec_result *r, enum truth truth)
{
	switch (r->status) {
	case DNSSEC_SECURE:
		if (!is_true(r, truth))
			abort();
		return;
	case DNSSEC_INSECURE:
		if (truth != TRUTH_UNSIGNED)
			abort();
		return;
	case DNSSEC_BOGUS:
	case DNSSEC_INDETERMINATE:
		if (r->nanswers != 0 || r->nxdomain || r->reason[0] == '\0')
			abort();
		return;
	case DNSSEC_UNKNOWN:
		break;
	}
	abort();
}

/* The next answer; none at the end. */
static bool
next_answer(struct span *out, struct span *rest)
{
	size_t n;

	if (rest->n < 2)
		return false;
	n = (size_t)rest->p[0] << 8 | rest->p[1];
	*out = span_slice(*rest, 2, 2 + n);
	*rest = span_slice(*rest, 2 + n, rest->n);
	return true;
}

/* What the transport does with the same bytes; what it takes, it may read. */
static void
match(struct span answer, const struct dnssec_question *need)
{
	struct dns_header header;
	uint16_t preference;
	struct name name;

	if (answer.n > 1)
		(void)dns_answer_match(&header, answer,
		    (uint16_t)(answer.p[0] << 8 | answer.p[1]), need);
	(void)dns_rdata_mx(&preference, &name, answer);
	(void)dns_rdata_name(&name, answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dnssec_trust *trust;
	struct dnssec_lookup *l;
	struct dnssec_question need;
	struct span rest = span_of(data, size);
	struct span answer;
	struct name name;
	size_t q;

	if (size == 0)
		return 0;
	q = data[0] % DG_ARRAY_LEN(questions);
	rest = span_slice(rest, 1, rest.n);
	if (dnssec_trust_new(&trust, 65536) != 0 ||
	    dnssec_trust_load(trust, span_text(anchor)) != 0 ||
	    name_parse(&name, span_text(questions[q].name)) != 0 ||
	    dnssec_lookup_new(&l, trust, &name, questions[q].type, NOW) != 0)
		abort();
	while (dnssec_lookup_step(l, &need) == DNSSEC_STEP_NEED) {
		if (next_answer(&answer, &rest)) {
			match(answer, &need);
			dnssec_lookup_give(l, answer);
		} else {
			dnssec_lookup_fail(l, "no more");
		}
	}
	judge(dnssec_lookup_result(l), questions[q].truth);
	dnssec_lookup_free(l);
	dnssec_trust_free(trust);
	return 0;
}
