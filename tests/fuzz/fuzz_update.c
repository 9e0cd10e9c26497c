/* rooms: update */
/* link: -Wl,--wrap=ed25519_verify */
/*
 * The header of an update file, as if every signature were good: what is taken
 * is inside the bounds that are promised.
 */
#include <stdlib.h>
#include <string.h>

#include "update/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_ed25519_verify(const uint8_t *sig, const uint8_t *msg, size_t n,
    const uint8_t *key);

int
__wrap_ed25519_verify(const uint8_t *sig, const uint8_t *msg, size_t n,
    const uint8_t *key)
{
	(void)sig;
	(void)msg;
	(void)n;
	(void)key;
	return 0;
}

static void
require(bool condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[UPDATE_KEY];
	uint8_t header[UPDATE_HEADER] = { 0 };
	struct update u;

	memcpy(header, data, size < sizeof(header) ? size : sizeof(header));
	if (update_parse(&u, header, key) != 0)
		return 0;
	require(memchr(u.board, '\0', sizeof(u.board)) != NULL);
	require(memchr(u.version, '\0', sizeof(u.version)) != NULL);
	require(u.minimum <= u.number);
	require(u.kernel.size > 0 && u.kernel.size <= UPDATE_KERNEL_MAX);
	require(u.root.size > 0 && u.root.size <= UPDATE_ROOT_MAX);
	return 0;
}
