/*
 * Plays a scenario: a text file that reads like the dialogue of a mail server,
 * danegate and an MX, on the fake world of fake.h. Both sides are compared byte
 * by byte, and nothing may be left over when the play goes on.
 *
 * '>' points from client to server, '<' from server to client. In texts \r \n
 * \t \0 \\ \xNN are bytes, \#N;c is N times the character c, and inside of
 * repeat \$ is the number of the turn.
 *
 *	set STATEMENT		as in the configuration; before anything else
 *	clear			the envelope may go out in clear
 *	remembers		the same, but only where an earlier session of the
 *				play may have come to nothing
 *	as-written		never cut what is sent together
 *	facts DOMAIN WORD...	what DNS says; WORDs below; again: from now on
 *	certificate NAME	what the server proves itself with; "vouched
 *				HOST": authorities do it, for that host
 *
 *	connect [refused|unreachable|none|silent]
 *				a client comes; implied by the first line of talk
 *	client > TEXT		sends a line; `client >> TEXT` without line end
 *	client + TEXT		the same, in one packet with what follows
 *				(`client ++ TEXT` without line end)
 *	client < TEXT		gets exactly this line; `client << TEXT` bytes
 *	client closes|resets	goes away
 *	client stalls|reads	takes no more bytes; takes them again
 *	client sees end|close|reset
 *	server < TEXT, > TEXT	and so on: the same with the arrows' meaning kept
 *	server again WORD	another connection with it will be refused,
 *				silent, or impossible (none)
 *	server cuts		closes without TLS's goodbye
 *	tls ok|fail|resumes	the server answers the handshake
 *	tls tickets		the server gives some to resume by
 *	tls hello NAME		expects the first flight, with this SNI or -;
 *				`again` behind it: with a ticket
 *	tls memory		there is none for a handshake
 *	timeout SECONDS		what the session waits for does not come; SECONDS
 *				is how long it would have waited
 *	arrive DOMAIN		facts that were held come
 *	refuse DOMAIN		from now on its lookups cannot be begun
 *	late			the timeout is only ten seconds off
 *	passes SECONDS		the clock goes on; no timeout comes by itself
 *	drain | reload [STATEMENT]
 *	turned-away TEXT	one more client gets this line and the end
 *	loops TEXT		the session's own connection with the server
 *				comes in as a client; it gets this line
 *	from ADDRESS		where the server sees the connection come from
 *	log EVENT WORD...	a line of the log that has all these words
 *	nothing at client|server
 *	waits STATE		the play ends here, and the session waits
 *	repeat N ... end
 *	include NAME		the lines of parts/NAME
 *
 * Facts: null-mx none bogus failed clock-unset unknown no-memory refused held
 * insecure-mx; host=NAME begins a host, followed by unmatched, why=TEXT,
 * record=CERTIFICATE (a DANE-EE record that fits it) or
 * tlsa=usable|unusable|absent|insecure|bogus|failed|unknown.
 */
#ifndef DG_TEST_SESSION_PLAYER_H
#define DG_TEST_SESSION_PLAYER_H

#include "session/support/fake.h"

struct play {
	const char *path;
	enum fake_split split;
	uint32_t seed;
	/* Say the lines whatever comes: only what must never happen fails. */
	bool blind;
	struct span text; /* the lines; p == NULL: those of the file */
	bool no_mail;	  /* the server must see no envelope at all */
	/* Called when the daemon's part begins and ends; may be NULL. */
	void (*curtain)(bool up);

	char error[600]; /* "file:line: what"; empty: all went well */
};

/* Plays it through. True when all went well. */
bool play_run(struct play *p);

#endif
