#include "smtp/extensions.h"

#include <string.h>

#define DOMAIN_MAX 255 /* RFC 5321 4.5.3.1.2 */

struct keyword {
	unsigned bit;
	const char *text;
};

/* In the order in which the client sees them. */
static const struct keyword keywords[] = {
	{ SMTP_EXT_PIPELINING, "PIPELINING" },
	{ SMTP_EXT_SIZE, "SIZE" },
	{ SMTP_EXT_STARTTLS, "STARTTLS" },
	{ SMTP_EXT_ENHANCEDSTATUSCODES, "ENHANCEDSTATUSCODES" },
	{ SMTP_EXT_8BITMIME, "8BITMIME" },
	{ SMTP_EXT_DSN, "DSN" },
	{ SMTP_EXT_SMTPUTF8, "SMTPUTF8" },
	{ SMTP_EXT_CHUNKING, "CHUNKING" },
	{ SMTP_EXT_BINARYMIME, "BINARYMIME" },
	{ SMTP_EXT_DELIVERBY, "DELIVERBY" },
	{ SMTP_EXT_MT_PRIORITY, "MT-PRIORITY" },
	{ SMTP_EXT_LIMITS, "LIMITS" },
};

static bool
is_printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* Where the argument of a keyword is kept; NULL: it has none. */
static char *
argument_of(struct smtp_extensions *e, unsigned bit)
{
	if (bit == SMTP_EXT_DELIVERBY)
		return e->deliverby;
	if (bit == SMTP_EXT_MT_PRIORITY)
		return e->mt_priority;
	if (bit == SMTP_EXT_LIMITS)
		return e->limits;
	return NULL;
}

static const char *
argument_text(const struct smtp_extensions *e, unsigned bit)
{
	if (bit == SMTP_EXT_DELIVERBY)
		return e->deliverby;
	if (bit == SMTP_EXT_MT_PRIORITY)
		return e->mt_priority;
	if (bit == SMTP_EXT_LIMITS)
		return e->limits;
	return "";
}

static void
take_keyword(struct smtp_extensions *e, unsigned bit, struct span argument)
{
	char *kept = argument_of(e, bit);

	if ((e->bits & bit) != 0)
		return;
	if (kept != NULL &&
	    (!is_printable(argument) ||
		span_copy_text(kept, SMTP_EXTENSION_ARGUMENT_MAX + 1,
		    argument) != 0))
		return;
	/* LIMITS says nothing without a limit (RFC 9422 3). */
	if (bit == SMTP_EXT_LIMITS && argument.n == 0)
		return;
	if (bit == SMTP_EXT_SIZE &&
	    span_number(&e->size, argument, UINT64_MAX) != 0)
		e->size = 0;
	e->bits |= bit;
}

static void
take_line(struct smtp_extensions *e, struct span line)
{
	struct span word = span_word(&line);

	for (size_t i = 0; i < DG_ARRAY_LEN(keywords); i++)
		if (span_equal_nocase(word, keywords[i].text))
			take_keyword(e, keywords[i].bit, span_trim(line));
}

int
smtp_extensions_parse(struct smtp_extensions *out,
    const struct smtp_reply *reply)
{
	struct smtp_extensions e = { 0 };
	struct span text = span_of(reply->text, reply->len);
	size_t end;

	if (reply->code != 250)
		return DG_EPROTO;
	/* The first line is the server's name and greeting. */
	end = span_find(text, '\n', 0);
	while (end < text.n) {
		text = span_slice(text, end + 1, text.n);
		end = span_find(text, '\n', 0);
		take_line(&e, span_slice(text, 0, end));
	}
	*out = e;
	return 0;
}

/* What of the offer a client may see. */
static unsigned
carried(unsigned bits)
{
	bits &= ~(unsigned)SMTP_EXT_STARTTLS;
	if ((bits & SMTP_EXT_CHUNKING) == 0)
		bits &= ~(unsigned)SMTP_EXT_BINARYMIME;
	if ((bits & SMTP_EXT_8BITMIME) == 0)
		bits &= ~(unsigned)SMTP_EXT_SMTPUTF8;
	return bits;
}

/* Adds "\nKEYWORD argument" behind text[0..len). */
static int
add_keyword(struct buf *text, const struct keyword *k,
    const struct smtp_extensions *offer)
{
	const char *argument = argument_text(offer, k->bit);

	if (k->bit == SMTP_EXT_SIZE && offer->size > 0)
		return buf_printf(text, "\n%s %llu", k->text,
		    (unsigned long long)offer->size);
	return buf_printf(text, "\n%s%s%s", k->text,
	    argument[0] != '\0' ? " " : "", argument);
}

int
smtp_extensions_reply(struct smtp_reply *out, struct span domain,
    const struct smtp_extensions *offer)
{
	uint8_t mem[1024];
	struct buf text;
	unsigned bits = carried(offer->bits);
	struct span made;
	int result;

	if (domain.n == 0 || domain.n > DOMAIN_MAX || !is_printable(domain))
		return DG_ESYNTAX;
	buf_init(&text, mem, sizeof(mem));
	result = buf_put(&text, domain.p, domain.n);
	for (size_t i = 0; i < DG_ARRAY_LEN(keywords) && result == 0; i++)
		if ((bits & keywords[i].bit) != 0)
			result = add_keyword(&text, &keywords[i], offer);
	if (result != 0)
		return result;
	made = buf_peek(&text);
	smtp_reply_set(out, 250, "%.*s", (int)made.n, (const char *)made.p);
	return 0;
}

const char *
smtp_extension_text(unsigned bit)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(keywords); i++)
		if (keywords[i].bit == bit)
			return keywords[i].text;
	return "unknown";
}
