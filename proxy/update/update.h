/*
 * The update file of the router image: a header that is signed, then the kernel
 * and the root whose digests it holds. Pure: bytes in, what they say out; knows
 * nothing of flash, slots or where a file comes from.
 *
 * The header is text, so that a shell can make it (firmware/build/update):
 *
 *     danegate-update 1
 *     board virt
 *     version 1.4 of 2026-11-25
 *     number 1764061200
 *     minimum 0
 *     kernel 2931712 SHA256
 *     root 3248128 SHA256
 *
 * each line ended by a line feed, then zeros up to 448 bytes, then the Ed25519
 * signature (RFC 8032) of these 448 bytes. Digests are 64 hexadecimal digits.
 */
#ifndef DG_UPDATE_UPDATE_H
#define DG_UPDATE_UPDATE_H

#include <stdio.h>

#include "base/err.h"
#include "base/span.h"

#define UPDATE_HEADER	  512
#define UPDATE_SIGNED	  448
#define UPDATE_TEXT_MAX	  48 /* board or version, with NUL */
#define UPDATE_KEY	  32
#define UPDATE_DIGEST	  32
#define UPDATE_KERNEL_MAX (6U << 20)
#define UPDATE_ROOT_MAX	  (10U << 20)

struct update_part {
	uint64_t size; /* bytes; at least one */
	uint8_t sha256[UPDATE_DIGEST];
};

struct update {
	char board[UPDATE_TEXT_MAX];   /* letters, digits, - */
	char version[UPDATE_TEXT_MAX]; /* printable */
	uint64_t number;	       /* later systems have larger ones */
	uint64_t minimum; /* once it is kept, none below this number */
	struct update_part kernel, root;
};

/*
 * Takes a header whose signature is the key's. DG_EPROTO: it is not;
 * DG_ESYNTAX: signed, but not by these rules.
 */
DG_MUSTCHECK int update_parse(struct update *out,
    const uint8_t header[UPDATE_HEADER], const uint8_t key[UPDATE_KEY]);

/* Why it is not for this board, or this board's lowest number; NULL: it is. */
const char *update_unfit(const struct update *u, const char *board,
    uint64_t minimum);

#endif
