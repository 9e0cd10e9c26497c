#include "base/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

static int
open_file(struct state_file *f, const char *directory, const char *name,
    bool fresh)
{
	memset(f, 0, sizeof(*f));
	f->directory = directory;
	f->fresh = fresh;
	if (make_path(f->path, directory, name, "") != 0 ||
	    make_path(f->written, directory, name, fresh ? SUFFIX : "") != 0)
		return DG_ELIMIT;
	f->fd = open(f->written,
	    O_WRONLY | O_CREAT | O_CLOEXEC | (fresh ? O_TRUNC : O_APPEND),
	    MODE);
	return f->fd < 0 ? DG_EIO : 0;
}

int
state_begin(struct state_file *f, const char *directory, const char *name)
{
	return open_file(f, directory, name, true);
}

int
state_extend(struct state_file *f, const char *directory, const char *name)
{
	return open_file(f, directory, name, false);
}

void
state_put(struct state_file *f, struct span bytes)
{
	while (bytes.n > 0 && f->error == 0) {
		ssize_t n = write(f->fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			f->error = errno;
		else if (n == 0)
			f->error = EIO;
		else
			bytes = span_slice(bytes, (size_t)n, bytes.n);
	}
}

/* True, or the first failure is noted. */
static bool
succeeded(struct state_file *f, int result)
{
	if (result != 0 && f->error == 0)
		f->error = errno;
	return f->error == 0;
}

int
state_end(struct state_file *f, size_t *size)
{
	struct stat st = { 0 };

	if (succeeded(f, 0) && succeeded(f, fsync(f->fd)))
		(void)succeeded(f, fstat(f->fd, &st));
	(void)succeeded(f, close(f->fd));
	if (f->fresh && succeeded(f, 0))
		(void)succeeded(f, rename(f->written, f->path));
	if (f->error != 0) {
		if (f->fresh)
			(void)unlink(f->written);
		errno = f->error;
		return DG_EIO;
	}
	sync_directory(f->directory);
	*size = (size_t)st.st_size;
	return 0;
}

int
state_write(const char *directory, const char *name, struct span text)
{
	struct state_file f;
	size_t size;
	int err = state_begin(&f, directory, name);

	if (err != 0)
		return err;
	state_put(&f, text);
	return state_end(&f, &size);
}

int
state_read(uint8_t **out, size_t *n, const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (make_path(path, directory, name, "") != 0)
		return DG_ELIMIT;
	return file_read(out, n, path, STATE_MAX);
}

int
state_remove(const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (make_path(path, directory, name, "") != 0)
		return DG_ELIMIT;
	if (unlink(path) != 0 && errno != ENOENT)
		return DG_EIO;
	sync_directory(directory);
	return 0;
}

/* Gives the whole records that b holds, and keeps what may begin another. */
static void
give_records(struct buf *b, bool ended, struct state_records *out,
    state_record_cb *cb, void *arg)
{
	struct span rest = buf_peek(b);
	size_t had = rest.n;
	struct record record;

	while (record_take(&record, &rest, ended, &out->skipped) == 0)
		cb(arg, &record);
	buf_drop(b, had - rest.n);
}

int
state_records_read(struct state_records *out, const char *directory,
    const char *name, state_record_cb *cb, void *arg)
{
	uint8_t mem[2 * RECORD_MAX];
	char path[PATH_MAX];
	struct buf b;
	FILE *f;
	int err = 0;

	memset(out, 0, sizeof(*out));
	if (make_path(path, directory, name, "") != 0)
		return DG_ELIMIT;
	f = fopen(path, "re");
	if (f == NULL)
		return DG_EIO;
	buf_init(&b, mem, sizeof(mem));
	for (bool ended = false; !ended;) {
		size_t room;
		uint8_t *tail = buf_tail(&b, &room);
		size_t n = fread(tail, 1, room, f);

		/* Past a read error nothing comes either. */
		ended = n < room;
		buf_commit(&b, n);
		out->size += n;
		give_records(&b, ended, out, cb, arg);
	}
	if (ferror(f) != 0)
		err = DG_EIO;
	(void)fclose(f);
	return err;
}
