/*
 * One question to one name server, plainly: sent, waited for, read. No trying
 * again, no fail-over, no judgement: for commands that want to see what a
 * server itself does. Blocks; the daemon has dns/transport.
 */
#ifndef DG_CLI_DNS_ASK_H
#define DG_CLI_DNS_ASK_H

#include "base/address.h"
#include "dnssec/message.h"
#include "dnssec/record.h"

#define DNS_ASK_MS 5000

struct dns_reply {
	struct dns_header header;
	size_t size;		/* octets of the message */
	struct message message; /* to be freed: message_free() */
};

/*
 * The question as danegated asks it (DO, CD, EDNS), over UDP or TCP. Answers
 * that do not fit it are passed over. DG_ETIMEDOUT, DG_EIO with errno set,
 * DG_EPROTO for one that fits and cannot be read; *out is then untouched.
 */
DG_MUSTCHECK int dns_ask(struct dns_reply *out, const struct address *server,
    const struct dnssec_question *question, bool tcp);

#endif
