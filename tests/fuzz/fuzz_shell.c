/* rooms: shell */
/*
 * A line as it comes from a terminal: taken apart, completed at its end, and
 * written out as a statement, each within its bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "shell/complete.h"
#include "shell/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
try_words(struct span line)
{
	struct filter f;
	struct words w;
	const char *expected = NULL;
	size_t wrong = 0;

	if (words_split(&w, line, &wrong) != 0)
		return;
	require(w.n <= WORDS_MAX && w.pipe <= w.n);
	for (size_t i = 0; i < w.n; i++)
		require(w.at[i] + strlen(w.word[i]) <= line.n);
	if (filter_parse(&f, w.word + w.pipe, w.n - w.pipe, &wrong,
		&expected) != 0)
		require(expected != NULL && wrong <= w.n - w.pipe);
	else
		(void)filter_line(&f, line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct complete_list list;
	const struct complete_context c = { 0 };
	struct span line = span_of(data, size);
	char common[COMPLETE_WORD_MAX];
	char text[WORDS_LINE_MAX + 1];
	bool whole;

	try_words(line);
	complete_line(&list, line, &c);
	require(complete_common(common, &whole, &list) < sizeof(common));
	if (complete_statement(text, sizeof(text), line) == 0)
		(void)complete_is_path(span_text(text));
	return 0;
}
