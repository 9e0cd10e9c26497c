#include "cli/match.h"

#include <assert.h>
#include <string.h>

#include "config/option.h"

/* Word number `index` of a command; empty past its last. */
static struct span
word_at(size_t entry, int index)
{
	struct cli_entry e;
	struct span rest;
	struct span word = { 0 };

	if (!cli_entry_at(&e, entry))
		return word;
	rest = span_text(e.words);
	do
		word = span_word(&rest);
	while (index-- > 0);
	return word;
}

static size_t
entries(void)
{
	struct cli_entry e;
	size_t n = 0;

	while (cli_entry_at(&e, n))
		n++;
	assert(n <= CLI_MATCH_ENTRIES_MAX);
	return n;
}

static bool
begins_with(struct span word, struct span given)
{
	return given.n > 0 && span_equal(span_slice(word, 0, given.n), given);
}

/* Drops the candidates whose word at `at` is not meant by `given`. Returns the
 * number of different words that are left there. */
static size_t
narrow(struct cli_match *m, size_t n, int at, struct span given)
{
	struct span first = { 0 };
	bool whole = false;
	size_t words = 0;

	for (size_t i = 0; i < n; i++)
		whole = whole ||
		    (m->candidates[i] && span_equal(word_at(i, at), given));
	for (size_t i = 0; i < n; i++) {
		struct span word = word_at(i, at);

		m->candidates[i] = m->candidates[i] &&
		    (whole ? span_equal(word, given)
			   : begins_with(word, given));
		if (!m->candidates[i] || span_equal(word, first))
			continue;
		first = word;
		words++;
	}
	return words;
}

/* The candidate that ends before word number `at`, or n. */
static size_t
finished(const struct cli_match *m, size_t n, int at)
{
	size_t i = 0;

	while (i < n && !(m->candidates[i] && word_at(i, at).n == 0))
		i++;
	return i;
}

void
cli_match_words(struct cli_match *out, int argc, char **argv)
{
	size_t n = entries();
	size_t words;
	int at = 0;

	*out = (struct cli_match){ .outcome = CLI_MATCH_UNFINISHED };
	for (size_t i = 0; i < n; i++)
		out->candidates[i] = true;
	for (; at < argc; at++) {
		struct cli_match before = *out;

		words = narrow(out, n, at, span_text(argv[at]));
		if (words != 1) {
			/* Perhaps these are the arguments of a short one. */
			out->index = at > 0 ? finished(&before, n, at) : n;
			out->words = at;
			if (out->index < n)
				out->outcome = CLI_MATCH_ONE;
			else
				out->outcome = words == 0 ? CLI_MATCH_NONE
							  : CLI_MATCH_SEVERAL;
			return;
		}
	}
	out->index = at > 0 ? finished(out, n, at) : n;
	out->words = at;
	if (out->index < n)
		out->outcome = CLI_MATCH_ONE;
}

static bool
is_edge(uint8_t c)
{
	return c == '[' || c == ']' || c == '|' || c == '.';
}

struct span
cli_argument_word(struct span text, size_t *at, bool *first)
{
	size_t from;

	*first = false;
	while (*at < text.n && (is_edge(text.p[*at]) || text.p[*at] == ' ')) {
		*first = *first || is_edge(text.p[*at]);
		(*at)++;
	}
	from = *at;
	while (*at < text.n && text.p[*at] != ' ' && !is_edge(text.p[*at]))
		(*at)++;
	/* ADDRESS[@PORT] is one word. */
	if (*at + 1 < text.n && text.p[*at] == '[' && text.p[*at + 1] == '@')
		*at += span_find(span_slice(text, *at, text.n), ']', 0) + 1;
	if (*at > text.n)
		*at = text.n;
	*first = *first || from == 0;
	return span_slice(text, from, *at);
}

/* Numbers: no word that is cut short is one. */
static bool
is_number_value(struct span word)
{
	return span_equal(word, span_text("ID")) ||
	    span_equal(word, span_text("NUMBER"));
}

struct span
cli_argument_choice(const char *arguments, struct span given)
{
	struct span text = span_text(arguments);
	struct span found = { 0 };
	struct span word;
	size_t at = 0;
	bool first;

	while ((word = cli_argument_word(text, &at, &first)).n > 0) {
		if (!first || word.p[0] == '-' || is_number_value(word))
			continue;
		if (option_form_is_value(word))
			return (struct span){ 0 };
		if (span_equal(word, given))
			return word;
		if (!begins_with(word, given))
			continue;
		if (found.n > 0)
			return (struct span){ 0 };
		found = word;
	}
	return found;
}
