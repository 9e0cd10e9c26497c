/*
 * The rules of the policy that name a domain of recipients: in the order in
 * which they came, and found by their name, however many there are. Pure data;
 * what a rule means for a message is policy's business.
 */
#ifndef DG_CONFIG_DOMAINS_H
#define DG_CONFIG_DOMAINS_H

#include "base/name.h"
#include "config/level.h"

#define DOMAINS_MAX	   10000
#define DOMAINS_REASON_MAX 81 /* with NUL; of an exception */
/* Of all rules: their text, of which a configuration has 1 MiB at most, and less
 * than that beside it. */
#define DOMAINS_BYTES_MAX  ((size_t)2 << 20)

struct domain_rule {
	char *domain; /* text of a struct name; owned, with the reason */
	char *reason; /* why it is there; may be empty */
	bool below;   /* ".example.nl": all names below, not the name itself */
	bool fallback_cleartext; /* only with level may */
	uint16_t next;		 /* of its bucket; of domains.c */
	enum level level;
	int32_t until; /* an exception's last day (days since 1970, UTC; 0: no
	                  end) */
};

/* All zero is none. */
struct domain_rules {
	struct domain_rule *rules; /* owned */
	size_t n;
	size_t room;
	uint16_t *buckets; /* owned; of domains.c */
};

/* The rule of exactly this domain (below: of what is below it), or NULL. Dies
 * with the next domain_rules_get(). */
struct domain_rule *domain_rules_find(const struct domain_rules *d,
    struct span domain, bool below);

/*
 * The same, and a new one without a level where there is none. DG_ELIMIT for
 * more than DOMAINS_MAX; DG_ENOMEM.
 */
DG_MUSTCHECK int domain_rules_get(struct domain_rule **out,
    struct domain_rules *d, const struct name *domain, bool below);

/* Copies a text of less than DOMAINS_REASON_MAX bytes into the rule. DG_ENOMEM. */
DG_MUSTCHECK int domain_rule_set_reason(struct domain_rule *rule,
    const char *reason);

/* The domain that the rule names. */
struct name domain_rule_name(const struct domain_rule *rule);

/* What all of it takes, bytes. */
size_t domain_rules_bytes(const struct domain_rules *d);

void domain_rules_free(struct domain_rules *d);

#endif
