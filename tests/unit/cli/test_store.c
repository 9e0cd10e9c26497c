/* link: -Wl,--wrap=rename,--wrap=link,--wrap=unlink,--wrap=fsync */
/*
 * The configuration's files. A commit that is cut off anywhere leaves the old
 * one or the new one in force, whole, and the old one is never lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/store.h"

/* Calls to come before the power goes; 0: it stays. */
static unsigned calls_left;

static void
call(void)
{
	if (calls_left > 0 && --calls_left == 0)
		_exit(9);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int
__wrap_rename(const char *from, const char *to)
{
	call();
	return __real_rename(from, to);
}

int
__wrap_link(const char *from, const char *to)
{
	call();
	return __real_link(from, to);
}

int
__wrap_unlink(const char *path)
{
	call();
	return __real_unlink(path);
}

int
__wrap_fsync(int fd)
{
	call();
	return __real_fsync(fd);
}

struct stage {
	char folder[64];
	char path[96];
};

static int
set_up(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	snprintf(s->folder, sizeof(s->folder), "/tmp/danegate-store-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(s->path, sizeof(s->path), "%s/d.conf", s->folder);
	calls_left = 0;
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const suffixes[] = { "", ".candidate", ".old",
		".lock", ".new", ".candidate.new" };
	struct stage *s = *state;
	char path[128];

	for (size_t i = 0; i < DG_ARRAY_LEN(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", s->path, suffixes[i]);
		(void)unlink(path);
	}
	for (unsigned i = 1; i <= STORE_KEPT; i++) {
		snprintf(path, sizeof(path), "%s.%u", s->path, i);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(s->folder), 0);
	free(s);
	return 0;
}

static struct store
open_store(const struct stage *s)
{
	struct store store;

	assert_int_equal(store_open(&store, s->path), 0);
	return store;
}

static bool
has_text(struct candidate *c, const char *wanted)
{
	char *text;
	size_t n;
	bool same;

	assert_int_equal(candidate_text(&text, &n, c), 0);
	same = strcmp(text, wanted) == 0;
	free(text);
	candidate_free(c);
	return same;
}

static bool
running_is(const struct store *s, const char *wanted)
{
	struct candidate c;

	assert_int_equal(store_running(&c, s), 0);
	return has_text(&c, wanted);
}

static bool
previous_is(const struct store *s, unsigned n, const char *wanted)
{
	struct candidate c;

	if (store_previous(&c, s, n) != 0)
		return false;
	return has_text(&c, wanted);
}

static void
commit(const struct store *s, const char *text)
{
	assert_int_equal(store_install(s, span_text(text)), 0);
	assert_int_equal(store_finish(s), 0);
}

static void
keep(const struct store *s, const char *text)
{
	struct candidate c = { 0 };

	assert_int_equal(candidate_load(&c, span_text(text)), 0);
	assert_int_equal(store_keep(s, &c), 0);
	candidate_free(&c);
}

static void
test_history(void **state)
{
	struct store s = open_store(*state);
	struct candidate c;
	char text[32];

	assert_true(running_is(&s, ""));
	for (unsigned i = 0; i < STORE_KEPT + 3; i++) {
		snprintf(text, sizeof(text), "# %u\n", i);
		keep(&s, text);
		commit(&s, text);
		assert_true(running_is(&s, text));
		/* The candidate is what is in force again. */
		assert_int_equal(store_candidate(&c, &s), 0);
		assert_true(has_text(&c, text));
	}
	for (unsigned i = 1; i <= STORE_KEPT; i++) {
		snprintf(text, sizeof(text), "# %u\n", STORE_KEPT + 2 - i);
		assert_true(previous_is(&s, i, text));
	}
	assert_false(previous_is(&s, STORE_KEPT + 1, ""));
	store_close(&s);
}

static void
test_restore(void **state)
{
	struct store s = open_store(*state);
	struct candidate c;

	keep(&s, "# new\n");
	assert_int_equal(store_install(&s, span_text("# new\n")), 0);
	assert_int_equal(store_restore(&s), 0);
	assert_true(running_is(&s, ""));
	commit(&s, "# old\n");
	keep(&s, "# new\n");
	assert_int_equal(store_install(&s, span_text("# new\n")), 0);
	assert_true(running_is(&s, "# new\n"));
	assert_int_equal(store_restore(&s), 0);
	assert_true(running_is(&s, "# old\n"));
	assert_int_equal(store_candidate(&c, &s), 0);
	assert_true(has_text(&c, "# new\n"));
	assert_false(previous_is(&s, 1, "# old\n"));
	assert_int_equal(store_discard(&s), 0);
	assert_int_equal(store_candidate(&c, &s), 0);
	assert_true(has_text(&c, "# old\n"));
	store_close(&s);
}

static void
test_locked(void **state)
{
	const struct stage *stage = *state;
	struct store s = open_store(stage);
	struct store other;

	assert_int_equal(store_open(&other, stage->path), DG_EAGAIN);
	store_close(&s);
	assert_int_equal(store_open(&other, stage->path), 0);
	store_close(&other);
	assert_int_equal(store_open(&other, "/nonexistent/d.conf"), DG_EIO);
	assert_int_equal(errno, ENOENT);
}

/* The daemon reads it without rights; who closed it keeps it closed. */
static void
test_mode(void **state)
{
	const struct stage *stage = *state;
	struct store s = open_store(stage);
	struct stat st;

	commit(&s, "# a\n");
	assert_int_equal(stat(stage->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(chmod(stage->path, 0640), 0);
	commit(&s, "# b\n");
	assert_int_equal(stat(stage->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	store_close(&s);
}

/* Does a commit from # old to # new and dies at call number n of those above.
 * False: it came to its end. */
static bool
cut_off(const struct stage *stage, unsigned n)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct store s;

		calls_left = n;
		if (store_open(&s, stage->path) != 0 ||
		    store_install(&s, span_text("# new\n")) != 0 ||
		    store_finish(&s) != 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9);
	return WEXITSTATUS(status) == 9;
}

static void
test_cut_off_anywhere(void **state)
{
	const struct stage *stage = *state;
	unsigned old_ones = 0;
	unsigned new_ones = 0;
	bool cut = true;

	for (unsigned n = 1; cut; n++) {
		struct store s = open_store(stage);

		commit(&s, "# older\n");
		commit(&s, "# old\n");
		store_close(&s);
		cut = cut_off(stage, n);
		s = open_store(stage);
		if (running_is(&s, "# old\n")) {
			old_ones++;
			assert_true(previous_is(&s, 1, "# older\n"));
		} else {
			new_ones++;
			assert_true(running_is(&s, "# new\n"));
			assert_true(previous_is(&s, 1, "# old\n"));
			assert_true(previous_is(&s, 2, "# older\n"));
			assert_true(previous_is(&s, 3, "# next\n"));
		}
		/* And it goes on from there. */
		commit(&s, "# next\n");
		assert_true(running_is(&s, "# next\n"));
		store_close(&s);
		assert_in_range(n, 1, 100);
	}
	assert_true(old_ones > 2 && new_ones > STORE_KEPT);
}

#define WITH_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_history),
		WITH_FOLDER(test_restore),
		WITH_FOLDER(test_locked),
		WITH_FOLDER(test_mode),
		WITH_FOLDER(test_cut_off_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
