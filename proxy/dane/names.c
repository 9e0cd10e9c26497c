#include "dane/names.h"

#include <string.h> /* for the library's macros */

#include <mbedtls/x509_crt.h>

#include "dane/dn.h"

#define TAG_DNS_NAME (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2)

/*
 * A wildcard is the whole left-most label, stands for exactly one label, and
 * not directly below a top-level domain (RFC 6125 6.4.3, RFC 7672 3.2.3;
 * OpenSSL wants the two labels as well).
 */
static bool
wildcard_match(struct span rest, const struct name *reference)
{
	struct name parent;

	name_parent(&parent, reference);
	return name_labels(&parent) >= 2 &&
	    span_equal_nocase(rest, parent.text);
}

bool
names_match(struct span presented, const struct name *reference)
{
	if (reference->len == 0)
		return false;
	if (presented.n > 0 && presented.p[presented.n - 1] == '.')
		presented.n--;
	if (presented.n > 2 && presented.p[0] == '*' && presented.p[1] == '.')
		return wildcard_match(span_slice(presented, 2, presented.n),
		    reference);
	return span_equal_nocase(presented, reference->text);
}

static bool
names_match_any(struct span presented, const struct name *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names_match(presented, &names[i]))
			return true;
	return false;
}

/* Any common name of the subject will do, as in OpenSSL. */
static bool
check_common_names(struct span subject, const struct name *names, size_t n)
{
	struct span rest, value;

	if (dn_open(&rest, subject) < 0)
		return false;
	while (dn_next_value(&value, &rest, span_text(DN_COMMON_NAME)) == 0)
		if (names_match_any(value, names, n))
			return true;
	return false;
}

bool
names_check(const struct mbedtls_x509_crt *crt, struct span subject,
    const struct name *names, size_t n)
{
	const mbedtls_x509_sequence *item = &crt->subject_alt_names;
	bool has_dns_name = false;

	for (; item != NULL; item = item->next) {
		if (item->buf.tag != TAG_DNS_NAME)
			continue;
		has_dns_name = true;
		if (names_match_any(span_of(item->buf.p, item->buf.len), names,
			n))
			return true;
	}
	/* RFC 6125 6.4.4: the common name is the last resort. */
	return !has_dns_name && check_common_names(subject, names, n);
}
