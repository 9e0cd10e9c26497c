/*
 * What a server presented, held against the hosts that it may be: the facts
 * that policy_judge() needs of the certificates. Pure. Knows no socket, no
 * handshake and no log: the session and the probe hand in the same things and
 * so get the same answer.
 */
#ifndef DG_POLICY_CHECK_H
#define DG_POLICY_CHECK_H

#include "policy/policy.h"

/* What came out of the handshake. */
struct presented {
	const struct span *chain; /* DER, leaf first */
	size_t nchain;
	int64_t now;			      /* seconds since 1970 */
	const struct pkix_store *authorities; /* NULL: none is trusted */
};

/*
 * Checks the chain against the host that policy_require() chose, and, since
 * several MX hosts may share an address (or none list it), against the others
 * with the same claim: any of them is right for this domain (RFC 7672 2.2).
 * The one that fits becomes requirement->host; server->dane or server->pkix
 * says how. Does nothing where no certificate is asked for.
 */
void policy_check(struct requirement *requirement, struct server_facts *server,
    const struct route_facts *facts, const struct presented *presented);

/*
 * Whom to ask for in the handshake (SNI): the TLSA base domain (RFC 7672 8.1),
 * or the name that the certificate must have. NULL: nobody, as Postfix has it
 * where none is needed: a server may turn away a name that it does not know.
 */
const struct name *policy_sni(const struct requirement *requirement);

/* TLS was set up by asking for sni: not for whom it must be asked now. A server
 * shows what it thinks the client came for. */
bool policy_is_other(const struct requirement *requirement,
    const struct name *sni);

/* TLS is to be tried where the server offers it. monitor: what is held would
 * pass all the same, and so passes at its best. */
bool policy_wants_tls(const struct requirement *requirement, bool monitor);

/*
 * The judgement's cause in words, for a person; may be empty, never NULL.
 * Points into what was handed in. facts may be NULL.
 */
const char *policy_why(const struct judgement *judgement,
    const struct requirement *requirement, const struct route_facts *facts,
    const struct server_facts *server);

#endif
