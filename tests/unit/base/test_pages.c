/* Memory given back: whole pages read as zero, what stands beside them stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/pages.h"

#define PAGES 6

/* Gives mem[from..to) back; returns how many bytes of all are zero then. */
static size_t
release(uint8_t *mem, size_t size, size_t from, size_t to, size_t *given)
{
	size_t zero = 0;

	memset(mem, 0xaa, size);
	*given = pages_release(mem + from, to - from);
	for (size_t i = 0; i < size; i++) {
		if (i < from || i >= to)
			assert_int_equal(mem[i], 0xaa);
		zero += mem[i] == 0;
	}
	return zero;
}

static void
test_whole_pages(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = PAGES * page;
	uint8_t *mem = NULL;
	size_t given;

	(void)state;
	assert_int_equal(posix_memalign((void **)&mem, page, size), 0);
	assert_int_equal(release(mem, size, page, 3 * page, &given), 2 * page);
	assert_int_equal(given, 2 * page);
	assert_int_equal(release(mem, size, page - 1, 3 * page + 1, &given),
	    2 * page);
	assert_int_equal(given, 2 * page);
	assert_int_equal(release(mem, size, page + 1, 3 * page - 1, &given), 0);
	assert_int_equal(given, 0);
	assert_int_equal(release(mem, size, 1, 2 * page - 1, &given), 0);
	assert_int_equal(release(mem, size, 5, 5, &given), 0);
	memset(mem, 1, size);
	free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
