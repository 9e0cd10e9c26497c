/*
 * What the danegate dns commands share: their options, and one lookup driven
 * to its end on an event loop of its own. The resolver is the daemon's, so
 * what these commands see is what the daemon sees.
 */
#ifndef DG_CLI_DNS_H
#define DG_CLI_DNS_H

#include "base/address.h"
#include "dns/system.h"
#include "dnssec/dnssec.h"

#define DNS_PORT	53
#define DNS_SERVERS_MAX 8
#define DNS_ANCHORS_MAX 65536 /* bytes of a file of trust anchors */

struct dns_options {
	bool json;
	struct address servers[DNS_SERVERS_MAX];
	size_t nservers;
	uint8_t *anchors; /* NULL: those compiled in */
	size_t anchors_n;
	int64_t at;    /* -1: now */
	bool mix_case; /* letters of names at random, see dns/transport.h */
	int argc;      /* what follows the options */
	char **argv;
};

/*
 * Takes the options off the arguments. False, with a word on stderr, for what
 * cannot be understood or read. *out is to be freed in any case.
 */
DG_MUSTCHECK bool dns_options_take(struct dns_options *out, int argc,
    char **argv);

/*
 * Takes the one option that stands first in out->argv off it, with its value.
 * DG_ENOTFOUND: none of ours. DG_ESYNTAX: cannot be understood or read, which
 * stderr was told.
 */
DG_MUSTCHECK int dns_option_take(struct dns_options *out);

void dns_options_free(struct dns_options *o);

/*
 * Epoch seconds, or RFC 3339 ("2026-01-31T12:00:00Z", "...+01:00"); years 1970
 * to 9999. DG_ESYNTAX.
 */
DG_MUSTCHECK int dns_time_parse(int64_t *out, struct span text);

/* ADDRESS[@PORT], port 53 without one. DG_ESYNTAX. */
DG_MUSTCHECK int dns_server_parse(struct address *out, const char *text);

struct event_base;
struct resolver;

/*
 * The daemon's resolver, over the servers of the options or of
 * /etc/resolv.conf. trace may be NULL. DG_ENOTFOUND: there are no servers;
 * DG_ESYNTAX: the anchors make no sense; DG_ENOMEM.
 */
DG_MUSTCHECK int dns_resolver_new(struct resolver **out,
    struct event_base *base, const struct dns_options *o, dnssec_trace *trace,
    void *trace_arg);

#define DNS_NO_SERVERS "no name server in " SYSTEM_RESOLV_CONF

/* One question and who watches it. */
struct dns_lookup {
	struct name name;
	uint16_t type;
	dnssec_trace *trace; /* may be NULL */
	void *trace_arg;
	/* Called exactly once with what came of it, which dies afterwards. */
	void (*done)(void *arg, const struct dnssec_result *result);
	void *arg;
};

/*
 * Looks up, over the servers of the options or of /etc/resolv.conf, and returns
 * when it is done. DG_ESYNTAX: the anchors make no sense; DG_ENOMEM. done was
 * not called then.
 */
DG_MUSTCHECK int dns_resolve(const struct dns_options *o,
    const struct dns_lookup *l);

#endif
