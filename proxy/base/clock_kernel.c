#include "base/clock_kernel.h"

#include <fcntl.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

int64_t
clock_kernel_wall(void)
{
	return (int64_t)time(NULL);
}

bool
clock_kernel_is_synchronized(void)
{
	struct timex t = { .modes = 0 };

	return adjtimex(&t) != TIME_ERROR && (t.status & STA_UNSYNC) == 0;
}

bool
clock_kernel_is_from_rtc(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char c = '0';
	bool yes;

	if (fd < 0)
		return false;
	yes = read(fd, &c, 1) == 1 && c == '1';
	(void)close(fd);
	return yes;
}
