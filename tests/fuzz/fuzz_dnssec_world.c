/* rooms: dnssec base */
/* with: unit/dnssec/support/world.c fuzz/dnssec_edits.c */
/* link: -Wl,--wrap=key_verify */
/*
 * The validator before a forwarder that tampers by plan. A tree is really signed
 * at the start; the input says what is asked and how the answers are edited on
 * their way (dnssec_edits.h), among other things with records that other zones
 * of the tree, whose keys the forger has, did sign. The oracle is the tree:
 * what is called secure must be what it holds, its signed zones never count as
 * unsigned, no TTL grows, and afterwards the truth can still be had with what
 * was remembered.
 *
 * Input: a byte for the question, then edits of six bytes. Mutation and
 * crossing work on edits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/sha256.h>

#include "dnssec/key.h"
#include "dnssec_edits.h"

#define TTL_MAX	     300 /* of the tree */
#define KNOWN_MAX    256
#define VERDICTS     65536
#define INPUT_MAX    (1 + EDIT_BYTES * EDITS_MAX)
#define MESSAGE_MAX  65535
#define SHA256_BYTES 32

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
    unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
    const uint8_t *data2, size_t size2, uint8_t *out, size_t max_out,
    unsigned seed);
bool __wrap_key_verify(const struct key *key, struct span sig,
    struct span data);
bool __real_key_verify(const struct key *key, struct span sig,
    struct span data);

static struct world world;
static struct edit_pool pool;

static void
require(bool truth)
{
	if (!truth)
		abort();
}

/* Most checks are of signatures that nobody has touched: a verdict is a matter
 * of the bytes alone, and is remembered. */
bool
__wrap_key_verify(const struct key *key, struct span sig, struct span data)
{
	static struct {
		uint8_t of[SHA256_BYTES];
		bool known;
		bool good;
	} verdicts[VERDICTS];
	uint8_t of[SHA256_BYTES];
	uint32_t lengths[2] = { (uint32_t)sig.n, (uint32_t)data.n };
	mbedtls_sha256_context sha;
	size_t at;

	mbedtls_sha256_init(&sha);
	require(mbedtls_sha256_starts(&sha, 0) == 0 &&
	    mbedtls_sha256_update(&sha, (const void *)lengths,
		sizeof(lengths)) == 0 &&
	    mbedtls_sha256_update(&sha, key->rdata.p, key->rdata.n) == 0 &&
	    mbedtls_sha256_update(&sha, sig.p, sig.n) == 0 &&
	    mbedtls_sha256_update(&sha, data.p, data.n) == 0 &&
	    mbedtls_sha256_finish(&sha, of) == 0);
	mbedtls_sha256_free(&sha);
	at = wire_get16(of) % VERDICTS;
	if (!verdicts[at].known ||
	    memcmp(verdicts[at].of, of, sizeof(of)) != 0) {
		verdicts[at].known = true;
		memcpy(verdicts[at].of, of, sizeof(of));
		verdicts[at].good = __real_key_verify(key, sig, data);
	}
	return verdicts[at].good;
}

/* The tree and what is true of it */

enum truth {
	TRUTH_RECORDS = 1, /* those of the owner */
	TRUTH_NODATA,
	TRUTH_NXDOMAIN,
	TRUTH_UNSIGNED, /* nothing about it can be secure */
};

/* One question in the zone with NSEC, one in that with NSEC3. */
#define IN_BOTH(name, type, truth, owner)                   \
	{ name "n.test", type, truth, owner "n.test." },    \
	{                                                   \
		name "h.test", type, truth, owner "h.test." \
	}

static const struct {
	const char *name;
	uint16_t type;
	enum truth truth;
	const char
	    *owner; /* of the records; with *: they count as the name's */
} questions[] = {
	IN_BOTH("www.", DNS_TYPE_A, TRUTH_RECORDS, "www."),
	IN_BOTH("_25._tcp.mx.", DNS_TYPE_TLSA, TRUTH_RECORDS, "_25._tcp.mx."),
	IN_BOTH("x.wild.", DNS_TYPE_A, TRUTH_RECORDS, "*.wild."),
	IN_BOTH("x.y.wild.", DNS_TYPE_A, TRUTH_RECORDS, "*.wild."),
	IN_BOTH("alias.", DNS_TYPE_A, TRUTH_RECORDS, "www."),
	IN_BOTH("x.star.", DNS_TYPE_A, TRUTH_RECORDS, "www."),
	IN_BOTH("www.dn.", DNS_TYPE_A, TRUTH_RECORDS, "www.deep."),
	IN_BOTH("www.s.", DNS_TYPE_A, TRUTH_RECORDS, "www.s."),
	IN_BOTH("s.", DNS_TYPE_DS, TRUTH_RECORDS, "s."),
	IN_BOTH("", DNS_TYPE_DNSKEY, TRUTH_RECORDS, ""),
	IN_BOTH("", DNS_TYPE_DS, TRUTH_RECORDS, ""),
	IN_BOTH("www.", DNS_TYPE_MX, TRUTH_NODATA, ""),
	IN_BOTH("www.", DNS_TYPE_DS, TRUTH_NODATA, ""),
	IN_BOTH("_tcp.mx.", DNS_TYPE_TLSA, TRUTH_NODATA, ""),
	IN_BOTH("host.wild.", DNS_TYPE_A, TRUTH_NODATA, ""),
	IN_BOTH("x.wild.", DNS_TYPE_MX, TRUTH_NODATA, ""),
	IN_BOTH("i.", DNS_TYPE_DS, TRUTH_NODATA, ""),
	IN_BOTH("no.", DNS_TYPE_A, TRUTH_NXDOMAIN, ""),
	IN_BOTH("_25._tcp.www.", DNS_TYPE_TLSA, TRUTH_NXDOMAIN, ""),
	IN_BOTH("x.host.wild.", DNS_TYPE_A, TRUTH_NXDOMAIN, ""),
	IN_BOTH("no.s.", DNS_TYPE_A, TRUTH_NXDOMAIN, ""),
	IN_BOTH("www.i.", DNS_TYPE_A, TRUTH_UNSIGNED, ""),
	IN_BOTH("alias-out.", DNS_TYPE_A, TRUTH_UNSIGNED, ""),
	{ "www.o.test", DNS_TYPE_A, TRUTH_RECORDS, "www.o.test." },
	{ "www.s.o.test", DNS_TYPE_A, TRUTH_RECORDS, "www.s.o.test." },
	{ "no.o.test", DNS_TYPE_A, TRUTH_UNSIGNED, "" },
	{ "www.u.o.test", DNS_TYPE_A, TRUTH_UNSIGNED, "" },
	{ "www.u.test", DNS_TYPE_A, TRUTH_UNSIGNED, "" },
	{ "no", DNS_TYPE_A, TRUTH_NXDOMAIN, "" },
	{ "no.test", DNS_TYPE_A, TRUTH_NXDOMAIN, "" },
};

static void
add_records(struct world_zone *z)
{
	static const char *const rest[] = { "www.@ 300 IN A 192.0.2.1",
		"mx.@ 300 IN A 192.0.2.2",
		"_25._tcp.mx.@ 300 IN TLSA 3 1 1 abcdef",
		"*.wild.@ 300 IN A 192.0.2.3", "host.wild.@ 300 IN TXT \"x\"",
		"alias.@ 300 IN CNAME www.@", "*.star.@ 300 IN CNAME www.@",
		"alias-out.@ 300 IN CNAME www.u.test.",
		"dn.@ 300 IN DNAME deep.@", "www.deep.@ 300 IN A 192.0.2.4",
		"www.deep.@ 300 IN A 192.0.2.5" };

	for (size_t i = 0; i < DG_ARRAY_LEN(rest); i++) {
		char text[EDIT_TEXT_MAX];

		edit_fill(text, rest[i], z->origin);
		world_add(z, text);
	}
}

static void
add_host(struct world_zone *z)
{
	char text[EDIT_TEXT_MAX];

	edit_fill(text, "www.@ 300 IN A 192.0.2.9", z->origin);
	world_add(z, text);
}

static void
make_world(void)
{
	static const struct {
		const char *origin;
		enum world_denial denial;
	} hosts[] = {
		{ "o.test.", WORLD_NSEC3 },
		{ "s.n.test.", WORLD_NSEC },
		{ "s.h.test.", WORLD_NSEC3 },
		{ "s.o.test.", WORLD_NSEC },
		{ "i.n.test.", WORLD_UNSIGNED },
		{ "i.h.test.", WORLD_UNSIGNED },
		{ "u.o.test.", WORLD_UNSIGNED },
		{ "u.test.", WORLD_UNSIGNED },
		{ "evil.test.", WORLD_NSEC },
		{ "e.n.test.", WORLD_NSEC },
	};

	world_open(&world);
	world_zone(&world, ".", WORLD_NSEC);
	world_zone(&world, "test.", WORLD_NSEC);
	add_records(world_zone(&world, "n.test.", WORLD_NSEC));
	add_records(world_zone(&world, "h.test.", WORLD_NSEC3));
	for (size_t i = 0; i < DG_ARRAY_LEN(hosts); i++)
		add_host(world_zone(&world, hosts[i].origin, hosts[i].denial));
	world_find(&world, "o.test.")->opt_out = true;
	world_sign(&world);
}

/* The answers that the tree gives, each made once. */
static void
true_answer(struct world_reply *out, const struct dnssec_question *q)
{
	static struct {
		struct dnssec_question q;
		struct world_reply reply;
	} known[KNOWN_MAX];
	static size_t n;
	size_t i = 0;

	while (i < n &&
	    (known[i].q.type != q->type ||
		!name_equal(&known[i].q.name, &q->name)))
		i++;
	if (i == KNOWN_MAX) {
		world_answer(&world, q, out);
		return;
	}
	if (i == n) {
		known[n].q = *q;
		world_answer(&world, q, &known[n++].reply);
	}
	out->rcode = known[i].reply.rcode;
	out->answer = ldns_rr_list_clone(known[i].reply.answer);
	out->authority = ldns_rr_list_clone(known[i].reply.authority);
}

/* A list without records clones to none. */
static void
complete(struct world_reply *reply)
{
	if (reply->answer == NULL)
		reply->answer = ldns_rr_list_new();
	if (reply->authority == NULL)
		reply->authority = ldns_rr_list_new();
}

/* The oracle */

/* rr's RDATA is among the answers. */
static bool
is_among(const struct dnssec_result *r, const ldns_rr *rr)
{
	uint8_t rdata[512];
	size_t n = 0;

	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *f = ldns_rr_rdf(rr, i);

		require(n + ldns_rdf_size(f) <= sizeof(rdata));
		memcpy(rdata + n, ldns_rdf_data(f), ldns_rdf_size(f));
		n += ldns_rdf_size(f);
	}
	for (size_t i = 0; i < r->nanswers; i++)
		if (span_equal(r->answers[i], span_of(rdata, n)))
			return true;
	return false;
}

/* The answers are the tree's records of that owner and type. */
static bool
are_records(const struct dnssec_result *r, const char *owner, uint16_t type)
{
	ldns_rdf *name = ldns_dname_new_frm_str(owner);
	size_t n = 0;
	bool all = true;

	for (size_t i = 0; i < world.n; i++) {
		const ldns_rr_list *rrs = world.zones[i].rrs;

		for (size_t k = 0; k < ldns_rr_list_rr_count(rrs); k++) {
			const ldns_rr *rr = ldns_rr_list_rr(rrs, k);

			if (ldns_rr_get_type(rr) != type ||
			    ldns_dname_compare(ldns_rr_owner(rr), name) != 0)
				continue;
			all &= is_among(r, rr);
			n++;
		}
	}
	ldns_rdf_deep_free(name);
	return all && n > 0 && n == r->nanswers;
}

/* The owner's name, where that is what the alias leads to. */
static bool
is_canonical(const struct dnssec_result *r, size_t q)
{
	bool expanded = questions[q].owner[0] == '*';
	const char *wanted = expanded ? questions[q].name : questions[q].owner;
	size_t n = strlen(wanted) - (expanded ? 0 : 1);

	return r->canonical.len == n &&
	    memcmp(r->canonical.text, wanted, n) == 0;
}

static bool
is_true(const struct dnssec_result *r, size_t q)
{
	switch (questions[q].truth) {
	case TRUTH_RECORDS:
		return !r->nxdomain && is_canonical(r, q) &&
		    are_records(r, questions[q].owner, questions[q].type);
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
tell(const struct dnssec_result *r, size_t q)
{
	fprintf(stderr, "BAD %s %u: %s, %zu answers%s, canonical %s: %s\n",
	    questions[q].name, (unsigned)questions[q].type,
	    dnssec_status_text(r->status), r->nanswers,
	    r->nxdomain ? ", nxdomain" : "", r->canonical.text, r->reason);
	abort();
}

static bool
may_be(const struct dnssec_result *r, size_t q)
{
	switch (r->status) {
	case DNSSEC_SECURE:
		return is_true(r, q) && r->ttl <= TTL_MAX;
	case DNSSEC_INSECURE:
		return questions[q].truth == TRUTH_UNSIGNED;
	case DNSSEC_BOGUS:
	case DNSSEC_INDETERMINATE:
		return r->nanswers == 0 && !r->nxdomain && r->reason[0] != '\0';
	case DNSSEC_UNKNOWN:
		break;
	}
	return false;
}

static void
judge(const struct dnssec_result *r, size_t q)
{
	require(r->signatures <= DNSSEC_MAX_SIGNATURES &&
	    r->hashes <= DNSSEC_MAX_NSEC3_HASH &&
	    r->questions <= DNSSEC_MAX_QUESTIONS);
	if (!may_be(r, q))
		tell(r, q);
}

/* Lookups */

struct edits {
	size_t n;
	struct edit edit[EDITS_MAX];
};

static void
give(struct dnssec_lookup *l, const struct dnssec_question *need,
    const struct edits *edits, unsigned step)
{
	static uint8_t message[MESSAGE_MAX];
	struct world_reply reply;
	size_t n;

	true_answer(&reply, need);
	complete(&reply);
	for (size_t i = 0; i < edits->n; i++)
		if (edits->edit[i].step == step ||
		    edits->edit[i].step == EDIT_EVERY)
			edit_apply(&reply, &pool, need, &edits->edit[i]);
	n = world_write(message, sizeof(message), need, &reply);
	dnssec_lookup_give(l, span_of(message, n));
	ldns_rr_list_deep_free(reply.answer);
	ldns_rr_list_deep_free(reply.authority);
}

/* truth: without edits, so that the truth is to be had. */
static void
look_up(size_t q, const struct edits *edits, bool truth)
{
	enum dnssec_status wanted = questions[q].truth == TRUTH_UNSIGNED
	    ? DNSSEC_INSECURE
	    : DNSSEC_SECURE;
	struct dnssec_question need;
	struct dnssec_lookup *l;
	struct name name;
	unsigned step = 0;

	require(name_parse(&name, span_text(questions[q].name)) == 0);
	require(dnssec_lookup_new(&l, world.trust, &name, questions[q].type,
		    world.now) == 0);
	while (dnssec_lookup_step(l, &need) == DNSSEC_STEP_NEED)
		give(l, &need, edits, step++);
	judge(dnssec_lookup_result(l), q);
	if (truth && dnssec_lookup_result(l)->status != wanted)
		tell(dnssec_lookup_result(l), q);
	dnssec_lookup_free(l);
}

static void
look_up_truth(size_t q)
{
	static const struct edits none;

	look_up(q, &none, true);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_world();
	edit_pool_open(&pool, &world);
	for (size_t q = 0; q < DG_ARRAY_LEN(questions); q++)
		look_up_truth(q);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct edits edits = { 0 };
	size_t q;

	if (size == 0)
		return 0;
	q = data[0] % DG_ARRAY_LEN(questions);
	for (size_t at = 1; at + EDIT_BYTES <= size && edits.n < EDITS_MAX;
	     at += EDIT_BYTES)
		memcpy(&edits.edit[edits.n++], data + at, EDIT_BYTES);
	world_forget(&world);
	look_up(q, &edits, false);
	look_up_truth((q + data[size - 1] % 2) % DG_ARRAY_LEN(questions));
	return 0;
}

/* Mutation */

static unsigned
random_below(unsigned *state, size_t n)
{
	*state = *state * 1103515245U + 12345U;
	return (unsigned)((*state >> 8) % n);
}

static void
random_edit(uint8_t *p, unsigned *state)
{
	/* The first answers matter most, and what is put in. */
	p[0] = (uint8_t)(random_below(state, 2) * random_below(state, 10));
	if (random_below(state, 8) == 0)
		p[0] = EDIT_EVERY;
	p[1] = (uint8_t)(random_below(state, 3) == 0
		? EDIT_PUT_SET
		: random_below(state, EDIT_OPS));
	p[2] = (uint8_t)random_below(state, 24);
	p[3] = (uint8_t)random_below(state, p[1] == EDIT_PUT_SET ? 8 : 256);
	p[4] = (uint8_t)(random_below(state, 4) | random_below(state, 2) << 7);
	p[5] = (uint8_t)random_below(state, 256);
}

static void
change_number(uint8_t *p, unsigned *state)
{
	if (random_below(state, 2) == 0)
		*p = (uint8_t)(*p + 1 - 2 * random_below(state, 2));
	else
		*p = (uint8_t)random_below(state, 256);
}

/* One change of the n edits at p; max may be there. Returns how many are. */
static size_t
mutate(uint8_t *p, size_t n, size_t max, unsigned *state)
{
	unsigned how = random_below(state, 8);
	uint8_t *one = n > 0 ? p + EDIT_BYTES * random_below(state, n) : p;

	if (n == 0 || (how < 3 && n < max)) {
		if (n == max)
			return n;
		random_edit(p + EDIT_BYTES * n, state);
		return n + 1;
	}
	if (how == 3) {
		memmove(one, one + EDIT_BYTES,
		    (size_t)(p + EDIT_BYTES * n - one) - EDIT_BYTES);
		return n - 1;
	}
	if (how == 4 && n < max) {
		memcpy(p + EDIT_BYTES * n, one, EDIT_BYTES);
		return n + 1;
	}
	if (how == 5) {
		random_edit(one, state);
		return n;
	}
	/* Many edits stand in each other's way. */
	if (how == 6) {
		memmove(p, one, EDIT_BYTES);
		return 1;
	}
	change_number(one + random_below(state, EDIT_BYTES), state);
	return n;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
    unsigned seed)
{
	size_t room = max_size < INPUT_MAX ? max_size : INPUT_MAX;
	size_t max = room > 0 ? (room - 1) / EDIT_BYTES : 0;
	size_t n = size > 0 ? (size - 1) / EDIT_BYTES : 0;
	unsigned state = seed;

	if (room == 0)
		return 0;
	if (size == 0 || random_below(&state, 16) == 0)
		data[0] = (uint8_t)random_below(&state,
		    DG_ARRAY_LEN(questions));
	if (n > max)
		n = max;
	for (unsigned i = 1 + random_below(&state, 3); i > 0; i--)
		n = mutate(data + 1, n, max, &state);
	return 1 + EDIT_BYTES * n;
}

/* The question of one, and edits of both. */
size_t
LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1,
    const uint8_t *data2, size_t size2, uint8_t *out, size_t max_out,
    unsigned seed)
{
	size_t room = max_out < INPUT_MAX ? max_out : INPUT_MAX;
	unsigned state = seed;
	size_t n = 1;

	if (room == 0 || size1 == 0)
		return 0;
	out[0] = data1[0];
	for (size_t at = 1;
	     at + EDIT_BYTES <= size1 || at + EDIT_BYTES <= size2;
	     at += EDIT_BYTES) {
		bool first = random_below(&state, 2) == 0;
		const uint8_t *from = first ? data1 : data2;

		if (at + EDIT_BYTES > (first ? size1 : size2) ||
		    n + EDIT_BYTES > room)
			continue;
		memcpy(out + n, from + at, EDIT_BYTES);
		n += EDIT_BYTES;
	}
	return n;
}
