/*
 * Memory that is ours and holds nothing, given back to the system page by page
 * until it is written again. Knows nothing of what it was for.
 */
#ifndef DG_BASE_PAGES_H
#define DG_BASE_PAGES_H

#include <stddef.h>

/*
 * What mem[0..n) holds is of no use any more: whole pages of it are given back.
 * From now on each byte is what it was or zero, and may be written as ever; no
 * call can fail by it. Memory of the heap or of mmap(), private and not locked.
 * Returns how many bytes were given back.
 */
size_t pages_release(void *mem, size_t n);

#endif
