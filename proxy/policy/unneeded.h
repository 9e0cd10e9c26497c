/*
 * Exceptions that were tried again and are no longer needed, for the report: a
 * small text that the daemon keeps and the command reads, one to a line: the day
 * (UTC) of the try, the domain, and how its servers are known without the
 * exception ("2027-01-31 example.nl dane-ee"). Pure.
 */
#ifndef DG_POLICY_UNNEEDED_H
#define DG_POLICY_UNNEEDED_H

#include "base/buf.h"
#include "policy/policy.h"

#define UNNEEDED_FILE "exceptions-not-needed"
#define UNNEEDED_MAX  4096 /* bytes of it: some hundred exceptions */

struct unneeded {
	int64_t day; /* since 1970 */
	struct name domain;
	enum auth auth;
};

/* Adds a line. DG_EAGAIN: there is no room. */
DG_MUSTCHECK int unneeded_put(struct buf *b, const struct unneeded *u);

/* The line of a domain. DG_ENOTFOUND; lines that make no sense are passed
 * over. */
DG_MUSTCHECK int unneeded_find(struct unneeded *out, struct span text,
    const struct name *domain);

#endif
