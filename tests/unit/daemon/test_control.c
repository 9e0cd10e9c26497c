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
	unsigned asked;	 /* and answered to the end */
	unsigned slices; /* of all answers */
	unsigned more;	 /* slices that an answer has besides the first */
	bool huge;
	uint64_t lines; /* of a stream: so many are there */
};

static bool
on_request(void *arg, struct json *j, const struct control_request *request,
    struct control_cursor *at)
{
	struct stage *s = arg;

	s->slices++;
	if (at->part++ == 0) {
		json_key(j, "verb");
		json_number(j, request->verb);
		json_key(j, "list");
		json_array(j);
	}
	while (s->huge && json_room(j) > 0)
		json_text(j, "0123456789012345678901234567890123456789");
	if (at->next < s->more) {
		while (json_room(j) > CONTROL_ENTRY_MAX)
			json_number(j, (int64_t)at->next);
		at->next++;
		return true;
	}
	s->asked++;
	json_close(j);
	return false;
}

static bool
on_follow(void *arg, struct json *j, const struct control_request *request,
    struct control_cursor *at)
{
	struct stage *s = arg;

	(void)request;
	if (at->next == s->lines)
		return false;
	json_put_number(j, "line", ++at->next);
	return true;
}

static int
open_at(struct control **out, struct stage *s, const char *path)
{
	const struct control_source source = { on_request, on_follow, s };

	return control_open(out, s->base, path, &source);
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
	assert_int_equal(open_at(&s->control, s, s->path), 0);
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

/* The kernel's queue takes all at once, and still no turn of the loop makes two
 * slices of an answer: others have theirs in between. */
static void
test_slices(void **state)
{
	struct stage *s = *state;
	static char text[1 << 20];
	unsigned before = 0;
	size_t n = 0;
	int fd = connect_to(s);
	ssize_t got;

	s->more = 40;
	send_text(fd, "show sessions\n");
	while ((got = recv(fd, text + n, sizeof(text) - n, 0)) != 0) {
		n += got > 0 ? (size_t)got : 0;
		(void)event_base_loop(s->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		assert_in_range(s->slices - before, 0, 1);
		before = s->slices;
	}
	assert_int_equal(s->slices, 41);
	assert_true(n > 40 * (CONTROL_SLICE - 2 * CONTROL_ENTRY_MAX));
	assert_memory_equal(text, "{\"verb\":", 8);
	assert_memory_equal(text + n - 6, ",39]}\n", 6);
	assert_int_equal(close(fd), 0);
}

/* He hangs up in the middle: nothing goes on for him. */
static void
test_slices_hang_up(void **state)
{
	struct stage *s = *state;
	int fd = connect_to(s);
	char text[1024];

	s->more = 1000;
	send_text(fd, "show sessions\n");
	while (s->slices < 3)
		(void)event_base_loop(s->base, EVLOOP_ONCE);
	assert_int_equal(close(fd), 0);
	for (unsigned i = 0; i < 4; i++)
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_in_range(s->slices, 3, 5);
	s->more = 0;
	for (unsigned i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
		fd = connect_to(s);
		send_text(fd, "show version\n");
		(void)read_all(s, fd, text, sizeof(text));
	}
	assert_int_equal(s->asked, CONTROL_CONNECTIONS_MAX);
}

/* Reads until the text ends with `end`. */
static void
read_until(struct stage *s, int fd, char *text, size_t size, const char *end)
{
	size_t n = 0;

	do {
		ssize_t got = recv(fd, text + n, size - 1 - n, 0);

		assert_int_not_equal(got, 0);
		if (got > 0)
			n += (size_t)got;
		else
			(void)event_base_loop(s->base, EVLOOP_ONCE);
		text[n] = '\0';
	} while (n < strlen(end) || strcmp(text + n - strlen(end), end) != 0);
}

/* What is there comes at once, what is new when it is told, and it ends when
 * he goes. */
static void
test_follow(void **state)
{
	struct stage *s = *state;
	int fds[CONTROL_FOLLOWERS_MAX];
	char text[1024];
	int fd;

	s->lines = 2;
	for (size_t i = 0; i < DG_ARRAY_LEN(fds); i++) {
		fds[i] = connect_to(s);
		send_text(fds[i], "show log follow\n");
		read_until(s, fds[i], text, sizeof(text), "\"line\":2}\n");
		assert_string_equal(text, "{\"line\":1}\n{\"line\":2}\n");
	}
	s->lines = 3;
	control_news(s->control);
	for (size_t i = 0; i < DG_ARRAY_LEN(fds); i++)
		read_until(s, fds[i], text, sizeof(text), "{\"line\":3}\n");
	fd = connect_to(s);
	send_text(fd, "monitor\n");
	(void)read_all(s, fd, text, sizeof(text));
	assert_non_null(strstr(text, "too many follow"));
	/* What he sends is not looked at, and does not stop him. */
	for (size_t i = 0; i < CONTROL_REQUEST_MAX; i++) {
		send_text(fds[0], "show version\n");
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(close(fds[1]), 0);
	(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
	fds[1] = connect_to(s);
	send_text(fds[1], "monitor\n");
	read_until(s, fds[1], text, sizeof(text), "{\"line\":3}\n");
	for (size_t i = 0; i < DG_ARRAY_LEN(fds); i++)
		assert_int_equal(close(fds[i]), 0);
	assert_int_equal(s->asked, 0);
}

/* A follower who does not read costs no more than his buffers; when he reads
 * again, he gets on. */
static void
test_follow_slowly(void **state)
{
	struct stage *s = *state;
	static char text[8 << 20];
	int fd = connect_to(s);

	s->lines = 100000;
	send_text(fd, "show log follow\n");
	for (unsigned i = 0; i < 1000; i++) {
		control_news(s->control);
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
	}
	read_until(s, fd, text, sizeof(text), "{\"line\":100000}\n");
	assert_int_equal(close(fd), 0);
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

	assert_int_equal(open_at(&second, s, s->path), 0);
	control_free(s->control);
	s->control = NULL;
	assert_int_equal(open_at(&s->control, s, s->path), 0);
	snprintf(file, sizeof(file), "%s/file", s->folder);
	f = fopen(file, "w");
	assert_non_null(f);
	fclose(f);
	control_free(second);
	assert_int_equal(open_at(&second, s, file), DG_EIO);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(stat(file, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(unlink(file), 0);
	control_free(s->control);
	assert_int_equal(open_at(&s->control, s, s->path), 0);
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
		WITH_SOCKET(test_slices),
		WITH_SOCKET(test_slices_hang_up),
		WITH_SOCKET(test_follow),
		WITH_SOCKET(test_follow_slowly),
		WITH_SOCKET(test_answer_too_long),
		WITH_SOCKET(test_what_is_there_already),
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
