/*
 * What the transport and the resolver have of the world: datagrams and streams
 * to a forwarder, timers, and a clock to wait by. Thin, so that tests can put
 * a network and a clock of their own in its place. Knows nothing of DNS.
 */
#ifndef DG_DNS_WIRE_H
#define DG_DNS_WIRE_H

#include "base/address.h"

struct event_base;
struct wire;
struct wire_timer;

enum wire_kind {
	WIRE_DATAGRAM = 1,
	WIRE_STREAM
};

/*
 * The wire can be read, or has failed, which reading will tell; with writable,
 * it can be written, which is said only while wanted. May close the wire.
 */
typedef void wire_ready(void *arg, bool writable);

/*
 * A socket of its own to that address alone, from a random port. A stream
 * connects by and by; what goes wrong with that, sending or receiving tells.
 * DG_EIO with errno set, DG_EINVAL, DG_ENOMEM.
 */
DG_MUSTCHECK int wire_open(struct wire **out, struct event_base *base,
    const struct address *to, enum wire_kind kind, wire_ready *ready,
    void *arg);

/* NULL is fine. */
void wire_close(struct wire *w);

/* Whether to say when it can be written. DG_ENOMEM. */
DG_MUSTCHECK int wire_want_write(struct wire *w, bool on);

/* Returns how many of the octets have gone; DG_EAGAIN, DG_EIO. */
DG_MUSTCHECK int wire_send(struct wire *w, struct span bytes);

/*
 * Returns how many octets have come; of a datagram its true length, though it
 * may be more than size. DG_EAGAIN, DG_ECLOSED for a stream's end, DG_EIO.
 */
DG_MUSTCHECK int wire_receive(struct wire *w, uint8_t *out, size_t size);

typedef void wire_fired(void *arg);

/* A timer that is not running. DG_ENOMEM. */
DG_MUSTCHECK int wire_timer_new(struct wire_timer **out,
    struct event_base *base, wire_fired *fired, void *arg);

/* Fires once in so many milliseconds; one that is running starts anew.
 * DG_ENOMEM. */
DG_MUSTCHECK int wire_timer_start(struct wire_timer *t, unsigned ms);

/* Fires once in the next turn of the loop. */
void wire_timer_soon(struct wire_timer *t);

void wire_timer_stop(struct wire_timer *t);

/* NULL is fine. */
void wire_timer_free(struct wire_timer *t);

/* Milliseconds of a clock that never goes back. */
uint64_t wire_now_ms(void);

#endif
