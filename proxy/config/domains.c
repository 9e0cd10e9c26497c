#include "config/domains.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS	   4096
#define ROOM_FIRST 8
#define ALLOCATOR  16 /* what it takes of its own for a piece, about */

_Static_assert(DOMAINS_MAX < UINT16_MAX, "a rule has a number in its bucket");

/* FNV-1a. Who asks for names that share a bucket gets no further than the rules
 * that an operator has put into it. */
static size_t
bucket_of(struct span domain, bool below)
{
	uint32_t h = 2166136261U ^ (below ? 1 : 0);

	for (size_t i = 0; i < domain.n; i++)
		h = (h ^ domain.p[i]) * 16777619U;
	return h % BUCKETS;
}

struct domain_rule *
domain_rules_find(const struct domain_rules *d, struct span domain, bool below)
{
	size_t at = d->buckets != NULL ? d->buckets[bucket_of(domain, below)]
				       : 0;

	/* Numbers count from 1: 0 is the end. */
	while (at != 0) {
		struct domain_rule *rule = &d->rules[at - 1];

		if (rule->below == below &&
		    span_equal(span_text(rule->domain), domain))
			return rule;
		at = rule->next;
	}
	return NULL;
}

/* Room for one more. */
static int
grow(struct domain_rules *d)
{
	size_t room = d->room > 0 ? 2 * d->room : ROOM_FIRST;
	struct domain_rule *rules;

	if (d->n == DOMAINS_MAX)
		return DG_ELIMIT;
	if (d->buckets == NULL)
		d->buckets = calloc(BUCKETS, sizeof(*d->buckets));
	if (d->buckets == NULL)
		return DG_ENOMEM;
	if (d->n < d->room)
		return 0;
	rules = realloc(d->rules, room * sizeof(*rules));
	if (rules == NULL)
		return DG_ENOMEM;
	d->rules = rules;
	d->room = room;
	return 0;
}

/* The domain and behind it the reason, in one piece. */
static int
write_rule(struct domain_rule *rule, struct span domain, const char *reason)
{
	size_t n = strlen(reason) + 1;
	char *text = malloc(domain.n + 1 + n);

	if (text == NULL)
		return DG_ENOMEM;
	memcpy(text, domain.p, domain.n);
	text[domain.n] = '\0';
	memcpy(text + domain.n + 1, reason, n);
	free(rule->domain);
	rule->domain = text;
	rule->reason = text + domain.n + 1;
	return 0;
}

int
domain_rules_get(struct domain_rule **out, struct domain_rules *d,
    const struct name *domain, bool below)
{
	struct span text = span_of(domain->text, domain->len);
	size_t bucket = bucket_of(text, below);
	struct domain_rule rule = { .below = below };
	int err = 0;

	*out = domain_rules_find(d, text, below);
	if (*out != NULL)
		return 0;
	err = grow(d);
	if (err == 0)
		err = write_rule(&rule, text, "");
	if (err != 0)
		return err;
	rule.next = d->buckets[bucket];
	d->rules[d->n++] = rule;
	d->buckets[bucket] = (uint16_t)d->n;
	*out = &d->rules[d->n - 1];
	return 0;
}

int
domain_rule_set_reason(struct domain_rule *rule, const char *reason)
{
	return write_rule(rule, span_text(rule->domain), reason);
}

struct name
domain_rule_name(const struct domain_rule *rule)
{
	struct name name = { .len = (uint8_t)strlen(rule->domain) };

	memcpy(name.text, rule->domain, name.len);
	return name;
}

size_t
domain_rules_bytes(const struct domain_rules *d)
{
	size_t bytes = d->room * sizeof(*d->rules);

	if (d->buckets != NULL)
		bytes += BUCKETS * sizeof(*d->buckets);
	for (size_t i = 0; i < d->n; i++)
		bytes += strlen(d->rules[i].domain) +
		    strlen(d->rules[i].reason) + 2 + ALLOCATOR;
	return bytes;
}

void
domain_rules_free(struct domain_rules *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->rules[i].domain);
	free(d->rules);
	free(d->buckets);
	*d = (struct domain_rules){ 0 };
}
