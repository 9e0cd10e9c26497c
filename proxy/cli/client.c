#include "cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json_read.h"
#include "control/control.h"

#define PATIENCE 15 /* seconds; longer than the daemon's own */

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

/* Reads until the daemon has no more to say. */
static int
client_read(size_t *n, int fd, uint8_t *into, size_t size)
{
	*n = 0;
	for (;;) {
		ssize_t got = recv(fd, into + *n, size - *n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? DG_ETIMEDOUT : DG_EIO;
		if (got == 0)
			return 0;
		*n += (size_t)got;
		if (*n == size)
			return DG_ELIMIT;
	}
}

int
client_ask(uint8_t **out, size_t *n, const char *path, const char *line)
{
	char request[CONTROL_REQUEST_MAX + 1];
	int len = snprintf(request, sizeof(request), "%s\n", line);
	uint8_t *answer = NULL;
	int fd = -1;
	int err;

	if (len < 0 || len > CONTROL_REQUEST_MAX)
		return DG_ELIMIT;
	err = client_connect(&fd, path);
	if (err != 0)
		return err;
	err = DG_ENOMEM;
	answer = malloc(CONTROL_ANSWER_MAX + 1);
	if (answer == NULL)
		goto out;
	err = DG_EIO;
	if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len)
		goto out;
	err = client_read(n, fd, answer, CONTROL_ANSWER_MAX + 1);
	if (err != 0)
		goto out;
	*out = answer;
	answer = NULL;
out:
	free(answer);
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
