/* rooms: session */
/* with: unit/session/support/fake_net.c unit/session/support/fake_tls.c */
/* with: unit/session/support/fake_route.c unit/session/support/player.c */
/* with: unit/session/support/witness.c */
/* link: -Wl,--wrap=log_end */
/*
 * A whole session with both peers hostile, on the fake world of the session's
 * unit tests: the input is turned into the lines of a scenario and played
 * without expectations. What must never be: a crash, an acceptance that the
 * server did not give or for other bytes, a reply too many, the envelope in
 * clear or to a server that is not proved, a session that sleeps or goes round
 * in circles.
 *
 * Input: a byte of circumstances, then one byte per line; 'x' and 'X' take a
 * length and bytes with them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/support/player.h"

#define LINES 60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Line ends are in the text where a whole line is said. */
static const char *const says[] = {
	"client > EHLO mail.office",
	"client > HELO mail.office",
	"client + MAIL FROM:<a@office.nl>",
	"client > MAIL FROM:<a@office.nl> BODY=8BITMIME SIZE=5",
	"client > MAIL FROM:<>",
	"client + RCPT TO:<b@example.nl>",
	"client > RCPT TO:<b@example.nl>",
	"client > RCPT TO:<c@dead.nl>",
	"client > RCPT TO:<d@held.nl>",
	"client + DATA",
	"client > DATA",
	"client > .",
	"client + .",
	"client > hello",
	"client >> a\\n.\\n",
	"client >> a\\r.\\r\\n",
	"client >> \\r\\n.\\n",
	"client + BDAT 4",
	"client > BDAT 4 LAST",
	"client > BDAT 0 LAST",
	"client > BDAT x",
	"client >> \\r\\n.\\r",
	"client > RSET",
	"client > NOOP",
	"client > QUIT",
	"client > VRFY a",
	"client >> \\#9000;x",
	"client closes",
	"client resets",
	"client stalls",
	"client reads",
	"server < 220 mx",
	"server < 250 ok",
	"server + 250 ok",
	"server << 250-a\\r\\n250-STARTTLS\\r\\n250 PIPELINING\\r\\n",
	"server << 250-a\\r\\n250-CHUNKING\\r\\n250-8BITMIME\\r\\n250 SIZE\\r\\n",
	"server << 250-",
	"server << 25",
	"server < 354 go",
	"server + 354 go",
	"server < 421 bye",
	"server < 451 later",
	"server < 552 no",
	"server < 999 what",
	"server << \\#3000;y",
	"server closes",
	"server cuts",
	"server resets",
	"server stalls",
	"server reads",
	"tls ok",
	"tls fail",
	"timeout 1",
	"late",
	"arrive held.nl",
	"drain",
	"reload",
	"reload policy default block",
	"reload policy default dane-only",
};

struct script {
	char text[65536];
	size_t n;
};

static void
add(struct script *s, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(s->text) - s->n)
		abort();
	memcpy(s->text + s->n, text, n);
	s->n += n;
}

/* Bytes as they are; returns how many of data it took. */
static size_t
add_bytes(struct script *s, const char *who, const uint8_t *data, size_t size)
{
	size_t n = size > 0 ? data[0] % 40u : 0;
	char escaped[8];

	if (n > size - (size > 0))
		n = size > 0 ? size - 1 : 0;
	add(s, who);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(escaped, sizeof(escaped), "\\x%02x",
		    (unsigned)data[i + 1]);
		add(s, escaped);
	}
	add(s, "\n");
	return size > 0 ? n + 1 : 0;
}

static void
write_script(struct script *s, const uint8_t *data, size_t size)
{
	add(s, "facts held.nl held host=mx.example.nl record=right\n");
	add(s, "facts dead.nl failed\n");
	add(s, "facts example.nl host=mx.example.nl record=right\n");
	add(s,
	    (data[0] & 1) != 0 ? "certificate wrong\n" : "certificate right\n");
	if ((data[0] & 2) != 0)
		add(s, "set policy bare-newline reject\n");
	if ((data[0] & 4) != 0)
		add(s, "set policy on-block reject\n");
	add(s, "connect\n");
	for (size_t i = 1, lines = 0; i < size && lines < LINES; lines++) {
		uint8_t c = data[i++];

		if (c == 'x') {
			i += add_bytes(s, "client >> ", data + i, size - i);
		} else if (c == 'X') {
			i += add_bytes(s, "server << ", data + i, size - i);
		} else {
			add(s, says[c % DG_ARRAY_LEN(says)]);
			add(s, "\n");
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct script s;
	static struct play p;

	if (size < 2)
		return 0;
	s.n = 0;
	write_script(&s, data, size);
	p = (struct play){
		.path = "input",
		.blind = true,
		.split = (enum fake_split)(data[0] >> 3) % 3,
		.seed = data[0],
		.text = span_of(s.text, s.n),
		.no_mail = (data[0] & 1) != 0,
	};
	if (!play_run(&p)) {
		(void)fprintf(stderr, "%s\n%.*s", p.error, (int)s.n, s.text);
		abort();
	}
	return 0;
}
