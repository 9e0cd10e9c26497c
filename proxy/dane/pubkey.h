/*
 * Inside of dane/ only: public keys, and whether one of them has made a
 * signature. mbedTLS does RSA and the NIST curves; what it lacks is here:
 * Ed25519 (RFC 8410), and RSA keys that are for PSS alone (RFC 4055 1.2).
 */
#ifndef DG_DANE_PUBKEY_H
#define DG_DANE_PUBKEY_H

#include <mbedtls/pk.h>

#include "dane/der.h"

enum pubkey_kind {
	PUBKEY_UNKNOWN = 0,
	PUBKEY_LIBRARY, /* RSA for any use, or ECDSA on a named curve */
	PUBKEY_RSA_PSS,
	PUBKEY_ED25519,
};

/* A SubjectPublicKeyInfo in its parts (RFC 5280 4.1.2.7). */
struct pubkey_parts {
	struct span oid;
	struct span parameters; /* may be empty */
	struct der bits;
};

DG_MUSTCHECK int pubkey_read_parts(struct pubkey_parts *out, struct span spki);

#define ED25519_KEY_LEN	      32
#define ED25519_SIGNATURE_LEN 64

struct pubkey {
	enum pubkey_kind kind;
	bool unnamed_curve;    /* which RFC 5480 2.1.1 forbids */
	mbedtls_pk_context pk; /* unless unknown or Ed25519 */
	uint8_t ed25519[ED25519_KEY_LEN];
};

/*
 * Reads a SubjectPublicKeyInfo; a key that nobody here can use is PUBKEY_UNKNOWN
 * and no error. DG_ESYNTAX: it is no such thing at all; k needs no pubkey_clear()
 * then.
 */
DG_MUSTCHECK int pubkey_parse(struct pubkey *k, struct span spki);
void pubkey_clear(struct pubkey *k);

/* Its own weakness, in words; NULL is none. An unknown kind is no weakness. */
const char *pubkey_fault(const struct pubkey *k);

/* The AlgorithmIdentifier is that of Ed25519. */
bool pubkey_is_ed25519_algorithm(struct span algorithm);

/* A signature, as the library's parser describes its algorithm. */
struct pubkey_signature {
	bool ed25519; /* then the three below mean nothing */
	mbedtls_pk_type_t pk;
	mbedtls_md_type_t md;
	const void *options; /* of PSS */
	struct span message;
	struct span value; /* without the BIT STRING's header */
};

/* What is wrong with the signature under this key; NULL: it is right. */
const char *pubkey_signature_fault(struct pubkey *k,
    const struct pubkey_signature *s);

#endif
