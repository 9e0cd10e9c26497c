#include "tls/suites.h"

#include <string.h>

#include <mbedtls/ssl.h>
#if defined(__aarch64__)
#	include <sys/auxv.h>
#endif

#include "aes256gcm.h"
#include "tls/grade.h"

enum suites_aes
suites_aes_here(void)
{
#if defined(__aarch64__)
	return (getauxval(AT_HWCAP) & (1UL << 3)) != 0 /* HWCAP_AES */
	    ? SUITES_AES_ALL
	    : SUITES_AES_SLOW;
#else
	return aes256gcm_is_available() ? SUITES_AES_256 : SUITES_AES_SLOW;
#endif
}

static bool
has(const char *name, const char *part)
{
	return strstr(name, part) != NULL;
}

/* The quicker, the lower; what is in no column comes last. */
static unsigned
slowness(const char *name, enum suites_aes aes)
{
	static const struct {
		unsigned chacha, gcm_256, gcm_128;
	} of[] = {
		[SUITES_AES_SLOW] = { 0, 1, 1 },
		[SUITES_AES_256] = { 1, 0, 2 },
		[SUITES_AES_ALL] = { 2, 1, 1 },
	};

	if (has(name, "CHACHA20"))
		return of[aes].chacha;
	if (has(name, "256-GCM"))
		return of[aes].gcm_256;
	return has(name, "GCM") ? of[aes].gcm_128 : 3;
}

/* Of two of one grade the lower goes first. */
static unsigned
rank(int suite, enum suites_aes aes)
{
	const char *name = mbedtls_ssl_get_ciphersuite_name(suite);
	unsigned cipher = slowness(name, aes);

	/* Forward secrecy first, the cheap kind before the other; of AES the
	 * shorter key, which is quicker. */
	if (has(name, "TLS-RSA-"))
		cipher += 8;
	else if (has(name, "-DHE-"))
		cipher += 4;
	return 2 * cipher + (has(name, "256-") ? 1 : 0);
}

static bool
before(int a, int b, enum suites_aes aes)
{
	enum tls_grade first = tls_grade_suite((uint16_t)a);
	enum tls_grade second = tls_grade_suite((uint16_t)b);

	if (first != second)
		return first > second;
	return rank(a, aes) < rank(b, aes);
}

void
suites_list(int list[SUITES_MAX], enum tls_grade minimum, enum suites_aes aes)
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
