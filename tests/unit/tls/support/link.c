#include "tls/support/link.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000
#define CERT_SIZE   4096

struct link the_link;

int
group_setup(void **state)
{
	(void)state;
	certificates_make();
	return 0;
}

int
group_teardown(void **state)
{
	(void)state;
	certificates_remove();
	return 0;
}

int
link_connect(struct link *l, const char *sni, size_t wire, size_t app)
{
	struct tls_buffers b = { &l->wire_in, &l->wire_out, &l->app_in,
		&l->app_out };
	struct name name;
	int err;

	l->hold_output = false;
	l->state = TLS_STATE_HANDSHAKE;
	buf_init(&l->wire_in, l->mem[0], wire);
	buf_init(&l->wire_out, l->mem[1], wire);
	buf_init(&l->app_in, l->mem[2], app);
	buf_init(&l->app_out, l->mem[3], ROOM);
	if (sni != NULL)
		assert_int_equal(name_parse(&name, span_text(sni)), 0);
	err = tls_conn_new(&l->conn, l->context, sni != NULL ? &name : NULL,
	    &b);
	if (err == 0)
		l->fd = server_connect(&l->server);
	return err;
}

void
link_disconnect(struct link *l)
{
	tls_conn_free(l->conn);
	(void)close(l->fd);
	/* All that was booked has come back. */
	assert_int_equal(tls_context_budget(l->context)->used, 0);
}

void
link_start(struct link *l, const char *name, const char *chain,
    const char *const options[])
{
	assert_int_equal(tls_context_new(&l->context, MEMORY), 0);
	server_start(&l->server, name, chain, options);
}

void
link_stop(struct link *l)
{
	tls_context_free(l->context);
	server_stop(&l->server);
}

static void
link_receive(struct link *l)
{
	size_t room;
	uint8_t *tail = buf_tail(&l->wire_in, &room);
	ssize_t n = recv(l->fd, tail, room, 0);

	if (n > 0)
		buf_commit(&l->wire_in, (size_t)n);
	else if (n == 0 || errno == ECONNRESET)
		tls_conn_eof(l->conn);
	else
		assert_true(errno == EAGAIN);
}

static void
link_send(struct link *l)
{
	struct span s = buf_peek(&l->wire_out);
	ssize_t n = send(l->fd, s.p, s.n, MSG_NOSIGNAL);

	if (n > 0)
		buf_drop(&l->wire_out, (size_t)n);
	else if (errno != EAGAIN)
		buf_clear(&l->wire_out);
}

enum tls_state
link_turn(struct link *l, bool wait)
{
	struct pollfd p = { .fd = l->fd };
	enum tls_state state = tls_conn_run(l->conn);

	if (buf_room(&l->wire_in) > 0)
		p.events |= POLLIN;
	if (buf_peek(&l->wire_out).n > 0 && !l->hold_output)
		p.events |= POLLOUT;
	if (state != l->state || buf_peek(&l->app_in).n > 0 ||
	    (buf_peek(&l->wire_out).n > 0 && l->hold_output))
		wait = false;
	l->state = state;
	assert_true(poll(&p, 1, wait ? PATIENCE_MS : 0) >= (wait ? 1 : 0));
	if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
	    (p.events & POLLIN) != 0)
		link_receive(l);
	if ((p.revents & POLLOUT) != 0)
		link_send(l);
	return state;
}

enum tls_state
link_until_not(struct link *l, enum tls_state while_in)
{
	enum tls_state state;

	do {
		state = link_turn(l, true);
		if (while_in == TLS_STATE_OPEN)
			buf_clear(&l->app_in);
	} while (state == while_in);
	return state;
}

void
link_open(struct link *l, const char *sni)
{
	assert_int_equal(link_connect(l, sni, ROOM, ROOM), 0);
	if (link_until_not(l, TLS_STATE_HANDSHAKE) != TLS_STATE_OPEN)
		fail_msg("%s", tls_conn_error(l->conn));
}

void
expect_cert(const struct span *chain, size_t i, const char *name)
{
	static uint8_t der[CERT_SIZE];
	size_t n = certificate_read(name, der, sizeof(der));

	assert_true(n > 0);
	assert_int_equal(chain[i].n, n);
	assert_memory_equal(chain[i].p, der, n);
}

void
exchange(struct link *l)
{
	static const char there[] = "250 hello\n";
	static const char back[] = "olleh 052\n";
	size_t got = 0;

	assert_int_equal(buf_put(&l->app_out, there, sizeof(there) - 1), 0);
	while (got < sizeof(back) - 1) {
		struct span s;

		if (link_turn(l, true) == TLS_STATE_FAILED)
			fail_msg("%s", tls_conn_error(l->conn));
		s = buf_peek(&l->app_in);
		assert_true(s.n <= sizeof(back) - 1 - got);
		assert_memory_equal(s.p, back + got, s.n);
		got += s.n;
		buf_clear(&l->app_in);
	}
}
