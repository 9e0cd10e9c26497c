#include <string.h>

#include <mbedtls/sha256.h>

#include "tls/tls.h"

/* Each part with its length before it, so that no two lists read the same. */
static int
add_part(mbedtls_sha256_context *hash, struct span part)
{
	uint8_t length[8];
	size_t n = part.n;
	int r;

	for (size_t i = sizeof(length); i-- > 0; n >>= 8)
		length[i] = (uint8_t)n;
	r = mbedtls_sha256_update(hash, length, sizeof(length));
	return r != 0 ? r : mbedtls_sha256_update(hash, part.p, part.n);
}

int
tls_binding_make(struct tls_binding *out, const struct span *parts, size_t n)
{
	mbedtls_sha256_context hash;
	uint8_t digest[sizeof(out->digest)];
	int r;

	mbedtls_sha256_init(&hash);
	r = mbedtls_sha256_starts(&hash, 0);
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_part(&hash, parts[i]);
	if (r == 0)
		r = mbedtls_sha256_finish(&hash, digest);
	mbedtls_sha256_free(&hash);
	if (r != 0)
		return DG_EIO;
	memcpy(out->digest, digest, sizeof(digest));
	return 0;
}
