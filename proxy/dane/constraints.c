#include "dane/constraints.h"

#include <string.h>

#include "dane/der.h"
#include "dane/dn.h"

/* GeneralSubtrees of both kinds, and the fields of one GeneralSubtree. */
#define TAG_PERMITTED 0xa0
#define TAG_EXCLUDED  0xa1
#define TAG_MINIMUM   0x80

/* Forms of a GeneralName. */
#define TAG_MAIL      0x81
#define TAG_DNS	      0x82
#define TAG_DIRECTORY 0xa4
#define TAG_ADDRESS   0x87

#define ADDRESS_LEN_MAX 16

/* A name as a certificate has it. */
struct presented {
	uint8_t tag;
	struct span value;
};

static bool
equal_nocase(struct span a, struct span b)
{
	for (size_t i = 0; a.n == b.n && i < a.n; i++) {
		uint8_t x = a.p[i], y = b.p[i];

		if (x != y &&
		    ((x ^ y) != 0x20 || (x | 0x20) < 'a' || (x | 0x20) > 'z'))
			return false;
	}
	return a.n == b.n;
}

static struct span
without_final_dot(struct span name)
{
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

/* base itself, or labels put before it; ".base" wants some. */
static bool
dns_is_within(struct span name, struct span base)
{
	size_t more;

	if (base.n == 0)
		return true;
	if (name.n < base.n)
		return false;
	more = name.n - base.n;
	if (more > 0 && base.p[0] != '.' && name.p[more - 1] != '.')
		return false;
	return equal_nocase(span_slice(name, more, name.n), base);
}

/* "*.zone" also stands for base, a name directly below zone. */
static bool
wildcard_covers(struct span name, struct span base)
{
	if (name.n < 3 || name.p[0] != '*' || name.p[1] != '.')
		return false;
	base = span_slice(base, span_find(base, '.', 0), base.n);
	return equal_nocase(span_slice(name, 1, name.n), base);
}

static bool
dns_match(struct span name, struct span base, bool excluded)
{
	name = without_final_dot(name);
	base = without_final_dot(base);
	return dns_is_within(name, base) ||
	    (excluded && wildcard_covers(name, base));
}

/* The base is address and mask. */
static bool
address_match(struct span name, struct span base)
{
	if (name.n > ADDRESS_LEN_MAX || base.n != 2 * name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (((name.p[i] ^ base.p[i]) & base.p[name.n + i]) != 0)
			return false;
	return true;
}

/* The base is a mailbox, a host, or with a leading dot all below one. */
static bool
mail_match(struct span name, struct span base)
{
	size_t at = span_find(name, '@', 0);
	size_t base_at = span_find(base, '@', 0);
	struct span host = span_slice(name, at + 1, name.n);

	if (base.n == 0)
		return true;
	if (at == name.n)
		return false;
	if (base_at < base.n)
		return span_equal(span_slice(name, 0, at),
			   span_slice(base, 0, base_at)) &&
		    equal_nocase(host, span_slice(base, base_at + 1, base.n));
	return base.p[0] == '.' ? dns_is_within(host, base)
				: equal_nocase(host, base);
}

/* DG_EUNSUPPORTED for forms that are not done here. */
static int
name_match(bool *match, const struct presented *name, struct span base,
    bool excluded)
{
	switch (name->tag) {
	case TAG_DNS:
		*match = dns_match(name->value, base, excluded);
		return 0;
	case TAG_MAIL:
		*match = mail_match(name->value, base);
		return 0;
	case TAG_DIRECTORY:
		*match = dn_is_within(name->value, base);
		return 0;
	case TAG_ADDRESS:
		*match = address_match(name->value, base);
		return 0;
	default:
		return DG_EUNSUPPORTED;
	}
}

/* Cuts the next subtree off *list: the form and the value of its base. */
static int
next_subtree(struct presented *base, struct span *list)
{
	struct span fields;
	struct der e;
	int err;

	if ((err = der_expect(&e, list, DER_SEQUENCE)) < 0)
		return err;
	fields = e.contents;
	if ((err = der_next(&e, &fields)) < 0)
		return err;
	base->tag = e.tag;
	base->value = e.contents;
	/* RFC 5280: the minimum is 0, and there is no maximum. */
	if (fields.n == 0)
		return 0;
	if ((err = der_expect(&e, &fields, TAG_MINIMUM)) < 0)
		return err;
	return fields.n == 0 && e.contents.n == 1 && e.contents.p[0] == 0
	    ? 0
	    : DG_ESYNTAX;
}

static const char *
list_fault(struct span list, bool excluded, const struct presented *name,
    unsigned *budget)
{
	static const char forbidden[] = "forbids the names below it";
	bool constrained = false;
	struct presented base;
	bool match;

	while (list.n > 0) {
		if (*budget == 0)
			return "has too many name constraints";
		--*budget;
		if (next_subtree(&base, &list) < 0)
			return "has malformed name constraints";
		if (base.tag != name->tag)
			continue;
		if (name_match(&match, name, base.value, excluded) < 0)
			return "has name constraints of an unsupported kind";
		if (match)
			return excluded ? forbidden : NULL;
		constrained = true;
	}
	return constrained && !excluded ? forbidden : NULL;
}

/* Both lists of an authority. */
struct lists {
	struct span permitted, excluded;
	unsigned budget; /* comparisons left */
};

static int
read_lists(struct lists *out, struct span value)
{
	struct span rest;
	struct der e;
	int err;

	out->permitted = out->excluded = span_of(NULL, 0);
	if ((err = der_open(&rest, value, DER_SEQUENCE)) < 0)
		return err;
	if (rest.n > 0 && rest.p[0] == TAG_PERMITTED) {
		if ((err = der_next(&e, &rest)) < 0)
			return err;
		out->permitted = e.contents;
	}
	if (rest.n > 0) {
		if ((err = der_expect(&e, &rest, TAG_EXCLUDED)) < 0)
			return err;
		out->excluded = e.contents;
	}
	return rest.n > 0 ? DG_ESYNTAX : 0;
}

static const char *
name_fault(struct lists *l, uint8_t tag, struct span value)
{
	const struct presented name = { tag, value };
	const char *fault = list_fault(l->permitted, false, &name, &l->budget);

	if (fault == NULL)
		fault = list_fault(l->excluded, true, &name, &l->budget);
	return fault;
}

/* A common name that could be taken for a DNS name (RFC 6125 6.4.4). */
static const char *
common_name_fault(struct lists *l, struct span value)
{
	struct span text = value;
	struct name name;

	if (text.n > 2 && text.p[0] == '*' && text.p[1] == '.')
		text = span_slice(text, 2, text.n);
	if (name_parse(&name, text) < 0 || name_labels(&name) < 2)
		return NULL;
	return name_fault(l, TAG_DNS, value);
}

static const char *
subject_fault(struct lists *l, const struct cert *below, bool use_cn)
{
	const char *fault = NULL;
	struct span rest, value;

	if (dn_is_empty(below->parts.subject))
		return NULL;
	fault = name_fault(l, TAG_DIRECTORY, below->parts.subject);
	if (fault == NULL && dn_open(&rest, below->parts.subject) == 0)
		while (fault == NULL &&
		    dn_next_value(&value, &rest, span_text(DN_EMAIL_ADDRESS)) ==
			0)
			fault = name_fault(l, TAG_MAIL, value);
	if (fault == NULL && use_cn &&
	    dn_open(&rest, below->parts.subject) == 0)
		while (fault == NULL &&
		    dn_next_value(&value, &rest, span_text(DN_COMMON_NAME)) ==
			0)
			fault = common_name_fault(l, value);
	return fault;
}

/* The names that the extension for them holds. */
static const char *
alternative_fault(struct lists *l, const struct cert *below, bool *has_dns_name)
{
	const mbedtls_x509_sequence *item;
	const char *fault;

	for (item = &below->crt.subject_alt_names;
	     item != NULL && item->buf.p != NULL; item = item->next) {
		if (item->buf.tag == TAG_DNS)
			*has_dns_name = true;
		fault = name_fault(l, (uint8_t)item->buf.tag,
		    span_of(item->buf.p, item->buf.len));
		if (fault != NULL)
			return fault;
	}
	return NULL;
}

const char *
constraints_fault(const struct cert *authority, const struct cert *below,
    bool leaf, unsigned *budget)
{
	struct lists l = { .budget = *budget };
	const char *fault;
	bool has_dns_name = false;

	if (!authority->constrained)
		return NULL;
	if (read_lists(&l, authority->constraints) < 0)
		return "has malformed name constraints";
	fault = alternative_fault(&l, below, &has_dns_name);
	if (fault == NULL)
		fault = subject_fault(&l, below, leaf && !has_dns_name);
	*budget = l.budget;
	return fault;
}
