/* Commands by words that are cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/match.h"

#define WORDS_MAX 8

static struct cli_match
find(const char *line)
{
	char text[128];
	char *argv[WORDS_MAX];
	int argc = 0;
	struct cli_match m;

	assert_true(strlen(line) < sizeof(text));
	memcpy(text, line, strlen(line) + 1);
	for (char *p = text; *p != '\0' && argc < WORDS_MAX;) {
		char *blank = strchr(p, ' ');

		argv[argc++] = p;
		if (blank == NULL)
			break;
		*blank = '\0';
		p = blank + 1;
	}
	cli_match_words(&m, argc, argv);
	return m;
}

static void
assert_found(const char *line, const char *words, int n)
{
	struct cli_match m = find(line);
	struct cli_entry e;

	if (m.outcome != CLI_MATCH_ONE || !cli_entry_at(&e, m.index)) {
		fail_msg("%s: outcome %d", line, m.outcome);
		return;
	}
	assert_string_equal(e.words, words);
	assert_int_equal(m.words, n);
}

/* Whole words always mean what they say, whatever else begins like them. */
static void
test_whole_words(void **state)
{
	struct cli_entry e;

	(void)state;
	for (size_t i = 0; cli_entry_at(&e, i); i++) {
		char line[128];
		size_t n = strlen(e.words);
		int words = 1;

		for (size_t k = 0; k < n; k++)
			words += e.words[k] == ' ' ? 1 : 0;
		memcpy(line, e.words, n + 1);
		assert_found(line, e.words, words);
	}
}

static void
test_cut_short(void **state)
{
	(void)state;
	assert_found("sh stati --json", "show statistics", 2);
	assert_found("show ses 12", "show sessions", 2);
	assert_found("sh dns ca", "show dns cache", 3);
	assert_found("del policy domain", "delete", 1);
	assert_found("commit check", "commit", 1);
	assert_found("set log level debug", "set", 1);
	assert_found("req rel -c x", "request reload", 2);
}

static void
test_not_found(void **state)
{
	struct cli_match m;

	(void)state;
	assert_int_equal(find("shwo status").outcome, CLI_MATCH_NONE);
	assert_int_equal(find("show nothing").outcome, CLI_MATCH_NONE);
	assert_int_equal(find("show  status").outcome, CLI_MATCH_NONE);
	assert_int_equal(find("d").outcome, CLI_MATCH_SEVERAL);
	m = find("sh d");
	assert_int_equal(m.outcome, CLI_MATCH_SEVERAL);
	m = find("show");
	assert_int_equal(m.outcome, CLI_MATCH_UNFINISHED);
	m = find("show dns");
	assert_int_equal(m.outcome, CLI_MATCH_UNFINISHED);
	for (size_t i = 0; i < CLI_MATCH_ENTRIES_MAX; i++) {
		struct cli_entry e;

		if (m.candidates[i] && cli_entry_at(&e, i))
			assert_memory_equal(e.words, "show dns ", 9);
	}
	assert_int_equal(find("").outcome, CLI_MATCH_UNFINISHED);
}

static const char *
choice(const char *arguments, const char *given)
{
	static char text[CLI_ARGUMENT_MAX];

	assert_int_equal(span_copy_text(text, sizeof(text),
			     cli_argument_choice(arguments, span_text(given))),
	    0);
	return text;
}

/* An argument is written out where nothing else can be meant. */
static void
test_argument_cut_short(void **state)
{
	static const char commit[] = "[check|confirmed MINUTES] [-c FILE]";

	(void)state;
	assert_string_equal(choice(commit, "chec"), "check");
	assert_string_equal(choice(commit, "check"), "check");
	assert_string_equal(choice(commit, "co"), "confirmed");
	assert_string_equal(choice(commit, "c"), "");
	assert_string_equal(choice(commit, "-"), "");
	assert_string_equal(choice(commit, ""), "");
	assert_string_equal(choice("[ID|detail]", "det"), "detail");
	assert_string_equal(choice("[ID|detail]", "12"), "");
	/* That might be a file, or a text to look for. */
	assert_string_equal(choice("FILE|terminal [-c FILE]", "term"), "");
	assert_string_equal(choice("[follow] [TEXT]", "fol"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_words),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_argument_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
