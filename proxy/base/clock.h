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

/* What wall time must have going for it. */
enum clock_trust {
	CLOCK_TRUST_FLOOR = 0, /* it does not lie before the floor */
	CLOCK_TRUST_KERNEL,    /* besides, somebody has set it: the kernel says
	                          that it is synchronized, or it came from a
	                          clock with a battery */
	CLOCK_TRUST_ALWAYS,    /* nothing: the operator's word */
};

struct clock_facts {
	enum clock_trust trust;
	int64_t wall;
	int64_t floor;	   /* the latest time known to have been */
	bool synchronized; /* says the kernel, as NTP told it */
	bool from_rtc;	   /* set from a real-time clock when it started */
};

/* How far behind the floor a clock may be: it is put right by steps. */
#define CLOCK_SLACK 600 /* seconds */

/* Can that be believed? Pure. */
bool clock_judge(const struct clock_facts *f);

/*
 * Can wall time be believed now? Without a believable time nothing is secure
 * and mail is held (reason clock-unset): a box without a battery starts in
 * 1970, or when it was last switched off.
 */
bool clock_wall_trusted(void);

void clock_set_trust(enum clock_trust trust);

/* The floor: at first the day this program was built. It only rises. */
int64_t clock_floor(void);
void clock_raise_floor(int64_t seconds);

#endif
