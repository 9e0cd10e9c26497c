/*
 * Certificates for tests, made on the spot from a few words: who, by whom, with
 * which key, and what is odd about it.
 */
#ifndef DG_TEST_DANE_ISSUE_H
#define DG_TEST_DANE_ISSUE_H

#include "dane/dane.h"

enum test_key {
	KEY_LEAF = 0,
	KEY_INTER,
	KEY_ROOT,
	KEY_OTHER,
	KEY_RSA_768,
	KEY_RSA_1024,
	KEYS,
};

#define EXTENSIONS_MAX 4
#define CERT_ROOM      4096

/* A further extension, as dotted pairs are not worth their while: raw OID. */
struct test_extension {
	const char *oid; /* NULL: none; bytes without NUL */
	bool critical;
	const char *value; /* DER */
	size_t n;
};

/* All zero: a plain end entity of version 3 without names. */
struct test_spec {
	const char *subject; /* "CN=..." */
	const char *issuer;
	enum test_key key, issuer_key;
	int version;		    /* 0: 3 */
	const char *from, *to;	    /* NULL: 2025 and 2027 */
	bool constraints, ca;	    /* basicConstraints is there, and says */
	int path_limit;		    /* plus one; 0 is none */
	unsigned usage;		    /* 0: no extension */
	const char *dns[3];	    /* subjectAltName */
	const char *mail;	    /* the same, of another kind */
	const char *extended_usage; /* OID; NULL: no extension */
	bool sha1;
	struct test_extension extensions[EXTENSIONS_MAX];
};

#define NOW 1767225600 /* 2026-01-01 */

struct test_cert {
	uint8_t der[CERT_ROOM];
	size_t n;
};

void issue(struct test_cert *out, const struct test_spec *spec);
struct span issued(const struct test_cert *c);

/* The SubjectPublicKeyInfo of a key, not taken from any certificate. */
size_t key_spki(uint8_t *out, size_t size, enum test_key key);

/*
 * The record of this kind that fits a certificate with this key; data needs
 * CERT_ROOM bytes.
 */
struct tlsa record_of(uint8_t usage, uint8_t selector, uint8_t matching,
    struct span cert, enum test_key key, uint8_t *data);

void keys_free(void);

#endif
