#include "tls/suites.h"

#include <string.h>

#include <mbedtls/ssl.h>
#if defined(__aarch64__)
#	include <sys/auxv.h>
#endif

#include "tls/grade.h"

bool
suites_aes_is_quick(void)
{
#if defined(__aarch64__)
	return (getauxval(AT_HWCAP) & (1UL << 3)) != 0; /* HWCAP_AES */
#else
	/* On x86 AES-128-GCM, the library's, takes four times as long as
	 * libsodium's ChaCha20-Poly1305; ARMv7 has none. Both measured
	 * (docs/performance.md). */
	return false;
#endif
}

static bool
has(const char *name, const char *part)
{
	return strstr(name, part) != NULL;
}

/* Of two of one grade the lower goes first. */
static unsigned
rank(int suite, bool aes)
{
	const char *name = mbedtls_ssl_get_ciphersuite_name(suite);
	unsigned cipher = 3;

	if (has(name, "CHACHA20"))
		cipher = aes ? 2 : 0;
	else if (has(name, "GCM"))
		cipher = 1;
	/* Forward secrecy first, the cheap kind before the other; of AES the
	 * shorter key, which is quicker. */
	if (has(name, "TLS-RSA-"))
		cipher += 8;
	else if (has(name, "-DHE-"))
		cipher += 4;
	return 2 * cipher + (has(name, "256-") ? 1 : 0);
}

static bool
before(int a, int b, bool aes)
{
	enum tls_grade first = tls_grade_suite((uint16_t)a);
	enum tls_grade second = tls_grade_suite((uint16_t)b);

	if (first != second)
		return first > second;
	return rank(a, aes) < rank(b, aes);
}

void
suites_list(int list[SUITES_MAX], enum tls_grade minimum, bool aes)
{
	const int *all = mbedtls_ssl_list_ciphersuites();
	size_t n = 0;

	for (; *all != 0 && n + 1 < SUITES_MAX; all++) {
		size_t at = n;

		if (minimum > TLS_GRADE_PHASE_OUT &&
		    tls_grade_suite((uint16_t)*all) < minimum)
			continue;
		for (; at > 0 && before(*all, list[at - 1], aes); at--)
			list[at] = list[at - 1];
		list[at] = *all;
		n++;
	}
	list[n] = 0;
}
