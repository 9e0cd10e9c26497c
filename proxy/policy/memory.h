/*
 * Downgrade memory: which hosts have offered STARTTLS and spoken TLS, and when
 * they last did. A host that did so a few days ago and now does not is a
 * downgrade, where nothing better than opportunistic TLS is known of it. Pure:
 * time is handed in, and so are the records of a file, which somebody else
 * reads and writes. A bounded table: the host longest unseen gives way.
 *
 * In a record's payload: best TLS version (1), times in seconds since 1970 of
 * the first offer, the last offer, the last handshake, the last failure (4
 * each, 0: never), host name or address (the rest).
 */
#ifndef DG_POLICY_MEMORY_H
#define DG_POLICY_MEMORY_H

#include "base/record.h"

#define MEMORY_HOSTS_MAX 4096
#define MEMORY_KEY_MAX	 255 /* bytes of a host name or an address */
/* Bytes of all entries together: so many hosts with names of usual length;
 * long ones leave room for fewer. */
#define MEMORY_BYTES_MAX ((size_t)320 << 10)

#define MEMORY_RECORD 1 /* kind of record; others are not for us */

/* The best that a host has spoken; higher is better. */
enum memory_tls {
	MEMORY_TLS_NONE = 0, /* offered, but no handshake came to its end */
	MEMORY_TLS_1_2 = 2,
	MEMORY_TLS_1_3 = 3,
};

/* What is known of one host. Times: seconds since 1970; 0: never. */
struct memory_host {
	struct span host;
	enum memory_tls best;
	int64_t first;	 /* STARTTLS seen for the first time */
	int64_t offered; /* and the last */
	int64_t spoke;	 /* the last handshake */
	int64_t failed;	 /* known, and did not speak TLS */
};

struct memory;

/* max: hosts at most. DG_ENOMEM. */
DG_MUSTCHECK int memory_new(struct memory **out, size_t max);
void memory_free(struct memory *m);

/*
 * The host offered STARTTLS at time now (seconds of wall time), and spoke TLS
 * unless `spoken` is none. A key that is empty or too long, or want of memory:
 * nothing is noted.
 */
void memory_note(struct memory *m, struct span host, enum memory_tls spoken,
    int64_t now);

/* The host did not speak TLS; noted of known hosts alone. */
void memory_note_failure(struct memory *m, struct span host, int64_t now);

/*
 * What the host did at most that many days ago; a clock that went back since
 * then counts as no time at all. days 0: nothing.
 */
struct memory_known {
	bool offered; /* STARTTLS */
	bool spoke;   /* TLS */
};
struct memory_known memory_knows(const struct memory *m, struct span host,
    int64_t now, unsigned days);

size_t memory_hosts(const struct memory *m);

/* Bytes that all of it takes, the allocator's share guessed. */
size_t memory_bytes(const struct memory *m);

/* The hosts, the longest unseen first, from number `from` on (0 is the first),
 * until the callback says false; host->host dies with it. */
typedef bool memory_host_cb(void *arg, const struct memory_host *host);
void memory_each(const struct memory *m, size_t from, memory_host_cb *cb,
    void *arg);

/* The operator has cleared it. DG_ENOTFOUND. */
DG_MUSTCHECK int memory_forget(struct memory *m, struct span host);

/* RECORD_ALL: a host was forgotten, or the last writing failed. A time alone is
 * worth writing when it has moved by an hour. */
enum record_extent memory_unsaved(const struct memory *m);

/*
 * Gives payloads of records in their order, and takes them for written. Where
 * that proves wrong: memory_save_failed(), and all of it is unsaved.
 */
void memory_save(struct memory *m, enum record_extent extent,
    record_payload_cb *cb, void *arg);
void memory_save_failed(struct memory *m);

/* Takes in a record's payload, the latest of a host holds. DG_ESYNTAX for what
 * cannot be, DG_ENOMEM. */
DG_MUSTCHECK int memory_restore(struct memory *m, struct span payload);

#endif
