/*
 * What an operator wants to see of sessions that have gone: counters since the
 * start, the latest decisions, and what came of mail to each server. All of
 * fixed size. Knows no session; is told, and asked by the control socket.
 */
#ifndef DG_SESSION_WATCH_H
#define DG_SESSION_WATCH_H

#include "policy/counts.h"

#define WATCH_DECISIONS	   64
#define WATCH_DESTINATIONS 128
#define WATCH_WHY_MAX	   160
#define WATCH_TLS_MAX	   16 /* "TLSv1.3" */

struct watch_decision {
	uint64_t number; /* 1 for the first since the start */
	int64_t time;	 /* wall */
	uint64_t session;
	struct address client;
	struct address server;
	struct name domain;
	struct name mx; /* empty: no route known */
	enum level level;
	struct judgement judgement;
	enum tlsa_status tlsa;	 /* of the MX host */
	bool passed;		 /* monitor mode let it pass all the same */
	char tls[WATCH_TLS_MAX]; /* empty: in clear */
	char why[WATCH_WHY_MAX];
};

struct watch_destination {
	uint64_t relayed;
	uint64_t held;
	uint64_t last; /* number of the last decision; 0: none */
	int64_t time;
	struct address server;
	struct name mx;
	struct judgement judgement;
	enum tlsa_status tlsa;
	char tls[WATCH_TLS_MAX];
};

struct watch {
	struct counts counts;
	uint64_t decided; /* decisions since the start */
	bool held_any;
	struct watch_decision last_held;
	struct watch_decision decisions[WATCH_DECISIONS];
	struct watch_destination destinations[WATCH_DESTINATIONS];
};

/* Takes note of one recipient's decision; number is given here. */
void watch_decide(struct watch *w, const struct watch_decision *d);

/* The decision of that number, or NULL: not kept any more, or not yet made. */
const struct watch_decision *watch_decision(const struct watch *w,
    uint64_t number);

/* The number of the oldest decision that is kept; 0: none is. */
uint64_t watch_oldest(const struct watch *w);

/* Of the destinations whose last decision came before that number (UINT64_MAX
 * to begin with) the latest, or NULL. */
const struct watch_destination *watch_destination_before(const struct watch *w,
    uint64_t number);

/* The verdict was not to relay. */
bool watch_is_held(const struct watch_decision *d);

#endif
