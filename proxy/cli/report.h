/*
 * danegate report, apart from its arguments: the sums of the days of one month
 * for a person on 80 columns, as JSON, or as CSV (RFC 4180). What is protected
 * and what is held, for whoever must use DANE or explain.
 */
#ifndef DG_CLI_REPORT_H
#define DG_CLI_REPORT_H

#include <stdio.h>

#include "base/date.h"
#include "config/settings.h"
#include "policy/counts.h"
#include "policy/evidence.h"

#define REPORT_MONTH_MAX sizeof("2027-01")

struct report_day {
	int64_t day; /* since 1970 */
	struct counts counts;
};

struct report {
	const struct settings *settings;
	int64_t now; /* seconds since 1970, 0: not known */
	char month[REPORT_MONTH_MAX];
	struct evidence *evidence; /* of the month */
	size_t top;		   /* domains of each list */
	bool lacks;		   /* memory ran out */
	uint8_t *unneeded;	   /* text of policy/unneeded.h; NULL: none */
	size_t unneeded_n;
	struct report_day days[COUNTS_DAYS_MAX]; /* all there are, in order */
	size_t ndays;
};

/* Takes in a day; the latest given of a day holds. With too many the oldest
 * gives way. */
void report_add(struct report *r, int64_t day, const struct counts *counts);

/* Of the month, all that there is; returns how many days it has. */
size_t report_sum(struct counts *sum, const struct report *r,
    const char *month);

void report_text(FILE *to, const struct report *r);
/* A line for each day, or for each domain. */
void report_csv(FILE *to, const struct report *r);
void report_csv_domains(FILE *to, const struct report *r);
DG_MUSTCHECK int report_json(FILE *to, const struct report *r); /* DG_EIO */

#endif
