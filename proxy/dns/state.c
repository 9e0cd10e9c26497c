#include "dns/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

#define MODE   0600
#define SUFFIX ".new"

static int
make_path(char path[PATH_MAX], const char *directory, const char *name,
    const char *suffix)
{
	int n = snprintf(path, PATH_MAX, "%s/%s%s", directory, name, suffix);

	return n < 0 || n >= PATH_MAX ? DG_ELIMIT : 0;
}

/* Writes and flushes all of it; errno is set when that fails. */
static int
write_all(int fd, struct span text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return DG_EIO;
		text = span_slice(text, (size_t)n, text.n);
	}
	return fsync(fd) == 0 ? 0 : DG_EIO;
}

/* So that the new name outlives a power cut. */
static void
sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

int
state_write(const char *directory, const char *name, struct span text)
{
	char path[PATH_MAX];
	char fresh[PATH_MAX];
	int saved;
	int err;
	int fd;

	if (make_path(path, directory, name, "") != 0 ||
	    make_path(fresh, directory, name, SUFFIX) != 0)
		return DG_ELIMIT;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, MODE);
	if (fd < 0)
		return DG_EIO;
	err = write_all(fd, text);
	saved = errno;
	if (close(fd) != 0 && err == 0) {
		err = DG_EIO;
		saved = errno;
	}
	if (err == 0 && rename(fresh, path) != 0) {
		err = DG_EIO;
		saved = errno;
	}
	if (err == 0)
		sync_directory(directory);
	else
		(void)unlink(fresh);
	errno = saved;
	return err;
}

int
state_read(uint8_t **out, size_t *n, const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (make_path(path, directory, name, "") != 0)
		return DG_ELIMIT;
	return file_read(out, n, path, STATE_MAX);
}
