/*
 * Inside of dane/ only: what a pkix_store holds, for the search of a path.
 */
#ifndef DG_DANE_STORE_H
#define DG_DANE_STORE_H

#include "dane/pkix.h"

struct authority {
	struct span der;
	struct span subject; /* Name, inside of der */
};

struct pkix_store {
	struct authority *authorities;
	size_t n;
	uint8_t *memory; /* what they point to */
	size_t bytes;	 /* all of it together */
	uint8_t digest[PKIX_DIGEST_SIZE];
};

#endif
