/*
 * A forwarder on loopback, in the event loop of the test: takes questions over
 * UDP and TCP and answers as it is told to. Knows nothing of DNS but header and
 * question.
 */
#ifndef DG_TESTS_FORWARDER_H
#define DG_TESTS_FORWARDER_H

#include <event2/event.h>

#include "base/address.h"

enum manner {
	ANSWERS = 0,
	IS_SILENT,
	SENDS_RUBBISH_FIRST, /* wrong ids, wrong questions, no DNS at all */
	SENDS_RUBBISH_ONLY,
	TRUNCATES,     /* TC over UDP, the answer over TCP */
	SENDS_MUCH,    /* a datagram that does not fit; the answer over TCP */
	BREAKS_TCP,    /* TC over UDP; TCP ends in the middle of the answer */
	LIES_OVER_TCP, /* TC over UDP; another question's answer over TCP */
	LOWERS_CASE,   /* repeats the name in lower case */
};

struct forwarder {
	struct event_base *base;
	struct address address;
	enum manner manner;
	unsigned rcode;
	unsigned udp; /* questions that came over UDP */
	unsigned tcp;
	bool keeps_open; /* TCP connections, until forwarder_hang_up() */
	unsigned connections;
	unsigned upper; /* letters in upper case in the last question */
	unsigned ports; /* how often the source port differed from the last */
	uint16_t last_port;
	int udp_fd, tcp_fd;
	struct event *udp_event, *tcp_event, *connection;
};

/* 0, or -1. */
int forwarder_open(struct forwarder *f, struct event_base *base);

/* Closes the connection that is kept open. */
void forwarder_hang_up(struct forwarder *f);

/* Closed, its port refuses. Twice is fine. */
void forwarder_close(struct forwarder *f);

#endif
