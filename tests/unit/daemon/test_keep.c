/*
 * Downgrade memory on disk: what was written is there after a restart,
 * whatever happened to the file or at whichever call the power went.
 */
/* link: -Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=rename */
/* link: -Wl,--wrap=open -Wl,--wrap=close -Wl,--wrap=unlink */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "daemon/keep.h"

#define DAY	  86400
#define NOW	  1800000000
#define FILE_SIZE 65536

static char folder[64];
static struct event_base *base;

/* Faults: the call of that number kills (or fails); 0: none does. */
static unsigned fault_at;
static unsigned calls;
static bool fault_is_error;

ssize_t __real_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_unlink(const char *path);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_unlink(const char *path);

static bool
fault(void)
{
	if (fault_at == 0 || ++calls != fault_at)
		return false;
	if (!fault_is_error)
		(void)raise(SIGKILL);
	errno = ENOSPC;
	return true;
}

/* Half of it has reached the disk. */
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (fault_at != 0 && calls + 1 == fault_at)
		(void)__real_write(fd, p, n / 2);
	return fault() ? -1 : __real_write(fd, p, n);
}

int
__wrap_fsync(int fd)
{
	return fault() ? -1 : __real_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	return fault() ? -1 : __real_rename(from, to);
}

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, int) : 0;
	va_end(ap);
	return fault() ? -1 : __real_open(path, flags, mode);
}

int
__wrap_close(int fd)
{
	bool failed = fault();
	int result = __real_close(fd);

	return failed ? -1 : result;
}

int
__wrap_unlink(const char *path)
{
	return fault() ? -1 : __real_unlink(path);
}

static int
setup(void **state)
{
	(void)state;
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	fault_at = 0;
	base = event_base_new();
	strcpy(folder, "/tmp/danegate-keep-XXXXXX");
	return base == NULL || mkdtemp(folder) == NULL ? -1 : 0;
}

static const char *
path_of(const char *suffix)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/" KEEP_MEMORY_FILE "%s", folder,
	    suffix);
	return path;
}

static int
teardown(void **state)
{
	(void)state;
	event_base_free(base);
	(void)unlink(path_of(""));
	(void)unlink(path_of(".new"));
	return rmdir(folder);
}

/* The daemon's life as far as this goes. */
struct life {
	struct memory *memory;
	struct keep *keep;
};

static struct life
begin(void)
{
	struct keep_table table;
	struct life l;

	assert_int_equal(memory_new(&l.memory, MEMORY_HOSTS_MAX), 0);
	table = keep_memory(l.memory);
	assert_int_equal(keep_new(&l.keep, base, folder, KEEP_MEMORY_FILE,
			     &table),
	    0);
	return l;
}

static void
end(struct life *l)
{
	keep_free(l->keep);
	memory_free(l->memory);
}

static void
note(const struct life *l, unsigned number, int64_t now)
{
	char host[32];

	(void)snprintf(host, sizeof(host), "mx%u.example.nl", number);
	memory_note(l->memory, span_text(host), MEMORY_TLS_1_3, now);
}

static bool
knows(const struct life *l, unsigned number)
{
	char host[32];

	(void)snprintf(host, sizeof(host), "mx%u.example.nl", number);
	return memory_knows(l->memory, span_text(host), NOW, 30).spoke;
}

static void
test_comes_back_after_a_restart(void **state)
{
	struct life l = begin();
	struct stat st;

	(void)state;
	assert_int_equal(memory_hosts(l.memory), 0);
	/* Nothing new: nothing is written. */
	keep_save(l.keep);
	assert_int_equal(stat(path_of(""), &st), -1);
	note(&l, 1, NOW);
	keep_save(l.keep);
	note(&l, 2, NOW);
	end(&l);
	assert_int_equal(stat(path_of(""), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	l = begin();
	assert_int_equal(memory_hosts(l.memory), 2);
	assert_true(knows(&l, 1) && knows(&l, 2));
	/* What was cleared stays cleared. */
	assert_int_equal(memory_forget(l.memory, span_text("mx1.example.nl")),
	    0);
	end(&l);
	l = begin();
	assert_false(knows(&l, 1));
	assert_true(knows(&l, 2));
	end(&l);
}

static size_t
file_get(uint8_t bytes[FILE_SIZE])
{
	FILE *f = fopen(path_of(""), "rb");
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, FILE_SIZE, f);
	(void)fclose(f);
	return n;
}

static void
file_put(const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path_of(""), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

#define HOSTS 5

/* HOSTS hosts in a file; returns its size. All records are of one size. */
static size_t
example(uint8_t bytes[FILE_SIZE])
{
	struct life l = begin();

	for (unsigned i = 0; i < HOSTS; i++)
		note(&l, i, NOW);
	end(&l);
	return file_get(bytes);
}

static void
test_truncated_at_each_byte(void **state)
{
	static uint8_t bytes[FILE_SIZE];
	size_t size = example(bytes);

	(void)state;
	for (size_t n = 0; n <= size; n++) {
		struct life l;

		file_put(bytes, n);
		l = begin();
		for (unsigned i = 0; i < HOSTS; i++)
			assert_int_equal(knows(&l, i),
			    (i + 1) * size / HOSTS <= n);
		/* The next start finds no damage any more. */
		note(&l, 99, NOW);
		end(&l);
		l = begin();
		assert_true(knows(&l, 99));
		end(&l);
	}
}

static void
test_each_byte_damaged(void **state)
{
	static uint8_t bytes[FILE_SIZE];
	size_t size = example(bytes);

	(void)state;
	for (size_t n = 0; n < size; n++) {
		struct life l;

		bytes[n] ^= 0x11;
		file_put(bytes, size);
		bytes[n] ^= 0x11;
		l = begin();
		for (unsigned i = 0; i < HOSTS; i++)
			assert_int_equal(knows(&l, i), n / (size / HOSTS) != i);
		end(&l);
	}
}

static void
test_any_file_lets_it_start(void **state)
{
	static uint8_t bytes[FILE_SIZE];
	struct life l;

	(void)state;
	memset(bytes, 0xd7, sizeof(bytes));
	file_put(bytes, sizeof(bytes));
	l = begin();
	note(&l, 1, NOW);
	end(&l);
	l = begin();
	assert_int_equal(memory_hosts(l.memory), 1);
	end(&l);
	/* Not even a file. */
	assert_int_equal(unlink(path_of("")), 0);
	assert_int_equal(mkdir(path_of(""), 0700), 0);
	l = begin();
	note(&l, 1, NOW);
	end(&l);
	assert_int_equal(rmdir(path_of("")), 0);
}

/* A life that begins with a file of HOSTS hosts, and writes twice: adds to it,
 * and writes all of it anew. */
static void
live(void)
{
	struct life l = begin();

	note(&l, HOSTS, NOW);
	keep_save(l.keep);
	note(&l, HOSTS + 1, NOW);
	memory_save_failed(l.memory);
	keep_save(l.keep);
	end(&l);
}

/* Everything that was there before is there, however far the life came. */
static void
expect_nothing_lost(void)
{
	struct life l = begin();

	for (unsigned i = 0; i < HOSTS; i++)
		assert_true(knows(&l, i));
	/* And it goes on from here. */
	note(&l, 99, NOW);
	end(&l);
	l = begin();
	assert_true(knows(&l, 0) && knows(&l, 99));
	end(&l);
}

static void
test_killed_at_each_call(void **state)
{
	static uint8_t bytes[FILE_SIZE];
	size_t size = example(bytes);
	bool killed = true;
	unsigned n;

	(void)state;
	for (n = 1; killed; n++) {
		int status;
		pid_t pid;

		file_put(bytes, size);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			fault_at = n;
			live();
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		killed = WIFSIGNALED(status);
		assert_true(killed || WEXITSTATUS(status) == 0);
		assert_true(!killed || WTERMSIG(status) == SIGKILL);
		expect_nothing_lost();
	}
	/* Twice open, write, fsync, close, and a rename at least. */
	assert_true(n > 9);
}

/* The disk is full, or worse: nothing is lost, and the next writing makes up
 * for it. */
static void
test_each_call_fails(void **state)
{
	static uint8_t bytes[FILE_SIZE];
	size_t size = example(bytes);

	(void)state;
	for (unsigned n = 1; n < 30; n++) {
		struct life l;

		file_put(bytes, size);
		l = begin();
		note(&l, HOSTS, NOW);
		fault_is_error = true;
		fault_at = n;
		calls = 0;
		keep_save(l.keep);
		note(&l, HOSTS + 1, NOW);
		keep_save(l.keep);
		fault_at = 0;
		fault_is_error = false;
		end(&l);
		l = begin();
		for (unsigned i = 0; i < HOSTS + 2; i++)
			assert_true(knows(&l, i));
		end(&l);
	}
}

static void
test_file_stays_bounded(void **state)
{
	struct life l = begin();
	struct stat st;
	size_t most = 0;

	(void)state;
	for (unsigned hour = 0; hour < 500; hour++) {
		for (unsigned i = 0; i < 100; i++)
			note(&l, i, NOW - 500 * 3600 + hour * 3600);
		keep_save(l.keep);
		assert_int_equal(stat(path_of(""), &st), 0);
		if ((size_t)st.st_size > most)
			most = (size_t)st.st_size;
	}
	/* Two megabytes were written; the file was never large. */
	assert_true(most < 80000);
	end(&l);
	l = begin();
	assert_int_equal(memory_hosts(l.memory), 100);
	end(&l);
}

/* A new state directory gets all of it. */
static void
test_directory_changes(void **state)
{
	struct life l = begin();
	char old[sizeof(folder)];

	(void)state;
	note(&l, 1, NOW);
	keep_save(l.keep);
	memcpy(old, folder, sizeof(old));
	assert_int_equal(unlink(path_of("")), 0);
	strcpy(folder, "/tmp/danegate-keep-XXXXXX");
	assert_non_null(mkdtemp(folder));
	keep_move(l.keep, folder);
	end(&l);
	l = begin();
	assert_true(knows(&l, 1));
	end(&l);
	assert_int_equal(rmdir(old), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_comes_back_after_a_restart),
		TEST(test_truncated_at_each_byte),
		TEST(test_each_byte_damaged),
		TEST(test_any_file_lets_it_start),
		TEST(test_killed_at_each_call),
		TEST(test_each_call_fails),
		TEST(test_file_stays_bounded),
		TEST(test_directory_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
