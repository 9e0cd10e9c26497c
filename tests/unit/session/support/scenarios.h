/*
 * The scenarios as tests, one for each file. Include behind cmocka.h.
 */
#ifndef DG_TEST_SESSION_SCENARIOS_H
#define DG_TEST_SESSION_SCENARIOS_H

/*
 * Runs the function on every scenario, whose path is its initial state, and the
 * last test behind them. The number of tests that failed.
 */
int scenarios_run(const char *group, CMUnitTestFunction on_each,
    struct CMUnitTest last);

#endif
