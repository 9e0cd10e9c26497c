#include "tls/context.h"

#include <stdlib.h>

#include <psa/crypto.h>

#include "base/clock.h"
#include "base/random.h"
#include "tls/grade.h"
#include "tls/memory.h"
#include "tls/tls.h"
#include "tls/words.h"

#define CIPHER_TEXT_MAX 64

/* The tickets' part of all memory of TLS. */
#define TICKETS_SHARE 16

/* In order of preference; the first is what ClientHello brings a key for, and
 * X25519 is by far the cheapest on a small processor. */
static const uint16_t groups[] = {
	MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

static int
context_random(void *arg, unsigned char *out, size_t n)
{
	(void)arg;
	random_bytes(out, n);
	return 0;
}

/*
 * The library keeps the table of its key slots for good once it has needed one.
 * Needed here, it is not booked on the first connection.
 */
static int
context_warm_up(void)
{
	static const uint8_t some[16] = { 0 };
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t key;

	if (psa_crypto_init() != PSA_SUCCESS)
		return DG_EIO;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_RAW_DATA);
	if (psa_import_key(&attributes, some, sizeof(some), &key) !=
		PSA_SUCCESS ||
	    psa_destroy_key(key) != PSA_SUCCESS)
		return DG_ENOMEM;
	return 0;
}

int
tls_context_new(struct tls_context **out, size_t memory_limit)
{
	struct tls_context *t;
	mbedtls_ssl_config *config;
	int err = context_warm_up();

	if (err < 0)
		return err;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return DG_ENOMEM;
	config = &t->config;
	mbedtls_ssl_config_init(config);
	if (mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
		MBEDTLS_SSL_TRANSPORT_STREAM,
		MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
		tls_context_free(t);
		return DG_ENOMEM;
	}
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
	/* Who the server must be is judged after the handshake, by DANE. The
	 * handshake still proves possession of the leaf's key. */
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
	mbedtls_ssl_conf_rng(config, context_random, NULL);
	mbedtls_ssl_conf_groups(config, groups);
	mbedtls_ssl_conf_session_tickets(config,
	    MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
	mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(config,
	    MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
	/* Resumed or not, each session has keys of its own: what was recorded
	 * cannot be read by whoever gets the ticket's secrets later. */
	mbedtls_ssl_conf_tls13_key_exchange_modes(config,
	    MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ALL);
	t->aes = suites_aes_here();
	tls_context_set_minimum(t, TLS_GRADE_PHASE_OUT);
	t->resumption = true;
	t->tickets.budget.name = "tls-tickets";
	t->tickets.budget.limit = memory_limit / TICKETS_SHARE;
	tls_memory_budget()->limit = memory_limit - t->tickets.budget.limit;
	*out = t;
	return 0;
}

void
tls_context_free(struct tls_context *t)
{
	if (t == NULL)
		return;
	tickets_clear(&t->tickets);
	mbedtls_ssl_config_free(&t->config);
	free(t);
}

void
tls_context_set_minimum(struct tls_context *t, enum tls_grade minimum)
{
	int *list = t->config.MBEDTLS_PRIVATE(ciphersuite_list) == t->suites[0]
	    ? t->suites[1]
	    : t->suites[0];

	if (minimum == t->minimum)
		return;
	t->minimum = minimum;
	suites_list(list, minimum, t->aes);
	mbedtls_ssl_conf_ciphersuites(&t->config, list);
	mbedtls_ssl_conf_min_tls_version(&t->config,
	    minimum == TLS_GRADE_GOOD ? MBEDTLS_SSL_VERSION_TLS1_3
				      : MBEDTLS_SSL_VERSION_TLS1_2);
	/* A session that is taken up keeps its version and suite. */
	tickets_clear(&t->tickets);
}

void
tls_context_set_resumption(struct tls_context *t, bool on)
{
	t->resumption = on;
	if (!on)
		tickets_clear(&t->tickets);
}

void
tls_context_counts(const struct tls_context *t, struct tls_counts *out)
{
	*out = t->counts;
	out->tickets = t->tickets.n;
}

static bool
tell_kept(const struct ticket *ticket, uint64_t now, tls_kept_cb *cb, void *arg)
{
	const struct tls_properties *p = &ticket->properties;
	const char *name = mbedtls_ssl_get_ciphersuite_name(p->suite);
	char cipher[CIPHER_TEXT_MAX] = "";
	struct tls_kept kept = {
		.version = p->version == TLS_VERSION_1_3 ? "TLSv1.3"
							 : "TLSv1.2",
		.cipher = cipher,
		.grade = tls_grade_of(p),
		.age = (now - ticket->born) / 1000,
		.left = ticket->expires > now ? (ticket->expires - now) / 1000
					      : 0,
		.bytes = ticket_size(ticket),
	};

	if (name != NULL)
		tls_cipher_text(cipher, sizeof(cipher), name);
	(void)ticket_chain(ticket, &kept.leaf, 1);
	return cb(arg, &kept);
}

void
tls_context_each_kept(const struct tls_context *t, size_t from, tls_kept_cb *cb,
    void *arg)
{
	uint64_t now = clock_monotonic_ms();
	size_t i = 0;

	for (const struct ticket *at = t->tickets.order.first; at != NULL;
	     at = at->link.next, i++)
		if (i >= from && !tell_kept(at, now, cb, arg))
			return;
}

const struct budget *
tls_context_tickets_budget(const struct tls_context *t)
{
	return &t->tickets.budget;
}

const struct budget *
tls_context_budget(const struct tls_context *t)
{
	(void)t;
	return tls_memory_budget();
}
