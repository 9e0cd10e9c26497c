#include "shell/words.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_fit(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || is_blank((char)c);
}

/* The end of the word that begins at `at`. */
static size_t
word_end(struct words *w, size_t n, size_t at)
{
	w->open = false;
	for (; at < n && (w->open || !is_blank(w->text[at])); at++)
		if (w->text[at] == '"')
			w->open = !w->open;
	return at;
}

int
words_split(struct words *out, struct span line, size_t *wrong)
{
	size_t at = 0;

	*out = (struct words){ .blank = true };
	if (line.n > WORDS_LINE_MAX)
		return DG_ELIMIT;
	for (size_t i = 0; i < line.n; i++)
		if (!is_fit(line.p[i])) {
			*wrong = i;
			return DG_ESYNTAX;
		}
	if (line.n > 0)
		memcpy(out->text, line.p, line.n);
	for (;;) {
		size_t end;

		while (at < line.n && is_blank(out->text[at]))
			at++;
		if (at == line.n || out->text[at] == '#')
			break;
		if (out->n == WORDS_MAX)
			return DG_ELIMIT;
		end = word_end(out, line.n, at);
		out->at[out->n] = at;
		out->word[out->n++] = out->text + at;
		out->blank = end < line.n;
		out->text[end] = '\0';
		at = end < line.n ? end + 1 : end;
	}
	while (out->pipe < out->n && strcmp(out->word[out->pipe], "|") != 0)
		out->pipe++;
	return 0;
}

void
words_unquote(char *word)
{
	size_t n = strlen(word);

	if (n < 2 || word[0] != '"' || word[n - 1] != '"')
		return;
	memmove(word, word + 1, n - 2);
	word[n - 2] = '\0';
}

bool
words_begins(struct span word, struct span given)
{
	return given.n > 0 && span_equal(span_slice(word, 0, given.n), given);
}
