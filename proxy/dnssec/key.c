#include "dnssec/key.h"

#include <string.h>

#include <ed25519.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>

#define FLAG_ZONE     0x0100
#define FLAG_REVOKE   0x0080 /* RFC 5011 */
#define FLAG_SEP      0x0001
#define RDATA_MAX     1024 /* of a key that may be revoked */
#define KEY_HEAD      4
#define DS_HEAD	      4
#define PROTOCOL      3
#define RSA_BITS_MIN  1024
#define RSA_BITS_MAX  4096
#define RSA_BYTES_MAX (RSA_BITS_MAX / 8)
#define RSA_EXP_MAX   8 /* longer ones are only there to cost time */

enum algorithm {
	ALGORITHM_RSASHA1 = 5,
	ALGORITHM_RSASHA1_NSEC3 = 7, /* the same, for zones with NSEC3 */
	ALGORITHM_RSASHA256 = 8,
	ALGORITHM_RSASHA512 = 10,
	ALGORITHM_P256 = 13,
	ALGORITHM_P384 = 14,
	ALGORITHM_ED25519 = 15,
};

enum digest {
	DIGEST_SHA1 = 1,
	DIGEST_SHA256 = 2,
	DIGEST_SHA384 = 4,
};

bool
key_algorithm_supported(unsigned algorithm)
{
	return algorithm == ALGORITHM_RSASHA1 ||
	    algorithm == ALGORITHM_RSASHA1_NSEC3 ||
	    algorithm == ALGORITHM_RSASHA256 ||
	    algorithm == ALGORITHM_RSASHA512 || algorithm == ALGORITHM_P256 ||
	    algorithm == ALGORITHM_P384 || algorithm == ALGORITHM_ED25519;
}

/* RFC 4034 appendix B. */
static uint16_t
key_tag(struct span rdata)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < rdata.n; i++)
		sum += i % 2 == 0 ? (uint32_t)rdata.p[i] << 8 : rdata.p[i];
	return (uint16_t)(sum + (sum >> 16));
}

bool
key_is_entry(struct span rdata)
{
	return rdata.n > KEY_HEAD && (wire_get16(rdata.p) & FLAG_SEP) != 0;
}

/* The flags besides ZONE must be as said. */
static int
parse_with(struct key *out, struct span rdata, unsigned revoke)
{
	unsigned flags;

	if (rdata.n <= KEY_HEAD)
		return DG_ESYNTAX;
	flags = wire_get16(rdata.p);
	if ((flags & FLAG_ZONE) == 0 || (flags & FLAG_REVOKE) != revoke ||
	    rdata.p[2] != PROTOCOL || !key_algorithm_supported(rdata.p[3]))
		return DG_EUNSUPPORTED;
	out->tag = key_tag(rdata);
	out->algorithm = rdata.p[3];
	out->rdata = rdata;
	out->public = span_slice(rdata, KEY_HEAD, rdata.n);
	return 0;
}

int
key_parse(struct key *out, struct span rdata)
{
	return parse_with(out, rdata, 0);
}

int
key_parse_revoked(struct key *out, struct span rdata)
{
	return parse_with(out, rdata, FLAG_REVOKE);
}

static struct span
strip_zeros(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] == 0)
		n++;
	return span_slice(s, n, s.n);
}

/* RFC 3110 section 2: length of the exponent in one octet, or 0 and two. */
static int
rsa_parts(struct span *exponent, struct span *modulus, struct span key)
{
	size_t at = 1;
	size_t n;

	if (key.n < 3)
		return DG_ESYNTAX;
	n = key.p[0];
	if (n == 0) {
		n = wire_get16(key.p + 1);
		at = 3;
	}
	if (n == 0 || key.n - at <= n)
		return DG_ESYNTAX;
	*exponent = strip_zeros(span_slice(key, at, at + n));
	*modulus = strip_zeros(span_slice(key, at + n, key.n));
	if (exponent->n == 0 || exponent->n > RSA_EXP_MAX || modulus->n == 0 ||
	    modulus->n > RSA_BYTES_MAX)
		return DG_ESYNTAX;
	return 0;
}

/* RFC 3110, RFC 5702. */
static bool
verify_rsa(mbedtls_md_type_t md, struct span key, struct span sig,
    struct span data)
{
	mbedtls_rsa_context rsa;
	uint8_t hash[MBEDTLS_MD_MAX_SIZE];
	uint8_t padded[RSA_BYTES_MAX] = { 0 };
	struct span e;
	struct span n;
	bool good = false;

	if (rsa_parts(&e, &n, key) != 0 || sig.n > n.n)
		return false;
	/* Some signers leave leading zeros of the signature away. */
	if (sig.n > 0)
		memcpy(padded + (n.n - sig.n), sig.p, sig.n);
	mbedtls_rsa_init(&rsa);
	if (mbedtls_md(mbedtls_md_info_from_type(md), data.p, data.n, hash) ==
		0 &&
	    mbedtls_rsa_import_raw(&rsa, n.p, n.n, NULL, 0, NULL, 0, NULL, 0,
		e.p, e.n) == 0 &&
	    mbedtls_rsa_complete(&rsa) == 0 &&
	    mbedtls_rsa_check_pubkey(&rsa) == 0 &&
	    mbedtls_rsa_get_bitlen(&rsa) >= RSA_BITS_MIN)
		good = mbedtls_rsa_pkcs1_verify(&rsa, md,
			   mbedtls_md_get_size(mbedtls_md_info_from_type(md)),
			   hash, padded) == 0;
	mbedtls_rsa_free(&rsa);
	return good;
}

/* RFC 6605: Q is x || y, the signature r || s, each of n bytes. */
static bool
verify_ecdsa(mbedtls_ecp_group_id curve, struct span key, struct span sig,
    struct span data)
{
	const mbedtls_md_info_t *md = mbedtls_md_info_from_type(
	    curve == MBEDTLS_ECP_DP_SECP256R1 ? MBEDTLS_MD_SHA256
					      : MBEDTLS_MD_SHA384);
	size_t n = curve == MBEDTLS_ECP_DP_SECP256R1 ? 32 : 48;
	uint8_t point[1 + 2 * 48] = { 0x04 };
	uint8_t hash[MBEDTLS_MD_MAX_SIZE];
	mbedtls_ecp_group group;
	mbedtls_ecp_point q;
	mbedtls_mpi r;
	mbedtls_mpi s;
	bool good;

	if (key.n != 2 * n || sig.n != 2 * n)
		return false;
	memcpy(point + 1, key.p, key.n);
	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&q);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	good = mbedtls_md(md, data.p, data.n, hash) == 0 &&
	    mbedtls_ecp_group_load(&group, curve) == 0 &&
	    mbedtls_ecp_point_read_binary(&group, &q, point, 1 + key.n) == 0 &&
	    mbedtls_ecp_check_pubkey(&group, &q) == 0 &&
	    mbedtls_mpi_read_binary(&r, sig.p, n) == 0 &&
	    mbedtls_mpi_read_binary(&s, sig.p + n, n) == 0 &&
	    mbedtls_ecdsa_verify(&group, hash, mbedtls_md_get_size(md), &q, &r,
		&s) == 0;
	mbedtls_mpi_free(&s);
	mbedtls_mpi_free(&r);
	mbedtls_ecp_point_free(&q);
	mbedtls_ecp_group_free(&group);
	return good;
}

/* RFC 8080. */
static bool
verify_ed25519(struct span key, struct span sig, struct span data)
{
	return key.n == 32 && sig.n == 64 &&
	    ed25519_verify(sig.p, data.p, data.n, key.p) == 0;
}

bool
key_verify(const struct key *key, struct span sig, struct span data)
{
	switch (key->algorithm) {
	case ALGORITHM_RSASHA1:
	case ALGORITHM_RSASHA1_NSEC3:
		return verify_rsa(MBEDTLS_MD_SHA1, key->public, sig, data);
	case ALGORITHM_RSASHA256:
		return verify_rsa(MBEDTLS_MD_SHA256, key->public, sig, data);
	case ALGORITHM_RSASHA512:
		return verify_rsa(MBEDTLS_MD_SHA512, key->public, sig, data);
	case ALGORITHM_P256:
		return verify_ecdsa(MBEDTLS_ECP_DP_SECP256R1, key->public, sig,
		    data);
	case ALGORITHM_P384:
		return verify_ecdsa(MBEDTLS_ECP_DP_SECP384R1, key->public, sig,
		    data);
	case ALGORITHM_ED25519:
		return verify_ed25519(key->public, sig, data);
	default:
		return false;
	}
}

static mbedtls_md_type_t
digest_md(unsigned type)
{
	switch (type) {
	case DIGEST_SHA1:
		return MBEDTLS_MD_SHA1;
	case DIGEST_SHA256:
		return MBEDTLS_MD_SHA256;
	case DIGEST_SHA384:
		return MBEDTLS_MD_SHA384;
	default:
		return MBEDTLS_MD_NONE;
	}
}

int
ds_parse(struct ds *out, struct span rdata)
{
	struct ds ds = { 0 };
	mbedtls_md_type_t md;

	if (rdata.n < DS_HEAD)
		return DG_ESYNTAX;
	ds.tag = wire_get16(rdata.p);
	ds.algorithm = rdata.p[2];
	ds.digest_type = rdata.p[3];
	md = digest_md(ds.digest_type);
	if (md == MBEDTLS_MD_NONE || !key_algorithm_supported(ds.algorithm))
		return DG_EUNSUPPORTED;
	if (rdata.n - DS_HEAD ==
	    mbedtls_md_get_size(mbedtls_md_info_from_type(md))) {
		ds.n = (uint8_t)(rdata.n - DS_HEAD);
		memcpy(ds.digest, rdata.p + DS_HEAD, ds.n);
	}
	*out = ds;
	return 0;
}

static void
drop_sha1(struct ds_set *set)
{
	size_t kept = 0;
	bool better = false;

	for (size_t i = 0; i < set->n; i++)
		better |= set->ds[i].digest_type != DIGEST_SHA1;
	if (!better)
		return;
	for (size_t i = 0; i < set->n; i++)
		if (set->ds[i].digest_type != DIGEST_SHA1)
			set->ds[kept++] = set->ds[i];
	set->n = kept;
}

int
ds_set_from(struct ds_set *out, const struct rrset *set)
{
	out->n = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct ds ds;
		int err = ds_parse(&ds, set->rdata[i]);

		if (err == DG_EUNSUPPORTED)
			continue;
		if (err != 0)
			return err;
		if (out->n == DNSSEC_MAX_DS)
			return DG_ELIMIT;
		out->ds[out->n++] = ds;
	}
	drop_sha1(out);
	return 0;
}

/* RFC 4034 5.1.4: over owner and RDATA of the DNSKEY. */
static int
digest_key(uint8_t digest[MBEDTLS_MD_MAX_SIZE], unsigned type,
    const struct dname *owner, const struct key *key)
{
	mbedtls_md_context_t md;
	bool good;

	mbedtls_md_init(&md);
	good = mbedtls_md_setup(&md, mbedtls_md_info_from_type(digest_md(type)),
		   0) == 0 &&
	    mbedtls_md_starts(&md) == 0 &&
	    mbedtls_md_update(&md, owner->bytes, owner->len) == 0 &&
	    mbedtls_md_update(&md, key->rdata.p, key->rdata.n) == 0 &&
	    mbedtls_md_finish(&md, digest) == 0;
	mbedtls_md_free(&md);
	return good ? 0 : DG_ENOMEM;
}

int
ds_from_key(struct ds *out, const struct dname *owner, const struct key *key)
{
	uint8_t digest[MBEDTLS_MD_MAX_SIZE];
	struct ds ds = {
		.tag = key->tag,
		.algorithm = key->algorithm,
		.digest_type = DIGEST_SHA256,
		.n = 32,
	};

	if (digest_key(digest, DIGEST_SHA256, owner, key) != 0)
		return DG_ENOMEM;
	memcpy(ds.digest, digest, ds.n);
	*out = ds;
	return 0;
}

int
ds_before_revocation(struct ds *out, const struct dname *owner,
    struct span rdata)
{
	uint8_t before[RDATA_MAX];
	struct key key;
	int err;

	if (rdata.n > sizeof(before) || rdata.n <= KEY_HEAD)
		return DG_ELIMIT;
	memcpy(before, rdata.p, rdata.n);
	before[1] &= (uint8_t)~FLAG_REVOKE;
	err = key_parse(&key, span_of(before, rdata.n));
	return err != 0 ? err : ds_from_key(out, owner, &key);
}

bool
ds_fits(const struct ds *ds, const struct dname *owner, const struct key *key)
{
	uint8_t digest[MBEDTLS_MD_MAX_SIZE];

	return ds->n > 0 && ds->tag == key->tag &&
	    ds->algorithm == key->algorithm &&
	    digest_key(digest, ds->digest_type, owner, key) == 0 &&
	    memcmp(digest, ds->digest, ds->n) == 0;
}
