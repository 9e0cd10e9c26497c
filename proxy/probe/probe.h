/*
 * A probe: the delivery of a mail to one domain, walked without sending one.
 * It gathers the facts that the daemon would gather for each address of each MX
 * host, talks with the server that answers there as far as EHLO inside TLS, and
 * has policy/ judge: the same tables, so what it says is what the daemon would
 * do. Event-driven; bounded in servers, in time for each step, in memory.
 *
 * It tells each step as it is done, and decides nothing itself. Knows neither
 * consoles nor JSON. Of downgrade memory it knows what it is given; nothing is noted
 * here.
 */
#ifndef DG_PROBE_PROBE_H
#define DG_PROBE_PROBE_H

#include "dns/route.h"
#include "policy/check.h"
#include "smtp/reply.h"
#include "tls/tls.h"

#define PROBE_ADDRESSES_MAX 4  /* of one host in one family */
#define PROBE_SERVERS_MAX   32 /* talked with */
#define PROBE_SECONDS	    30 /* a stage of the talk with a server */

/* One host's addresses of one family. */
struct probe_answer {
	enum dnssec_status status;
	struct address addresses[PROBE_ADDRESSES_MAX];
	size_t n; /* 0: none, or it could not be found out */
	char why[DNSSEC_REASON_MAX];
};

struct probe_host {
	struct name name;
	uint16_t preference;
	struct probe_answer ipv4;
	struct probe_answer ipv6;
};

/* What is asked for. */
struct probe_question {
	struct name domain;
	struct name mx;		/* this host alone; the root: all */
	struct address address; /* this server alone; no family: all */
	uint16_t port;
	const char *helo; /* our name; copied */
	unsigned seconds; /* 0: PROBE_SECONDS */
};

enum probe_kind {
	PROBE_MX = 0,	 /* the domain's MX hosts */
	PROBE_ADDRESSES, /* of one host */
	PROBE_TLSA,	 /* the facts for one server, and what they require */
	PROBE_CONNECT,
	PROBE_BANNER,
	PROBE_EHLO,
	PROBE_STARTTLS,
	PROBE_TLS,  /* the handshake, and the chain that was shown */
	PROBE_DANE, /* the chain against the TLSA set */
	PROBE_PKIX, /* or against authorities, where the level wants that */
	PROBE_EHLO_TLS,
	PROBE_VERDICT, /* on one server, or on the domain when there is none */
	PROBE_KINDS
};

/* One step. Everything here dies when the callback returns; text may come from
 * the network, in any bytes that its type allows. */
struct probe_step {
	enum probe_kind kind;
	const char *fault;	       /* NULL: it went well */
	const struct probe_host *host; /* with ADDRESSES; else NULL or the host
					  that the server was found by */
	const struct address *server;  /* from TLSA on; NULL: no server */
	/* MX (NULL: no memory) and all that have a server */
	const struct route_facts *facts;
	const struct requirement *requirement; /* from TLSA on */
	const struct smtp_reply *reply;	       /* of the server; may be NULL */
	const struct tls_conn *tls; /* TLS: NULL without a handshake */
	const struct server_facts *server_facts; /* DANE, PKIX, VERDICT */
	const struct judgement *judgement;	 /* VERDICT */
	const char *why; /* VERDICT: the cause, may be empty */
};

/* The walk as a whole. */
struct probe_result {
	/* relay when a server would be given the mail; else of the first
	 * server that was judged. Unknown: no server was reached, and nothing
	 * holds the mail in any case. */
	struct judgement judgement;
	unsigned servers; /* that were judged or tried */
	unsigned reached;
	unsigned relays; /* would be given the mail */
};

struct probe_watcher {
	void (*told)(void *arg, const struct probe_step *step);
	/* Once, the last: the probe may be freed in it. */
	void (*done)(void *arg, const struct probe_result *result);
	void *arg;
};

/* What it works with; all outlive it. */
struct probe_means {
	const struct settings *settings;
	struct resolver *resolver;
	struct tls_context *tls;
	const struct pkix_store *authorities; /* NULL: none is trusted */
	const struct memory *memory;	      /* NULL: no host is remembered */
};

struct probe;

/* Begins with the next turn of the resolver's loop. DG_ENOMEM, DG_ELIMIT. */
DG_MUSTCHECK int probe_new(struct probe **out, const struct probe_means *means,
    const struct probe_question *question, const struct probe_watcher *watcher);

/* Ends it without another word. NULL is fine. */
void probe_free(struct probe *p);

/* "mx", "address", "tlsa", ...: the step's word in JSON. */
const char *probe_kind_text(enum probe_kind kind);

#endif
