/*
 * Random numbers from the kernel, for query ids and ports. Aborts when the
 * kernel has none: predictable ids are worse than a restart.
 */
#ifndef DG_BASE_RANDOM_H
#define DG_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *p, size_t n);
uint16_t random_u16(void);

/* Uniform in [0, limit); limit > 0. */
uint32_t random_below(uint32_t limit);

#endif
