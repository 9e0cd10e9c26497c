/*
 * One operation of mbedTLS's, so many times: what a handshake or bulk data is
 * made of. For counting instructions of a build of the library from outside
 * (tools/bench/tls-config): the count for many less the count for few is that
 * of the operation alone. By itself it prints the operation's CPU time and the
 * most that it took of the heap.
 *
 * usage: tls_config OPERATION TIMES [KEY SIGNATURE MESSAGE]
 */
#include <mbedtls/chachapoly.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/gcm.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <mbedtls/sha256.h>
#include <psa/crypto.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_MAX 4096
#define BULK	 16384 /* bytes: a record */

static size_t used, most;

union header {
	size_t size;
	max_align_t align;
};

static void *
counted_calloc(size_t count, size_t each)
{
	union header *h = calloc(1, sizeof(*h) + count * each);

	if (h == NULL)
		return NULL;
	h->size = count * each;
	used += h->size;
	if (used > most)
		most = used;
	return h + 1;
}

static void
counted_free(void *p)
{
	union header *h;

	if (p == NULL)
		return;
	h = (union header *)p - 1;
	used -= h->size;
	free(h);
}

static void
must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "tls_config: %s\n", what);
	exit(1);
}

/* Numbers that are the same in each run: so is the count. */
static int
no_random(void *arg, unsigned char *out, size_t n)
{
	static unsigned char next = 1;

	(void)arg;
	for (size_t i = 0; i < n; i++)
		out[i] = next = (unsigned char)(next * 73 + 41);
	return 0;
}

static size_t
file_read(const char *path, unsigned char *out)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	must(f != NULL, "no such file");
	n = fread(out, 1, FILE_MAX, f);
	(void)fclose(f);
	return n;
}

/* A signature over SHA-256, as in CertificateVerify. */

static mbedtls_pk_context pk;
static unsigned char signature[FILE_MAX], hash[32];
static size_t nsignature;

static void
verify_prepare(char **files)
{
	unsigned char bytes[FILE_MAX];
	size_t n = file_read(files[0], bytes);

	mbedtls_pk_init(&pk);
	must(mbedtls_pk_parse_public_key(&pk, bytes, n) == 0, "no key");
	nsignature = file_read(files[1], signature);
	n = file_read(files[2], bytes);
	(void)mbedtls_sha256(bytes, n, hash, 0);
}

static void
verify(void)
{
	must(mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, hash, sizeof(hash),
		 signature, nsignature) == 0,
	    "the signature is wrong");
}

/* The server's keys: of P-256 twice the generator, of X25519 a number. */
static const unsigned char p256_theirs[65] = { 0x04, 0x7c, 0xf2, 0x7b, 0x18,
	0x8d, 0x03, 0x4f, 0x7e, 0x8a, 0x52, 0x38, 0x03, 0x04, 0xb5, 0x1a, 0xc3,
	0xc0, 0x89, 0x69, 0xe2, 0x77, 0xf2, 0x1b, 0x35, 0xa6, 0x0b, 0x48, 0xfc,
	0x47, 0x66, 0x99, 0x78, 0x07, 0x77, 0x55, 0x10, 0xdb, 0x8e, 0xd0, 0x40,
	0x29, 0x3d, 0x9a, 0xc6, 0x9f, 0x74, 0x30, 0xdb, 0xba, 0x7d, 0xad, 0xe6,
	0x3c, 0xe9, 0x82, 0x29, 0x9e, 0x04, 0xb7, 0x9d, 0x22, 0x78, 0x73,
	0xd1 };
static const unsigned char x25519_theirs[32] = { 4 };

/* A key exchange as the library does it in TLS 1.2. */
static void
exchange_12(unsigned char group, const unsigned char *theirs, size_t n)
{
	mbedtls_ecdh_context client;
	unsigned char bytes[256] = { MBEDTLS_ECP_TLS_NAMED_CURVE, 0, group,
		(unsigned char)n };
	const unsigned char *at = bytes;

	memcpy(bytes + 4, theirs, n);
	mbedtls_ecdh_init(&client);
	must(mbedtls_ecdh_read_params(&client, &at, bytes + 4 + n) == 0 &&
		mbedtls_ecdh_make_public(&client, &n, bytes, sizeof(bytes),
		    no_random, NULL) == 0 &&
		mbedtls_ecdh_calc_secret(&client, &n, bytes, sizeof(bytes),
		    no_random, NULL) == 0,
	    "no secret");
	mbedtls_ecdh_free(&client);
}

/* And in TLS 1.3: a key that was given in, so that it is the same each time. */
static void
exchange_13(psa_ecc_family_t family, size_t bits, const unsigned char *theirs,
    size_t ntheirs)
{
	psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;
	unsigned char ours[32], bytes[256];
	psa_key_id_t key;
	size_t n;

	(void)no_random(NULL, ours, sizeof(ours));
	ours[0] &= 0x7f;
	psa_set_key_usage_flags(&a, PSA_KEY_USAGE_DERIVE);
	psa_set_key_algorithm(&a, PSA_ALG_ECDH);
	psa_set_key_type(&a, PSA_KEY_TYPE_ECC_KEY_PAIR(family));
	psa_set_key_bits(&a, bits);
	must(psa_import_key(&a, ours, sizeof(ours), &key) == PSA_SUCCESS &&
		psa_export_public_key(key, bytes, sizeof(bytes), &n) ==
		    PSA_SUCCESS &&
		psa_raw_key_agreement(PSA_ALG_ECDH, key, theirs, ntheirs, bytes,
		    sizeof(bytes), &n) == PSA_SUCCESS,
	    "no secret");
	(void)psa_destroy_key(key);
}

static void
x25519_12(void)
{
	exchange_12(MBEDTLS_ECP_TLS_CURVE25519, x25519_theirs,
	    sizeof(x25519_theirs));
}

static void
x25519_13(void)
{
	exchange_13(PSA_ECC_FAMILY_MONTGOMERY, 255, x25519_theirs,
	    sizeof(x25519_theirs));
}

static void
p256_12(void)
{
	exchange_12(23, p256_theirs, sizeof(p256_theirs));
}

static void
p256_13(void)
{
	exchange_13(PSA_ECC_FAMILY_SECP_R1, 256, p256_theirs,
	    sizeof(p256_theirs));
}

/* Bulk data, one record. */

static unsigned char bulk[BULK], tag[16];
static const unsigned char key_bytes[32] = { 7 }, nonce[12] = { 9 };

static void
gcm(unsigned bits)
{
	static mbedtls_gcm_context context;
	static bool ready;

	if (!ready) {
		mbedtls_gcm_init(&context);
		must(mbedtls_gcm_setkey(&context, MBEDTLS_CIPHER_ID_AES,
			 key_bytes, bits) == 0,
		    "no key");
		ready = true;
	}
	must(mbedtls_gcm_crypt_and_tag(&context, MBEDTLS_GCM_ENCRYPT, BULK,
		 nonce, sizeof(nonce), nonce, 5, bulk, bulk, sizeof(tag),
		 tag) == 0,
	    "no GCM");
}

static void
gcm_128(void)
{
	gcm(128);
}

static void
gcm_256(void)
{
	gcm(256);
}

static void
chacha(void)
{
	static mbedtls_chachapoly_context context;
	static bool ready;

	if (!ready) {
		mbedtls_chachapoly_init(&context);
		must(mbedtls_chachapoly_setkey(&context, key_bytes) == 0,
		    "no key");
		ready = true;
	}
	must(mbedtls_chachapoly_encrypt_and_tag(&context, BULK, nonce, nonce, 5,
		 bulk, bulk, tag) == 0,
	    "no ChaCha20-Poly1305");
}

static void
sha256(void)
{
	must(mbedtls_sha256(bulk, BULK, hash, 0) == 0, "no SHA-256");
}

static const struct {
	const char *name;
	void (*run)(void);
	bool files;
} operations[] = {
	{ "verify", verify, true },
	{ "x25519-1.2", x25519_12, false },
	{ "x25519-1.3", x25519_13, false },
	{ "p256-1.2", p256_12, false },
	{ "p256-1.3", p256_13, false },
	{ "aes128-gcm", gcm_128, false },
	{ "aes256-gcm", gcm_256, false },
	{ "chacha20-poly1305", chacha, false },
	{ "sha256", sha256, false },
};

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int
main(int argc, char **argv)
{
	unsigned long times = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	size_t before;
	double begin;

	(void)mbedtls_platform_set_calloc_free(counted_calloc, counted_free);
	must(psa_crypto_init() == PSA_SUCCESS, "no PSA");
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		if (argc < 3 || strcmp(argv[1], operations[i].name) != 0)
			continue;
		if (operations[i].files) {
			must(argc == 6, "which files?");
			verify_prepare(argv + 3);
		}
		before = used;
		most = used;
		begin = cpu_us();
		for (unsigned long t = 0; t < times; t++)
			operations[i].run();
		(void)printf("%.2f %zu\n",
		    times > 0 ? (cpu_us() - begin) / (double)times : 0.0,
		    most - before);
		return 0;
	}
	must(false, "which operation?");
	return 1;
}
