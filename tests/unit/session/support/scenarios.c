#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "session/support/scenarios.h"

#define FOLDER	      "tests/unit/session/scenarios"
#define SCENARIOS_MAX 1000

static char paths[SCENARIOS_MAX][300];
static struct CMUnitTest tests[SCENARIOS_MAX + 1];

static int
is_scenario(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int
scenarios_run(const char *group, CMUnitTestFunction on_each,
    struct CMUnitTest last)
{
	struct dirent **files;
	int n = scandir(FOLDER, &files, is_scenario, alphasort);

	/* None is left out without a word. */
	if (n <= 0 || n > SCENARIOS_MAX) {
		(void)fprintf(stderr, "%s: %d scenarios\n", FOLDER, n);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", FOLDER,
		    files[i]->d_name);
		tests[i] = (struct CMUnitTest){
			.name = paths[i] + sizeof(FOLDER),
			.test_func = on_each,
			.initial_state = paths[i],
		};
		free(files[i]);
	}
	free(files);
	tests[n] = last;
	return _cmocka_run_group_tests(group, tests, (size_t)n + 1, NULL, NULL);
}
