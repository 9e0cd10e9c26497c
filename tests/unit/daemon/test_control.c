/* The control socket over a real socket: one request, one answer, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/control.h"

struct stage {
	char folder[64];
	char path[96];
	struct event_base *base;
	struct control *control;
	unsigned asked;
	bool huge;
};

static void
on_request(void *arg, struct json *j, const struct control_request *request)
{
	struct stage *s = arg;

	s->asked++;
	json_key(j, "verb");
	json_number(j, request->verb);
	json_key(j, "list");
	json_array(j);
	while (s->huge && json_room(j) > 0)
		json_text(j, "0123456789012345678901234567890123456789");
	json_close(j);
}

static int
set_up(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	snprintf(s->folder, sizeof(s->folder), "/tmp/danegate-control-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(s->path, sizeof(s->path), "%s/run/control", s->folder);
	s->base = event_base_new();
	assert_non_null(s->base);
	assert_int_equal(control_open(&s->control, s->base, s->path, on_request,
			     s),
	    0);
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct stage *s = *state;
	char run[96];

	control_free(s->control);
	assert_int_equal(access(s->path, F_OK), -1);
	snprintf(run, sizeof(run), "%s/run", s->folder);
	assert_int_equal(rmdir(run), 0);
	assert_int_equal(rmdir(s->folder), 0);
	event_base_free(s->base);
	free(s);
	return 0;
}

static int
connect_to(const struct stage *s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", s->path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof(a)),
	    0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* Turns the loop until the daemon has closed; what it said is in text. */
static size_t
read_all(struct stage *s, int fd, char *text, size_t size)
{
	size_t n = 0;

	for (;;) {
		ssize_t got = recv(fd, text + n, size - 1 - n, 0);

		if (got == 0)
			break;
		if (got > 0) {
			n += (size_t)got;
		} else {
			assert_int_equal(errno, EAGAIN);
			assert_int_equal(event_base_loop(s->base, EVLOOP_ONCE),
			    0);
		}
	}
	text[n] = '\0';
	assert_int_equal(close(fd), 0);
	return n;
}

static void
send_text(int fd, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

static void
test_one_request(void **state)
{
	struct stage *s = *state;
	char text[1024];
	int fd = connect_to(s);

	send_text(fd, "show status\n");
	(void)read_all(s, fd, text, sizeof(text));
	assert_string_equal(text, "{\"verb\":1,\"list\":[]}\n");
	assert_int_equal(s->asked, 1);
}

/* Byte by byte, and with more behind it, which is not looked at. */
static void
test_in_pieces(void **state)
{
	struct stage *s = *state;
	static const char request[] = "show version\nshow status\n";
	char text[1024];
	int fd = connect_to(s);

	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		const char piece[] = { request[i], '\0' };

		if (i < 13)
			send_text(fd, piece);
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
	}
	(void)read_all(s, fd, text, sizeof(text));
	assert_string_equal(text, "{\"verb\":0,\"list\":[]}\n");
	assert_int_equal(s->asked, 1);
}

static void
test_bad_requests(void **state)
{
	static const char *const bad[] = { "\n", "show\n", "show version x\n" };
	struct stage *s = *state;
	char text[1024];

	for (size_t i = 0; i < DG_ARRAY_LEN(bad); i++) {
		int fd = connect_to(s);

		send_text(fd, bad[i]);
		(void)read_all(s, fd, text, sizeof(text));
		assert_non_null(strstr(text, "\"error\":\"bad request\""));
		assert_non_null(strstr(text, "\"expected\""));
	}
	assert_int_equal(s->asked, 0);
}

/* A line without an end is refused when it is too long, not waited for. */
static void
test_too_long(void **state)
{
	struct stage *s = *state;
	char line[CONTROL_REQUEST_MAX + 1];
	char text[1024];
	int fd = connect_to(s);

	memset(line, 'x', CONTROL_REQUEST_MAX);
	line[CONTROL_REQUEST_MAX] = '\0';
	send_text(fd, line);
	(void)read_all(s, fd, text, sizeof(text));
	assert_non_null(strstr(text, "\"error\":\"bad request\""));
	assert_int_equal(s->asked, 0);
}

/* Hanging up in the middle leaves nothing behind. */
static void
test_hang_up(void **state)
{
	struct stage *s = *state;
	char text[1024];
	int fd = connect_to(s);

	send_text(fd, "show vers");
	(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(close(fd), 0);
	for (unsigned i = 0; i < 2 * CONTROL_CONNECTIONS_MAX; i++) {
		fd = connect_to(s);
		send_text(fd, "show version\n");
		(void)read_all(s, fd, text, sizeof(text));
		assert_int_equal(s->asked, i + 1);
	}
}

static void
test_too_many(void **state)
{
	struct stage *s = *state;
	int fds[CONTROL_CONNECTIONS_MAX + 1];
	char text[1024];

	for (size_t i = 0; i < DG_ARRAY_LEN(fds); i++) {
		fds[i] = connect_to(s);
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(read_all(s, fds[CONTROL_CONNECTIONS_MAX], text,
			     sizeof(text)),
	    0);
	for (size_t i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
		send_text(fds[i], "show version\n");
		(void)read_all(s, fds[i], text, sizeof(text));
	}
	assert_int_equal(s->asked, CONTROL_CONNECTIONS_MAX);
}

/* An answer past its bound is an error, not a piece of JSON. */
static void
test_answer_too_long(void **state)
{
	struct stage *s = *state;
	char text[1024];
	int fd = connect_to(s);

	s->huge = true;
	send_text(fd, "show sessions\n");
	(void)read_all(s, fd, text, sizeof(text));
	assert_non_null(strstr(text, "{\"error\":\"the answer is too long\"}"));
}

/* A socket that a dead daemon left is replaced; a file is not. */
static void
test_what_is_there_already(void **state)
{
	struct stage *s = *state;
	struct control *second;
	struct stat st;
	char file[96];
	FILE *f;

	assert_int_equal(control_open(&second, s->base, s->path, on_request, s),
	    0);
	control_free(s->control);
	s->control = NULL;
	assert_int_equal(control_open(&s->control, s->base, s->path, on_request,
			     s),
	    0);
	snprintf(file, sizeof(file), "%s/file", s->folder);
	f = fopen(file, "w");
	assert_non_null(f);
	fclose(f);
	control_free(second);
	assert_int_equal(control_open(&second, s->base, file, on_request, s),
	    DG_EIO);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(stat(file, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(unlink(file), 0);
	control_free(s->control);
	assert_int_equal(control_open(&s->control, s->base, s->path, on_request,
			     s),
	    0);
}

static void
test_roles(void **state)
{
	const gid_t groups[] = { 100, 200 };
	const gid_t none = (gid_t)-1;

	(void)state;
	assert_int_equal(control_role_of(0, 65534, NULL, 0, none, none),
	    CONTROL_ADMIN);
	assert_int_equal(control_role_of(65534, 65534, NULL, 0, none, none),
	    CONTROL_ADMIN);
	assert_int_equal(control_role_of(1000, 65534, groups, 2, 100, 300),
	    CONTROL_VIEW);
	assert_int_equal(control_role_of(1000, 65534, groups, 2, 300, 200),
	    CONTROL_ADMIN);
	assert_int_equal(control_role_of(1000, 65534, groups, 2, 300, 400),
	    CONTROL_NOBODY);
	/* A group that does not exist has no members. */
	assert_int_equal(control_role_of(1000, 65534, &none, 1, none, none),
	    CONTROL_NOBODY);
}

#define WITH_SOCKET(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SOCKET(test_one_request),
		WITH_SOCKET(test_in_pieces),
		WITH_SOCKET(test_bad_requests),
		WITH_SOCKET(test_too_long),
		WITH_SOCKET(test_hang_up),
		WITH_SOCKET(test_too_many),
		WITH_SOCKET(test_answer_too_long),
		WITH_SOCKET(test_what_is_there_already),
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
