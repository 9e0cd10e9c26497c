/*
 * The power goes at a chosen one of the calls that change the disk: write(),
 * fsync(), rename(). For tests that link with
 *	-Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=rename
 */
#ifndef DG_TEST_POWER_H
#define DG_TEST_POWER_H

#include <stdbool.h>

/*
 * Runs it in a process of its own, which ends like by a pulled plug at the call
 * of that number, counted from 1; of a write half has reached the disk then.
 * True: the plug was pulled; false: it came to its end before.
 */
bool power_cut_at(unsigned call, void (*live)(void));

#endif
