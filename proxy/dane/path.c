/*
 * The search goes from the leaf outwards, nearest certificates first: each
 * certificate is reached at most once, at the smallest possible depth, which is
 * also the one that path length limits are kindest to. So strangers, copies and
 * loops in the chain cost nothing but a comparison of names, and there is no
 * recursion. Signatures are the expensive part; SIGNATURES_MAX bounds them.
 *
 * Where an anchor can come from:
 *   - the chain: any certificate in it that a record matches, the leaf included
 *     (then there is nothing to sign, and names and dates are all);
 *   - the TLSA set: a whole certificate (2 0 0), which joins the others;
 *   - the TLSA set: a bare key (2 1 0). When no certificate has that key, it
 *     may have signed any certificate reached. When one has it, that
 *     certificate is the anchor, with its dates and flags, as in OpenSSL;
 *   - a store of authorities: those that a certificate names as its issuer join
 *     the others, and so does whatever of the store was presented.
 */
#include "dane/path.h"

#include <stdlib.h>
#include <string.h>

#include "dane/cert.h"
#include "dane/constraints.h"
#include "dane/dn.h"
#include "dane/store.h"

#define ANCHORS_MAX	8 /* whole certificates taken from TLSA set or store */
#define NODES_MAX	(DANE_CHAIN_MAX + ANCHORS_MAX)
#define SIGNATURES_MAX	24
#define COMPARISONS_MAX 65536 /* of names with name constraints */

struct node {
	struct cert cert;
	struct match_target target;
	unsigned depth; /* once reached */
	unsigned below; /* authorities from it to the leaf, not self-issued */
	bool reached;
	bool trusted;		  /* it is in the store */
	const struct node *child; /* the next on the way to the leaf */
};

struct search {
	const struct match_set *set;
	int64_t now;
	struct node nodes[NODES_MAX]; /* the leaf is the first */
	size_t n;
	struct node *reached[NODES_MAX]; /* in order of depth */
	size_t nreached;
	unsigned signatures;  /* checked so far */
	unsigned comparisons; /* left */
	bool anchor_fault;    /* an anchor is there, but not fit */
	struct path_result *out;
};

/* The first fault is kept, but one of an anchor is more telling. */
static void
note_fault(struct search *s, bool anchor, const char *fault)
{
	s->anchor_fault |= anchor;
	if (s->out->fault == NULL || anchor) {
		s->out->subject = anchor ? "trust anchor"
					 : "a certificate of the chain";
		s->out->fault = fault;
	}
}

static bool
has_node(const struct search *s, struct span der)
{
	for (size_t i = 0; i < s->n; i++)
		if (span_equal(s->nodes[i].target.cert, der))
			return true;
	return false;
}

/* Takes a certificate into the search; one that cannot be parsed stays out. */
static int
add_node(struct search *s, struct span der)
{
	struct node *node = &s->nodes[s->n];
	int err;

	if (s->n == NODES_MAX || der.n > DANE_CERT_MAX)
		return DG_ELIMIT;
	if (has_node(s, der))
		return 0;
	err = cert_parse(&node->cert, der);
	if (err < 0)
		return err;
	match_target_init(&node->target, der);
	s->n++;
	return 0;
}

static bool
is_anchor(const struct search *s, struct node *node)
{
	return node->trusted ||
	    match_find(s->set, TLSA_DANE_TA, &node->target) != NULL;
}

/* The node with these bytes is trusted, and if need be made. */
static void
trust(struct search *s, struct span der)
{
	size_t i = 0;

	while (i < s->n && !span_equal(s->nodes[i].target.cert, der))
		i++;
	if (i < s->n || add_node(s, der) == 0)
		s->nodes[i].trusted = true;
	else
		note_fault(s, true, "of its name cannot be used");
}

/* Those that were added name issuers too, at least themselves. */
static void
add_authorities(struct search *s, const struct pkix_store *store)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < store->n; k++) {
			const struct authority *a = &store->authorities[k];

			if (dn_equal(s->nodes[i].cert.parts.issuer,
				a->subject) ||
			    span_equal(s->nodes[i].target.cert, a->der))
				trust(s, a->der);
		}
}

static void
add_others(struct search *s, const struct dane_input *in)
{
	struct match_target target;

	for (size_t i = 1; i < in->nchain && i < DANE_CHAIN_MAX; i++) {
		if (add_node(s, in->chain[i]) == 0)
			continue;
		match_target_init(&target, in->chain[i]);
		note_fault(s, match_find(s->set, TLSA_DANE_TA, &target) != NULL,
		    "cannot be parsed or has an unknown critical extension");
	}
	for (size_t i = 0; i < s->set->n; i++) {
		const struct tlsa *r = s->set->records[i];

		if (r->usage != TLSA_DANE_TA || r->selector != 0 ||
		    r->matching != 0)
			continue;
		if (add_node(s, r->data) < 0)
			note_fault(s, true, "in the TLSA record is unusable");
	}
}

static const char *
check_signature(struct search *s, const struct node *child, struct pubkey *key)
{
	if (s->signatures == SIGNATURES_MAX)
		return "comes after too many signatures";
	s->signatures++;
	return cert_signature_fault(&child->cert, key);
}

/*
 * The parent's name constraints hold for all below it but authorities that
 * issued themselves (RFC 5280 6.1.3 (b), (c)).
 */
static const char *
check_constraints(struct search *s, const struct node *parent,
    const struct node *child)
{
	const char *fault = NULL;

	for (; fault == NULL && child != NULL; child = child->child) {
		bool leaf = child->child == NULL;

		if (leaf || !cert_is_self_issued(&child->cert))
			fault = constraints_fault(&parent->cert, &child->cert,
			    leaf, &s->comparisons);
	}
	return fault;
}

/* Can parent have issued child? Cheap questions first. */
static bool
is_issuer(struct search *s, const struct node *child, struct node *parent)
{
	const char *fault;
	bool anchor;

	if (!cert_is_named_issuer(&child->cert, &parent->cert))
		return false;
	anchor = is_anchor(s, parent);
	fault = cert_issuer_fault(&parent->cert, child->below, anchor, s->now);
	if (fault == NULL)
		fault = check_constraints(s, parent, child);
	if (fault == NULL) {
		fault = check_signature(s, child, &parent->cert.key);
		anchor = false; /* the fault is the child's */
	}
	if (fault != NULL)
		note_fault(s, anchor, fault);
	return fault == NULL;
}

static void
reach(struct search *s, struct node *node, const struct node *child)
{
	node->reached = true;
	if (child != NULL) {
		node->child = child;
		node->depth = child->depth + 1;
		node->below = child->below +
		    (cert_is_self_issued(&node->cert) ? 0 : 1);
	}
	s->reached[s->nreached++] = node;
}

/* Goes outwards until an anchor is reached. */
static bool
find_certificate(struct search *s)
{
	reach(s, &s->nodes[0], NULL);
	for (size_t i = 0; i < s->nreached; i++) {
		struct node *node = s->reached[i];
		const struct tlsa *record = match_find(s->set, TLSA_DANE_TA,
		    &node->target);

		if (record != NULL || node->trusted) {
			s->out->found = true;
			s->out->record = record;
			s->out->depth = node->depth;
			return true;
		}
		for (size_t k = 1; k < s->n; k++)
			if (!s->nodes[k].reached &&
			    is_issuer(s, node, &s->nodes[k]))
				reach(s, &s->nodes[k], node);
	}
	return false;
}

/* A certificate with this key was there to be the child's issuer, and has been
 * judged as such. */
static bool
was_judged(const struct search *s, struct span spki, const struct node *child)
{
	for (size_t i = 1; i < s->n; i++)
		if (span_equal(s->nodes[i].target.spki, spki) &&
		    cert_is_named_issuer(&child->cert, &s->nodes[i].cert))
			return true;
	return false;
}

/* Has this key signed a certificate that was reached? */
static bool
find_signed(struct search *s, const struct tlsa *record, struct pubkey *key)
{
	const char *fault = pubkey_fault(key);

	if (fault != NULL || key->kind == PUBKEY_UNKNOWN) {
		note_fault(s, true,
		    fault != NULL ? fault : "has an unknown kind of key");
		return false;
	}
	for (size_t i = 0; i < s->nreached; i++)
		if (!was_judged(s, record->data, s->reached[i]) &&
		    check_signature(s, s->reached[i], key) == NULL) {
			s->out->found = true;
			s->out->record = record;
			s->out->depth = s->reached[i]->depth + 1;
			return true;
		}
	return false;
}

static bool
try_key(struct search *s, const struct tlsa *record)
{
	struct pubkey key;
	bool found;

	if (pubkey_parse(&key, record->data) < 0) {
		note_fault(s, true, "in the TLSA record is unusable");
		return false;
	}
	found = find_signed(s, record, &key);
	pubkey_clear(&key);
	return found;
}

static bool
find_key(struct search *s)
{
	for (size_t i = 0; i < s->set->n; i++) {
		const struct tlsa *r = s->set->records[i];

		if (r->usage == TLSA_DANE_TA && r->selector == 1 &&
		    r->matching == 0 && try_key(s, r))
			return true;
	}
	return false;
}

/* Is there an anchor at all that a path could have led to? */
static bool
may_match(struct search *s)
{
	for (size_t i = 0; i < s->set->n; i++)
		if (s->set->records[i]->usage == TLSA_DANE_TA &&
		    s->set->records[i]->matching == 0)
			return true;
	for (size_t i = 0; i < s->n; i++)
		if (is_anchor(s, &s->nodes[i]))
			return true;
	return s->anchor_fault;
}

static void
search_run(struct search *s, const struct pkix_store *store,
    const struct dane_input *in)
{
	const char *fault = "cannot be parsed or has an unknown critical "
			    "extension";

	if (add_node(s, in->chain[0]) == 0)
		fault = cert_leaf_fault(&s->nodes[0].cert, in->names,
		    in->nnames, in->now);
	if (fault != NULL) {
		s->out->subject = "leaf";
		s->out->fault = fault;
		return;
	}
	add_others(s, in);
	if (store != NULL)
		add_authorities(s, store);
	if (find_certificate(s) || find_key(s))
		return;
	/* Other faults are of no interest where nothing could have matched. */
	if (!may_match(s))
		s->out->fault = NULL;
	else if (s->out->fault == NULL)
		note_fault(s, true, "did not issue this chain");
}

void
path_find(struct path_result *out, const struct match_set *set,
    const struct pkix_store *store, const struct dane_input *in)
{
	struct search *s = calloc(1, sizeof(*s));

	*out = (struct path_result){ 0 };
	if (s == NULL) {
		out->subject = "path";
		out->fault = "could not be sought, out of memory";
		return;
	}
	s->set = set;
	s->now = in->now;
	s->comparisons = COMPARISONS_MAX;
	s->out = out;
	search_run(s, store, in);
	for (size_t i = 0; i < s->n; i++)
		cert_clear(&s->nodes[i].cert);
	free(s);
}
