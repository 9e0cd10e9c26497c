/* with: dane/support/issue.c */
/*
 * The DANE check: RFC 6698, RFC 7671 (5, 9), RFC 7672 (3.1, 3.2), RFC 5280 (6),
 * RFC 6125 (6.4), on chains made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/oid.h>
#include <mbedtls/x509.h>

#include "dane/support/issue.h"

#define RECORDS 4
#define OIDS(x) (MBEDTLS_OID_ID_CE x)

/* A check in the making. */
struct scene {
	struct test_cert leaf, inter, root;
	struct span chain[24];
	size_t nchain;
	struct tlsa records[RECORDS];
	uint8_t data[RECORDS][CERT_ROOM];
	size_t nrecords;
	struct name names[2];
	size_t nnames;
	int64_t now;
	struct dane_result result;
};

static struct scene the_scene;

static const struct test_spec leaf_spec = { .subject = "CN=leaf",
	.issuer = "CN=inter",
	.key = KEY_LEAF,
	.issuer_key = KEY_INTER,
	.dns = { "mx.example.org" } };
static const struct test_spec inter_spec = { .subject = "CN=inter",
	.issuer = "CN=root",
	.key = KEY_INTER,
	.issuer_key = KEY_ROOT,
	.constraints = true,
	.ca = true,
	.usage = MBEDTLS_X509_KU_KEY_CERT_SIGN };
static const struct test_spec root_spec = { .subject = "CN=root",
	.issuer = "CN=root",
	.key = KEY_ROOT,
	.issuer_key = KEY_ROOT,
	.constraints = true,
	.ca = true };

static void
add_chain(struct scene *s, const struct test_cert *c)
{
	assert_true(s->nchain < DG_ARRAY_LEN(s->chain));
	s->chain[s->nchain++] = issued(c);
}

/* Leaf, intermediate and root; a spec that is NULL is the usual one. */
static struct scene *
scene_with(const struct test_spec *leaf, const struct test_spec *inter,
    const struct test_spec *root)
{
	struct scene *s = &the_scene;

	s->nchain = 0;
	s->nrecords = 0;
	s->nnames = 1;
	s->now = NOW;
	assert_int_equal(name_parse(&s->names[0], span_text("mx.example.org")),
	    0);
	issue(&s->leaf, leaf != NULL ? leaf : &leaf_spec);
	issue(&s->inter, inter != NULL ? inter : &inter_spec);
	issue(&s->root, root != NULL ? root : &root_spec);
	add_chain(s, &s->leaf);
	add_chain(s, &s->inter);
	add_chain(s, &s->root);
	return s;
}

static struct scene *
scene(void)
{
	return scene_with(NULL, NULL, NULL);
}

static void
add_record(struct scene *s, uint8_t usage, uint8_t selector, uint8_t matching,
    const struct test_cert *c, enum test_key key)
{
	assert_true(s->nrecords < RECORDS);
	s->records[s->nrecords] = record_of(usage, selector, matching,
	    issued(c), key, s->data[s->nrecords]);
	s->nrecords++;
}

static void
spoil_record(struct scene *s, size_t i)
{
	s->data[i][s->records[i].data.n - 1] ^= 1;
}

static void
run(struct scene *s)
{
	const struct dane_input in = { .records = s->records,
		.nrecords = s->nrecords,
		.chain = s->chain,
		.nchain = s->nchain,
		.names = s->names,
		.nnames = s->nnames,
		.now = s->now };

	memset(&s->result, 0xff, sizeof(s->result));
	dane_verify(&s->result, &in);
	/* One printable line, always. */
	assert_non_null(memchr(s->result.reason, '\0', DANE_REASON_MAX));
	assert_true(s->result.reason[0] != '\0');
	for (const char *p = s->result.reason; *p != '\0'; p++)
		assert_in_range(*p, ' ', '~');
}

static void
expect_verified(struct scene *s, unsigned usage, unsigned depth)
{
	run(s);
	if (s->result.verdict != DANE_VERIFIED)
		fail_msg("%s", s->result.reason);
	assert_int_equal(s->result.usage, usage);
	assert_int_equal(s->result.depth, depth);
}

static void
expect_failed(struct scene *s, const char *words)
{
	run(s);
	assert_int_equal(s->result.verdict, DANE_FAILED);
	if (strstr(s->result.reason, words) == NULL)
		fail_msg("%s", s->result.reason);
}

static void
expect_unusable(struct scene *s)
{
	run(s);
	assert_int_equal(s->result.verdict, DANE_UNUSABLE);
}

/* RFC 6698 2.1: every selector and matching type, on leaf, issuer and root. */
static void
test_all_kinds_of_record(void **state)
{
	(void)state;
	for (uint8_t selector = 0; selector < 2; selector++)
		for (uint8_t matching = 0; matching < 3; matching++) {
			struct scene *s = scene();

			add_record(s, 3, selector, matching, &s->leaf,
			    KEY_LEAF);
			expect_verified(s, 3, 0);
			assert_int_equal(s->result.selector, selector);
			assert_int_equal(s->result.matching, matching);
			spoil_record(s, 0);
			expect_failed(s, "no usable TLSA record matches");

			s = scene();
			add_record(s, 2, selector, matching, &s->inter,
			    KEY_INTER);
			expect_verified(s, 2, 1);
			s = scene();
			add_record(s, 2, selector, matching, &s->root,
			    KEY_ROOT);
			expect_verified(s, 2, 2);
			/* The leaf is an anchor too, if somebody says so. */
			s = scene();
			add_record(s, 2, selector, matching, &s->leaf,
			    KEY_LEAF);
			expect_verified(s, 2, 0);
		}
}

/* RFC 7672 3.1.1: neither names nor dates, nor what else it says. */
static void
test_end_entity_needs_nothing_else(void **state)
{
	struct test_spec leaf = leaf_spec;
	struct scene *s;

	(void)state;
	leaf.from = "20100101000000";
	leaf.to = "20110101000000";
	leaf.dns[0] = "other.example.com";
	leaf.extended_usage = MBEDTLS_OID_CLIENT_AUTH;
	leaf.extensions[0] = (struct test_extension){ OIDS("\x63"), true,
		"\x05\x00", 2 };
	s = scene_with(&leaf, NULL, NULL);
	s->nchain = 1;
	s->nnames = 0;
	add_record(s, 3, 1, 1, &s->leaf, KEY_LEAF);
	expect_verified(s, 3, 0);
	/* The same as an anchor: all of that counts. */
	s->nrecords = 0;
	add_record(s, 2, 1, 1, &s->leaf, KEY_LEAF);
	expect_failed(s, "leaf cannot be parsed or has an unknown critical");
}

/* RFC 6698 2.1.1: usage 3 is of the server's certificate alone. */
static void
test_end_entity_is_the_leaf(void **state)
{
	struct scene *s = scene();

	(void)state;
	add_record(s, 3, 1, 1, &s->inter, KEY_INTER);
	add_record(s, 3, 0, 1, &s->root, KEY_ROOT);
	expect_failed(s, "no usable TLSA record matches the leaf");
}

/* Keys that the library does not know: the bytes still match. */
static void
test_unparsable_leaf(void **state)
{
	static const uint8_t ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
		0x01 };
	struct scene *s = scene();
	uint8_t *at = memmem(s->leaf.der, s->leaf.n, ec, sizeof(ec));

	(void)state;
	assert_non_null(at);
	at[6] = 0x7f;
	add_record(s, 3, 0, 1, &s->leaf, KEY_LEAF);
	expect_verified(s, 3, 0);
	s->nrecords = 0;
	add_record(s, 3, 1, 0, &s->leaf, KEY_LEAF);
	at = memmem(s->data[0], s->records[0].data.n, ec, sizeof(ec));
	assert_non_null(at);
	at[6] = 0x7f;
	expect_verified(s, 3, 0);
}

/* A leaf cut off anywhere neither matches its key nor harms. */
static void
test_leaf_cut_off(void **state)
{
	struct scene *s = scene();
	size_t n = s->leaf.n;

	(void)state;
	add_record(s, 3, 1, 1, &s->leaf, KEY_LEAF);
	add_record(s, 2, 1, 1, &s->root, KEY_ROOT);
	for (size_t i = 0; i < n; i++) {
		uint8_t *copy = test_malloc(i + 1);

		memcpy(copy, s->leaf.der, i);
		s->chain[0] = span_of(copy, i);
		expect_failed(s, "");
		test_free(copy);
	}
}

/* RFC 7671 5.2.2, 5.2.3: the anchor in the TLSA set, not in the chain. */
static void
test_anchor_in_the_record(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->nchain = 2;
	add_record(s, 2, 0, 0, &s->root, KEY_ROOT);
	expect_verified(s, 2, 2);
	s->nrecords = 0;
	add_record(s, 2, 1, 0, &s->root, KEY_ROOT);
	expect_verified(s, 2, 2);
	s->nrecords = 0;
	add_record(s, 2, 1, 0, &s->inter, KEY_INTER);
	s->nchain = 1;
	expect_verified(s, 2, 1);
	/* A digest of what is not there is of no use. */
	s->nrecords = 0;
	add_record(s, 2, 0, 1, &s->inter, KEY_INTER);
	add_record(s, 2, 1, 2, &s->inter, KEY_INTER);
	expect_failed(s, "no usable TLSA record matches the chain");
	/* Another key has signed nothing here. */
	s->nrecords = 0;
	add_record(s, 2, 1, 0, &s->root, KEY_OTHER);
	expect_failed(s, "");
	/* No key at all. */
	s->nrecords = 0;
	add_record(s, 2, 1, 0, &s->root, KEY_ROOT);
	s->records[0].data.n--;
	expect_unusable(s);
}

/* A certificate with the anchor's bare key is the anchor, dates and all. */
static void
test_bare_key_of_expired_anchor(void **state)
{
	struct test_spec root = root_spec;
	struct scene *s;

	(void)state;
	root.to = "20251231235959";
	s = scene_with(NULL, NULL, &root);
	add_record(s, 2, 1, 0, &s->root, KEY_ROOT);
	expect_failed(s, "trust anchor has expired");
}

/* Real chains: any order, copies, strangers, more than we look at. */
static void
test_chain_in_any_order(void **state)
{
	static struct test_cert stranger;
	struct scene *s = scene();
	struct test_spec odd = root_spec;

	(void)state;
	odd.subject = odd.issuer = "CN=stranger";
	odd.key = odd.issuer_key = KEY_OTHER;
	issue(&stranger, &odd);
	add_record(s, 2, 0, 1, &s->root, KEY_ROOT);
	s->nchain = 1;
	add_chain(s, &stranger);
	add_chain(s, &s->root);
	add_chain(s, &s->leaf);
	add_chain(s, &stranger);
	add_chain(s, &s->inter);
	add_chain(s, &s->inter);
	expect_verified(s, 2, 2);
	/* Past the limit nothing is seen. */
	s->nchain = 1;
	while (s->nchain < DANE_CHAIN_MAX)
		add_chain(s, &stranger);
	add_chain(s, &s->inter);
	add_chain(s, &s->root);
	expect_failed(s, "no usable TLSA record matches");
	/* Without the link between there is no path. */
	s->nchain = 1;
	add_chain(s, &s->root);
	expect_failed(s, "trust anchor did not issue this chain");
	/* Junk between is stepped over. */
	s->nchain = 1;
	s->chain[s->nchain++] = span_text("junk");
	s->chain[s->nchain++] = span_of(NULL, 0);
	add_chain(s, &s->inter);
	add_chain(s, &s->root);
	expect_verified(s, 2, 2);
}

/* Two authorities that certify each other, and no anchor. */
static void
test_loop(void **state)
{
	static struct test_cert back;
	struct test_spec spec = inter_spec;
	struct scene *s = scene();

	(void)state;
	spec.subject = "CN=root";
	spec.issuer = "CN=inter";
	spec.key = KEY_ROOT;
	spec.issuer_key = KEY_INTER;
	issue(&back, &spec);
	s->nchain = 2;
	add_chain(s, &back);
	add_record(s, 2, 0, 1, &s->root, KEY_ROOT);
	expect_failed(s, "no usable TLSA record matches");
	add_chain(s, &s->root);
	expect_verified(s, 2, 2);
}

/* RFC 7672 3.2.1: the attacker shows the real anchor behind a chain of his own
 * with all the right names. */
static void
test_forged_signature(void **state)
{
	struct test_spec leaf = leaf_spec, inter = inter_spec;
	struct scene *s;

	(void)state;
	inter.key = inter.issuer_key = KEY_OTHER;
	leaf.issuer_key = KEY_OTHER;
	s = scene_with(&leaf, &inter, NULL);
	add_record(s, 2, 0, 1, &s->root, KEY_ROOT);
	expect_failed(s, "a certificate of the chain has a wrong signature");
	s = scene_with(&leaf, NULL, NULL);
	add_record(s, 2, 1, 1, &s->inter, KEY_INTER);
	expect_failed(s, "has a wrong signature");
	/* One changed byte of what was signed. */
	s = scene();
	add_record(s, 2, 1, 1, &s->inter, KEY_INTER);
	s->leaf.der[s->leaf.n - 1] ^= 1;
	expect_failed(s, "has a wrong signature");
}

/* Hundreds of candidates for an issuer: work stays bounded. */
static void
test_many_candidates(void **state)
{
	static struct test_cert others[DANE_CHAIN_MAX];
	struct test_spec spec = inter_spec;
	struct scene *s = scene();

	(void)state;
	add_record(s, 2, 0, 1, &s->root, KEY_ROOT);
	s->nchain = 1;
	spec.key = KEY_OTHER;
	for (size_t i = 0; i + 3 < DANE_CHAIN_MAX; i++) {
		issue(&others[i], &spec);
		add_chain(s, &others[i]);
	}
	add_chain(s, &s->inter);
	add_chain(s, &s->root);
	expect_verified(s, 2, 2);
}

static void
expect_leaf(const struct test_spec *leaf, const char *words)
{
	struct scene *s = scene_with(leaf, NULL, NULL);

	add_record(s, 2, 1, 1, &s->root, KEY_ROOT);
	if (words == NULL)
		expect_verified(s, 2, 2);
	else
		expect_failed(s, words);
}

static void
expect_inter(const struct test_spec *inter, const char *words)
{
	struct scene *s = scene_with(NULL, inter, NULL);

	add_record(s, 2, 1, 1, &s->root, KEY_ROOT);
	if (words == NULL)
		expect_verified(s, 2, 2);
	else
		expect_failed(s, words);
}

static void
expect_root(const struct test_spec *root, const char *words)
{
	struct scene *s = scene_with(NULL, NULL, root);

	add_record(s, 2, 1, 1, &s->root, root->key);
	if (words == NULL)
		expect_verified(s, 2, 2);
	else
		expect_failed(s, words);
}

/* RFC 5280 6.1.3 (a) (2), against the time handed in. */
static void
test_dates(void **state)
{
	static const struct {
		const char *from, *to, *words;
	} rows[] = {
		{ "20251231235959", "20260101000001", NULL },
		{ "20260101000000", "20260101000000", NULL },
		{ "20260101000001", "20270101000000", "is not valid yet" },
		{ "20250101000000", "20251231235959", "has expired" },
		{ "19700101000000", "20491231235959", NULL },
		{ "20000229000000", "20991231235959", NULL },
	};

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		struct test_spec leaf = leaf_spec, inter = inter_spec,
				 root = root_spec;

		leaf.from = inter.from = root.from = rows[i].from;
		leaf.to = inter.to = root.to = rows[i].to;
		expect_leaf(&leaf, rows[i].words);
		expect_inter(&inter, rows[i].words);
		expect_root(&root, rows[i].words);
	}
}

/* RFC 5280 4.2.1.9, 4.2.1.3: who may issue. */
static void
test_authority(void **state)
{
	struct test_spec inter = inter_spec, root = root_spec;

	(void)state;
	inter.ca = false;
	expect_inter(&inter, "is no certificate authority");
	inter.constraints = false;
	expect_inter(&inter, "is no certificate authority");
	inter = inter_spec;
	inter.usage = 0;
	expect_inter(&inter, NULL);
	inter.usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
	expect_inter(&inter, "must not sign certificates");
	root.usage = MBEDTLS_X509_KU_CRL_SIGN;
	expect_root(&root, "trust anchor must not sign certificates");
	/* An old root without extensions is one that was chosen by the TLSA
	 * record; such an intermediate was chosen by nobody. */
	root = root_spec;
	root.version = 1;
	root.constraints = false;
	expect_root(&root, NULL);
	inter = inter_spec;
	inter.version = 1;
	inter.constraints = false;
	inter.usage = 0;
	expect_inter(&inter, "is no certificate authority");
}

/* RFC 5280 4.2.1.9: self-issued certificates do not count. */
static void
test_path_length(void **state)
{
	static struct test_cert again;
	struct test_spec inter = inter_spec, root = root_spec;
	struct scene *s;

	(void)state;
	inter.path_limit = 1;
	expect_inter(&inter, NULL);
	root.path_limit = 1;
	expect_root(&root, "trust anchor has too long a path below it");
	root.path_limit = 2;
	expect_root(&root, NULL);
	/* root (limit 1) -> root with a new key -> inter -> leaf */
	root.issuer_key = KEY_OTHER;
	s = scene_with(NULL, NULL, &root);
	root.key = KEY_OTHER;
	issue(&again, &root);
	add_chain(s, &again);
	add_record(s, 2, 0, 1, &again, KEY_OTHER);
	expect_verified(s, 2, 3);
}

/* OpenSSL's security level 1. */
static void
test_weak_keys_and_digests(void **state)
{
	struct test_spec leaf = leaf_spec, inter = inter_spec, root = root_spec;
	struct scene *s;

	(void)state;
	leaf.sha1 = true;
	expect_leaf(&leaf, "is signed with a weak digest");
	inter.sha1 = true;
	expect_inter(&inter, "is signed with a weak digest");
	/* Nobody looks at the anchor's own signature. */
	root.sha1 = true;
	expect_root(&root, NULL);
	leaf = leaf_spec;
	leaf.key = KEY_RSA_768;
	expect_leaf(&leaf, "leaf has too short a key");
	leaf.key = KEY_RSA_1024;
	expect_leaf(&leaf, NULL);
	inter = inter_spec;
	inter.issuer_key = KEY_RSA_768;
	root.key = root.issuer_key = KEY_RSA_768;
	s = scene_with(NULL, &inter, &root);
	add_record(s, 2, 0, 0, &s->root, KEY_RSA_768);
	expect_failed(s, "trust anchor has too short a key");
	s->nrecords = 0;
	s->nchain = 2;
	add_record(s, 2, 1, 0, &s->root, KEY_RSA_768);
	expect_failed(s, "trust anchor has too short a key");
	inter.issuer_key = KEY_RSA_1024;
	s = scene_with(NULL, &inter, NULL);
	s->nchain = 2;
	add_record(s, 2, 1, 0, &s->root, KEY_RSA_1024);
	expect_verified(s, 2, 2);
}

/* RFC 5280 4.2: what is critical must be understood. */
static void
test_critical_extensions(void **state)
{
	static const struct test_extension unknown = { OIDS("\x63"), true,
		"\x05\x00", 2 };
	static const struct test_extension any_policy = { OIDS("\x20"), true,
		"\x30\x06\x30\x04\x06\x02\x2a\x03", 8 };
	static const struct test_extension no_mapping = { OIDS("\x24"), true,
		"\x30\x03\x81\x01\x00", 5 };
	struct test_spec leaf = leaf_spec, inter = inter_spec, root = root_spec;

	(void)state;
	leaf.extensions[0] = inter.extensions[0] = root.extensions[0] = unknown;
	expect_leaf(&leaf, "leaf cannot be parsed or has an unknown");
	expect_inter(&inter, "cannot be parsed or has an unknown critical");
	expect_root(&root, "trust anchor cannot be parsed or has an unknown");
	leaf.extensions[0].critical = inter.extensions[0].critical = false;
	expect_leaf(&leaf, NULL);
	expect_inter(&inter, NULL);
	/* Policies decide nothing where none is asked for. */
	inter.extensions[0] = any_policy;
	inter.extensions[1] = no_mapping;
	expect_inter(&inter, NULL);
}

/* RFC 5280 4.2.1.10; the value of the extension without its header. */
static void
test_name_constraints(void **state)
{
	static const struct {
		const char *value;
		size_t n;
		const char *words;
	} rows[] = {
#define ROW(text, words)                      \
	{                                     \
		text, sizeof(text) - 1, words \
	}
#define FORBIDS "forbids the names below it"
		/* permitted example.org; .example.org; org; a TLD; another */
		ROW("\x30\x11\xa0\x0f\x30\x0d\x82\x0b"
		    "example.org",
		    NULL),
		ROW("\x30\x12\xa0\x10\x30\x0e\x82\x0c.example.org", NULL),
		ROW("\x30\x14\xa0\x12\x30\x10\x82\x0eMX.Example.Org", NULL),
		ROW("\x30\x10\xa0\x0e\x30\x0c\x82\x0axample.org", FORBIDS),
		ROW("\x30\x0a\xa0\x08\x30\x06\x82\x04.mil", FORBIDS),
		/* excluded: the same ones, and the whole world */
		ROW("\x30\x11\xa1\x0f\x30\x0d\x82\x0b"
		    "example.org",
		    FORBIDS),
		ROW("\x30\x0a\xa1\x08\x30\x06\x82\x04.mil", NULL),
		ROW("\x30\x06\xa1\x04\x30\x02\x82\x00", FORBIDS),
		/* another form, with and without such a name below */
		ROW("\x30\x06\xa1\x04\x30\x02\x81\x00", NULL),
		/* a subject below CN=leaf, and one that is not */
		ROW("\x30\x17\xa0\x15\x30\x13\xa4\x11\x30\x0f\x31\x0d\x30\x0b"
		    "\x06\x03\x55\x04\x03\x13\x04LEAF",
		    NULL),
		ROW("\x30\x17\xa0\x15\x30\x13\xa4\x11\x30\x0f\x31\x0d\x30\x0b"
		    "\x06\x03\x55\x04\x03\x13\x04tree",
		    FORBIDS),
		/* malformed, and a minimum that is not 0 */
		ROW("\x30\x03\xa0\x08\x30", "has malformed name constraints"),
		ROW("\x30\x0d\xa1\x0b\x30\x09\x82\x04.mil\x80\x01\x01",
		    "has malformed name constraints"),
		ROW("\x30\x0d\xa1\x0b\x30\x09\x82\x04.mil\x80\x01\x00", NULL),
#undef ROW
	};
	struct test_spec inter = inter_spec, leaf = leaf_spec;
	struct scene *s;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		inter.extensions[0] = (struct test_extension){ OIDS("\x1e"),
			true, rows[i].value, rows[i].n };
		expect_inter(&inter, rows[i].words);
	}
	/* A form that is not done here, with such a name below. */
	inter.extensions[0] = (struct test_extension){ OIDS("\x1e"), true,
		"\x30\x06\xa1\x04\x30\x02\x81\x00", 8 };
	leaf.mail = "a@example.org";
	s = scene_with(&leaf, &inter, NULL);
	add_record(s, 2, 1, 1, &s->root, KEY_ROOT);
	expect_failed(s, FORBIDS);
	inter.extensions[0].value = "\x30\x06\xa1\x04\x30\x02\x86\x00";
	leaf.extensions[0] = (struct test_extension){ OIDS("\x11"), false,
		"\x30\x05\x86\x03x:y", 7 };
	leaf.dns[0] = NULL;
	leaf.mail = NULL;
	leaf.subject = "CN=mx.example.org";
	s = scene_with(&leaf, &inter, NULL);
	add_record(s, 2, 1, 1, &s->root, KEY_ROOT);
	expect_failed(s, "has name constraints of an unsupported kind");
	/* Neither a final dot, nor a wildcard, nor a common name slips by. */
	inter.extensions[0] = (struct test_extension){ OIDS("\x1e"), true,
		"\x30\x14\xa1\x12\x30\x10\x82\x0emx.example.org", 22 };
	leaf = leaf_spec;
	for (int i = 0; i < 3; i++) {
		leaf.dns[0] = i == 0 ? "mx.example.org." : "*.example.org";
		if (i == 2) {
			leaf.dns[0] = NULL;
			leaf.subject = "CN=mx.example.org";
		}
		s = scene_with(&leaf, &inter, NULL);
		add_record(s, 2, 1, 1, &s->root, KEY_ROOT);
		expect_failed(s, FORBIDS);
	}
#undef FORBIDS
}

/* RFC 5280 4.2.1.12, and as OpenSSL reads it. */
static void
test_extended_usage(void **state)
{
	struct test_spec leaf = leaf_spec, inter = inter_spec;

	(void)state;
	leaf.extended_usage = inter.extended_usage = MBEDTLS_OID_SERVER_AUTH;
	expect_leaf(&leaf, NULL);
	expect_inter(&inter, NULL);
	leaf.extended_usage = inter.extended_usage = MBEDTLS_OID_CLIENT_AUTH;
	expect_leaf(&leaf, "leaf is not meant for TLS servers");
	expect_inter(&inter, "is not meant for TLS servers");
	leaf.extended_usage = MBEDTLS_OID_ANY_EXTENDED_KEY_USAGE;
	expect_leaf(&leaf, "is not meant for TLS servers");
	leaf = leaf_spec;
	leaf.usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
	expect_leaf(&leaf, NULL);
	leaf.usage = MBEDTLS_X509_KU_CRL_SIGN;
	expect_leaf(&leaf, "must not use its key for TLS");
}

/* RFC 7672 3.2.3, RFC 6125 6.4.4. */
static void
test_names(void **state)
{
	static const char *const wrong = "leaf is made out for another name";
	struct test_spec leaf = leaf_spec;
	struct scene *s;

	(void)state;
	leaf.dns[0] = "other.example.org";
	expect_leaf(&leaf, wrong);
	leaf.dns[1] = "x.example.org";
	leaf.dns[2] = "MX.Example.ORG";
	expect_leaf(&leaf, NULL);
	/* The common name counts where there is no DNS name ... */
	leaf = leaf_spec;
	leaf.subject = "O=Example,CN=mx.example.org";
	leaf.dns[0] = NULL;
	expect_leaf(&leaf, NULL);
	leaf.mail = "postmaster@example.org";
	expect_leaf(&leaf, NULL);
	/* ... and only there. */
	leaf.dns[0] = "other.example.org";
	expect_leaf(&leaf, wrong);
	leaf = leaf_spec;
	leaf.dns[0] = NULL;
	leaf.mail = "mx.example.org";
	expect_leaf(&leaf, wrong);
	/* Any reference identifier will do; without one nothing does. */
	leaf = leaf_spec;
	leaf.dns[0] = "example.org";
	s = scene_with(&leaf, NULL, NULL);
	add_record(s, 2, 1, 1, &s->root, KEY_ROOT);
	expect_failed(s, wrong);
	assert_int_equal(name_parse(&s->names[1], span_text("example.org")), 0);
	s->nnames = 2;
	expect_verified(s, 2, 2);
	s->nnames = 0;
	expect_failed(s, wrong);
}

/* RFC 7671 9: the strongest digest of a usage and selector alone counts. */
static void
test_digest_agility(void **state)
{
	struct scene *s = scene();

	(void)state;
	add_record(s, 3, 1, 2, &s->leaf, KEY_LEAF);
	spoil_record(s, 0);
	add_record(s, 3, 1, 1, &s->leaf, KEY_LEAF);
	expect_failed(s, "no usable TLSA record matches");
	/* Another selector is another question. */
	add_record(s, 3, 0, 1, &s->leaf, KEY_LEAF);
	expect_verified(s, 3, 0);
	assert_int_equal(s->result.selector, 0);
	/* Whole contents are no digest. */
	s->nrecords = 2;
	add_record(s, 3, 1, 0, &s->leaf, KEY_LEAF);
	expect_verified(s, 3, 0);
	assert_int_equal(s->result.matching, 0);
	/* One that is not usable outdoes nobody. */
	s->nrecords = 2;
	s->records[0].data.n = 63;
	expect_verified(s, 3, 0);
	/* Another usage is another question as well. */
	s = scene();
	add_record(s, 2, 1, 2, &s->root, KEY_ROOT);
	spoil_record(s, 0);
	add_record(s, 3, 1, 1, &s->leaf, KEY_LEAF);
	expect_verified(s, 3, 0);
	/* The order in the set does not matter. */
	s = scene();
	add_record(s, 2, 0, 1, &s->root, KEY_ROOT);
	add_record(s, 2, 0, 2, &s->inter, KEY_INTER);
	expect_verified(s, 2, 1);
	spoil_record(s, 1);
	expect_failed(s, "no usable TLSA record matches");
}

/* Any one record is enough (RFC 6698 4). */
static void
test_any_record(void **state)
{
	struct scene *s = scene();

	(void)state;
	add_record(s, 3, 1, 1, &s->leaf, KEY_OTHER);
	add_record(s, 2, 1, 1, &s->root, KEY_ROOT);
	expect_verified(s, 2, 2);
	s = scene();
	add_record(s, 2, 1, 1, &s->root, KEY_OTHER);
	add_record(s, 3, 1, 1, &s->leaf, KEY_LEAF);
	expect_verified(s, 3, 0);
}

/* RFC 7672 3.1.3, 2.2: what cannot be used is told from what does not match. */
static void
test_unusable_sets(void **state)
{
	struct scene *s = scene();

	(void)state;
	expect_unusable(s);
	add_record(s, 1, 1, 1, &s->leaf, KEY_LEAF);
	add_record(s, 0, 1, 1, &s->root, KEY_ROOT);
	add_record(s, 3, 1, 1, &s->leaf, KEY_LEAF);
	s->records[2].data.n = 31;
	expect_unusable(s);
	assert_non_null(strstr(s->result.reason, "PKIX usage"));
	/* A usable one beside them decides. */
	s->records[2].data.n = 32;
	expect_verified(s, 3, 0);
	s->nchain = 0;
	expect_failed(s, "presented no certificate");
	s->records[2].data.n = 31;
	expect_unusable(s);
}

static int
teardown(void **state)
{
	(void)state;
	keys_free();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds_of_record),
		cmocka_unit_test(test_end_entity_needs_nothing_else),
		cmocka_unit_test(test_end_entity_is_the_leaf),
		cmocka_unit_test(test_unparsable_leaf),
		cmocka_unit_test(test_leaf_cut_off),
		cmocka_unit_test(test_anchor_in_the_record),
		cmocka_unit_test(test_bare_key_of_expired_anchor),
		cmocka_unit_test(test_chain_in_any_order),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_forged_signature),
		cmocka_unit_test(test_many_candidates),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_authority),
		cmocka_unit_test(test_path_length),
		cmocka_unit_test(test_weak_keys_and_digests),
		cmocka_unit_test(test_critical_extensions),
		cmocka_unit_test(test_name_constraints),
		cmocka_unit_test(test_extended_usage),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_digest_agility),
		cmocka_unit_test(test_any_record),
		cmocka_unit_test(test_unusable_sets),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
