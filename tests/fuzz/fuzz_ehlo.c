/* rooms: smtp */
/*
 * The lines of a server's answer to EHLO, and what a client is offered of them.
 * Whatever they say: the offer has no STARTTLS and no AUTH, every line of it is
 * printable, and what it says is understood in the same way again.
 */
#include <stdlib.h>
#include <string.h>

#include "smtp/extensions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* No keyword that a client must not see stands at the start of a line. */
static void
check_offer(const struct smtp_reply *reply)
{
	struct span rest = span_of(reply->text, reply->len);

	while (rest.n > 0) {
		size_t end = span_find(rest, '\n', 0);
		struct span line = span_slice(rest, 0, end);

		require(!span_starts_nocase(line, "STARTTLS") &&
		    !span_starts_nocase(line, "AUTH"));
		for (size_t i = 0; i < line.n; i++)
			require(line.p[i] >= 0x20 && line.p[i] < 0x7f);
		rest = span_slice(rest, end + 1, rest.n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_extensions offer, again;
	struct smtp_reply reply;
	unsigned seen;

	if (size >= sizeof(reply.text) || memchr(data, 0, size) != NULL)
		return 0;
	smtp_reply_set(&reply, 250, "mx\n%.*s", (int)size, (const char *)data);
	require(smtp_extensions_parse(&offer, &reply) == 0);
	require(smtp_extensions_reply(&reply, span_text("gw"), &offer) == 0);
	check_offer(&reply);
	require(smtp_extensions_parse(&again, &reply) == 0);
	seen = again.bits;
	require((seen & ~offer.bits) == 0);
	require((seen & SMTP_EXT_BINARYMIME) == 0 ||
	    (seen & SMTP_EXT_CHUNKING) != 0);
	require(
	    (seen & SMTP_EXT_SMTPUTF8) == 0 || (seen & SMTP_EXT_8BITMIME) != 0);
	require((seen & SMTP_EXT_SIZE) == 0 || again.size == offer.size);
	require((seen & SMTP_EXT_LIMITS) == 0 ||
	    strcmp(again.limits, offer.limits) == 0);
	return 0;
}
