/*
 * The part of danegate report that names domains: where mail went without DANE
 * and why, and what was held. From the evidence of one month (policy/evidence.h).
 */
#ifndef DG_CLI_REPORT_DOMAINS_H
#define DG_CLI_REPORT_DOMAINS_H

#include <stdio.h>

#include "base/json.h"
#include "policy/evidence.h"

#define REPORT_TOP 20 /* domains of a list, unless asked otherwise */

/* At most `top` domains of each list for a person; the rest as one sum. */
void report_domains_text(FILE *to, const struct evidence *e, size_t top);

/* A line for each domain and cause (RFC 4180); one without a domain for those
 * that are not kept by name. */
void report_domains_csv(FILE *to, const struct evidence *e);

/* A text in lines of 80 columns, cut at blanks: `first` stands before the first
 * line, six blanks before the others. */
void report_wrap(FILE *to, const char *first, struct span text);

/* Members `not_protected`, `held`, `passed` of the object that is open, the
 * most recipients first, and `others`. */
void report_domains_json(struct json *j, const struct evidence *e, size_t top);

#endif
