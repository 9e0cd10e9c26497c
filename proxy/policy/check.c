#include "policy/check.h"

static void
check_host(struct requirement *requirement, struct server_facts *server,
    const struct host_facts *host, const struct presented *presented)
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
	if (server->dane.verdict == DANE_VERIFIED)
		requirement->host = host;
}

void
policy_check(struct requirement *requirement, struct server_facts *server,
    const struct route_facts *facts, const struct presented *presented)
{
	const struct host_facts *chosen = requirement->host;
	struct dane_result first;

	if (requirement->need != NEED_DANE || chosen == NULL)
		return;
	check_host(requirement, server, chosen, presented);
	first = server->dane;
	for (size_t i = 0; i < facts->nhosts; i++) {
		const struct host_facts *host = &facts->hosts[i];

		if (server->dane.verdict == DANE_VERIFIED)
			return;
		if (host != chosen && host->matched == chosen->matched &&
		    host->tlsa == TLSA_STATUS_USABLE)
			check_host(requirement, server, host, presented);
	}
	if (server->dane.verdict != DANE_VERIFIED)
		server->dane = first;
}

const struct name *
policy_sni(const struct requirement *requirement)
{
	if (requirement->need != NEED_DANE || requirement->host == NULL)
		return NULL;
	return &requirement->host->base;
}

bool
policy_wants_tls(const struct requirement *requirement, bool monitor)
{
	switch (requirement->need) {
	case NEED_MAY:
	case NEED_MAY_FALLBACK:
	case NEED_TLS:
	case NEED_DANE:
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
