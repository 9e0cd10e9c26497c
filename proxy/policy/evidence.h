/*
 * Evidence for the report of a month: to which domains mail went without DANE,
 * and why; and to which it did not go, why, and when first and last. Pure: time
 * is handed in, and so are the records of a file, which somebody else reads and
 * writes. Of addresses only the domain is ever taken in, no local part.
 *
 * Bounded tables: where one is full, the domain with the least recipients (of
 * several the longest unseen) gives way to a new one, and its recipients are
 * added to those of the others that have no name. So the sum is always right,
 * and the count of a domain is never too high.
 *
 * In a record's payload: kind (1), recipients (8), first and last time (4
 * each, seconds since 1970, 0: not known), then length and bytes of the cause's
 * or reason's word (1, n) and of the domain (1, n; none: the others), and the
 * exception's text (the rest). The latest record of a domain holds. Or a sketch:
 * 0x10 or 0x11 (1: of domains without TLSA, with), and its registers.
 */
#ifndef DG_POLICY_EVIDENCE_H
#define DG_POLICY_EVIDENCE_H

#include "base/record.h"
#include "policy/policy.h"
#include "policy/sketch.h"

#define EVIDENCE_RECORD	  3 /* kind of record */
/* File of one month, and its name before the month: "evidence-2027-01". */
#define EVIDENCE_FILE	  "evidence-"
#define EVIDENCE_FILE_MAX sizeof(EVIDENCE_FILE "2027-01")

#define EVIDENCE_OPEN_MAX  512 /* domains and causes, not protected */
#define EVIDENCE_HELD_MAX  256 /* domains and reasons, held */
#define EVIDENCE_BYTES_MAX ((size_t)84 << 10) /* all of it */

/* Why mail to a domain was not protected by DANE. */
enum cause {
	CAUSE_UNKNOWN = 0,
	CAUSE_DANE,	     /* it was */
	CAUSE_NO_DNSSEC,     /* MX, address or TLSA are not signed */
	CAUSE_NO_TLSA,	     /* securely denied */
	CAUSE_TLSA_UNUSABLE, /* there, but none that could be used */
	CAUSE_MX_NOT_SIGNED, /* TLSA enforced for a host of an unsigned MX */
	CAUSE_EXCEPTION,     /* a rule of the configuration for the domain */
	CAUSE_LEVEL,	     /* another level by default or of a relay */
	CAUSE_NO_ROUTE,	     /* no such domain, or an address */
	CAUSES
};

/* For mail that passed. Pure. */
enum cause policy_cause(const struct requirement *requirement,
    const struct judgement *judgement);

/* The fixed word: "no-tlsa". */
const char *cause_text(enum cause cause);

/* What a domain does about DANE, whatever the level. */
enum adoption {
	ADOPTION_WITHOUT = 0, /* proven to have no TLSA, or not signed */
	ADOPTION_WITH,	      /* TLSA records that are signed */
	ADOPTIONS,	      /* not known */
};

/* Pure. */
enum adoption policy_adoption(const struct requirement *requirement);

enum evidence_kind {
	EVIDENCE_OPEN = 0, /* passed without DANE; code: enum cause */
	EVIDENCE_HELD,	   /* code: enum reason */
	EVIDENCE_PASSED,   /* the same, but let pass by mode monitor */
	EVIDENCE_KINDS
};

/* The fixed word of a kind: "held". */
const char *evidence_kind_text(enum evidence_kind kind);

/* The word of a kind's code. */
const char *evidence_word(enum evidence_kind kind, unsigned code);

struct evidence_item {
	enum evidence_kind kind;
	unsigned code;
	struct span domain; /* empty: an address, or the others */
	struct span text;   /* of the exception; may be empty */
	uint64_t recipients;
	int64_t first; /* seconds since 1970, 0: not known */
	int64_t last;
};

struct evidence;

DG_MUSTCHECK int evidence_new(struct evidence **out); /* DG_ENOMEM */
void evidence_free(struct evidence *e);

/* So many recipients more, the first and the last of them at these times.
 * Protected mail is no evidence here. Want of memory: counted with the
 * others. */
void evidence_note(struct evidence *e, const struct evidence_item *item);

/* The domain was seen; how many different ones were, about (policy/sketch.h). */
void evidence_adopt(struct evidence *e, enum adoption adoption,
    struct span domain);
uint64_t evidence_adopted(const struct evidence *e, enum adoption adoption);

/* Domains of `from` count here too. */
void evidence_merge(struct evidence *e, const struct evidence *from);

/* All of it: domains in no order, the others for each code last. What is
 * pointed to dies with the callback. */
typedef void evidence_cb(void *arg, const struct evidence_item *item);
void evidence_each(const struct evidence *e, evidence_cb *cb, void *arg);

/* Nothing from now on. */
void evidence_clear(struct evidence *e);

/* Domains last seen before that time are forgotten; their recipients stay
 * counted with the others. Where no time is known nothing is. */
void evidence_forget(struct evidence *e, int64_t before);

/* Bytes that all of it takes, the allocator's share guessed. */
size_t evidence_bytes(const struct evidence *e);

/* As in policy/memory.h. */
enum record_extent evidence_unsaved(const struct evidence *e);
void evidence_save(struct evidence *e, enum record_extent extent,
    record_payload_cb *cb, void *arg);
void evidence_save_failed(struct evidence *e);

/* A record's payload, written (room: RECORD_PAYLOAD_MAX; returns its length)
 * and read; out points into it. Words that nobody knows: DG_ENOTFOUND. */
size_t evidence_put(uint8_t *payload, const struct evidence_item *item);
DG_MUSTCHECK int evidence_get(struct evidence_item *out, struct span payload);

/* Takes in a record's payload. DG_ESYNTAX, DG_ENOTFOUND, DG_ENOMEM. */
DG_MUSTCHECK int evidence_restore(struct evidence *e, struct span payload);

#endif
