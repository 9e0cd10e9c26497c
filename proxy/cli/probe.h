/*
 * Inside of cli/ only: the steps of a probe as they are shown, to a person at a
 * console of 80 columns or as JSON. Prints to stdout; bytes from the network
 * are escaped here. Decides nothing.
 */
#ifndef DG_CLI_PROBE_H
#define DG_CLI_PROBE_H

#include "probe/probe.h"

struct probe_json;

/* For a person: a line or a few for each step, then one for the whole. */
void probe_print_step(const struct probe_step *step);
void probe_print_result(const struct name *domain,
    const struct probe_result *result);

/*
 * One object: "domain", "steps" (an object each, with "step" its word and "ok"),
 * "verdict", "auth", "reason", "servers", "reached", "relays". DG_ENOMEM.
 */
DG_MUSTCHECK int probe_json_new(struct probe_json **out,
    const struct name *domain);
void probe_json_step(struct probe_json *p, const struct probe_step *step);
/* Ends the text and frees p. DG_EIO. */
DG_MUSTCHECK int probe_json_end(struct probe_json *p,
    const struct probe_result *result);

/* What both of them say. */

/* "secure", "insecure", "bogus", "indeterminate": of a TLSA set. */
const char *probe_tlsa_security(enum tlsa_status status);
/* "usable", "unusable", "absent", "unknown". */
const char *probe_tlsa_text(enum tlsa_status status);
/* "found", "null-mx", ... */
const char *probe_route_text(enum route_status status);
/* "2026-01-31" */
#define PROBE_DATE_MAX 32
const char *probe_date_text(int64_t seconds, char text[PROBE_DATE_MAX]);
/* The record's data in hexadecimal, cut at size. */
void probe_hex(char *out, size_t size, struct span data);
/* Verdict, authentication and reason of the walk as a whole. */
struct judgement probe_overall(const struct probe_result *result);

#endif
