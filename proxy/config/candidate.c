#include "config/candidate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/option.h"

#define WORDS_MAX 8 /* of a statement that are compared */

/* A statement's words behind `set`, and which option it is about. */
struct statement {
	const struct option *option; /* NULL: none that there is */
	struct span words[WORDS_MAX];
	size_t n;
};

static struct span
line_span(const struct candidate *c, size_t i)
{
	return span_text(c->lines[i].text);
}

/* What of a line is no comment. */
static struct span
content(struct span line)
{
	return span_trim(span_slice(line, 0, span_find(line, '#', 0)));
}

static bool
is_comment(struct span line)
{
	return content(line).n == 0 && span_trim(line).n > 0;
}

static struct statement
statement_of(struct span line)
{
	struct option_input in = { .rest = content(line) };
	struct statement s = { 0 };
	struct span word;

	if (in.rest.n > 0 && in.rest.p[in.rest.n - 1] == '\r')
		in.rest.n--;
	word = in.rest;
	if (span_equal(span_word(&word), span_text("set")))
		in.rest = span_trim(word);
	word = in.rest;
	while (s.n < WORDS_MAX && (s.words[s.n] = span_word(&word)).n > 0)
		s.n++;
	s.option = option_find(&in);
	return s;
}

static size_t
words_in(struct span text)
{
	size_t n = 0;

	while (span_word(&text).n > 0)
		n++;
	return n;
}

/* The first n words of both are the same. */
static bool
same_words(const struct statement *a, const struct statement *b, size_t n)
{
	if (a->n < n || b->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!span_equal(a->words[i], b->words[i]))
			return false;
	return true;
}

/* b says something else about the same thing. */
static bool
is_about_same(const struct statement *a, const struct statement *b)
{
	return a->option != NULL && a->option == b->option &&
	    same_words(a, b,
		words_in(span_text(a->option->path)) + a->option->key);
}

void
candidate_free(struct candidate *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->lines[i].text);
	free(c->lines);
	*c = (struct candidate){ 0 };
}

static int
insert(struct candidate *c, size_t at, struct span line)
{
	char *text;

	if (c->n == c->room) {
		size_t room = c->room + 64;
		struct candidate_line *lines = realloc(c->lines,
		    room * sizeof(*lines));

		if (lines == NULL)
			return DG_ENOMEM;
		c->lines = lines;
		c->room = room;
	}
	text = malloc(line.n + 1);
	if (text == NULL)
		return DG_ENOMEM;
	if (line.n > 0)
		memcpy(text, line.p, line.n);
	text[line.n] = '\0';
	memmove(c->lines + at + 1, c->lines + at,
	    (c->n - at) * sizeof(*c->lines));
	c->lines[at].text = text;
	c->n++;
	return 0;
}

static void
take_out(struct candidate *c, size_t at)
{
	free(c->lines[at].text);
	c->n--;
	memmove(c->lines + at, c->lines + at + 1,
	    (c->n - at) * sizeof(*c->lines));
}

int
candidate_load(struct candidate *c, struct span text)
{
	if (text.n > CONFIG_TEXT_MAX)
		return DG_ELIMIT;
	if (span_find(text, '\0', 0) != text.n)
		return DG_ESYNTAX;
	for (size_t at = 0; at < text.n;) {
		size_t end = span_find(text, '\n', at);
		struct span line = span_slice(text, at, end);
		int err;

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n > CONFIG_LINE_MAX)
			return DG_ELIMIT;
		err = insert(c, c->n, line);
		if (err != 0)
			return err;
		at = end + 1;
	}
	return 0;
}

int
candidate_text(char **out, size_t *n, const struct candidate *c)
{
	size_t size = 1;
	size_t at = 0;
	char *text;

	for (size_t i = 0; i < c->n; i++)
		size += strlen(c->lines[i].text) + 1;
	text = malloc(size);
	if (text == NULL)
		return DG_ENOMEM;
	for (size_t i = 0; i < c->n; i++) {
		size_t len = strlen(c->lines[i].text);

		memcpy(text + at, c->lines[i].text, len);
		at += len;
		text[at++] = '\n';
	}
	text[at] = '\0';
	*out = text;
	*n = at;
	return 0;
}

/* The line "set " and the words of a statement, one blank between them. */
static int
canonical(char line[CONFIG_LINE_MAX + 1], struct span words)
{
	size_t n = 3;
	struct span word;
	struct span rest = words;

	memcpy(line, "set", 4);
	if (!span_equal(span_word(&rest), span_text("set")))
		rest = words;
	while ((word = span_word(&rest)).n > 0) {
		if (n + 1 + word.n > CONFIG_LINE_MAX)
			return DG_ELIMIT;
		line[n++] = ' ';
		memcpy(line + n, word.p, word.n);
		n += word.n;
	}
	line[n] = '\0';
	return 0;
}

/* Behind the last statement of the option, or at the end. */
static size_t
place_for(const struct candidate *c, const struct option *o)
{
	for (size_t i = c->n; i > 0; i--)
		if (statement_of(line_span(c, i - 1)).option == o)
			return i;
	return c->n;
}

int
candidate_set(struct candidate *c, struct span statement,
    struct config_error *error)
{
	char line[CONFIG_LINE_MAX + 1];
	struct statement new;
	size_t at;
	int err = canonical(line, statement);

	if (err != 0) {
		*error = (struct config_error){ .line = 1,
			.expected = "a line of at most 1024 characters" };
		return err;
	}
	err = config_check_line(span_text(line), error);
	if (err != 0)
		return err;
	new = statement_of(span_text(line));
	/* A second one about the same thing would only hide the first. */
	for (at = c->n; at > 0; at--) {
		struct statement old = statement_of(line_span(c, at - 1));

		if (is_about_same(&old, &new))
			break;
	}
	if (at == 0)
		return insert(c, place_for(c, new.option), span_text(line));
	err = insert(c, at, span_text(line));
	if (err == 0)
		take_out(c, at - 1);
	return err;
}

/* The first line, from `from` on, whose statement begins with these words. */
static size_t
find_words(const struct candidate *c, const struct statement *words,
    size_t from)
{
	for (size_t i = from; i < c->n; i++) {
		struct statement s = statement_of(line_span(c, i));

		if (words->n > 0 && s.n > 0 && same_words(&s, words, words->n))
			return i;
	}
	return c->n;
}

int
candidate_delete(struct candidate *c, struct span words, size_t *removed)
{
	struct statement wanted = statement_of(words);
	size_t n = 0;
	size_t at = 0;

	while ((at = find_words(c, &wanted, at)) < c->n) {
		take_out(c, at);
		n++;
		while (at > 0 && is_comment(line_span(c, at - 1)))
			take_out(c, --at);
	}
	if (n == 0)
		return DG_ENOTFOUND;
	*removed = n;
	return 0;
}

int
candidate_annotate(struct candidate *c, struct span words, struct span comment)
{
	struct statement wanted = statement_of(words);
	size_t at = find_words(c, &wanted, 0);
	char line[CONFIG_LINE_MAX + 1];
	int err = 0;

	if (at == c->n)
		return DG_ENOTFOUND;
	if (comment.n + 2 > CONFIG_LINE_MAX)
		return DG_ELIMIT;
	for (size_t i = 0; i < comment.n; i++)
		if (comment.p[i] < 0x20 || comment.p[i] >= 0x7f)
			return DG_ELIMIT;
	(void)snprintf(line, sizeof(line), "# %.*s", (int)comment.n,
	    (const char *)comment.p);
	if (comment.n > 0)
		err = insert(c, at, span_text(line));
	if (err == 0 && at > 0 && is_comment(line_span(c, at - 1)))
		take_out(c, at - 1);
	return err;
}

/* A line while two configurations are compared. */
struct compared {
	struct span text; /* trimmed, not empty */
	size_t at;
	bool only; /* the other one has it not so often */
};

struct comparison {
	struct compared *lines; /* owned */
	size_t n;
};

static int
by_text(const struct compared *a, const struct compared *b)
{
	size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;
	int order = memcmp(a->text.p, b->text.p, n);

	if (order != 0)
		return order;
	return (a->text.n > b->text.n) - (a->text.n < b->text.n);
}

/* Equal lines in their order: the later ones are those that are one too many. */
static int
by_text_and_place(const void *a, const void *b)
{
	const struct compared *x = a;
	const struct compared *y = b;
	int order = by_text(x, y);

	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static int
by_place(const void *a, const void *b)
{
	const struct compared *x = a;
	const struct compared *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* All lines but empty ones, sorted by their text. */
static int
comparison_begin(struct comparison *out, const struct candidate *c)
{
	out->n = 0;
	out->lines = calloc(c->n + 1, sizeof(*out->lines));
	if (out->lines == NULL)
		return DG_ENOMEM;
	for (size_t i = 0; i < c->n; i++) {
		struct span text = span_trim(line_span(c, i));

		if (text.n > 0)
			out->lines[out->n++] = (struct compared){ .text = text,
				.at = i };
	}
	qsort(out->lines, out->n, sizeof(*out->lines), by_text_and_place);
	return 0;
}

/* Goes through both at once: what has no partner is in one alone. */
static void
mark(struct comparison *old, struct comparison *new)
{
	size_t i = 0;
	size_t j = 0;

	while (i < old->n || j < new->n) {
		int order = i == old->n ? 1 : -1;

		if (i < old->n && j < new->n)
			order = by_text(&old->lines[i], &new->lines[j]);
		if (order < 0)
			old->lines[i].only = true;
		if (order > 0)
			new->lines[j].only = true;
		i += order <= 0 ? 1 : 0;
		j += order >= 0 ? 1 : 0;
	}
}

static void
tell(struct comparison *comparison, const struct candidate *c, char sign,
    candidate_line_cb *cb, void *arg)
{
	qsort(comparison->lines, comparison->n, sizeof(*comparison->lines),
	    by_place);
	for (size_t i = 0; i < comparison->n; i++)
		if (comparison->lines[i].only)
			cb(arg, sign, c->lines[comparison->lines[i].at].text);
}

int
candidate_compare(const struct candidate *old, const struct candidate *new,
    candidate_line_cb *cb, void *arg)
{
	struct comparison of_old = { 0 };
	struct comparison of_new = { 0 };
	int err = comparison_begin(&of_old, old);

	if (err == 0)
		err = comparison_begin(&of_new, new);
	if (err == 0) {
		mark(&of_old, &of_new);
		tell(&of_old, old, '-', cb, arg);
		tell(&of_new, new, '+', cb, arg);
	}
	free(of_old.lines);
	free(of_new.lines);
	return err;
}
