/* What is kept over a restart: whole files, or the old ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/state.h"

static char folder[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/danegate-state-XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/thing", folder);
	(void)unlink(path);
	return rmdir(folder);
}

static void
expect(const char *text)
{
	uint8_t *read;
	size_t n;

	assert_int_equal(state_read(&read, &n, folder, "thing"), 0);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(read, text, n);
	free(read);
}

static void
test_comes_back(void **state)
{
	char path[128];
	struct stat st;

	(void)state;
	assert_int_equal(state_write(folder, "thing", span_text("one\n")), 0);
	expect("one\n");
	assert_int_equal(state_write(folder, "thing", span_text("two, longer")),
	    0);
	expect("two, longer");
	assert_int_equal(state_write(folder, "thing", span_text("")), 0);
	expect("");
	/* Nobody else's business, and nothing is left lying about: teardown
	 * could not remove the folder. */
	snprintf(path, sizeof(path), "%s/thing", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* The old one stays when there is no way to write: here a folder lies there. */
static void
test_old_one_stays(void **state)
{
	char path[128];

	(void)state;
	assert_int_equal(state_write(folder, "thing", span_text("one")), 0);
	snprintf(path, sizeof(path), "%s/thing.new", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(state_write(folder, "thing", span_text("two")),
	    DG_EIO);
	expect("one");
	assert_int_equal(rmdir(path), 0);
}

static void
test_nothing_there(void **state)
{
	uint8_t *read;
	size_t n;

	(void)state;
	assert_int_equal(state_read(&read, &n, folder, "thing"), DG_EIO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(state_write("/nonexistent", "x", span_text("y")),
	    DG_EIO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_comes_back),
		TEST(test_old_one_stays),
		TEST(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
