#include "tls/support/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000
#define OPTIONS_MAX 32

static char directory[] = "/tmp/danegate-tls-XXXXXX";

static void
run(const char *const argv[])
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void
certificates_make(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	assert_non_null(mkdtemp(directory));
	run((const char *const[]){ "tests/unit/tls/support/certificates",
	    directory, NULL });
}

void
certificates_remove(void)
{
	run((const char *const[]){ "rm", "-r", directory, NULL });
}

void
certificates_path(char out[PATH_SIZE], const char *name, const char *ending)
{
	(void)snprintf(out, PATH_SIZE, "%s/%s%s", directory, name, ending);
}

size_t
certificate_read(const char *name, uint8_t *out, size_t size)
{
	char path[PATH_SIZE];
	FILE *f;
	size_t n;

	certificates_path(path, name, ".der");
	f = fopen(path, "rb");
	assert_non_null(f);
	n = fread(out, 1, size, f);
	(void)fclose(f);
	return n;
}

/* Reads output up to and with text, then to the end of that line. */
static void
read_line_with(struct server *s, const char *text, char *line, size_t size)
{
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = s->out, .events = POLLIN };
		char c;

		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		assert_int_equal(read(s->out, &c, 1), 1);
		if (c != '\n' && n + 1 < size) {
			line[n++] = c;
			continue;
		}
		line[n] = '\0';
		if (strstr(line, text) != NULL)
			return;
		n = 0;
	}
}

void
server_expect(struct server *s, const char *text)
{
	char line[1024];

	read_line_with(s, text, line, sizeof(line));
}

static void
server_exec(const int in[2], const int out[2], const char *const argv[])
{
	(void)dup2(in[0], STDIN_FILENO);
	(void)dup2(out[1], STDOUT_FILENO);
	(void)dup2(out[1], STDERR_FILENO);
	/* A test that fails leaves no server behind. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

void
server_start(struct server *s, const char *name, const char *chain,
    const char *const options[])
{
	char cert[PATH_SIZE], key[PATH_SIZE], rest[PATH_SIZE];
	char line[256];
	const char *argv[OPTIONS_MAX] = { "openssl", "s_server", "-accept",
		"127.0.0.1:0", "-naccept", "1", "-cert", cert, "-key", key,
		"-cert_chain", rest,
		/* What is shown for another name: the same. */
		"-cert2", cert, "-key2", key };
	size_t n = 16;
	int in[2], out[2];
	const char *colon;

	certificates_path(cert, name, ".pem");
	certificates_path(key, name, ".key");
	certificates_path(rest, chain, ".pem");
	for (; *options != NULL; options++) {
		assert_true(n + 1 < OPTIONS_MAX);
		argv[n++] = *options;
	}
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		server_exec(in, out, argv);
	(void)close(in[0]);
	(void)close(out[1]);
	s->in = in[1];
	s->out = out[0];
	read_line_with(s, "ACCEPT", line, sizeof(line));
	colon = strrchr(line, ':');
	assert_non_null(colon);
	s->port = (uint16_t)strtoul(colon + 1, NULL, 10);
	assert_int_not_equal(s->port, 0);
}

void
server_configure(void)
{
	char path[PATH_SIZE];

	certificates_path(path, "no-ems", ".conf");
	assert_int_equal(setenv("OPENSSL_CONF", path, 1), 0);
}

void
server_stop(struct server *s)
{
	(void)kill(s->pid, SIGKILL);
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
	(void)close(s->in);
	(void)close(s->out);
}

int
server_connect(const struct server *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(s->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)),
	    0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}
