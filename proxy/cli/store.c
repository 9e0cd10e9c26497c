#include "cli/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confirm.h"
#include "base/file.h"
#include "base/state.h"

#define CANDIDATE ".candidate"
#define OLD	  ".old"
#define LOCK	  ".lock"
#define EDITOR	  ".editor"
#define SUFFIX	  16 /* bytes of the longest of these, and of a number's */

/* What the daemon reads without rights. */
#define MODE 0644

struct path {
	char text[PATH_MAX + NAME_MAX + SUFFIX];
};

static struct path
path_of(const struct store *s, const char *suffix)
{
	struct path p;

	(void)snprintf(p.text, sizeof(p.text), "%s/%s%s", s->folder, s->name,
	    suffix);
	return p;
}

static struct path
previous_of(const struct store *s, unsigned n)
{
	char suffix[SUFFIX];

	(void)snprintf(suffix, sizeof(suffix), ".%u", n);
	return path_of(s, suffix);
}

/* So that a new name outlives a power cut. */
static int
sync_folder(const struct store *s)
{
	int fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return DG_EIO;
	result = fsync(fd);
	(void)close(fd);
	return result == 0 ? 0 : DG_EIO;
}

static int
split(struct store *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct span folder = span_text(".");
	struct span name = span_text(path);

	if (slash != NULL) {
		folder = span_of(path, (size_t)(slash - path));
		if (folder.n == 0)
			folder = span_text("/");
		name = span_text(slash + 1);
	}
	if (name.n == 0 || name.n + SUFFIX > NAME_MAX)
		return DG_ELIMIT;
	if (span_copy_text(s->folder, sizeof(s->folder), folder) != 0)
		return DG_ELIMIT;
	return span_copy_text(s->name, sizeof(s->name), name);
}

/* Renames; what is not there needs no renaming. */
static int
move(const char *from, const char *to)
{
	return rename(from, to) == 0 || errno == ENOENT ? 0 : DG_EIO;
}

static int
remove_file(const char *path)
{
	return unlink(path) == 0 || errno == ENOENT ? 0 : DG_EIO;
}

/* The old one becomes number 1, and the others move up as far as the first
 * number that is free: cut off anywhere, that is where it goes on. */
static int
rotate(const struct store *s)
{
	unsigned n = 1;

	/* The first commit of all has nothing before it. */
	if (access(path_of(s, OLD).text, F_OK) != 0)
		return errno == ENOENT ? sync_folder(s) : DG_EIO;
	while (n < STORE_KEPT && access(previous_of(s, n).text, F_OK) == 0)
		n++;
	for (; n > 1; n--)
		if (move(previous_of(s, n - 1).text, previous_of(s, n).text) !=
		    0)
			return DG_EIO;
	if (move(path_of(s, OLD).text, previous_of(s, 1).text) != 0)
		return DG_EIO;
	return sync_folder(s);
}

/* A commit was cut off: before the new one was in its place, then nothing has
 * happened, or after that. */
static int
mend(const struct store *s)
{
	struct stat a;
	struct stat b;

	if (stat(path_of(s, OLD).text, &a) != 0)
		return errno == ENOENT ? 0 : DG_EIO;
	if (stat(path_of(s, "").text, &b) == 0 && a.st_ino == b.st_ino)
		return remove_file(path_of(s, OLD).text);
	return rotate(s);
}

/* Nobody has confirmed in time: the one before counts, and now it stands in
 * its place, too. */
static int
take_back(struct store *s)
{
	const struct path running = path_of(s, "");
	uint8_t *text = NULL;
	uint64_t left;
	size_t n;
	int err;

	if (confirm_state(running.text, &left) != CONFIRM_DUE)
		return 0;
	err = file_read(&text, &n, confirm_file(running.text).text,
	    CONFIG_TEXT_MAX);
	if (err != 0)
		return err;
	err = store_install(s, span_of(text, n));
	if (err == 0)
		err = rotate(s);
	if (err == 0)
		err = confirm_end(running.text);
	s->taken_back = err == 0;
	free(text);
	return err;
}

int
store_open(struct store *s, const char *path)
{
	int err = split(s, path);

	if (err != 0)
		return err;
	s->taken_back = false;
	s->lock = open(path_of(s, LOCK).text, O_RDWR | O_CREAT | O_CLOEXEC,
	    0600);
	if (s->lock < 0)
		return DG_EIO;
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		err = errno == EWOULDBLOCK ? DG_EAGAIN : DG_EIO;
	else
		err = mend(s);
	if (err == 0)
		err = take_back(s);
	if (err != 0)
		store_close(s);
	return err;
}

int
store_look(struct store *s, const char *path)
{
	s->lock = -1;
	return split(s, path);
}

/* The shell that has it, and what it starts. */
static bool is_ours;

static void
read_who(struct store_claim *c, int fd)
{
	ssize_t n = pread(fd, c->who, sizeof(c->who) - 1, 0);

	c->who[n > 0 ? n : 0] = '\0';
	for (size_t i = 0; c->who[i] != '\0'; i++)
		if (c->who[i] < 0x20 || c->who[i] >= 0x7f)
			c->who[i] = '?';
	if (c->who[0] == '\0')
		memcpy(c->who, "another console", sizeof("another console"));
}

static int
claim_open(struct store_claim *c, const char *path, int flags)
{
	struct store s;
	int err = split(&s, path);

	if (err != 0)
		return err;
	c->fd = open(path_of(&s, EDITOR).text, flags | O_CLOEXEC, 0600);
	if (c->fd < 0)
		return DG_EIO;
	if (flock(c->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	err = errno == EWOULDBLOCK ? DG_EAGAIN : DG_EIO;
	read_who(c, c->fd);
	(void)close(c->fd);
	c->fd = -1;
	return err;
}

int
store_claim(struct store_claim *c, const char *path)
{
	const char *terminal = ttyname(STDIN_FILENO);
	int err = claim_open(c, path, O_RDWR | O_CREAT);
	int n;

	if (err != 0)
		return err;
	n = snprintf(c->who, sizeof(c->who), "%s, process %d",
	    terminal != NULL ? terminal : "no terminal", (int)getpid());
	/* Only for the message that others get. */
	if (ftruncate(c->fd, 0) == 0 && n > 0)
		(void)!pwrite(c->fd, c->who, strlen(c->who), 0);
	is_ours = true;
	return 0;
}

void
store_unclaim(struct store_claim *c)
{
	if (c->fd < 0)
		return;
	(void)close(c->fd);
	c->fd = -1;
	is_ours = false;
}

int
store_claimed(struct store_claim *c, const char *path)
{
	int err;

	c->fd = -1;
	if (is_ours)
		return 0;
	err = claim_open(c, path, O_RDWR);
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	return err == DG_EIO && errno == ENOENT ? 0 : err;
}

void
store_close(struct store *s)
{
	int error = errno;

	(void)close(s->lock);
	s->lock = -1;
	errno = error;
}

static int
load(struct candidate *out, const char *path)
{
	uint8_t *text = NULL;
	size_t n;
	int err;

	*out = (struct candidate){ 0 };
	err = file_read(&text, &n, path, CONFIG_TEXT_MAX);
	if (err == 0)
		err = candidate_load(out, span_of(text, n));
	free(text);
	return err;
}

static int
write_file(const struct store *s, const char *suffix, struct span text)
{
	char name[NAME_MAX + 1];
	struct state_file f;
	struct stat st;
	mode_t mode = MODE;
	size_t size;
	int err;

	if (stat(path_of(s, "").text, &st) == 0)
		mode = st.st_mode & 0777;
	(void)snprintf(name, sizeof(name), "%.*s%s", NAME_MAX - SUFFIX, s->name,
	    suffix);
	err = state_begin(&f, s->folder, name);
	if (err != 0)
		return err;
	if (fchmod(f.fd, mode) != 0)
		f.error = errno;
	state_put(&f, text);
	return state_end(&f, &size);
}

int
store_running(struct candidate *out, const struct store *s)
{
	int err = load(out, path_of(s, "").text);

	return err == DG_EIO && errno == ENOENT ? 0 : err;
}

int
store_candidate(struct candidate *out, const struct store *s)
{
	int err = load(out, path_of(s, CANDIDATE).text);

	return err == DG_EIO && errno == ENOENT ? store_running(out, s) : err;
}

int
store_keep(const struct store *s, const struct candidate *c)
{
	char *text;
	size_t n;
	int err = candidate_text(&text, &n, c);

	if (err != 0)
		return err;
	err = n > CONFIG_TEXT_MAX ? DG_ELIMIT
				  : write_file(s, CANDIDATE, span_of(text, n));
	free(text);
	return err;
}

int
store_discard(const struct store *s)
{
	return remove_file(path_of(s, CANDIDATE).text);
}

int
store_previous(struct candidate *out, const struct store *s, unsigned n)
{
	return load(out, previous_of(s, n).text);
}

int
store_install(const struct store *s, struct span text)
{
	const struct path running = path_of(s, "");
	const struct path old = path_of(s, OLD);

	if (remove_file(old.text) != 0)
		return DG_EIO;
	/* A second name for it, so that it is in force until the rename. */
	if (link(running.text, old.text) != 0 && errno != ENOENT)
		return DG_EIO;
	return write_file(s, "", text);
}

int
store_finish(const struct store *s)
{
	int err = rotate(s);

	return err == 0 ? store_discard(s) : err;
}

int
store_restore(const struct store *s)
{
	const struct path running = path_of(s, "");
	const struct path old = path_of(s, OLD);

	/* There was none before: then there is none again. */
	if (rename(old.text, running.text) != 0 &&
	    (errno != ENOENT || remove_file(running.text) != 0))
		return DG_EIO;
	return sync_folder(s);
}
