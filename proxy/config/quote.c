#include "config/quote.h"

#include <assert.h>
#include <string.h>

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Index behind the text that begins at `at` with its quotation mark, or the
 * end of the line. */
static size_t
quote_end(struct span line, size_t at)
{
	for (at++; at < line.n; at++) {
		if (line.p[at] == '"')
			return at + 1;
		if (line.p[at] == '\\')
			at++;
	}
	return line.n;
}

size_t
quote_find_comment(struct span line)
{
	size_t at = 0;

	while (at < line.n && line.p[at] != '#') {
		if (line.p[at] == '"' && at > 0 && is_blank(line.p[at - 1]))
			at = quote_end(line, at);
		else
			at++;
	}
	return at;
}

int
quote_take(char *out, size_t size, struct span *word, struct span *rest)
{
	size_t end = rest->n > 0 ? quote_end(*rest, 0) : 0;
	size_t n = 0;

	*word = span_slice(*rest, 0, end);
	if (end < 2 || rest->p[0] != '"' || rest->p[end - 1] != '"')
		return DG_ESYNTAX;
	if (end < rest->n && !is_blank(rest->p[end]))
		return DG_ESYNTAX;
	for (size_t i = 1; i < end - 1; i++) {
		if (rest->p[i] == '\\' && ++i == end - 1)
			return DG_ESYNTAX;
		if (rest->p[i] < 0x20 || rest->p[i] >= 0x7f)
			return DG_ESYNTAX;
		if (n + 1 >= size)
			return DG_ELIMIT;
		memcpy(&out[n++], &rest->p[i], 1);
	}
	out[n] = '\0';
	*rest = span_trim(span_slice(*rest, end, rest->n));
	return 0;
}

void
quote_put(char *out, size_t size, const char *text)
{
	size_t n = 0;

	assert(size >= 2 * strlen(text) + 3);
	out[n++] = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			out[n++] = '\\';
		out[n++] = *text;
	}
	out[n++] = '"';
	out[n] = '\0';
}
