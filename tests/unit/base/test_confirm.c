/* A configuration on trial: which file counts, and until when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/confirm.h"

struct stage {
	char folder[64];
	char path[96];
	char before[128];
	char confirm[128];
};

static int
set_up(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	snprintf(s->folder, sizeof(s->folder), "/tmp/danegate-trial-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(s->path, sizeof(s->path), "%s/d.conf", s->folder);
	snprintf(s->before, sizeof(s->before), "%s.before", s->path);
	snprintf(s->confirm, sizeof(s->confirm), "%s.confirm", s->path);
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct stage *s = *state;

	assert_int_equal(confirm_end(s->path), 0);
	assert_int_equal(rmdir(s->folder), 0);
	free(s);
	return 0;
}

static enum confirm_state
state_of(const struct stage *s)
{
	uint64_t left;

	return confirm_state(s->path, &left);
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
test_none(void **state)
{
	const struct stage *s = *state;

	assert_int_equal(state_of(s), CONFIRM_NONE);
	assert_string_equal(confirm_file(s->path).text, s->path);
	/* One file without the other means nothing: a crash in between. */
	put(s->before, "");
	assert_int_equal(state_of(s), CONFIRM_NONE);
	assert_int_equal(unlink(s->before), 0);
	put(s->confirm, "");
	assert_int_equal(state_of(s), CONFIRM_NONE);
	assert_string_equal(confirm_file(s->path).text, s->path);
}

static void
test_pending(void **state)
{
	const struct stage *s = *state;
	uint64_t left = 0;
	struct stat st;

	assert_int_equal(confirm_begin(s->path, span_text("# a\n"), 2), 0);
	assert_int_equal(confirm_state(s->path, &left), CONFIRM_PENDING);
	assert_in_range(left, 60, 120);
	assert_string_equal(confirm_file(s->path).text, s->path);
	assert_int_equal(stat(s->before, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(confirm_end(s->path), 0);
	assert_int_equal(state_of(s), CONFIRM_NONE);
	assert_int_equal(access(s->before, F_OK), -1);
}

/* Time over, another boot, or no sense at all: the one before counts. */
static void
test_due(void **state)
{
	static const char *const texts[] = { "", "\n", "another 99999999999\n",
		"-\n", "- x\n" };
	const struct stage *s = *state;
	char boot[64] = "";
	char line[128];
	FILE *f;

	for (size_t i = 0; i < DG_ARRAY_LEN(texts); i++) {
		assert_int_equal(confirm_begin(s->path, span_text(""), 2), 0);
		put(s->confirm, texts[i]);
		assert_int_equal(state_of(s), CONFIRM_DUE);
		assert_string_equal(confirm_file(s->path).text, s->before);
	}
	assert_int_equal(confirm_begin(s->path, span_text(""), 2), 0);
	f = fopen(s->confirm, "r");
	assert_non_null(f);
	assert_non_null(fgets(boot, sizeof(boot), f));
	fclose(f);
	*strchr(boot, ' ') = '\0';
	snprintf(line, sizeof(line), "%s 1\n", boot);
	put(s->confirm, line);
	assert_int_equal(state_of(s), CONFIRM_DUE);
}

static void
test_names(void **state)
{
	static char path[PATH_MAX + 8];
	uint64_t left;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	assert_int_equal(confirm_state(path, &left), CONFIRM_NONE);
	assert_int_equal(confirm_begin(path, span_text(""), 1), DG_ELIMIT);
	assert_int_equal(confirm_begin("/nonexistent/d", span_text(""), 1),
	    DG_EIO);
}

#define WITH_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_none),
		WITH_FOLDER(test_pending),
		WITH_FOLDER(test_due),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
