/* Lines of the shell: words, filters, and where a screen ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shell/filter.h"
#include "shell/page.h"
#include "shell/words.h"

static void
words_quoted(void **state)
{
	struct words w;
	size_t wrong;

	(void)state;
	assert_int_equal(words_split(&w,
			     span_text("  set  a \"b | c\" | count # x"),
			     &wrong),
	    0);
	assert_int_equal(w.n, 5);
	assert_int_equal(w.pipe, 3);
	assert_string_equal(w.word[2], "\"b | c\"");
	assert_int_equal(w.at[1], 7);
	assert_false(w.open);
	words_unquote(w.word[2]);
	assert_string_equal(w.word[2], "b | c");
	assert_null(w.word[5]);
}

/* Whether the cursor is in a word, and what a boot loader may have sent. */
static void
words_ends(void **state)
{
	struct words w;
	size_t wrong = 0;

	(void)state;
	assert_int_equal(words_split(&w, span_text("show "), &wrong), 0);
	assert_true(w.blank);
	assert_int_equal(words_split(&w, span_text("show \"a b"), &wrong), 0);
	assert_false(w.blank);
	assert_true(w.open);
	assert_int_equal(words_split(&w, span_text("show \x1b[A"), &wrong),
	    DG_ESYNTAX);
	assert_int_equal(wrong, 5);
}

static void
words_limits(void **state)
{
	char text[WORDS_LINE_MAX + 1];
	struct words w;
	size_t wrong;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(words_split(&w, span_of(text, WORDS_LINE_MAX), &wrong),
	    0);
	assert_int_equal(strlen(w.word[0]), WORDS_LINE_MAX);
	assert_int_equal(words_split(&w, span_of(text, sizeof(text)), &wrong),
	    DG_ELIMIT);
	for (size_t i = 0; i < 2 * (WORDS_MAX + 1); i += 2)
		text[i + 1] = ' ';
	assert_int_equal(words_split(&w, span_of(text, 2 * WORDS_MAX), &wrong),
	    0);
	assert_int_equal(words_split(&w, span_of(text, 2 * WORDS_MAX + 2),
			     &wrong),
	    DG_ELIMIT);
}

static int
parse(struct filter *f, struct words *w, const char *line, size_t *wrong)
{
	const char *expected;

	assert_int_equal(words_split(w, span_text(line), wrong), 0);
	return filter_parse(f, w->word + w->pipe, w->n - w->pipe, wrong,
	    &expected);
}

static void
filters(void **state)
{
	struct filter f;
	struct words w;
	size_t wrong;

	(void)state;
	assert_int_equal(parse(&f, &w, "x | inc \"MX a\" | exc held | count",
			     &wrong),
	    0);
	assert_false(filter_line(&f, span_text("an mx A")));
	assert_int_equal(f.counted, 1);
	assert_false(filter_line(&f, span_text("an mx A held")));
	assert_false(filter_line(&f, span_text("an mx")));
	assert_int_equal(f.counted, 1);
	assert_true(filter_has(&f, FILTER_COUNT));
	assert_int_equal(parse(&f, &w, "x | inc a", &wrong), 0);
	assert_true(filter_line(&f, span_text("bAc")));
	assert_false(filter_line(&f, span_text("")));
	assert_int_equal(parse(&f, &w, "x", &wrong), 0);
	assert_true(filter_line(&f, span_text("")));
}

static void
filters_bad(void **state)
{
	static const struct {
		const char *line;
		int err;
		size_t wrong;
	} rows[] = {
		{ "x |", DG_ESYNTAX, 1 },
		{ "x | sort", DG_ESYNTAX, 1 },
		{ "x | include", DG_ESYNTAX, 2 },
		{ "x | count more", DG_ESYNTAX, 2 },
		{ "x | count | count | count | count | count", DG_ELIMIT, 8 },
	};
	struct filter f;
	struct words w;
	size_t wrong;

	(void)state;
	for (size_t i = 0; i < DG_ARRAY_LEN(rows); i++) {
		assert_int_equal(parse(&f, &w, rows[i].line, &wrong),
		    rows[i].err);
		assert_int_equal(wrong, rows[i].wrong);
	}
}

/* 24x80 where nothing is known: 23 lines and a question. */
static void
pages(void **state)
{
	struct page p = page_begin(0, 0);
	char wide[161];

	(void)state;
	memset(wide, 'x', sizeof(wide));
	for (int i = 0; i < 23; i++) {
		assert_false(page_is_full(&p, span_text("line")));
		page_add(&p, span_text("line"));
	}
	assert_true(page_is_full(&p, span_text("")));
	page_step(&p);
	assert_false(page_is_full(&p, span_text("")));
	assert_true(page_is_full(&p, span_of(wide, 81)));
	page_turn(&p);
	assert_false(page_is_full(&p, span_of(wide, 161)));
	assert_int_equal(page_rows(&p, span_of(wide, 80)), 1);
	assert_int_equal(page_rows(&p, span_of(wide, 161)), 3);
	assert_int_equal(page_rows(&p, span_text("\t\t\t\t\t\t\t\t\t\tx")), 2);
	/* One line may be larger than the screen: it is shown all the same. */
	p = page_begin(2, 10);
	assert_false(page_is_full(&p, span_of(wide, 100)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_quoted),
		cmocka_unit_test(words_ends),
		cmocka_unit_test(words_limits),
		cmocka_unit_test(filters),
		cmocka_unit_test(filters_bad),
		cmocka_unit_test(pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
