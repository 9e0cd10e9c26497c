#include "policy/check.h"

/* True when it fits. */
static bool
check_dane(struct server_facts *server, const struct host_facts *host,
    const struct presented *presented)
{
	const struct dane_input in = {
		.records = host->records,
		.nrecords = host->nrecords,
		.chain = presented->chain,
		.nchain = presented->nchain,
		.names = host->names,
		.nnames = host->nnames,
		.now = presented->now,
	};

	dane_verify(&server->dane, &in);
	return server->dane.verdict == DANE_VERIFIED;
}

/* The MX host's name alone, as Postfix's `verify` has it: the next hop is
 * nobody's whom the MX record did not name. */
static bool
check_pkix(struct server_facts *server, const struct host_facts *host,
    const struct presented *presented)
{
	const struct dane_input in = {
		.chain = presented->chain,
		.nchain = presented->nchain,
		.names = &host->host,
		.nnames = 1,
		.now = presented->now,
	};

	pkix_verify(&server->pkix, presented->authorities, &in);
	return server->pkix.verified;
}

static bool
check_host(struct requirement *requirement, struct server_facts *server,
    const struct host_facts *host, const struct presented *presented)
{
	bool fits = requirement->need == NEED_PKIX
	    ? check_pkix(server, host, presented)
	    : check_dane(server, host, presented);

	if (fits)
		requirement->host = host;
	return fits;
}

void
policy_check(struct requirement *requirement, struct server_facts *server,
    const struct route_facts *facts, const struct presented *presented)
{
	const struct host_facts *chosen = requirement->host;
	bool pkix = requirement->need == NEED_PKIX;
	struct server_facts first;

	if ((requirement->need != NEED_DANE && !pkix) || chosen == NULL ||
	    check_host(requirement, server, chosen, presented))
		return;
	first = *server;
	for (size_t i = 0; i < facts->nhosts; i++) {
		const struct host_facts *host = &facts->hosts[i];

		if (host != chosen && host->matched == chosen->matched &&
		    (pkix || host->tlsa == TLSA_STATUS_USABLE) &&
		    check_host(requirement, server, host, presented))
			return;
	}
	*server = first;
}

const struct name *
policy_sni(const struct requirement *requirement)
{
	if (requirement->host == NULL)
		return NULL;
	if (requirement->need == NEED_DANE)
		return &requirement->host->base;
	return requirement->need == NEED_PKIX ? &requirement->host->host : NULL;
}

bool
policy_is_other(const struct requirement *requirement, const struct name *sni)
{
	const struct name *wanted = policy_sni(requirement);

	return wanted != NULL && !name_equal(sni, wanted);
}

bool
policy_wants_tls(const struct requirement *requirement, bool monitor)
{
	switch (requirement->need) {
	case NEED_MAY:
	case NEED_MAY_FALLBACK:
	case NEED_TLS:
	case NEED_DANE:
	case NEED_PKIX:
		return true;
	case NEED_DEFER:
		return monitor;
	case NEED_UNKNOWN:
	case NEED_REJECT:
	case NEED_NOTHING:
	case NEEDS:
		break;
	}
	return false;
}

static const char *
dns_why(const struct requirement *requirement, const struct route_facts *facts)
{
	const struct host_facts *host = requirement->host;

	if (host != NULL && host->why[0] != '\0')
		return host->why;
	return facts != NULL ? facts->why : "";
}

const char *
policy_why(const struct judgement *judgement,
    const struct requirement *requirement, const struct route_facts *facts,
    const struct server_facts *server)
{
	enum reason reason = judgement->reason;

	if (judgement->verdict == VERDICT_RELAY && judgement->auth == AUTH_NONE)
		return server->tls == SERVER_TLS_FAILED
		    ? "in clear: the handshake failed"
		    : server->tls == SERVER_TLS_REFUSED
		    ? "in clear: STARTTLS was refused"
		    : "";
	if (requirement->need == NEED_PKIX &&
	    (reason == REASON_TLS_FAILED || reason == REASON_OTHER_SERVER))
		return server->pkix.reason;
	if (reason == REASON_TLSA_MISMATCH || reason == REASON_OTHER_SERVER)
		return server->dane.reason;
	if (reason == REASON_DOWNGRADE && server->tls != SERVER_TLS_INJECTED)
		return "it spoke TLS or offered it before, and now does not";
	if (reason == REASON_DNS_BOGUS || reason == REASON_DNS_FAILED)
		return dns_why(requirement, facts);
	if (reason == REASON_STARTTLS_MISSING)
		return "the server does not offer STARTTLS";
	if (reason == REASON_CLOCK_UNSET)
		return "the time is not known yet";
	return "";
}
