/*
 * Inside of probe/ only: the talk with one mail server as far as a probe has
 * it: banner, EHLO, STARTTLS, EHLO inside TLS, QUIT. Bounded in time at each
 * stage. Knows nothing of DNS, certificates and verdicts; it says what the
 * server did, and the owner looks.
 */
#ifndef DG_PROBE_TALK_H
#define DG_PROBE_TALK_H

#include <event2/event_struct.h>

#include "policy/facts.h"
#include "policy/policy.h"
#include "session/upstream.h"
#include "smtp/extensions.h"
#include "smtp/reply.h"

enum talk_stage {
	TALK_CONNECT = 0,
	TALK_BANNER,
	TALK_EHLO,
	TALK_STARTTLS,
	TALK_HANDSHAKE,
	TALK_EHLO_TLS,
	TALK_END, /* nothing more will come */
};

/* What is to be done; all it points to outlives the talk. */
struct talk_plan {
	struct address server;
	const char *helo;
	bool starttls;		/* where it is offered */
	const struct name *sni; /* NULL: none */
	struct tls_context *tls;
	unsigned seconds; /* that each stage may take */
};

struct talk;

/* A stage has ended: t->stage. Called from the loop; at TALK_END the last
 * time, and t may be freed there. */
typedef void talk_told(void *arg, struct talk *t);

/* Fields are for the owner to read. */
struct talk {
	enum talk_stage stage;
	bool connected;
	enum server_tls tls;
	enum reason broken; /* server-gone or protocol-error; ok: neither */
	char fault[200];    /* what went wrong at this stage; printable */
	bool helo;	    /* EHLO was refused */
	bool offers_starttls;
	struct smtp_reply_reader reader; /* the stage's reply */
	struct upstream upstream;	 /* its TLS engine shows the chain */
	struct upstream_memory memory;

	struct talk_plan plan;
	struct event timer;
	bool started;
	talk_told *told;
	void *arg;
};

/* Begins with the next turn of the loop. DG_ENOMEM. */
DG_MUSTCHECK int talk_new(struct talk **out, struct event_base *base,
    const struct talk_plan *plan, talk_told *told, void *arg);

/* NULL is fine. */
void talk_free(struct talk *t);

#endif
