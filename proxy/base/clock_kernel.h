/*
 * What the kernel knows of wall time, for clock.c alone. A file of its own, so
 * that tests can put another clock in its place.
 */
#ifndef DG_BASE_CLOCK_KERNEL_H
#define DG_BASE_CLOCK_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970, UTC. */
int64_t clock_kernel_wall(void);

/* NTP, or who else steers the clock, says that it is right (adjtimex(2)). */
bool clock_kernel_is_synchronized(void);

/* Says "1" when the system's clock was set from it at the start. */
#define CLOCK_RTC_FILE "/sys/class/rtc/rtc0/hctosys"

/* The file says so; false when it cannot be read. */
bool clock_kernel_is_from_rtc(const char *file);

#endif
