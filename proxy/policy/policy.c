#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

/*
 * What was found in DNS, summed up. Findings are ordered by nothing; each has
 * a row below.
 */
enum finding {
	FOUND_UNKNOWN = 0,
	FOUND_CLOCK_UNSET,
	FOUND_BOGUS,
	FOUND_FAILED,
	FOUND_NULL_MX,
	FOUND_USABLE,	/* secure TLSA, at least one usable record */
	FOUND_UNUSABLE, /* secure TLSA, none usable */
	FOUND_ABSENT,	/* secure denial of TLSA, or insecure anywhere */
	FOUND_UNLISTED, /* no MX host lists the destination and none has TLSA,
	                   or no route is known */
	FINDINGS
};

struct rule {
	enum need need;
	enum reason reason;
};

/*
 * THE TABLE, first half: what level and finding require. A row or cell that is
 * not here is zero, which is NEED_UNKNOWN: deferred.
 */
/* clang-format off */
#define HOLD(why)   { NEED_DEFER, REASON_##why }
#define REFUSE(why) { NEED_REJECT, REASON_##why }
#define WANT(what)  { NEED_##what, REASON_OK }

static const struct rule required[][FINDINGS] = {
	[LEVEL_DANE] = {
		[FOUND_CLOCK_UNSET] = HOLD(CLOCK_UNSET),
		[FOUND_BOGUS]       = HOLD(DNS_BOGUS),
		[FOUND_FAILED]      = HOLD(DNS_FAILED),
		[FOUND_NULL_MX]     = REFUSE(NULL_MX),
		[FOUND_USABLE]      = WANT(DANE),
		[FOUND_UNUSABLE]    = WANT(TLS),
		[FOUND_ABSENT]      = WANT(MAY),
		[FOUND_UNLISTED]    = { NEED_MAY, REASON_UNLISTED_DESTINATION },
	},
	[LEVEL_DANE_ONLY] = {
		[FOUND_CLOCK_UNSET] = HOLD(CLOCK_UNSET),
		[FOUND_BOGUS]       = HOLD(DNS_BOGUS),
		[FOUND_FAILED]      = HOLD(DNS_FAILED),
		[FOUND_NULL_MX]     = REFUSE(NULL_MX),
		[FOUND_USABLE]      = WANT(DANE),
		[FOUND_UNUSABLE]    = HOLD(TLS_REQUIRED),
		[FOUND_ABSENT]      = HOLD(TLS_REQUIRED),
		[FOUND_UNLISTED]    = HOLD(UNLISTED_DESTINATION),
	},
	/* These levels do not rest on DNS: what could not be found out there
	 * changes nothing; nor do none and block. */
	[LEVEL_MAY] = {
		[FOUND_CLOCK_UNSET] = WANT(MAY),
		[FOUND_BOGUS]       = WANT(MAY),
		[FOUND_FAILED]      = WANT(MAY),
		[FOUND_NULL_MX]     = REFUSE(NULL_MX),
		[FOUND_USABLE]      = WANT(MAY),
		[FOUND_UNUSABLE]    = WANT(MAY),
		[FOUND_ABSENT]      = WANT(MAY),
		[FOUND_UNLISTED]    = WANT(MAY),
	},
	[LEVEL_ENCRYPT] = {
		[FOUND_CLOCK_UNSET] = WANT(TLS),
		[FOUND_BOGUS]       = WANT(TLS),
		[FOUND_FAILED]      = WANT(TLS),
		[FOUND_NULL_MX]     = REFUSE(NULL_MX),
		[FOUND_USABLE]      = WANT(TLS),
		[FOUND_UNUSABLE]    = WANT(TLS),
		[FOUND_ABSENT]      = WANT(TLS),
		[FOUND_UNLISTED]    = WANT(TLS),
	},
	[LEVEL_NONE] = {
		[FOUND_CLOCK_UNSET] = WANT(NOTHING),
		[FOUND_BOGUS]       = WANT(NOTHING),
		[FOUND_FAILED]      = WANT(NOTHING),
		[FOUND_NULL_MX]     = WANT(NOTHING),
		[FOUND_USABLE]      = WANT(NOTHING),
		[FOUND_UNUSABLE]    = WANT(NOTHING),
		[FOUND_ABSENT]      = WANT(NOTHING),
		[FOUND_UNLISTED]    = WANT(NOTHING),
	},
	/* It rests on the names of the MX hosts, and certificates on time. */
	[LEVEL_VERIFY] = {
		[FOUND_CLOCK_UNSET] = HOLD(CLOCK_UNSET),
		[FOUND_BOGUS]       = HOLD(DNS_BOGUS),
		[FOUND_FAILED]      = HOLD(DNS_FAILED),
		[FOUND_NULL_MX]     = REFUSE(NULL_MX),
		[FOUND_USABLE]      = WANT(PKIX),
		[FOUND_UNUSABLE]    = WANT(PKIX),
		[FOUND_ABSENT]      = WANT(PKIX),
		[FOUND_UNLISTED]    = WANT(PKIX),
	},
	[LEVEL_BLOCK] = {
		[FOUND_CLOCK_UNSET] = HOLD(POLICY_BLOCK),
		[FOUND_BOGUS]       = HOLD(POLICY_BLOCK),
		[FOUND_FAILED]      = HOLD(POLICY_BLOCK),
		[FOUND_NULL_MX]     = REFUSE(NULL_MX),
		[FOUND_USABLE]      = HOLD(POLICY_BLOCK),
		[FOUND_UNUSABLE]    = HOLD(POLICY_BLOCK),
		[FOUND_ABSENT]      = HOLD(POLICY_BLOCK),
		[FOUND_UNLISTED]    = HOLD(POLICY_BLOCK),
	},
};
/* clang-format on */

struct outcome {
	enum verdict verdict;
	enum auth auth;
	enum reason reason;
};

/*
 * THE TABLE, second half: what was needed and what the server did. Again a
 * missing cell is zero, VERDICT_UNKNOWN: deferred. With NEED_DANE and NEED_PKIX
 * a finished handshake is only the condition for what the chain proves, see
 * judge_chain().
 */
/* clang-format off */
#define HELD(why)      { VERDICT_DEFER, AUTH_NONE, REASON_##why }
#define RELAYED(known) { VERDICT_RELAY, AUTH_##known, REASON_OK }

static const struct outcome outcomes[NEEDS][SERVER_TLS_DONE + 1] = {
	[NEED_NOTHING] = {
		[SERVER_TLS_UNKNOWN]     = RELAYED(NONE),
		[SERVER_TLS_NOT_OFFERED] = RELAYED(NONE),
		[SERVER_TLS_REFUSED]     = RELAYED(NONE),
		[SERVER_TLS_FAILED]      = RELAYED(NONE),
		[SERVER_TLS_OTHER]       = RELAYED(TLS),
		[SERVER_TLS_DONE]        = RELAYED(TLS),
	},
	[NEED_MAY] = {
		[SERVER_TLS_NOT_OFFERED] = RELAYED(NONE),
		[SERVER_TLS_REFUSED]     = HELD(STARTTLS_REFUSED),
		[SERVER_TLS_INJECTED]    = HELD(DOWNGRADE),
		[SERVER_TLS_FAILED]      = HELD(TLS_FAILED),
		[SERVER_TLS_TOO_LATE]    = HELD(TLS_REQUIRED),
		[SERVER_TLS_OTHER]       = RELAYED(TLS),
		[SERVER_TLS_DONE]        = RELAYED(TLS),
	},
	[NEED_MAY_FALLBACK] = {
		[SERVER_TLS_NOT_OFFERED] = RELAYED(NONE),
		[SERVER_TLS_REFUSED]     = RELAYED(NONE),
		[SERVER_TLS_INJECTED]    = HELD(DOWNGRADE),
		[SERVER_TLS_FAILED]      = RELAYED(NONE),
		[SERVER_TLS_TOO_LATE]    = HELD(TLS_REQUIRED),
		[SERVER_TLS_OTHER]       = RELAYED(TLS),
		[SERVER_TLS_DONE]        = RELAYED(TLS),
	},
	[NEED_TLS] = {
		[SERVER_TLS_NOT_OFFERED] = HELD(STARTTLS_MISSING),
		[SERVER_TLS_REFUSED]     = HELD(STARTTLS_REFUSED),
		[SERVER_TLS_INJECTED]    = HELD(DOWNGRADE),
		[SERVER_TLS_FAILED]      = HELD(TLS_FAILED),
		[SERVER_TLS_TOO_LATE]    = HELD(TLS_REQUIRED),
		[SERVER_TLS_OTHER]       = RELAYED(TLS),
		[SERVER_TLS_DONE]        = RELAYED(TLS),
	},
	[NEED_DANE] = {
		[SERVER_TLS_NOT_OFFERED] = HELD(STARTTLS_MISSING),
		[SERVER_TLS_REFUSED]     = HELD(STARTTLS_REFUSED),
		[SERVER_TLS_INJECTED]    = HELD(DOWNGRADE),
		[SERVER_TLS_FAILED]      = HELD(TLS_FAILED),
		[SERVER_TLS_TOO_LATE]    = HELD(TLS_REQUIRED),
		[SERVER_TLS_OTHER]       = HELD(OTHER_SERVER),
		[SERVER_TLS_DONE]        = HELD(TLSA_MISMATCH),
	},
	[NEED_PKIX] = {
		[SERVER_TLS_NOT_OFFERED] = HELD(STARTTLS_MISSING),
		[SERVER_TLS_REFUSED]     = HELD(STARTTLS_REFUSED),
		[SERVER_TLS_INJECTED]    = HELD(DOWNGRADE),
		[SERVER_TLS_FAILED]      = HELD(TLS_FAILED),
		[SERVER_TLS_TOO_LATE]    = HELD(TLS_REQUIRED),
		[SERVER_TLS_OTHER]       = HELD(OTHER_SERVER),
		[SERVER_TLS_DONE]        = HELD(TLS_FAILED),
	},
};
/* clang-format on */

/*
 * The word of each reason, its enhanced status (RFC 3463, 5248, 7505), and
 * whether it is a refusal by policy: those alone follow `on-block reject`. What
 * may be otherwise in a minute (DNS, clock, load) is never made permanent.
 */
/* clang-format off */
static const struct {
	const char *word;
	const char *status;
	bool by_policy;
} reasons[REASONS] = {
	[REASON_UNKNOWN]              = { "protocol-error", "3.0", false },
	[REASON_OK]                   = { "ok", "0.0", false },
	[REASON_TLSA_MISMATCH]        = { "tlsa-mismatch", "7.5", true },
	[REASON_STARTTLS_MISSING]     = { "starttls-missing", "7.4", true },
	[REASON_STARTTLS_REFUSED]     = { "starttls-refused", "7.4", true },
	[REASON_TLS_FAILED]           = { "tls-failed", "7.5", true },
	[REASON_DOWNGRADE]            = { "downgrade", "7.4", true },
	[REASON_DNS_BOGUS]            = { "dns-bogus", "7.5", false },
	[REASON_DNS_FAILED]           = { "dns-failed", "4.3", false },
	[REASON_CLOCK_UNSET]          = { "clock-unset", "3.0", false },
	[REASON_NULL_MX]              = { "null-mx", "1.10", false },
	[REASON_POLICY_BLOCK]         = { "policy-block", "7.1", true },
	[REASON_TLS_REQUIRED]         = { "tls-required", "7.4", true },
	[REASON_OTHER_SERVER]         = { "other-server", "7.5", false },
	[REASON_UNLISTED_DESTINATION] = { "unlisted-destination", "7.1", true },
	[REASON_OVERLOAD]             = { "overload", "3.2", false },
	[REASON_SERVER_GONE]          = { "server-gone", "4.2", false },
	[REASON_PROTOCOL_ERROR]       = { "protocol-error", "5.0", false },
};
/* clang-format on */

/* A host's TLSA status as a finding. */
static enum finding
host_finding(const struct host_facts *host)
{
	switch (host->tlsa) {
	case TLSA_STATUS_UNKNOWN:
		return FOUND_UNKNOWN;
	case TLSA_STATUS_USABLE:
		return FOUND_USABLE;
	case TLSA_STATUS_UNUSABLE:
		return FOUND_UNUSABLE;
	case TLSA_STATUS_ABSENT:
	case TLSA_STATUS_INSECURE:
		return FOUND_ABSENT;
	case TLSA_STATUS_BOGUS:
		return FOUND_BOGUS;
	case TLSA_STATUS_FAILED:
		return FOUND_FAILED;
	}
	return FOUND_UNKNOWN;
}

/*
 * Which of two hosts with the same claim to the destination decides. A usable
 * TLSA set comes first: only a server that proves itself gets mail. Then what
 * could not be found out, since it may hide such a set; absence is last.
 */
static unsigned
strictness(enum finding finding)
{
	static const unsigned rank[FINDINGS] = {
		[FOUND_ABSENT] = 1,
		[FOUND_UNUSABLE] = 2,
		[FOUND_FAILED] = 3,
		[FOUND_BOGUS] = 4,
		[FOUND_USABLE] = 6,
	};

	/* What has no rank is not known: it must not hide behind the rest. */
	return rank[finding] != 0 ? rank[finding] : 5;
}

/* The strictest of the hosts (matched ones only, or all); NULL for none. */
static const struct host_facts *
strictest_host(const struct route_facts *facts, bool matched)
{
	const struct host_facts *best = NULL;

	for (size_t i = 0; i < facts->nhosts; i++) {
		const struct host_facts *host = &facts->hosts[i];

		if (matched && !host->matched)
			continue;
		if (best == NULL ||
		    strictness(host_finding(host)) >
			strictness(host_finding(best)))
			best = host;
	}
	return best;
}

/* Hosts are known: which one decides, and what does it say? */
static enum finding
find_host(const struct host_facts **host, const struct route_facts *facts)
{
	enum finding finding;

	*host = strictest_host(facts, true);
	if (*host != NULL)
		return host_finding(*host);
	/*
	 * Nobody lists the destination: the DANE identity is in the
	 * certificate, not in the address, so any host with TLSA will do, and
	 * only if none has is the non-DANE level right.
	 */
	*host = strictest_host(facts, false);
	if (*host == NULL)
		return FOUND_UNLISTED;
	finding = host_finding(*host);
	return finding == FOUND_ABSENT ? FOUND_UNLISTED : finding;
}

static enum finding
find(const struct host_facts **host, const struct route_facts *facts)
{
	*host = NULL;
	switch (facts->status) {
	case ROUTE_UNKNOWN:
		return FOUND_UNKNOWN;
	case ROUTE_FOUND:
		return find_host(host, facts);
	case ROUTE_NULL_MX:
		return FOUND_NULL_MX;
	case ROUTE_NONE:
		return FOUND_UNLISTED;
	case ROUTE_BOGUS:
		return FOUND_BOGUS;
	case ROUTE_FAILED:
		return FOUND_FAILED;
	case ROUTE_CLOCK_UNSET:
		return FOUND_CLOCK_UNSET;
	}
	return FOUND_UNKNOWN;
}

/* The rule is this domain's, or that of a name above it. */
static bool
names(const struct domain_rule *rule, const struct name *domain)
{
	size_t n = strlen(rule->domain);
	size_t before = domain->len - n;

	if (n > domain->len || strcmp(domain->text + before, rule->domain) != 0)
		return false;
	if (!rule->below)
		return before == 0;
	return before > 0 && domain->text[before - 1] == '.';
}

/* Without the time, only what holds more mail than any other level is sure to
 * be safe. */
static bool
is_strict(enum level level)
{
	return level == LEVEL_BLOCK || level == LEVEL_DANE_ONLY;
}

enum rule_state
policy_rule_end(const struct domain_rule *rule, int64_t now)
{
	if (rule->until == 0)
		return RULE_HOLDS;
	if (now <= 0)
		return is_strict(rule->level) ? RULE_HOLDS : RULE_NOT_JUDGED;
	return now / DATE_SECONDS <= rule->until ? RULE_HOLDS : RULE_EXPIRED;
}

enum rule_state
policy_rule_state(const struct domain_rule *rule, const struct name *domain,
    int64_t now)
{
	return names(rule, domain) ? policy_rule_end(rule, now)
				   : RULE_ELSEWHERE;
}

static const struct domain_rule *
find_holding(const struct settings *settings, struct span domain, bool below,
    int64_t now)
{
	const struct domain_rule *rule = domain_rules_find(&settings->domains,
	    domain, below);

	return rule != NULL && policy_rule_end(rule, now) == RULE_HOLDS ? rule
									: NULL;
}

enum level
policy_level(const struct settings *settings, const struct name *domain,
    int64_t now, const struct domain_rule **rule)
{
	struct span text = span_of(domain->text, domain->len);
	size_t dot = span_find(text, '.', 0);

	*rule = find_holding(settings, text, false, now);
	for (; *rule == NULL && dot < text.n;
	     dot = span_find(text, '.', dot + 1))
		*rule = find_holding(settings,
		    span_slice(text, dot + 1, text.n), true, now);
	return *rule != NULL ? (*rule)->level : settings->default_level;
}

const struct relay_rule *
policy_relay(const struct settings *settings, const struct address *destination)
{
	const struct relay_rule *best = NULL;

	for (size_t i = 0; i < settings->nrelays; i++) {
		const struct relay_rule *rule = &settings->relays[i];

		if (!prefix_contains(&rule->prefix, destination))
			continue;
		if (best == NULL || rule->prefix.length > best->prefix.length)
			best = rule;
	}
	return best;
}

static void
note_rule(struct requirement *r, const struct domain_rule *rule)
{
	r->by_rule = true;
	r->rule_below = rule->below;
	r->rule_len = (uint8_t)strlen(rule->domain);
	(void)snprintf(r->rule_reason, sizeof(r->rule_reason), "%s",
	    rule->reason);
}

const char *
policy_rule_text(const struct requirement *requirement,
    const struct name *domain, char text[POLICY_RULE_MAX])
{
	text[0] = '\0';
	if (requirement->by_rule && requirement->rule_len <= domain->len)
		(void)snprintf(text, POLICY_RULE_MAX, "%s%s",
		    requirement->rule_below ? "." : "",
		    domain->text + domain->len - requirement->rule_len);
	return text;
}

void
policy_require(struct requirement *out, const struct settings *settings,
    const struct name *domain, const struct relay_rule *relay,
    const struct route_facts *facts, int64_t now)
{
	const struct domain_rule *rule;
	enum level level = policy_level(settings, domain, now, &rule);
	struct requirement r = { 0 };
	enum finding finding = find(&r.host, facts);

	/* What names the domain is more specific than what names the route. */
	if (rule == NULL && relay != NULL && relay->level != LEVEL_UNSET)
		level = relay->level;
	if (rule != NULL)
		note_rule(&r, rule);
	r.level = level;
	r.mx_secure = facts->mx_security == DNSSEC_SECURE;
	if ((size_t)level < DG_ARRAY_LEN(required)) {
		r.need = required[level][finding].need;
		r.reason = required[level][finding].reason;
	}
	if (r.reason == REASON_UNLISTED_DESTINATION &&
	    settings->unlisted == UNLISTED_DEFER)
		r.need = NEED_DEFER;
	/* No host is known whose name a certificate could have. */
	if (r.need == NEED_PKIX && r.host == NULL) {
		r.need = NEED_DEFER;
		r.reason = REASON_UNLISTED_DESTINATION;
	}
	if (r.need == NEED_MAY && level == LEVEL_MAY && rule != NULL &&
	    rule->fallback_cleartext)
		r.need = NEED_MAY_FALLBACK;
	*out = r;
}

/*
 * The handshake is done and the chain decides: only a plain yes relays. With an
 * insecure MX a TLSA set is enforced, but somebody else may have named the
 * host: never call that authenticated. With PKIX the MX host's name is what was
 * asked for, wherever it came from (as level `verify` of Postfix).
 */
static void
judge_chain(struct judgement *j, const struct requirement *requirement,
    const struct server_facts *server)
{
	enum auth auth = AUTH_PKIX;

	if (requirement->need == NEED_PKIX && !server->pkix.verified)
		return;
	if (requirement->need == NEED_DANE) {
		if (server->dane.verdict != DANE_VERIFIED)
			return;
		auth = server->dane.usage == TLSA_DANE_EE ? AUTH_DANE_EE
							  : AUTH_DANE_TA;
		if (!requirement->mx_secure)
			auth = AUTH_TLS;
	}
	j->verdict = VERDICT_RELAY;
	j->auth = auth;
	j->reason = REASON_OK;
}

/*
 * A host that spoke TLS before and now does not, or fails at it; or one that
 * could at least be asked for TLS and now cannot. Where the operator lets mail
 * pass that was asked for in vain, the latter is no worse.
 */
static bool
is_downgrade(const struct requirement *r, const struct server_facts *server)
{
	if (r->need != NEED_MAY && r->need != NEED_MAY_FALLBACK)
		return false;
	if (server->tls == SERVER_TLS_NOT_OFFERED)
		return server->remembered ||
		    (server->offered && r->need == NEED_MAY);
	return server->remembered &&
	    (server->tls == SERVER_TLS_REFUSED ||
		server->tls == SERVER_TLS_FAILED);
}

/* The second half of the table, with the two things a table cannot hold. */
static void
judge_server(struct judgement *j, const struct requirement *requirement,
    const struct server_facts *server)
{
	const struct outcome *o = &outcomes[requirement->need][server->tls];

	j->verdict = o->verdict;
	j->auth = o->auth;
	j->reason = o->reason;
	if ((requirement->need == NEED_DANE ||
		requirement->need == NEED_PKIX) &&
	    (server->tls == SERVER_TLS_DONE || server->tls == SERVER_TLS_OTHER))
		judge_chain(j, requirement, server);
	if (is_downgrade(requirement, server)) {
		j->verdict = VERDICT_DEFER;
		j->auth = AUTH_NONE;
		j->reason = REASON_DOWNGRADE;
	}
}

struct span
policy_memory_key(const struct requirement *requirement,
    const struct address *server, char address[ADDRESS_TEXT_MAX])
{
	const struct host_facts *host = requirement->host;

	return span_text(host != NULL && host->matched
		? host->host.text
		: address_text(server, address));
}

void
policy_judge(struct judgement *out, const struct settings *settings,
    const struct requirement *requirement, const struct server_facts *server)
{
	struct judgement j = { VERDICT_DEFER, AUTH_NONE, REASON_UNKNOWN };

	if (requirement->need == NEED_DEFER) {
		j.reason = requirement->reason;
	} else if (requirement->need == NEED_REJECT) {
		j.verdict = VERDICT_REJECT;
		j.reason = requirement->reason;
	} else if (requirement->need < NEEDS &&
	    server->tls <= SERVER_TLS_DONE) {
		judge_server(&j, requirement, server);
	}
	if (j.verdict == VERDICT_UNKNOWN)
		j.verdict = VERDICT_DEFER;
	if (j.verdict == VERDICT_DEFER && reasons[j.reason].by_policy &&
	    settings->on_block == ON_BLOCK_REJECT)
		j.verdict = VERDICT_REJECT;
	if (j.verdict == VERDICT_RELAY && requirement->reason != REASON_OK)
		j.reason = requirement->reason;
	*out = j;
}

const char *
tlsa_status_text(enum tlsa_status status)
{
	switch (status) {
	case TLSA_STATUS_USABLE:
		return "usable";
	case TLSA_STATUS_UNUSABLE:
		return "unusable";
	case TLSA_STATUS_ABSENT:
		return "absent";
	case TLSA_STATUS_INSECURE:
		return "insecure";
	case TLSA_STATUS_BOGUS:
		return "bogus";
	case TLSA_STATUS_FAILED:
		return "failed";
	case TLSA_STATUS_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *
reason_text(enum reason reason)
{
	return reason < REASONS ? reasons[reason].word : "protocol-error";
}

const char *
reason_status(enum reason reason)
{
	return reason < REASONS ? reasons[reason].status : "3.0";
}

const char *
verdict_text(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_RELAY:
		return "relay";
	case VERDICT_REJECT:
		return "reject";
	case VERDICT_DEFER:
	case VERDICT_UNKNOWN:
		break;
	}
	return "defer";
}

const char *
auth_text(enum auth auth)
{
	switch (auth) {
	case AUTH_NONE:
		return "none";
	case AUTH_TLS:
		return "tls";
	case AUTH_DANE_TA:
		return "dane-ta";
	case AUTH_DANE_EE:
		return "dane-ee";
	case AUTH_PKIX:
		return "pkix";
	}
	return "none";
}

void
route_facts_free(struct route_facts *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->nhosts; i++)
		free(f->hosts[i].records);
	free(f->memory);
	free(f);
}
