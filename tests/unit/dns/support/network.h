/*
 * A network and a clock that are not there, in the place of dns/wire.c: what
 * is sent comes to the test's function, what that answers arrives 10
 * milliseconds later, and time passes only while nothing else happens. So a
 * test that waits for half a minute takes none, and always goes the same way.
 */
#ifndef DG_TESTS_NETWORK_H
#define DG_TESTS_NETWORK_H

#include "dns/wire.h"

#define NETWORK_RTT_MS 10

/* What comes of a message to a forwarder. */
struct network_reply {
	bool refused;	   /* an error of the network */
	bool hangs_up;	   /* a stream ends after what is in bytes */
	unsigned delay_ms; /* beyond the network's own */
	size_t n;	   /* octets in the first datagram; 0: silence */
	size_t second;	   /* octets in one that follows; 0: none */
	uint8_t *bytes;	   /* of both; freed by the network */
};

/* Answers one message, without the length before it. */
typedef void network_server(void *arg, const struct address *server,
    enum wire_kind kind, struct span message, struct network_reply *reply);

/* Whether a stream to that forwarder comes about. */
typedef bool network_accepts(void *arg, const struct address *server);

void network_open(network_server *serve, network_accepts *accept, void *arg);

/* Everything must have been closed by its owner. */
void network_close(void);

/* Ends all streams, as a forwarder may at any time. */
void network_hang_up(void);

/* Lets the next thing happen; time passes until then, but not beyond the limit
 * in milliseconds. False when nothing is left to happen before it. */
bool network_step(uint64_t limit_ms);

/* Lets time pass to there. */
void network_wait(uint64_t until_ms);

#endif
