/*
 * What is counted of sessions, recipients and messages, each counter by its
 * name: the one list of them. Over days the counters are summed; a day's sums
 * are a record in a file (base/record.h), with the names in it, so that another
 * version of this program reads what it knows. Pure; who counts, and where the
 * file is, are others' business.
 *
 * In a record's payload: the day (days since 1970, 4 bytes), then for each
 * counter that is not zero: length of its name (1), name, value (8).
 */
#ifndef DG_POLICY_COUNTS_H
#define DG_POLICY_COUNTS_H

#include "base/record.h"
#include "policy/policy.h"

#define COUNTS_RECORD	2 /* kind of record */
#define COUNTS_FILE	"daily-sums"
#define COUNTS_DAYS_MAX 400 /* days that are kept */
#define COUNTS_NAME_MAX 64

#define COUNTS_VERDICTS (VERDICT_REJECT + 1)
#define COUNTS_AUTHS	(AUTH_PKIX + 1)
#define COUNTS_STATUSES (DNSSEC_INDETERMINATE + 1)

struct counts {
	uint64_t sessions;
	uint64_t turned_away;
	uint64_t messages;   /* taken by their servers */
	uint64_t bytes;	     /* of these */
	uint64_t handshakes; /* that came to their end, full or resumed */
	uint64_t handshakes_resumed;
	uint64_t handshakes_failed;
	uint64_t verdicts[COUNTS_VERDICTS]; /* of recipients */
	uint64_t passed; /* held by the verdict, passed by monitor mode */
	uint64_t reasons[REASONS];
	uint64_t auths[COUNTS_AUTHS];	 /* of recipients with verdict relay */
	uint64_t unlisted[COUNTS_AUTHS]; /* of them with another reason than ok:
	                                    unlisted-destination */
	uint64_t messages_by[COUNTS_AUTHS]; /* of the least protected of its
	                                       recipients */
	uint64_t bytes_by[COUNTS_AUTHS];
	uint64_t dns[COUNTS_STATUSES]; /* lookups by the answer's status */
};

/* One recipient's. passed: let through by monitor mode all the same. */
void counts_decide(struct counts *c, const struct judgement *j, bool passed);

/* The one of two that protects less: none, tls, pkix, dane-ta, dane-ee. */
enum auth auth_weaker(enum auth a, enum auth b);

/* to += from, and to -= from; a counter never goes below zero. */
void counts_add(struct counts *to, const struct counts *from);
void counts_subtract(struct counts *to, const struct counts *from);

/* Counter number `index` of the list and its name: "messages",
 * "reason/tlsa-mismatch". False: past the last. */
bool counts_at(const struct counts *c, size_t index, uint64_t *value,
    char name[COUNTS_NAME_MAX]);

/* That number stands for "unknown": its word is another's, which has its sum
 * once a record has been read. */
bool counts_is_unknown(size_t index);

/* Puts a day's record. DG_EAGAIN, as record_put(). */
DG_MUSTCHECK int counts_put(struct buf *b, int64_t day, const struct counts *c);

/* Reads a record's payload; names that nobody knows are passed over.
 * DG_ESYNTAX. */
DG_MUSTCHECK int counts_get(int64_t *day, struct counts *c,
    struct span payload);

#endif
