/*
 * A connection of ours with a server of server.h: the engine, its buffers, the
 * socket between, and steps that wait for one or the other.
 */
#ifndef DG_TEST_TLS_LINK_H
#define DG_TEST_TLS_LINK_H

#include "tls/support/server.h"
#include "tls/tls.h"

#define MEMORY (1024 * 1024)
#define ROOM   4096

#define OPTIONS(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct link {
	struct server server;
	struct tls_context *context;
	struct tls_conn *conn;
	enum tls_state state; /* after the last turn */
	int fd;
	bool hold_output; /* the socket takes nothing */
	struct buf wire_in, wire_out, app_in, app_out;
	uint8_t mem[4][ROOM];
};

extern struct link the_link;

/* For cmocka: certificates are made and removed. */
int group_setup(void **state);
int group_teardown(void **state);

/* A context and a server; and their end. */
void link_start(struct link *l, const char *name, const char *chain,
    const char *const options[]);
void link_stop(struct link *l);

/* A connection with buffers of these sizes; what tls_conn_new() says. */
int link_connect(struct link *l, const char *sni, size_t wire, size_t app);
/* A connection with its handshake done. */
void link_open(struct link *l, const char *sni);
/* Sees that all memory has come back. */
void link_disconnect(struct link *l);

/*
 * One turn: the engine, then the socket, waiting for it unless the engine has
 * something to tell.
 */
enum tls_state link_turn(struct link *l, bool wait);
enum tls_state link_until_not(struct link *l, enum tls_state while_in);

/* Certificate i of the chain is the one of that name. */
void expect_cert(const struct span *chain, size_t i, const char *name);
/* Sends a line and gets it back reversed, as the server's -rev does. */
void exchange(struct link *l);

#endif
