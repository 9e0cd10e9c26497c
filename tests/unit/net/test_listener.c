/*
 * Outgoing connections and whose an address is, in a network namespace of the
 * test's own with nothing but loopback. Needs root; is skipped without it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/listener.h"

#define PORT 2525

static bool in_namespace;

static struct address
address(const char *text, uint16_t port)
{
	struct address a = { 0 };

	assert_int_equal(address_parse_port(&a, span_text(text), port), 0);
	return a;
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

/* An interface up, with an address of its own. */
static void
interface_up(const char *name, const char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct ifreq r = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	assert_int_equal(inet_pton(AF_INET, text, &in.sin_addr), 1);
	memcpy(&r.ifr_addr, &in, sizeof(in));
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &r), 0);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &r), 0);
	r.ifr_flags |= IFF_UP;
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &r), 0);
	(void)close(fd);
}

static int
setup(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET) != 0)
		return 0;
	in_namespace = true;
	interface_up("lo", "127.0.0.1");
	interface_up("lo:1", "192.0.2.1");
	return 0;
}

static void
need_namespace(void)
{
	if (!in_namespace)
		skip();
}

static void
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	assert_int_equal(poll(&p, 1, 10000), 1);
}

/* One connection from source; what the other side sees of it. */
static void
connect_from(struct address *seen, struct address *local, const char *to,
    const struct address *source)
{
	struct address server = address(to, PORT), dialled;
	int listener, fd, accepted;

	assert_int_equal(listener_open(&listener, server.family, PORT), 0);
	assert_int_equal(socket_connect_from(&fd, local, &server, source), 0);
	wait_for(listener, POLLIN);
	assert_int_equal(socket_accept(&accepted, seen, &dialled, listener), 0);
	assert_true(address_same_host(&dialled, &server));
	(void)close(accepted);
	(void)close(fd);
	(void)close(listener);
}

/* Nobody's address in particular: the router's, and local says which. */
static void
test_from_here(void **state)
{
	struct address seen, local;

	(void)state;
	need_namespace();
	connect_from(&seen, &local, "127.0.0.1", NULL);
	assert_memory_equal(&seen, &local, sizeof(seen));
	assert_int_equal(local.bytes[0], 127);
}

/* The server sees the address of somebody else, in both families. */
static void
test_from_another(void **state)
{
	static const struct {
		const char *to, *from;
	} each[] = { { "127.0.0.1", "127.9.9.9" }, { "::1", "::1" } };

	(void)state;
	need_namespace();
	for (size_t i = 0; i < DG_ARRAY_LEN(each); i++) {
		struct address source = address(each[i].from, 40000);
		struct address seen, local;

		connect_from(&seen, &local, each[i].to, &source);
		assert_true(address_same_host(&seen, &source));
		assert_memory_equal(&seen, &local, sizeof(seen));
	}
}

/* Never from the client's own port: of two that there are it is the other. */
static void
test_never_the_same_port(void **state)
{
	struct address source = address("127.9.9.8", 40000);

	(void)state;
	need_namespace();
	write_file("/proc/sys/net/ipv4/ip_local_port_range", "40000 40001\n");
	for (int i = 0; i < 20; i++) {
		struct address seen, local;

		/* An own address each time: no TIME_WAIT is met. */
		source.bytes[2]++;
		source.port = (uint16_t)(40000 + i % 2);
		connect_from(&seen, &local, "127.0.0.1", &source);
		assert_int_equal(seen.port, 40001 - i % 2);
	}
	write_file("/proc/sys/net/ipv4/ip_local_port_range", "32768 60999\n");
}

/* What cannot even begin says why in errno. */
static void
test_no_route(void **state)
{
	struct address server = address("203.0.113.1", PORT), local;
	int fd;

	(void)state;
	need_namespace();
	assert_int_equal(socket_connect_from(&fd, &local, &server, NULL),
	    DG_EIO);
	assert_int_equal(errno, ENETUNREACH);
}

/* All of this machine's addresses, the second one of an interface too: what is
 * dialled there would come back to us. */
static void
test_is_self(void **state)
{
	static const char *const own[] = { "127.0.0.1", "127.1.2.3", "0.0.0.0",
		"192.0.2.1", "::1", "::" };
	static const char *const others[] = { "192.0.2.2", "198.51.100.1",
		"2001:db8::1" };

	(void)state;
	need_namespace();
	for (size_t i = 0; i < DG_ARRAY_LEN(own); i++) {
		struct address a = address(own[i], 25);

		assert_true(socket_is_self(&a));
	}
	for (size_t i = 0; i < DG_ARRAY_LEN(others); i++) {
		struct address a = address(others[i], 25);

		assert_false(socket_is_self(&a));
	}
}

/* The other side of a connection that is refused knows at once. */
static void
test_reset(void **state)
{
	struct address server = address("127.0.0.1", PORT), local, from,
		       dialled;
	int listener, fd, accepted;
	char byte;

	(void)state;
	need_namespace();
	assert_int_equal(listener_open(&listener, ADDRESS_IPV4, PORT), 0);
	assert_int_equal(socket_connect_from(&fd, &local, &server, NULL), 0);
	wait_for(listener, POLLIN);
	assert_int_equal(socket_accept(&accepted, &from, &dialled, listener),
	    0);
	socket_reset(accepted);
	wait_for(fd, POLLIN);
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	(void)close(fd);
	(void)close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_here),
		cmocka_unit_test(test_from_another),
		cmocka_unit_test(test_never_the_same_port),
		cmocka_unit_test(test_no_route),
		cmocka_unit_test(test_is_self),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
