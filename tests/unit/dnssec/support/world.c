#include "dnssec/support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/sha256.h>

#define CHECK(x)                                                           \
	do {                                                               \
		if (!(x)) {                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
			    #x);                                           \
			abort();                                           \
		}                                                          \
	} while (0)

#define TEXT_MAX  1024
#define NAMES_MAX 64

/* Numbers for keys and signatures, the same in each run. */
static int
not_random(void *state, unsigned char *out, size_t n)
{
	static uint64_t seed = 88172645463325252U;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		out[i] = (unsigned char)(seed >> 24);
	}
	return 0;
}

ldns_rr *
world_rr(const char *text)
{
	ldns_rr *rr = NULL;

	if (ldns_rr_new_frm_str(&rr, text, 300, NULL, NULL) != LDNS_STATUS_OK) {
		fprintf(stderr, "record: %s\n", text);
		abort();
	}
	return rr;
}

static ldns_rdf *
name_rdf(const char *text)
{
	ldns_rdf *rdf = ldns_dname_new_frm_str(text);

	CHECK(rdf != NULL);
	return rdf;
}

static void
name_text(char out[TEXT_MAX], const ldns_rdf *name)
{
	char *text = ldns_rdf2str(name);

	CHECK(text != NULL && strlen(text) < TEXT_MAX);
	strcpy(out, text);
	free(text);
}

static bool
is_below(const char *name, const char *zone)
{
	size_t n = strlen(name);
	size_t z = strlen(zone);

	if (strcmp(zone, ".") == 0)
		return true;
	return n >= z && strcmp(name + n - z, zone) == 0 &&
	    (n == z || name[n - z - 1] == '.');
}

static const char *
parent_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot == NULL || dot[1] == '\0' ? "." : dot + 1;
}

void
world_add(struct world_zone *z, const char *text)
{
	ldns_rr_list_push_rr(z->rrs, world_rr(text));
}

static void
add_at(struct world_zone *z, const char *owner, const char *rest)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s 300 IN %s", owner, rest);
	world_add(z, text);
}

struct world_zone *
world_zone(struct world *w, const char *origin, enum world_denial denial)
{
	struct world_zone *z = &w->zones[w->n++];

	CHECK(w->n <= WORLD_ZONES);
	memset(z, 0, sizeof(*z));
	snprintf(z->origin, sizeof(z->origin), "%s", origin);
	z->denial = denial;
	z->rrs = ldns_rr_list_new();
	mbedtls_ecp_keypair_init(&z->key);
	add_at(z, origin, "SOA ns.test. root.test. 1 60 60 60 120");
	add_at(z, origin, "NS ns.test.");
	return z;
}

struct world_zone *
world_find(struct world *w, const char *origin)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->zones[i].origin, origin) == 0)
			return &w->zones[i];
	abort();
}

void
world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->now = WORLD_NOW;
	CHECK(dnssec_trust_new(&w->trust, 65536) == 0);
}

void
world_close(struct world *w)
{
	dnssec_lookup_free(w->lookup);
	dnssec_trust_free(w->trust);
	for (size_t i = 0; i < w->n; i++) {
		ldns_rr_list_deep_free(w->zones[i].rrs);
		mbedtls_ecp_keypair_free(&w->zones[i].key);
	}
}

/* Keys */

void
world_base64(char out[128], const uint8_t *p, size_t n)
{
	ldns_rdf *rdf = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_B64, n, p);
	char *text = ldns_rdf2str(rdf);

	CHECK(text != NULL && strlen(text) < 128);
	strcpy(out, text);
	free(text);
	ldns_rdf_deep_free(rdf);
}

static void
make_key(struct world_zone *z)
{
	uint8_t point[65];
	char text[128];
	char record[TEXT_MAX];
	size_t n;
	ldns_rr *rr;

	CHECK(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, &z->key, not_random,
		  NULL) == 0);
	CHECK(mbedtls_ecp_point_write_binary(&z->key.MBEDTLS_PRIVATE(grp),
		  &z->key.MBEDTLS_PRIVATE(Q), MBEDTLS_ECP_PF_UNCOMPRESSED, &n,
		  point, sizeof(point)) == 0);
	world_base64(text, point + 1, n - 1);
	snprintf(record, sizeof(record), "%s 300 IN DNSKEY 257 3 13 %s",
	    z->origin, text);
	rr = world_rr(record);
	z->tag = ldns_calc_keytag(rr);
	ldns_rr_list_push_rr(z->rrs, rr);
}

/* The DS record of z, as the parent has it. */
static void
ds_text(char out[TEXT_MAX], const struct world_zone *z)
{
	uint8_t hash[32];
	char hex[65];
	ldns_buffer *b = ldns_buffer_new(512);

	if (z->ds != NULL) {
		snprintf(out, TEXT_MAX, "%s 300 IN DS %s", z->origin, z->ds);
		ldns_buffer_free(b);
		return;
	}
	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_DNSKEY ||
		    ldns_calc_keytag(rr) != z->tag)
			continue;
		CHECK(ldns_rdf2buffer_wire_canonical(b, ldns_rr_owner(rr)) ==
		    LDNS_STATUS_OK);
		CHECK(ldns_rr_rdata2buffer_wire(b, rr) == LDNS_STATUS_OK);
		break;
	}
	CHECK(mbedtls_sha256(ldns_buffer_begin(b), ldns_buffer_position(b),
		  hash, 0) == 0);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	snprintf(out, TEXT_MAX, "%s 300 IN DS %u 13 2 %s", z->origin,
	    (unsigned)z->tag, hex);
	ldns_buffer_free(b);
}

/* Signatures */

/* The signed bytes' signature, r || s, as an rdf. */
static ldns_rdf *
sign_bytes(struct world_zone *z, const uint8_t *p, size_t n)
{
	mbedtls_mpi r;
	mbedtls_mpi s;
	uint8_t hash[32];
	uint8_t sig[64];

	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	CHECK(mbedtls_sha256(p, n, hash, 0) == 0);
	CHECK(mbedtls_ecdsa_sign(&z->key.MBEDTLS_PRIVATE(grp), &r, &s,
		  &z->key.MBEDTLS_PRIVATE(d), hash, sizeof(hash), not_random,
		  NULL) == 0);
	CHECK(mbedtls_mpi_write_binary(&r, sig, 32) == 0);
	CHECK(mbedtls_mpi_write_binary(&s, sig + 32, 32) == 0);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
	return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_B64, sizeof(sig), sig);
}

static ldns_rr *
rrsig_frame(const struct world_zone *z, const ldns_rr *rr,
    const struct world_signing *how)
{
	char owner[TEXT_MAX];
	char text[2 * TEXT_MAX];
	char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
	unsigned labels = ldns_dname_label_count(ldns_rr_owner(rr));
	int64_t begins = how->begins != 0 ? how->begins : WORLD_NOW - 3600;
	int64_t expires = how->expires != 0 ? how->expires
					    : WORLD_NOW + WORLD_DAY;

	name_text(owner, ldns_rr_owner(rr));
	if (strncmp(owner, "*.", 2) == 0)
		labels--;
	if (how->labels != 0)
		labels = (unsigned)how->labels - 1;
	snprintf(text, sizeof(text),
	    "%s %u IN RRSIG %s 13 %u %u %lld %lld %u %s AA==", owner,
	    ldns_rr_ttl(rr), type, labels, ldns_rr_ttl(rr), (long long)expires,
	    (long long)begins, (unsigned)z->tag,
	    how->signer != NULL ? how->signer : z->origin);
	free(type);
	return world_rr(text);
}

void
world_sign_set(ldns_rr_list *list, struct world_zone *z,
    const ldns_rr_list *set, const struct world_signing *how)
{
	ldns_rr_list *canonical = ldns_rr_list_clone(set);
	ldns_rr *rrsig = rrsig_frame(z, ldns_rr_list_rr(set, 0), how);
	ldns_buffer *b = ldns_buffer_new(4096);

	ldns_rr_list2canonical(canonical);
	ldns_rr_list_sort(canonical);
	CHECK(ldns_rrsig2buffer_wire(b, rrsig) == LDNS_STATUS_OK);
	CHECK(ldns_rr_list2buffer_wire(b, canonical) == LDNS_STATUS_OK);
	ldns_rdf_deep_free(ldns_rr_set_rdf(rrsig,
	    sign_bytes(z, ldns_buffer_begin(b), ldns_buffer_position(b)), 8));
	ldns_rr_list_push_rr(list, rrsig);
	ldns_buffer_free(b);
	ldns_rr_list_deep_free(canonical);
}

/* The records of one RRset; free the list alone. */
static ldns_rr_list *
select_set(const ldns_rr_list *rrs, const ldns_rdf *owner, unsigned type)
{
	ldns_rr_list *set = ldns_rr_list_new();

	for (size_t i = 0; i < ldns_rr_list_rr_count(rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(rrs, i);

		if (ldns_rr_get_type(rr) == type &&
		    ldns_dname_compare(ldns_rr_owner(rr), owner) == 0)
			ldns_rr_list_push_rr(set, rr);
	}
	return set;
}

/* Names of a zone and what is there. */
struct names {
	size_t n;
	char text[NAMES_MAX][256];
};

static bool
has_name(const struct names *names, const char *text)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->text[i], text) == 0)
			return true;
	return false;
}

static void
add_name(struct names *names, const char *text)
{
	if (has_name(names, text))
		return;
	CHECK(names->n < NAMES_MAX && strlen(text) < 256);
	strcpy(names->text[names->n++], text);
}

/* name lies below a delegation, or at one. */
static bool
is_cut(const struct world_zone *z, const char *name, bool below)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);
		char owner[TEXT_MAX];

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_NS)
			continue;
		name_text(owner, ldns_rr_owner(rr));
		if (strcmp(owner, z->origin) != 0 && is_below(name, owner) &&
		    (strcmp(owner, name) != 0) == below)
			return true;
	}
	return false;
}

static bool
has_type(const struct world_zone *z, const char *name, unsigned type)
{
	ldns_rdf *owner = name_rdf(name);
	ldns_rr_list *set = select_set(z->rrs, owner, type);
	bool found = ldns_rr_list_rr_count(set) > 0;

	ldns_rr_list_free(set);
	ldns_rdf_deep_free(owner);
	return found;
}

static int
name_order(const void *a, const void *b)
{
	ldns_rdf *x = name_rdf(a);
	ldns_rdf *y = name_rdf(b);
	int order = ldns_dname_compare(x, y);

	ldns_rdf_deep_free(x);
	ldns_rdf_deep_free(y);
	return order;
}

/* All names that the zone answers for, empty ones too, in canonical order. */
static void
collect_names(struct names *names, const struct world_zone *z)
{
	names->n = 0;
	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);
		char owner[TEXT_MAX];

		/* Hashed names are no names. */
		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC3 ||
		    ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG)
			continue;
		name_text(owner, ldns_rr_owner(rr));
		if (is_cut(z, owner, true))
			continue;
		for (const char *at = owner; is_below(at, z->origin);
		     at = parent_of(at)) {
			add_name(names, at);
			if (strcmp(at, z->origin) == 0)
				break;
		}
	}
	qsort(names->text, names->n, sizeof(names->text[0]), name_order);
}

/* The types at name, as a bit map has them. */
static void
types_text(char out[TEXT_MAX], const struct world_zone *z, const char *name)
{
	ldns_rdf *owner = name_rdf(name);
	bool delegation = is_cut(z, name, false);
	size_t n = 0;

	out[0] = '\0';
	for (unsigned type = 1; type < 260; type++) {
		char *text;

		if (delegation && type != LDNS_RR_TYPE_NS &&
		    type != LDNS_RR_TYPE_DS)
			continue;
		if (!has_type(z, name, type))
			continue;
		text = ldns_rr_type2str((ldns_rr_type)type);
		n += (size_t)snprintf(out + n, TEXT_MAX - n, " %s", text);
		free(text);
	}
	ldns_rdf_deep_free(owner);
}

static void
make_nsec(struct world_zone *z)
{
	struct names *names = calloc(1, sizeof(*names));
	char kept[NAMES_MAX][256];
	char types[NAMES_MAX][TEXT_MAX];
	size_t n = 0;

	CHECK(names != NULL);
	collect_names(names, z);
	for (size_t i = 0; i < names->n; i++) {
		types_text(types[n], z, names->text[i]);
		/* NSEC knows no empty names. */
		if (types[n][0] != '\0')
			strcpy(kept[n++], names->text[i]);
	}
	for (size_t i = 0; i < n; i++) {
		char text[3 * TEXT_MAX];

		snprintf(text, sizeof(text), "%s 120 IN NSEC %s%s RRSIG NSEC",
		    kept[i], kept[(i + 1) % n], types[i]);
		world_add(z, text);
	}
	free(names);
}

struct hashed {
	char hash[64];
	char types[TEXT_MAX];
};

static int
hash_order(const void *a, const void *b)
{
	return strcmp(((const struct hashed *)a)->hash,
	    ((const struct hashed *)b)->hash);
}

static void
hash_text(char out[64], const struct world_zone *z, const char *name)
{
	uint8_t salt[2] = { 0xab, 0xcd };
	ldns_rdf *rdf = name_rdf(name);
	ldns_rdf *hash = ldns_nsec3_hash_name(rdf, 1, (uint16_t)z->iterations,
	    sizeof(salt), salt);
	char text[TEXT_MAX];

	name_text(text, hash);
	snprintf(out, 64, "%.32s", text);
	ldns_rdf_deep_free(hash);
	ldns_rdf_deep_free(rdf);
}

static void
make_nsec3(struct world_zone *z)
{
	struct names *names = calloc(1, sizeof(*names));
	struct hashed hashed[NAMES_MAX];
	size_t n = 0;

	CHECK(names != NULL);
	collect_names(names, z);
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->text[i];

		if (z->opt_out && is_cut(z, name, false) &&
		    !has_type(z, name, LDNS_RR_TYPE_DS))
			continue;
		hash_text(hashed[n].hash, z, name);
		types_text(hashed[n].types, z, name);
		n++;
	}
	qsort(hashed, n, sizeof(hashed[0]), hash_order);
	for (size_t i = 0; i < n; i++) {
		char text[3 * TEXT_MAX];

		snprintf(text, sizeof(text),
		    "%s.%s 120 IN NSEC3 1 %d %u ABCD %s%s%s", hashed[i].hash,
		    strcmp(z->origin, ".") == 0 ? "" : z->origin,
		    z->opt_out ? 1 : 0, z->iterations, hashed[(i + 1) % n].hash,
		    hashed[i].types,
		    hashed[i].types[0] != '\0' ? " RRSIG" : "");
		world_add(z, text);
	}
	free(names);
}

/* Signs each RRset that is the zone's own. */
static void
sign_zone(struct world_zone *z)
{
	size_t n = ldns_rr_list_rr_count(z->rrs);

	for (size_t i = 0; i < n; i++) {
		ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);
		unsigned type = ldns_rr_get_type(rr);
		char owner[TEXT_MAX];
		ldns_rr_list *set;

		name_text(owner, ldns_rr_owner(rr));
		if (is_cut(z, owner, true) ||
		    (is_cut(z, owner, false) && type != LDNS_RR_TYPE_DS &&
			type != LDNS_RR_TYPE_NSEC))
			continue;
		set = select_set(z->rrs, ldns_rr_owner(rr), type);
		if (ldns_rr_list_rr(set, 0) == rr)
			world_sign_set(z->rrs, z, set, &z->signing);
		ldns_rr_list_free(set);
	}
}

/* The zone above: the deepest other one that origin lies in. */
static struct world_zone *
zone_above(struct world *w, const char *name, const struct world_zone *but)
{
	struct world_zone *best = NULL;

	for (size_t i = 0; i < w->n; i++) {
		struct world_zone *z = &w->zones[i];

		if (z != but && is_below(name, z->origin) &&
		    (best == NULL || is_below(z->origin, best->origin)))
			best = z;
	}
	CHECK(best != NULL);
	return best;
}

void
world_sign(struct world *w)
{
	char text[TEXT_MAX];

	for (size_t i = 0; i < w->n; i++)
		if (w->zones[i].denial != WORLD_UNSIGNED)
			make_key(&w->zones[i]);
	for (size_t i = w->n; i-- > 0;) {
		struct world_zone *z = &w->zones[i];

		if (z->denial == WORLD_NSEC)
			make_nsec(z);
		else if (z->denial == WORLD_NSEC3)
			make_nsec3(z);
		if (z->denial != WORLD_UNSIGNED)
			sign_zone(z);
		if (z->denial != WORLD_UNSIGNED || z->ds != NULL)
			ds_text(text, z);
		if (i == 0)
			break;
		add_at(zone_above(w, z->origin, z), z->origin, "NS ns.test.");
		if (z->denial != WORLD_UNSIGNED || z->ds != NULL)
			world_add(zone_above(w, z->origin, z), text);
	}
	/* What is left is the DS record of the root. */
	strcpy(w->anchor, text);
	world_forget(w);
}

void
world_forget(struct world *w)
{
	CHECK(dnssec_trust_load(w->trust, span_text(w->anchor)) == 0);
}

/* Answers */

/* Adds the RRset and its RRSIGs, under another owner if given. */
static size_t
add_set(ldns_rr_list *list, const struct world_zone *z, const char *name,
    unsigned type, const char *as)
{
	ldns_rdf *owner = name_rdf(name);
	size_t added = 0;

	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);
		bool sig = ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG &&
		    ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == type;
		ldns_rr *copy;

		if ((ldns_rr_get_type(rr) != type && !sig) ||
		    ldns_dname_compare(ldns_rr_owner(rr), owner) != 0)
			continue;
		copy = ldns_rr_clone(rr);
		if (as != NULL) {
			ldns_rdf_deep_free(ldns_rr_owner(copy));
			ldns_rr_set_owner(copy, name_rdf(as));
		}
		ldns_rr_list_push_rr(list, copy);
		added++;
	}
	ldns_rdf_deep_free(owner);
	return added;
}

void
world_copy(ldns_rr_list *list, const struct world_zone *z, unsigned type)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);

		if (ldns_rr_get_type(rr) == type ||
		    (ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG &&
			ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) ==
			    type))
			ldns_rr_list_push_rr(list, ldns_rr_clone(rr));
	}
}

void
world_remove(ldns_rr_list *list, unsigned type, unsigned covered)
{
	size_t kept = 0;
	size_t n = ldns_rr_list_rr_count(list);

	for (size_t i = 0; i < n; i++) {
		ldns_rr *rr = ldns_rr_list_rr(list, i);
		bool match = type == 0 || ldns_rr_get_type(rr) == type;

		if (match && ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG &&
		    covered != 0)
			match = ldns_rdf2rr_type(
				    ldns_rr_rrsig_typecovered(rr)) == covered;
		if (match)
			ldns_rr_free(rr);
		else
			ldns_rr_list_set_rr(list, rr, kept++);
	}
	ldns_rr_list_set_rr_count(list, kept);
}

static ldns_rr_type
denial_type(const struct world_zone *z)
{
	return z->denial == WORLD_NSEC ? LDNS_RR_TYPE_NSEC : LDNS_RR_TYPE_NSEC3;
}

/* The name as the chain of denial has it; to be freed. */
static ldns_rdf *
denial_name(const struct world_zone *z, const char *name)
{
	char hash[64];
	char text[TEXT_MAX];

	if (z->denial == WORLD_NSEC)
		return name_rdf(name);
	hash_text(hash, z, name);
	snprintf(text, sizeof(text), "%s.%s", hash,
	    strcmp(z->origin, ".") == 0 ? "" : z->origin);
	return name_rdf(text);
}

/* The owner of what stands at the name or spans it: the last one not behind it,
 * or the last of all. */
static const ldns_rdf *
find_denial(const struct world_zone *z, const ldns_rdf *name)
{
	const ldns_rdf *before = NULL;
	const ldns_rdf *last = NULL;

	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(z->rrs, i);
		const ldns_rdf *owner = ldns_rr_owner(rr);

		if (ldns_rr_get_type(rr) != denial_type(z))
			continue;
		if (last == NULL || ldns_dname_compare(owner, last) > 0)
			last = owner;
		if (ldns_dname_compare(owner, name) <= 0 &&
		    (before == NULL || ldns_dname_compare(owner, before) > 0))
			before = owner;
	}
	return before != NULL ? before : last;
}

/* There is an NSEC3 for the name. */
static bool
is_hashed(const struct world_zone *z, const char *name)
{
	ldns_rdf *wanted = denial_name(z, name);
	bool there = ldns_dname_compare(find_denial(z, wanted), wanted) == 0;

	ldns_rdf_deep_free(wanted);
	return there;
}

/* Adds what the zone has to say of the name. True when it stands right there. */
static bool
add_denial_of(ldns_rr_list *list, const struct world_zone *z, const char *name)
{
	ldns_rdf *wanted = denial_name(z, name);
	const ldns_rdf *found = find_denial(z, wanted);
	ldns_rr_list *fresh = ldns_rr_list_new();
	char owner[TEXT_MAX];
	bool there;

	CHECK(found != NULL);
	there = ldns_dname_compare(found, wanted) == 0;
	name_text(owner, found);
	add_set(fresh, z, owner, denial_type(z), NULL);
	if (ldns_rr_list_contains_rr(list, ldns_rr_list_rr(fresh, 0))) {
		ldns_rr_list_deep_free(fresh);
	} else {
		ldns_rr_list_cat(list, fresh);
		ldns_rr_list_free(fresh);
	}
	ldns_rdf_deep_free(wanted);
	return there;
}

/*
 * What the zone has to say of a name that is not there, or not with that type:
 * of itself, the closest name above that is there, the next closer one, and the
 * wildcard (RFC 4035 3.1.3, RFC 5155 7.2).
 */
static void
add_proof(ldns_rr_list *list, const struct world_zone *z,
    const struct names *names, const char *name)
{
	char wildcard[TEXT_MAX];
	const char *closer = name;
	const char *at = parent_of(name);

	if (add_denial_of(list, z, name) || strcmp(name, z->origin) == 0)
		return;
	if (z->denial == WORLD_NSEC && has_name(names, name))
		return;
	while (z->denial == WORLD_NSEC ? !has_name(names, at)
				       : !is_hashed(z, at)) {
		closer = at;
		at = parent_of(at);
	}
	if (z->denial == WORLD_NSEC3) {
		add_denial_of(list, z, at);
		add_denial_of(list, z, closer);
	}
	snprintf(wildcard, sizeof(wildcard), "*.%s",
	    strcmp(at, ".") == 0 ? "" : at);
	add_denial_of(list, z, wildcard);
}

/* All that a small zone has; of a larger one what a lookup would look at. */
static void
add_denial(ldns_rr_list *list, const struct world_zone *z,
    const struct names *names, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < ldns_rr_list_rr_count(z->rrs); i++)
		if (ldns_rr_get_type(ldns_rr_list_rr(z->rrs, i)) ==
		    denial_type(z))
			n++;
	add_set(list, z, z->origin, LDNS_RR_TYPE_SOA, NULL);
	if (n <= DNSSEC_MAX_DENIALS)
		world_copy(list, z, denial_type(z));
	else
		add_proof(list, z, names, name);
}

/* The CNAME that a server makes of a DNAME above the name. */
static bool
answer_dname(struct world_reply *reply, const struct world_zone *z,
    const char *name)
{
	for (const char *at = parent_of(name); is_below(at, z->origin);
	     at = parent_of(at)) {
		char text[3 * TEXT_MAX];
		char target[TEXT_MAX];

		if (add_set(reply->answer, z, at, LDNS_RR_TYPE_DNAME, NULL) >
		    0) {
			name_text(target,
			    ldns_rr_rdf(ldns_rr_list_rr(reply->answer, 0), 0));
			snprintf(text, sizeof(text), "%s 300 IN CNAME %.*s%s",
			    name, (int)(at - name), name, target);
			ldns_rr_list_push_rr(reply->answer, world_rr(text));
			return true;
		}
		if (strcmp(at, z->origin) == 0)
			break;
	}
	return false;
}

/* The wildcard that stands for a name that is not there. */
static void
wildcard_for(char out[TEXT_MAX], const struct names *names, const char *name)
{
	const char *at = name;

	while (!has_name(names, at))
		at = parent_of(at);
	snprintf(out, TEXT_MAX, "*.%s", strcmp(at, ".") == 0 ? "" : at);
}

static void
answer_from(struct world_reply *reply, const struct world_zone *z,
    const char *name, unsigned type)
{
	struct names *names = calloc(1, sizeof(*names));
	char wildcard[TEXT_MAX];

	CHECK(names != NULL);
	collect_names(names, z);
	wildcard_for(wildcard, names, name);
	if (add_set(reply->answer, z, name, type, NULL) > 0 ||
	    add_set(reply->answer, z, name, LDNS_RR_TYPE_CNAME, NULL) > 0 ||
	    answer_dname(reply, z, name)) {
		/* That is all. */
	} else if (has_name(names, name)) {
		add_denial(reply->authority, z, names, name);
	} else if (has_name(names, wildcard)) {
		if (add_set(reply->answer, z, wildcard, type, name) == 0)
			add_set(reply->answer, z, wildcard, LDNS_RR_TYPE_CNAME,
			    name);
		add_denial(reply->authority, z, names, name);
	} else {
		reply->rcode = 3;
		add_denial(reply->authority, z, names, name);
	}
	free(names);
}

void
world_answer(struct world *w, const struct dnssec_question *question,
    struct world_reply *reply)
{
	char name[NAME_TEXT_MAX + 2];
	struct world_zone *z;

	snprintf(name, sizeof(name), "%s.", question->name.text);
	z = zone_above(w, name, NULL);
	if (question->type == DNS_TYPE_DS && strcmp(z->origin, name) == 0 &&
	    strcmp(name, ".") != 0)
		z = zone_above(w, name, z);
	reply->rcode = 0;
	reply->answer = ldns_rr_list_new();
	reply->authority = ldns_rr_list_new();
	answer_from(reply, z, name, question->type);
}

size_t
world_write(uint8_t *out, size_t size, const struct dnssec_question *question,
    const struct world_reply *reply)
{
	ldns_buffer *b = ldns_buffer_new(65536);
	char name[NAME_TEXT_MAX + 2];
	ldns_rdf *rdf;
	size_t n;

	snprintf(name, sizeof(name), "%s.", question->name.text);
	rdf = name_rdf(name);
	ldns_buffer_write_u16(b, 0);
	ldns_buffer_write_u16(b, (uint16_t)(0x8180 | reply->rcode));
	ldns_buffer_write_u16(b, 1);
	ldns_buffer_write_u16(b,
	    (uint16_t)ldns_rr_list_rr_count(reply->answer));
	ldns_buffer_write_u16(b,
	    (uint16_t)ldns_rr_list_rr_count(reply->authority));
	ldns_buffer_write_u16(b, 0);
	CHECK(ldns_rdf2buffer_wire(b, rdf) == LDNS_STATUS_OK);
	ldns_buffer_write_u16(b, question->type);
	ldns_buffer_write_u16(b, 1);
	CHECK(ldns_rr_list2buffer_wire(b, reply->answer) == LDNS_STATUS_OK);
	CHECK(ldns_rr_list2buffer_wire(b, reply->authority) == LDNS_STATUS_OK);
	n = ldns_buffer_position(b);
	CHECK(n <= size);
	memcpy(out, ldns_buffer_begin(b), n);
	ldns_buffer_free(b);
	ldns_rdf_deep_free(rdf);
	return n;
}

static void
answer_need(struct world *w, const struct dnssec_question *need)
{
	static uint8_t message[65536];
	struct world_reply reply;
	size_t n;

	world_answer(w, need, &reply);
	if (w->tamper != NULL)
		w->tamper(w, need, &reply);
	n = world_write(message, sizeof(message), need, &reply);
	dnssec_lookup_give(w->lookup, span_of(message, n));
	memset(message, 0xff, n);
	ldns_rr_list_deep_free(reply.answer);
	ldns_rr_list_deep_free(reply.authority);
}

const struct dnssec_result *
world_lookup(struct world *w, const char *name, uint16_t type)
{
	struct dnssec_question need;
	struct name n;

	dnssec_lookup_free(w->lookup);
	w->asked = 0;
	CHECK(name_parse_any(&n, span_text(name)) == 0);
	CHECK(dnssec_lookup_new(&w->lookup, w->trust, &n, type, w->now) == 0);
	while (dnssec_lookup_step(w->lookup, &need) == DNSSEC_STEP_NEED) {
		w->asked++;
		answer_need(w, &need);
	}
	return dnssec_lookup_result(w->lookup);
}
