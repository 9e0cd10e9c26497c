/*
 * Inside of tls/ only: what the server says in clear while a handshake begins,
 * looked at as it passes to the library, which tells neither the group of the
 * key exchange nor whether the master secret is an extended one (RFC 7627).
 *
 * An observer: it changes nothing and refuses nothing. What it has seen is sure
 * only once the handshake is done, for that covers every byte of it (RFC 8446
 * 4.4.4, RFC 5246 7.4.9). Bounded: of a message longer than HELLO_MAX nothing
 * is known.
 */
#ifndef DG_TLS_HELLO_H
#define DG_TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELLO_MAX 512

struct hello {
	/* what was seen */
	uint16_t group; /* by IANA's number; 0: none, or none that we offer */
	bool extended;	/* ServerHello has extended_master_secret */

	/* where it stands in the stream; all zero to begin with */
	bool over;	   /* no more is said in clear */
	bool retry;	   /* another ServerHello comes */
	uint8_t header[5]; /* of the record, as far as it has come */
	uint8_t nheader;
	uint16_t left;		    /* of the record's body */
	size_t n;		    /* of the message, as far as it has come */
	uint8_t message[HELLO_MAX]; /* its beginning, header first */
};

void hello_read(struct hello *h, const uint8_t *p, size_t n);

/* "x25519", "secp256r1", ...: IANA's names; "none". */
const char *hello_group_text(uint16_t group);

#endif
