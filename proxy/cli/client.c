#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json_read.h"
#include "control/control.h"

#define PATIENCE     15 /* seconds; longer than the daemon's own */
#define ANSWER_FIRST ((size_t)16 << 10)
#define LINE_ROOM    ((size_t)16 << 10) /* for a line of a stream */

static int
client_connect(int *out, const char *path)
{
	const struct timeval tv = { .tv_sec = PATIENCE };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (span_copy_text(address.sun_path, sizeof(address.sun_path),
		span_text(path)) != 0)
		return DG_ELIMIT;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return DG_EIO;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) != 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) !=
		0) {
		int error = errno;

		(void)close(fd);
		errno = error;
		return DG_ENOTFOUND;
	}
	*out = fd;
	return 0;
}

static int
client_send(int fd, const char *line)
{
	char request[CONTROL_REQUEST_MAX + 1];
	int len = snprintf(request, sizeof(request), "%s\n", line);

	if (len < 0 || len > CONTROL_REQUEST_MAX)
		return DG_ELIMIT;
	return send(fd, request, (size_t)len, MSG_NOSIGNAL) == len ? 0 : DG_EIO;
}

struct answer {
	uint8_t *p;
	size_t n;
	size_t size;
};

/* Room for more; an answer begins small and is bounded. */
static int
answer_grow(struct answer *a)
{
	size_t size = a->size == 0 ? ANSWER_FIRST : 2 * a->size;
	uint8_t *p;

	if (a->size > CONTROL_ANSWER_MAX)
		return DG_ELIMIT;
	p = realloc(a->p, size);
	if (p == NULL)
		return DG_ENOMEM;
	a->p = p;
	a->size = size;
	return 0;
}

/* Reads until the daemon has no more to say. */
static int
client_read(struct answer *a, int fd)
{
	for (;;) {
		ssize_t got;
		int err = a->n == a->size ? answer_grow(a) : 0;

		if (err != 0)
			return err;
		got = recv(fd, a->p + a->n, a->size - a->n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? DG_ETIMEDOUT : DG_EIO;
		if (got == 0)
			return 0;
		a->n += (size_t)got;
	}
}

int
client_ask(uint8_t **out, size_t *n, const char *path, const char *line)
{
	struct answer a = { 0 };
	int fd = -1;
	int err = client_connect(&fd, path);

	if (err != 0)
		return err;
	err = client_send(fd, line);
	if (err == 0)
		err = client_read(&a, fd);
	if (err == 0) {
		*out = a.p;
		*n = a.n;
		a.p = NULL;
	}
	free(a.p);
	(void)close(fd);
	return err;
}

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* The last line may be there in part only: it stays. False: it is enough. */
static bool
give_lines(struct buf *in, client_line_cb *cb, void *arg)
{
	for (;;) {
		struct span all = buf_peek(in);
		size_t end = span_find(all, '\n', 0);

		if (end == all.n)
			return true;
		if (!cb(arg, span_slice(all, 0, end)))
			return false;
		buf_drop(in, end + 1);
	}
}

/* Waits for the daemon; 1: it has something, 0: it is time to stop. */
static int
follow_wait(int fd, const sigset_t *open)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO } };
	int n = interrupted ? 0 : ppoll(fds, DG_ARRAY_LEN(fds), NULL, open);

	if (interrupted || (n > 0 && (fds[1].revents & POLLERR) != 0))
		return 0;
	return n < 0 && errno != EINTR ? DG_EIO : 1;
}

static int
follow_lines(int fd, const sigset_t *open, client_line_cb *cb, void *arg)
{
	uint8_t mem[LINE_ROOM];
	struct buf in;
	int err;

	buf_init(&in, mem, sizeof(mem));
	while ((err = follow_wait(fd, open)) > 0) {
		size_t room;
		uint8_t *tail = buf_tail(&in, &room);
		ssize_t got = room > 0 ? recv(fd, tail, room, MSG_DONTWAIT) : 0;

		if (room == 0)
			return DG_ELIMIT;
		if (got == 0)
			return DG_ECLOSED;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return DG_EIO;
		buf_commit(&in, got > 0 ? (size_t)got : 0);
		if (!give_lines(&in, cb, arg))
			return 0;
	}
	return err;
}

/*
 * SIGINT is let in only while waiting, so that none is lost in between; whoever
 * called gets back what he had.
 */
int
client_follow(const char *path, const char *line, client_line_cb *cb, void *arg)
{
	struct sigaction stop = { .sa_handler = on_interrupt };
	struct sigaction before;
	sigset_t closed;
	sigset_t open;
	int fd = -1;
	int err = client_connect(&fd, path);

	if (err != 0)
		return err;
	interrupted = 0;
	(void)sigemptyset(&closed);
	(void)sigaddset(&closed, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &closed, &open);
	(void)sigaction(SIGINT, &stop, &before);
	err = client_send(fd, line);
	if (err == 0)
		err = follow_lines(fd, &open, cb, arg);
	(void)sigaction(SIGINT, &before, NULL);
	(void)sigprocmask(SIG_SETMASK, &open, NULL);
	(void)close(fd);
	return err;
}

bool
client_member(char *out, size_t size, struct span answer, const char *key)
{
	struct json_reader r = json_reader(answer);
	struct json_token t;

	if (json_next(&r, &t) != 0 || t.type != JSON_OBJECT)
		return false;
	while (json_next(&r, &t) == 0 && t.type != JSON_CLOSE) {
		if (span_equal(t.key, span_text(key))) {
			(void)json_print(out, size,
			    t.type == JSON_TRUE ? span_text("true") : t.text);
			return true;
		}
		if ((t.type == JSON_OBJECT || t.type == JSON_ARRAY) &&
		    json_skip(&r) != 0)
			return false;
	}
	return false;
}
