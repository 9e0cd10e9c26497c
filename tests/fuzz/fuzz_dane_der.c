/* rooms: dane base */
/*
 * The walk over a certificate that need not be one, and what reads its parts.
 * Parts must lie inside the bytes and in their order; the key must be the same
 * to both ways of finding it, and the one that mbedTLS finds where it can.
 */
#include <stdlib.h>

#include "dane/cert.h"
#include "dane/constraints.h"
#include "dane/dn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
check_order(const struct outline *o, struct span der)
{
	const struct span parts[] = { o->first, o->inner, o->issuer,
		o->validity, o->subject, o->key, o->last, o->algorithm,
		o->signature };
	const uint8_t *at = der.p;

	for (size_t i = 0; i < DG_ARRAY_LEN(parts); i++) {
		if (parts[i].n == 0)
			continue;
		require(parts[i].p >= at);
		at = parts[i].p + parts[i].n;
	}
	require(at == der.p + der.n);
	require(o->body.p + o->body.n == o->algorithm.p);
}

static void
check_names(struct span name)
{
	struct span rest, value;

	require(!dn_equal(name, name) || dn_is_within(name, name));
	if (dn_open(&rest, name) == 0)
		while (dn_next_value(&value, &rest,
			   span_text(DN_COMMON_NAME)) == 0)
			require(value.p >= name.p &&
			    value.p + value.n <= name.p + name.n);
}

static void
check_cert(struct span der)
{
	unsigned budget = 64;
	struct cert c;

	if (cert_parse(&c, der) < 0)
		return;
	if (c.copy == NULL)
		require(span_equal(c.parts.key,
		    span_of(c.crt.pk_raw.p, c.crt.pk_raw.len)));
	(void)cert_is_self_issued(&c);
	(void)cert_signature_fault(&c, &c.key);
	(void)constraints_fault(&c, &c, true, &budget);
	require(budget <= 64);
	cert_clear(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span der = span_of(data, size);
	struct span key;
	struct outline o;

	if (outline_read(&o, der) == 0) {
		check_order(&o, der);
		require(
		    outline_find_key(&key, der) == 0 && span_equal(key, o.key));
		check_names(o.issuer);
		check_names(o.subject);
	}
	check_cert(der);
	return 0;
}
