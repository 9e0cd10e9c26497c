/* Sums of each day on disk: over restarts, days, damage and power cuts, with a
 * clock of the test's own. */
/* with: daemon/support/power.c */
/* link: -Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=rename */
#include <event2/event.h>
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

#include "base/date.h"
#include "base/log.h"
#include "base/state.h"
#include "daemon/sums.h"
#include "daemon/support/power.h"

#define DAY_0 20849 /* 2027-01-31 */
#define DAYS  500

#define CALLS_MAX 100

static char folder[64];
static struct event_base *base;
static uint64_t messages[DAY_0 + DAYS];
static size_t records;

static int
setup(void **state)
{
	(void)state;
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	base = event_base_new();
	strcpy(folder, "/tmp/danegate-sums-XXXXXX");
	return base == NULL || mkdtemp(folder) == NULL ? -1 : 0;
}

static const char *
file_path(void)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/" COUNTS_FILE, folder);
	return path;
}

static int
teardown(void **state)
{
	char fresh[160];

	(void)state;
	event_base_free(base);
	(void)unlink(file_path());
	(void)snprintf(fresh, sizeof(fresh), "%s.new", file_path());
	(void)unlink(fresh);
	return rmdir(folder);
}

static void
take(void *arg, const struct record *record)
{
	struct counts c;
	int64_t day;

	(void)arg;
	assert_int_equal(counts_get(&day, &c, record->payload), 0);
	assert_in_range(day, 0, DAY_0 + DAYS - 1);
	messages[day] = c.messages;
	records++;
}

/* What the file says now. */
static void
read_file(void)
{
	struct state_records read;

	memset(messages, 0, sizeof(messages));
	records = 0;
	assert_int_equal(state_records_read(&read, folder, COUNTS_FILE, take,
			     NULL),
	    0);
}

static int64_t
at(int64_t day, int64_t second)
{
	return (DAY_0 + day) * DATE_SECONDS + second;
}

static void
give(void *arg, struct counts *out)
{
	*out = *(const struct counts *)arg;
}

static struct sums *
begin(struct counts *c, int64_t now)
{
	struct sums *s;

	assert_int_equal(sums_new(&s, base, folder, give, c, now), 0);
	return s;
}

static void
test_days_and_restarts(void **state)
{
	struct counts c = { 0 };
	struct sums *s = begin(&c, at(0, 0));

	(void)state;
	c.messages = 5;
	sums_save(s, at(0, 900));
	read_file();
	assert_int_equal(messages[DAY_0], 5);
	/* Nothing new, nothing written. */
	sums_save(s, at(0, 1800));
	read_file();
	assert_int_equal(records, 1);
	c.messages = 7;
	sums_free(s, at(0, 2000));
	/* The counters begin at zero, the day goes on. */
	c.messages = 0;
	s = begin(&c, at(0, 3000));
	c.messages = 3;
	sums_save(s, at(0, 3900));
	read_file();
	assert_int_equal(messages[DAY_0], 10);
	/* The next day: what came since belongs to the old one. */
	c.messages = 4;
	sums_save(s, at(1, 10));
	c.messages = 6;
	sums_free(s, at(1, 910));
	read_file();
	assert_int_equal(messages[DAY_0], 11);
	assert_int_equal(messages[DAY_0 + 1], 2);
	assert_int_equal(records, 2);
}

/* While the time is not known nothing is written, and nothing lost. */
static void
test_waits_for_the_time(void **state)
{
	struct counts c = { 0 };
	struct sums *s = begin(&c, 0);

	(void)state;
	c.messages = 5;
	sums_save(s, 0);
	assert_int_equal(access(file_path(), F_OK), -1);
	sums_save(s, at(0, 0));
	c.messages = 8;
	/* Lost again: it stays the day that it was. */
	sums_save(s, 0);
	sums_free(s, 0);
	read_file();
	assert_int_equal(messages[DAY_0], 8);
}

static void
test_kept_for_400_days(void **state)
{
	struct counts c = { 0 };
	struct sums *s = begin(&c, at(0, 0));
	size_t days = 0;
	struct stat st;

	(void)state;
	for (int64_t day = 0; day < DAYS; day++)
		for (int64_t i = 1; i <= 3; i++) {
			c.messages++;
			c.reasons[REASON_OK]++;
			sums_save(s, at(day, i * 900));
		}
	sums_free(s, at(DAYS - 1, 4000));
	read_file();
	for (int64_t day = 0; day < DAYS; day++) {
		assert_int_equal(messages[DAY_0 + day],
		    day < DAYS - COUNTS_DAYS_MAX ? 0
			: day == DAYS - 1	 ? 2
						 : 3);
		days += messages[DAY_0 + day] > 0 ? 1 : 0;
	}
	assert_int_equal(days, COUNTS_DAYS_MAX);
	assert_int_equal(stat(file_path(), &st), 0);
	assert_in_range(st.st_size, 1, 400 * 64);
}

/* Torn off at each byte: what was written a quarter of an hour before holds. */
static void
test_torn_at_each_byte(void **state)
{
	static uint8_t bytes[4096];
	struct counts c = { .messages = 5 };
	struct sums *s = begin(&c, at(0, 0));
	FILE *f;
	size_t size;

	(void)state;
	c.messages = 6;
	sums_free(s, at(0, 900));
	f = fopen(file_path(), "rb");
	assert_non_null(f);
	size = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	for (size_t n = 0; n <= size; n++) {
		uint64_t had = n == size ? 6 : n >= size / 2 ? 5 : 0;

		f = fopen(file_path(), "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(bytes, 1, n, f), n);
		assert_int_equal(fclose(f), 0);
		c.messages = 0;
		s = begin(&c, at(0, 1000));
		c.messages = 10;
		sums_free(s, at(0, 2000));
		read_file();
		assert_int_equal(messages[DAY_0], 10 + had);
	}
}

/* The life that a power cut ends, over the end of a day. */
static void
live(void)
{
	struct counts c = { 0 };
	struct sums *s = begin(&c, at(0, 1000));

	for (int64_t i = 1; i <= 3; i++) {
		c.messages += 2;
		sums_save(s, at(0, 1000 + i * 900));
	}
	c.messages++;
	sums_save(s, at(1, 10));
	sums_free(s, at(1, 900));
}

/* Whatever call the power goes at: what was written before it is there, no sum
 * is more than was counted, and the next start goes on. */
static void
test_power_cuts(void **state)
{
	unsigned cuts = 0;

	(void)state;
	for (unsigned n = 1; n < CALLS_MAX; n++) {
		struct counts c = { .messages = 5 };
		struct sums *s = begin(&c, at(0, 0));
		bool cut;

		sums_free(s, at(0, 900));
		cut = power_cut_at(n, live);
		c.messages = 0;
		s = begin(&c, at(1, 2000));
		c.messages = 3;
		sums_free(s, at(1, 3000));
		read_file();
		assert_in_range(messages[DAY_0], 5, 12);
		assert_int_equal(messages[DAY_0 + 1], 3);
		(void)unlink(file_path());
		if (!cut) {
			assert_int_equal(messages[DAY_0], 5 + 7);
			break;
		}
		cuts++;
	}
	assert_in_range(cuts, 6, CALLS_MAX - 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_days_and_restarts),
		TEST(test_waits_for_the_time),
		TEST(test_kept_for_400_days),
		TEST(test_torn_at_each_byte),
		TEST(test_power_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
