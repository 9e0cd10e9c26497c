/*
 * Time: a monotonic clock for timeouts, and wall time together with the
 * question that DNSSEC and certificates depend on: can it be believed?
 * Pure rooms never call this; time is handed to them.
 */
#ifndef DG_BASE_CLOCK_H
#define DG_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds since an arbitrary start; never goes back. */
uint64_t clock_monotonic_ms(void);

/* Seconds since 1970, UTC, as the system says. */
int64_t clock_wall(void);

/*
 * Can wall time be believed? No while it lies before the day this program was
 * built: a box without a battery starts in 1970. Without a believable time
 * nothing is secure and mail is held (reason clock-unset).
 */
bool clock_wall_trusted(void);

#endif
