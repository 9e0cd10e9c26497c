#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void
random_bytes(void *p, size_t n)
{
	uint8_t *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			abort();
		}
		at += (size_t)got;
		n -= (size_t)got;
	}
}

uint16_t
random_u16(void)
{
	uint16_t v;

	random_bytes(&v, sizeof(v));
	return v;
}

uint32_t
random_below(uint32_t limit)
{
	/* Values past the last whole multiple of limit would favour small
	 * results. */
	uint32_t usable = UINT32_MAX - UINT32_MAX % limit;
	uint32_t v;

	do {
		random_bytes(&v, sizeof(v));
	} while (v >= usable);
	return v % limit;
}
