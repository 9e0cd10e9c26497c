#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

size_t
pages_release(void *mem, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t skip = (page - (uintptr_t)mem % page) % page;
	size_t whole;

	if (n < skip + page)
		return 0;
	whole = (n - skip) / page * page;
	if (madvise((uint8_t *)mem + skip, whole, MADV_DONTNEED) != 0)
		return 0;
	return whole;
}
