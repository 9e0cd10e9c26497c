/*
 * One session: a client's connection, the server's, and what stands between.
 * The one room that knows both SMTP and DANE; it gathers and does, and asks
 * policy/ for every verdict.
 *
 * The machine. A session stands in exactly one of the states below. Bytes,
 * timers and callbacks only cause session_run(), which asks what the present
 * state is waiting for (session_next_event) and runs the cell of the matrix in
 * matrix.def. Only session_goto() changes the state. Actions never free the
 * session: SESSION_ENDED is reaped by the proxy at the end of the loop.
 *
 * The envelope. MAIL is held in `mail` until the first RCPT has a verdict
 * (design of the product: not one byte of the envelope before a decision).
 * `mail_sent` says that the server has accepted it and a transaction is open
 * there; RCPTs of that transaction each have a verdict of their own.
 *
 * Ahead (RFC 2920). RCPTs that the client has sent already follow the first one
 * to the server while its answer is under way; `owed` counts the answers that
 * are still to come. The client's next line is taken in RCPT only when it is a
 * RCPT that nothing but a verdict can stop, and a verdict that stops it waits
 * until nothing is owed: so each answer is given in its turn, and no list of
 * them is kept. Everything else, DATA above all, waits for COMMAND.
 *
 * Invariants, asserted by session_check():
 *   - mail_sent implies have_mail and a verdict that let a recipient pass;
 *   - answers are owed in MAIL, RCPT and FACTS alone, and in FACTS only of RCPTs;
 *   - bytes of a body go out only with at least one accepted recipient;
 *   - a session past STARTTLS writes through the TLS engine alone;
 *   - CLOSING has no upstream, and DISCARD has one only behind a BDAT that was
 *     never sent on.
 */
#ifndef DG_SESSION_SESSION_H
#define DG_SESSION_SESSION_H

#include <event2/event_struct.h>

#include "base/budget.h"
#include "base/queue.h"
#include "dns/route.h"
#include "policy/check.h"
#include "policy/memory.h"
#include "policy/policy.h"
#include "session/proxy.h"
#include "session/upstream.h"
#include "session/watch.h"
#include "smtp/command.h"
#include "smtp/data.h"
#include "smtp/extensions.h"
#include "smtp/reply.h"

enum session_state {
	SESSION_CONNECT = 0, /* the server's connection is under way */
	SESSION_BANNER,	     /* waiting for the server's 220 */
	SESSION_COMMAND,     /* the client's turn */
	SESSION_EHLO,	     /* client's EHLO sent on in clear */
	SESSION_HELO,	     /* the server knew no EHLO */
	SESSION_FACTS,	     /* DNS facts for a recipient are gathered */
	SESSION_STARTTLS,
	SESSION_HANDSHAKE,
	SESSION_EHLO_TLS, /* EHLO inside TLS: the one that counts */
	SESSION_MAIL,	  /* held MAIL sent on */
	SESSION_RCPT,
	SESSION_RSET,
	SESSION_DATA,	     /* waiting for 354 */
	SESSION_BODY,	     /* the message streams through */
	SESSION_DOT,	     /* end of data sent: the server's word decides */
	SESSION_CHUNK,	     /* a BDAT chunk streams through */
	SESSION_CHUNK_REPLY, /* all of the chunk sent */
	SESSION_DISCARD,     /* the rest of a lost body is swallowed */
	SESSION_CLOSING,     /* the last reply is on its way */
	SESSION_ENDED,	     /* to be reaped */
	SESSION_STATES
};

enum session_event {
	EVENT_CONNECTED = 0,
	EVENT_COMMAND, /* a whole command line has come */
	EVENT_BODY,    /* body bytes have come, and there is room for them */
	EVENT_REPLY,   /* a whole reply has come */
	EVENT_BAD_REPLY,
	EVENT_FACTS,
	EVENT_SECURED, /* TLS handshake done */
	EVENT_SERVER_GONE,
	EVENT_CLIENT_GONE,
	EVENT_TIMEOUT,
	EVENT_NONE, /* nothing to do until something changes */
	EVENTS = EVENT_NONE
};

#define SESSION_RECIPIENTS_MAX 1000 /* of one message, as Postfix has it */
#define SESSION_ERRORS_MAX     20   /* bad commands before 421 */
#define SESSION_OWED_MAX       50   /* RCPTs under way at once */
#define SESSION_HELO_MAX       256
/*
 * RFC 5321 4.5.3.2 bounds each wait; these bound what waits could add up to. A
 * body that has not moved at this rate on the whole after the first minutes, and
 * a session that has brought nothing of a message for an hour, are not waited
 * for any longer.
 */
#define SESSION_BODY_MS	       600000
#define SESSION_BODY_RATE      100 /* bytes per second */
#define SESSION_IDLE_MS	       3600000
#define SESSION_IDLE_REST      1 /* seconds, for what is on its way */
/* The longest reply with the code in front of each line. */
#define SESSION_REPLY_ROOM     (SMTP_REPLY_TEXT_MAX + 6 * (SMTP_REPLY_LINES + 1))

/* What a decision is for. */
enum decision_purpose {
	DECIDE_RECIPIENT = 0,
	DECIDE_RELAY, /* a configured relay: TLS right after the first EHLO */
};

/* The decision under way, and what it rests on. */
struct decision {
	enum decision_purpose purpose;
	struct route_query *query;
	bool ready; /* facts have come (NULL: they could not) */
	struct route_facts *facts;
	struct name domain;
	bool literal;
	struct requirement requirement;
};

/* What the buffers are made of: in one piece, so that most of it can be given back
 * to the system while they are empty. */
struct session_memory {
	uint8_t down_in[2 * SMTP_LINE_MAX];
	uint8_t down_out[SESSION_REPLY_ROOM + 256];
	struct upstream_memory upstream;
};

struct session {
	QUEUE_LINK(session) link;
	struct proxy *proxy;
	uint64_t id;
	uint64_t started; /* monotonic, milliseconds */
	struct address client;
	struct address server;
	enum session_state state;
	bool timed_out;
	bool running; /* inside session_run(): no second one */
	bool stray;   /* the server spoke before it was asked */
	struct event timer;
	uint64_t useful; /* ms: begin of the session, or of the last message */
	uint64_t moved;	 /* bytes of the body since then */

	struct endpoint *downstream;
	struct buf down_in;
	struct buf down_out;
	struct upstream upstream;

	/* greeting */
	bool esmtp; /* the client said EHLO, not HELO */
	bool greeted;
	char helo[SESSION_HELO_MAX];
	struct smtp_extensions offered; /* by the server, latest EHLO */
	enum server_tls server_tls;	/* as far as it was tried */
	bool starttls;			/* offered once in this session */
	bool secured;
	bool again;	 /* a second connection, in clear */
	struct name sni; /* whom TLS was set up with; empty: anybody */
	struct tls_binding binding; /* what that session may be resumed for */
	bool bound;		    /* for anything at all */

	/* the envelope */
	bool have_mail;
	bool mail_sent;
	bool mail_refused; /* `held` has the server's refusal of MAIL */
	bool pipelined;	   /* RCPT went out together with MAIL */
	unsigned owed;	   /* answers of the server to RCPTs */
	size_t mail_len;
	size_t rcpt_len;
	enum auth auth;	     /* of the least protected recipient of it */
	unsigned recipients; /* accepted in this message */
	unsigned attempts;   /* RCPTs of this message */
	bool accepted_any;   /* in this session */
	bool passed;	     /* a verdict let a recipient pass */
	unsigned errors;
	struct decision decision;

	/* the body */
	struct smtp_data data;
	struct bulk *bulk; /* NULL: its buffers are its own */
	uint64_t chunk_left;
	uint64_t chunks; /* bytes of the chunks of this message */
	bool chunked;	 /* one of them has gone out, be it an empty one */
	bool chunk_last;
	bool chunk; /* DISCARD swallows a chunk, not DATA */
	bool early; /* the reply began before the end of the message went out */

	struct smtp_reply_reader reader;
	struct smtp_reply held; /* for the client, when its body has ended */

	char mail[SMTP_LINE_MAX];
	char rcpt[SMTP_LINE_MAX];

	unsigned quiet;	   /* turns of the proxy's sweep since it last ran */
	size_t given_back; /* to the system, until it runs again */
	struct session_memory memory;
};

/* What one session costs: itself and its two endpoints; and with TLS at rest. */
#define SESSION_OWN    (sizeof(struct session) + 1024)
#define SESSION_MEMORY (SESSION_OWN + (32U << 10))

/*
 * Larger buffers, lent to a session whose client sends a message faster than its
 * own can hold: eight records to a system call. Nobody waits for one; without it
 * a message goes through in smaller pieces.
 */
#define BULK_SIZE   32768
#define BULK_RECORD 1024 /* for headers and tags of the records */

struct bulk {
	uint8_t down_in[BULK_SIZE];
	uint8_t app_out[BULK_SIZE];
	uint8_t wire_out[BULK_SIZE + BULK_RECORD];
};

/* As many of them as this part of the memory limit has room for: with the defaults
 * three, and still room for all sessions. */
#define BULK_SHARE 48

#define PROXY_OFFERS 256

/* What a server offered inside TLS before: a middleman cannot thin that. */
struct offer {
	struct address server;
	unsigned bits;
};

struct proxy {
	struct event_base *base;
	const struct settings *settings;
	struct resolver *resolver;
	struct tls_context *tls;
	const struct pkix_store *authorities; /* NULL: none */
	QUEUE(session) sessions;
	size_t nsessions;
	struct budget room;  /* for sessions */
	struct budget bulks; /* and for what is lent to them */
	size_t given_back;   /* by sessions in which nothing happens */
	uint64_t last_id;
	bool draining;
	struct memory *memory; /* of hosts that spoke TLS */
	struct watch watch;    /* for the operator */
	struct event reap;
	struct event sweep;
	proxy_decided_cb *decided; /* may be NULL */
	void *decided_arg;
	void (*idle)(void *arg);
	void *idle_arg;
	struct offer offers[PROXY_OFFERS];
	size_t next_offer;
};

/* machine.c */
int session_new(struct proxy *p, int fd, const struct address *client,
    const struct address *server);
void session_free(struct session *s);
void session_run(struct session *s);
void session_goto(struct session *s, enum session_state state);
void session_check(const struct session *s);
/* Begins to connect with the server; as upstream_connect(). */
DG_MUSTCHECK int session_connect(struct session *s);
const char *session_state_text(enum session_state state);

#ifdef DG_TEST_MATRIX
/* One cell of the matrix, for the tests alone: builds with sanitizers. */
struct session_cell {
	bool filled;
	bool possible; /* neither "impossible" nor ignored */
	unsigned long runs;
};

void session_matrix_cell(struct session_cell *out, enum session_state state,
    enum session_event event);
#endif

/* proxy.c: what servers offered inside TLS; 0 when nothing is known. */
void proxy_remember_offer(struct proxy *p, const struct address *server,
    unsigned bits);
unsigned proxy_recall_offer(const struct proxy *p,
    const struct address *server);

/* greet.c: connection, banner, EHLO, STARTTLS */
void greet_connected(struct session *s);
void greet_failed(struct session *s);
void greet_banner(struct session *s);
void greet_client(struct session *s, bool esmtp, struct span name);
unsigned greet_bits(const struct session *s);
void greet_ehlo(struct session *s);
void greet_helo(struct session *s);
void greet_answer(struct session *s);
void greet_starttls(struct session *s);
void greet_starttls_reply(struct session *s);
void greet_secured(struct session *s);
void greet_handshake_failed(struct session *s);
void greet_again(struct session *s);
void greet_ehlo_tls(struct session *s);

/* command.c: what the client asks for */
void command_run(struct session *s);

/* decide.c: facts, requirement, verdict of one recipient */
void decide_start(struct session *s, enum decision_purpose purpose);
void decide_facts(struct session *s);
void decide_judge(struct session *s);
void decide_clear(struct session *s);

/* resume.c: what a TLS session may be resumed for */
bool resume_binding(struct tls_binding *out, const struct session *s);
/* The server was judged to be what it must be: its tickets are kept. */
void resume_keep(struct session *s);

/* transaction.c: MAIL, RCPT, RSET towards the server */
void transaction_rcpt(struct session *s);
/* The client's next line may be taken while answers are owed. */
bool transaction_ahead(struct session *s);
void transaction_mail_reply(struct session *s);
void transaction_rcpt_reply(struct session *s);
void transaction_rset(struct session *s);
void transaction_rset_reply(struct session *s);
void transaction_over(struct session *s);

/* body.c: DATA and BDAT */
void body_data(struct session *s);
void body_data_reply(struct session *s);
void body_relay(struct session *s);
void body_early(struct session *s);
void body_broken(struct session *s);
void body_dot_reply(struct session *s);
void body_dot_lost(struct session *s);
void body_bdat(struct session *s, const struct smtp_command *c);
void body_chunk(struct session *s);
void body_chunk_reply(struct session *s);
void body_chunk_lost(struct session *s);
void body_discard(struct session *s);

/* bulk.c: the larger buffers */
/* Lends them, where the client has filled its own and there are any left. */
void bulk_lend(struct session *s);
/* Takes them back as soon as what they hold fits into its own. */
void bulk_return(struct session *s);
/* Its buffers are of no use any more. */
void bulk_drop(struct session *s);

/* rest.c: sessions in which nothing happens */
#define REST_SECONDS 2 /* one turn of the sweep */
DG_MUSTCHECK int rest_init(struct proxy *p);
/* Looks for them from now on, as long as there are sessions. */
void rest_watch(struct proxy *p);
/* It rests no more. */
void rest_over(struct session *s);

/* answer.c: what the client is told, what the server is asked */
void answer(struct session *s, int code, const char *format, ...)
    DG_PRINTF(3, 4);
void answer_reply(struct session *s, const struct smtp_reply *reply);
void answer_close(struct session *s, int code, const char *format, ...)
    DG_PRINTF(3, 4);
void ask(struct session *s, enum session_state state, const char *format, ...)
    DG_PRINTF(3, 4);
/* The reason's refusal for the recipient under decision. */
void answer_refusal(struct session *s, const struct judgement *j,
    const char *why);
/* The server is lost: 421 and the end. */
void server_gone(struct session *s);
void server_broken(struct session *s);
void server_421(struct session *s);

/* report.c: the lines of the log */
void report_decision(const struct session *s, const struct judgement *j,
    bool passed, const char *why);
void report_delivered(const struct session *s, const struct smtp_reply *reply,
    uint64_t size);
void report_event(const struct session *s, enum log_level level,
    const char *event, enum reason reason, const char *why);

#endif
