/*
 * The decision: facts and settings go in, a verdict comes out. A pure function
 * in two steps, because the server can only be judged once it is known what is
 * asked of it: policy_require() says what must hold before a byte of the
 * envelope may go out, policy_judge() whether the server that was met fulfils
 * it. The tables of policy.c are the heart of the product. Knows no socket, no
 * DNS, no clock, no mbedTLS.
 *
 * Everything is fail-closed: a combination that no row names is deferred.
 */
#ifndef DG_POLICY_POLICY_H
#define DG_POLICY_POLICY_H

#include "config/settings.h"
#include "policy/facts.h"

/* Why; the words of the log, of replies and of counters. */
enum reason {
	REASON_UNKNOWN = 0, /* says protocol-error: no row of the table */
	REASON_OK,
	REASON_TLSA_MISMATCH,
	REASON_STARTTLS_MISSING,
	REASON_STARTTLS_REFUSED,
	REASON_TLS_FAILED,
	REASON_DOWNGRADE,
	REASON_DNS_BOGUS,
	REASON_DNS_FAILED,
	REASON_CLOCK_UNSET,
	REASON_NULL_MX,
	REASON_POLICY_BLOCK,
	REASON_TLS_REQUIRED,
	REASON_OTHER_SERVER,
	REASON_UNLISTED_DESTINATION,
	REASON_OVERLOAD,
	REASON_SERVER_GONE,
	REASON_PROTOCOL_ERROR,
	REASONS
};

enum verdict {
	VERDICT_UNKNOWN = 0, /* never relayed */
	VERDICT_RELAY,
	VERDICT_DEFER,
	VERDICT_REJECT,
};

/* How the server is known to be the right one. */
enum auth {
	AUTH_NONE = 0, /* cleartext */
	AUTH_TLS,      /* encrypted, not authenticated */
	AUTH_DANE_TA,
	AUTH_DANE_EE,
	AUTH_PKIX,
};

/* What must hold before the envelope goes out. */
enum need {
	NEED_UNKNOWN = 0, /* no row: defer */
	NEED_DEFER,	  /* held whatever the server does */
	NEED_REJECT,
	NEED_NOTHING,	   /* no TLS is tried */
	NEED_MAY,	   /* TLS when offered, with downgrade memory */
	NEED_MAY_FALLBACK, /* the same; cleartext after a refused STARTTLS or a
	                      failed handshake */
	NEED_TLS,
	NEED_DANE, /* TLS, and the chain must match host's TLSA set */
	NEED_PKIX, /* TLS, and an authority must vouch for host */
	NEEDS
};

struct requirement {
	enum need need;
	enum reason reason; /* ok, or why held, or unlisted-destination */
	enum level level;   /* the level that applied */
	/* The host that the server must be, or is taken for; into the facts;
	 * NULL when no route is known. */
	const struct host_facts *host;
	bool mx_secure; /* without it no server is called authenticated */
	/* The level is a rule's that names the domain, or a name above it: the
	 * rule's name is the domain's last bytes. A copy, since the rules may
	 * be replaced while a server is judged. */
	bool by_rule;
	bool rule_below;
	uint8_t rule_len;
	char rule_reason[DOMAINS_REASON_MAX];
};

/*
 * What facts and level require. relay: the relay rule that names this
 * destination, or NULL. now: seconds since 1970, 0 when the time is not known.
 * Pure; facts must outlive *out.
 */
void policy_require(struct requirement *out, const struct settings *settings,
    const struct name *domain, const struct relay_rule *relay,
    const struct route_facts *facts, int64_t now);

/* What the server did. */
struct server_facts {
	enum server_tls tls;
	struct dane_result dane; /* with TLS and NEED_DANE */
	struct pkix_result pkix; /* with TLS and NEED_PKIX */
	/* Did so in the last days; see policy/memory.h. */
	bool remembered; /* spoke TLS */
	bool offered;	 /* offered STARTTLS, whatever came of it */
};

struct judgement {
	enum verdict verdict;
	enum auth auth; /* meaningful with relay */
	enum reason reason;
};

/*
 * What downgrade memory goes by: the MX host that the server is, or the bare
 * address where no host lists it; may point into `address`.
 */
struct span policy_memory_key(const struct requirement *requirement,
    const struct address *server, char address[ADDRESS_TEXT_MAX]);

/* Judges the server against the requirement. Pure. */
void policy_judge(struct judgement *out, const struct settings *settings,
    const struct requirement *requirement, const struct server_facts *server);

/* The level for a recipient domain: of the rules that hold now, the most
 * specific wins. NULL rule out when the default applies. */
enum level policy_level(const struct settings *settings,
    const struct name *domain, int64_t now, const struct domain_rule **rule);

/* Whether a rule names the domain, and holds. */
enum rule_state {
	RULE_ELSEWHERE = 0, /* another domain's */
	RULE_HOLDS,
	RULE_EXPIRED,	 /* its last day is over */
	RULE_NOT_JUDGED, /* it may have ended, and the time is not known: it
	                    does not hold, unless it lets less pass */
};
enum rule_state policy_rule_state(const struct domain_rule *rule,
    const struct name *domain, int64_t now);

/* The same but for the domain: RULE_HOLDS to RULE_NOT_JUDGED. */
enum rule_state policy_rule_end(const struct domain_rule *rule, int64_t now);

/* The relay rule for a destination, longest prefix first, or NULL. */
const struct relay_rule *policy_relay(const struct settings *settings,
    const struct address *destination);

/* The rule's name as it is configured, ".example.nl", into text; empty where
 * none applied. Returns text. */
#define POLICY_RULE_MAX (NAME_TEXT_MAX + 2)
const char *policy_rule_text(const struct requirement *requirement,
    const struct name *domain, char text[POLICY_RULE_MAX]);

/* The fixed word of the log; never NULL. */
const char *reason_text(enum reason reason);
const char *tlsa_status_text(enum tlsa_status status);
const char *verdict_text(enum verdict verdict);
const char *auth_text(enum auth auth);

/* The enhanced status code without its class: "7.5" of 4.7.5 (RFC 3463, 5248,
 * 7505). */
const char *reason_status(enum reason reason);

#endif
