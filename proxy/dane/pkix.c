#include "dane/pkix.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/sha256.h>

#include "dane/outline.h"
#include "dane/path.h"
#include "dane/pem.h"
#include "dane/store.h"

/* Moves what can be an authority together, and forgets the rest; how many
 * bytes that is. */
static size_t
keep_certificates(struct pkix_store *store, const struct span *ders, size_t n)
{
	uint8_t *at = store->memory;

	for (size_t i = 0; i < n; i++) {
		struct authority *a = &store->authorities[store->n];
		struct outline parts;
		size_t len = ders[i].n;

		memmove(at, ders[i].p, len);
		a->der = span_of(at, len);
		if (len > DANE_CERT_MAX || outline_read(&parts, a->der) != 0)
			continue;
		a->subject = parts.subject;
		store->n++;
		at += len;
	}
	return (size_t)(at - store->memory);
}

static int
read_authorities(struct pkix_store *store, struct span *ders, struct span text)
{
	size_t n;
	size_t kept;
	int err = pem_read_chain(ders, &n, PKIX_AUTHORITIES_MAX + 1, text,
	    store->memory);

	if (err != 0)
		return err;
	if (n > PKIX_AUTHORITIES_MAX)
		return DG_ELIMIT;
	store->authorities = calloc(n, sizeof(store->authorities[0]));
	if (store->authorities == NULL)
		return DG_ENOMEM;
	kept = keep_certificates(store, ders, n);
	if (mbedtls_sha256(store->memory, kept, store->digest, 0) != 0)
		return DG_ENOMEM;
	store->bytes = sizeof(*store) + text.n + 1 +
	    n * sizeof(store->authorities[0]);
	return store->n > 0 ? 0 : DG_ENOTFOUND;
}

int
pkix_store_new(struct pkix_store **out, struct span text)
{
	struct pkix_store *store = calloc(1, sizeof(*store));
	struct span *ders = NULL;
	int err = DG_ENOMEM;

	if (store == NULL)
		return DG_ENOMEM;
	err = text.n > PKIX_FILE_MAX ? DG_ELIMIT : DG_ENOMEM;
	if (err == DG_ELIMIT)
		goto out;
	ders = calloc(PKIX_AUTHORITIES_MAX + 1, sizeof(*ders));
	/* DER takes three quarters of its PEM text. */
	store->memory = malloc(text.n + 1);
	if (ders == NULL || store->memory == NULL)
		goto out;
	err = read_authorities(store, ders, text);
out:
	free(ders);
	if (err == 0)
		*out = store;
	else
		pkix_store_free(store);
	return err;
}

void
pkix_store_free(struct pkix_store *store)
{
	if (store == NULL)
		return;
	free(store->authorities);
	free(store->memory);
	free(store);
}

size_t
pkix_store_count(const struct pkix_store *store)
{
	return store->n;
}

size_t
pkix_store_bytes(const struct pkix_store *store)
{
	return store->bytes;
}

const uint8_t *
pkix_store_digest(const struct pkix_store *store)
{
	return store->digest;
}

static void say(struct pkix_result *out, const char *format, ...)
    DG_PRINTF(2, 3);

static void
say(struct pkix_result *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(out->reason, sizeof(out->reason), format, ap);
	va_end(ap);
}

void
pkix_verify(struct pkix_result *out, const struct pkix_store *store,
    const struct dane_input *in)
{
	static const struct match_set nothing = { .n = 0 };
	struct path_result path;

	*out = (struct pkix_result){ .verified = false };
	if (store == NULL) {
		say(out, "no certificate authority is trusted");
		return;
	}
	if (in->nchain == 0 || in->chain[0].n == 0) {
		say(out, "the server presented no certificate");
		return;
	}
	path_find(&path, &nothing, store, in);
	if (path.found) {
		out->verified = true;
		out->depth = path.depth;
		say(out, "trusted authority at depth %u", path.depth);
	} else if (path.fault != NULL) {
		say(out, "%s %s", path.subject, path.fault);
	} else {
		say(out, "no trusted certificate authority issued the chain");
	}
}
