/*
 * docs/session.md: the introduction that stands beside this file, then a table
 * for each state, made from the very lists that the machine is compiled from.
 * An action without words here makes no page.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>

#include "session/session.h"

#define INTRODUCTION "tools/manual/session.md"

static const struct {
	const char *name;
	unsigned timeout;
	const char *reads;
	bool server;
} states[SESSION_STATES] = {
#define STATE(id, name, timeout, client, server) \
	[SESSION_##id] = { name, timeout, #client, server },
#include "session/states.def"
};

#define CELL(action) #action
static const char *const matrix[SESSION_STATES][EVENTS] = {
#include "session/matrix.def"
};

/* What a state is there for. */
static const char *const purposes[SESSION_STATES] = {
	[SESSION_CONNECT] = "The connection with the server is under way.",
	[SESSION_BANNER] = "The server's greeting is awaited; the client gets "
			   "it as its own.",
	[SESSION_COMMAND] = "The client's turn. All that it may ask for begins "
			    "here, and most of it ends here.",
	[SESSION_EHLO] = "The client's EHLO has gone on, in clear.",
	[SESSION_HELO] = "The server knew no EHLO and is asked in the old way.",
	[SESSION_FACTS] = "What DNS says of a recipient's domain is gathered. "
			  "The server hears nothing of it.",
	[SESSION_STARTTLS] = "TLS is wanted and has been asked for.",
	[SESSION_HANDSHAKE] = "The TLS handshake.",
	[SESSION_EHLO_TLS] = "EHLO inside TLS: what the server offers here is "
			     "what counts.",
	[SESSION_MAIL] =
	    "The held MAIL has gone out after a verdict, and where "
	    "the server takes commands ahead the RCPT with it.",
	[SESSION_RCPT] =
	    "One or more recipients have gone out, each after its verdict.",
	[SESSION_RSET] = "A transaction that the server knows of is given up.",
	[SESSION_DATA] = "DATA has gone out; the server says whether the "
			 "message may come.",
	[SESSION_BODY] = "The message streams through.",
	[SESSION_DOT] = "All of the message has been given to the server, and "
			"its word decides.",
	[SESSION_CHUNK] = "A chunk of BDAT streams through.",
	[SESSION_CHUNK_REPLY] =
	    "All of the chunk has been given to the server.",
	[SESSION_DISCARD] = "The message is lost already; the client is "
			    "followed to its end, so that it can be told.",
	[SESSION_CLOSING] = "The last reply is on its way to the client.",
	[SESSION_ENDED] = "Over; the proxy frees the session when the loop "
			  "comes round.",
};

static const char *const events[EVENTS] = {
	[EVENT_CONNECTED] = "the connection stands",
	[EVENT_COMMAND] = "a command line has come",
	[EVENT_BODY] = "bytes have come, and there is room for them",
	[EVENT_REPLY] = "a whole reply has come",
	[EVENT_BAD_REPLY] = "a reply that breaks the grammar, or comes unasked",
	[EVENT_FACTS] = "the facts are there",
	[EVENT_SECURED] = "the handshake is done",
	[EVENT_SERVER_GONE] = "the server is gone",
	[EVENT_CLIENT_GONE] = "the client is gone",
	[EVENT_TIMEOUT] = "timeout",
};

/* What an action does, in words; `*` is a state. */
static const struct {
	const char *action;
	const char *words;
} actions[] = {
	{ "greet_connected", "Go to *banner*." },
	{ "greet_failed",
	    "421 4.4.1 with the cause, and close: the client tries its next "
	    "MX." },
	{ "greet_banner",
	    "220: pass it on, *command*. 4yz and 5yz: pass it on and close. "
	    "Anything else is no greeting: 421 4.5.0." },
	{ "command_run",
	    "Read it and carry it out: see \"What the client may say\"." },
	{ "greet_ehlo",
	    "250: answer with what of it danegate carries, *command*; towards a "
	    "configured relay go on to its check first, *facts*. Anything "
	    "else: try HELO, *helo*." },
	{ "greet_helo",
	    "250: answer, *command*. Anything else: pass it on, *command*." },
	{ "decide_facts",
	    "Policy says what must hold. Where TLS is wanted and can still be "
	    "had: STARTTLS, *starttls*. Otherwise the verdict now." },
	{ "facts_timeout", "As if DNS had failed: this recipient is put off." },
	{ "greet_starttls_reply",
	    "220: *handshake*, with the name that DANE goes by. Plaintext "
	    "behind it: reset the server, verdict `downgrade`. Anything else "
	    "than 220: the verdict, with STARTTLS refused." },
	{ "greet_secured", "EHLO again, *ehlo-tls*." },
	{ "greet_handshake_failed",
	    "Reset the server. The verdict: `tls-failed`, or `downgrade` when "
	    "there was plaintext in TLS's place." },
	{ "greet_ehlo_tls",
	    "250: remember the list for this server. The verdict, when a "
	    "recipient waits for it; else answer the client's EHLO. Anything "
	    "else: 421 4.5.0." },
	{ "transaction_mail_reply",
	    "2yz: send the RCPT if it is not out yet, *rcpt*. A refusal is the "
	    "answer to the RCPT." },
	{ "transaction_rcpt_reply",
	    "Pass it on. 2yz: one more recipient. When no other answer is owed: "
	    "*command*, or a refusal that waited for its turn, *facts*." },
	{ "transaction_rset_reply",
	    "2yz: pass it on, *command*. Anything else: 421 4.5.0." },
	{ "body_data_reply",
	    "354: pass it on, *body*. 4yz and 5yz: pass it on, *command*. "
	    "Anything else: 421 4.5.0." },
	{ "body_relay",
	    "Move what there is room for. At CRLF.CRLF: *dot*. A bare CR or LF "
	    "where they are refused: reset the server, *discard*, then 550." },
	{ "body_chunk",
	    "Move what there is room for. At the chunk's end: "
	    "*chunk-reply*." },
	{ "body_early",
	    "Reset the server, *discard*, then its refusal; a 2yz or 3yz is "
	    "none that could be meant: then 451." },
	{ "body_broken", "Reset the server, *discard*, then 451 4.4.2." },
	{ "body_idle", "Reset the server, 421 4.4.2, close." },
	{ "body_dot_reply",
	    "Pass it on, *command*: a 250 is the server's own. A 2yz that began "
	    "before all had gone out is no answer to it: 451, as below." },
	{ "body_dot_lost",
	    "451 4.4.2, \"its outcome is unknown\", and close: the client "
	    "sends it again." },
	{ "body_chunk_reply",
	    "Pass it on, *command*. For the last chunk as for the end of "
	    "DATA." },
	{ "body_chunk_lost",
	    "421 4.4.2, close; for the last chunk 451, \"its outcome is "
	    "unknown\"." },
	{ "body_discard",
	    "Drop them. At the message's or chunk's end: the "
	    "reply that was kept for it, *command*." },
	{ "client_idle", "421 4.4.2, close; the server gets its goodbye." },
	{ "client_gone",
	    "Reset the server, so that nothing unfinished becomes mail; "
	    "*ended*." },
	{ "server_broken", "421 4.5.0, close." },
	{ "server_gone", "421 4.4.2 with the cause, close." },
	{ "closing_read", "Drop them." },
	{ "session_end", "*ended*." },
};

static int
put_introduction(void)
{
	char text[16384];
	FILE *f = fopen(INTRODUCTION, "r");
	size_t n;

	if (f == NULL) {
		perror(INTRODUCTION);
		return -1;
	}
	n = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	(void)fwrite(text, 1, n, stdout);
	return n < sizeof(text) ? 0 : -1;
}

static const char *
reading(enum session_state s)
{
	if (strcmp(states[s].reads, "READS_LINES") == 0)
		return "its commands are read";
	if (strcmp(states[s].reads, "READS_AHEAD") == 0)
		return "more RCPTs, as far as it has sent them ahead";
	if (strcmp(states[s].reads, "READS_BODY") == 0)
		return "its bytes are read, as far as the server takes them";
	if (strcmp(states[s].reads, "READS_ALL") == 0)
		return "its bytes are read and dropped";
	return "it is not read";
}

static void
put_overview(void)
{
	(void)puts("\n## The states\n\n"
		   "| state | waits for at most | the client | a reply of the "
		   "server |\n|---|---|---|---|");
	for (enum session_state s = 0; s < SESSION_STATES; s++) {
		char seconds[32] = "-";

		if (states[s].timeout > 0)
			(void)snprintf(seconds, sizeof(seconds), "%u s",
			    states[s].timeout);
		(void)printf("| %s | %s | %s | %s |\n", states[s].name, seconds,
		    reading(s), states[s].server ? "may come" : "-");
	}
}

static const char *
words_of(const char *action)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(actions); i++)
		if (strcmp(actions[i].action, action) == 0)
			return actions[i].words;
	return NULL;
}

static int
put_cell(const char *event, const char *action)
{
	const char *words;

	if (strcmp(action, "impossible") == 0 || strcmp(action, "ignore") == 0)
		return 0;
	words = words_of(action);
	if (words == NULL) {
		(void)fprintf(stderr, "session.c: no words for %s\n", action);
		return -1;
	}
	(void)printf("| %s | %s | `%s` |\n", event, words, action);
	return 0;
}

static int
put_state(enum session_state s)
{
	(void)printf("\n### %s\n\n%s\n", states[s].name, purposes[s]);
	/* There every cell does nothing. */
	if (s == SESSION_ENDED)
		return 0;
	(void)puts("\n| event | what is done | action |\n|---|---|---|");
	for (enum session_event e = 0; e < EVENTS; e++)
		if (put_cell(events[e], matrix[s][e]) != 0)
			return -1;
	return 0;
}

int
manual_session(void)
{
	if (put_introduction() != 0)
		return -1;
	put_overview();
	for (enum session_state s = 0; s < SESSION_STATES; s++)
		if (put_state(s) != 0)
			return -1;
	return 0;
}
