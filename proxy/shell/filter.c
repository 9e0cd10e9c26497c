#include "shell/filter.h"

#include <string.h>

#include "shell/words.h"

/* clang-format off */
static const struct {
	const char *word;
	const char *help;
	bool text;
} kinds[FILTER_KINDS] = {
	[FILTER_INCLUDE] = { "include", "lines that have this text", true },
	[FILTER_EXCLUDE] = { "exclude", "lines that do not have it", true },
	[FILTER_COUNT] = { "count", "how many lines there are", false },
	[FILTER_NO_MORE] = { "no-more", "without a stop at each screen", false },
};
/* clang-format on */

const char *
filter_word(enum filter_kind kind)
{
	return kinds[kind].word;
}

const char *
filter_help(enum filter_kind kind)
{
	return kinds[kind].help;
}

bool
filter_takes_text(enum filter_kind kind)
{
	return kinds[kind].text;
}

enum filter_kind
filter_find(struct span word)
{
	int kind = 0;

	while (kind < FILTER_KINDS &&
	    !words_begins(span_text(kinds[kind].word), word))
		kind++;
	return (enum filter_kind)kind;
}

int
filter_parse(struct filter *out, char *const *words, size_t n, size_t *wrong,
    const char **expected)
{
	size_t at = 0;

	*out = (struct filter){ 0 };
	while (at < n) {
		enum filter_kind kind;

		*wrong = at;
		*expected = "| between filters";
		if (strcmp(words[at], "|") != 0)
			return DG_ESYNTAX;
		*expected = "at most 4 filters";
		if (out->n == FILTER_STAGES_MAX)
			return DG_ELIMIT;
		*wrong = ++at;
		*expected = "include TEXT, exclude TEXT, count or no-more";
		kind = at < n ? filter_find(span_text(words[at]))
			      : FILTER_KINDS;
		if (kind == FILTER_KINDS)
			return DG_ESYNTAX;
		at++;
		out->stages[out->n].kind = kind;
		if (kinds[kind].text) {
			*wrong = at;
			*expected = "TEXT";
			if (at == n)
				return DG_ESYNTAX;
			words_unquote(words[at]);
			out->stages[out->n].text = words[at++];
		}
		out->n++;
	}
	return 0;
}

static bool
has_text(struct span line, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= line.n; i++)
		if (span_starts_nocase(span_slice(line, i, line.n), text))
			return true;
	return false;
}

bool
filter_line(struct filter *f, struct span line)
{
	for (size_t i = 0; i < f->n; i++)
		switch (f->stages[i].kind) {
		case FILTER_INCLUDE:
		case FILTER_EXCLUDE:
			if (has_text(line, f->stages[i].text) !=
			    (f->stages[i].kind == FILTER_INCLUDE))
				return false;
			break;
		case FILTER_COUNT:
			f->counted++;
			return false;
		case FILTER_NO_MORE:
		case FILTER_KINDS:
			break;
		}
	return true;
}

bool
filter_has(const struct filter *f, enum filter_kind kind)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->stages[i].kind == kind)
			return true;
	return false;
}
