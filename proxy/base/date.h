/*
 * Days of the calendar as numbers and as text (RFC 3339 5.6, full-date), in
 * UTC. Pure; what day it is, others say.
 */
#ifndef DG_BASE_DATE_H
#define DG_BASE_DATE_H

#include "base/span.h"

#define DATE_SECONDS  86400 /* of a day */
#define DATE_TEXT_MAX sizeof("2027-01-31")

/* Takes "2027-01-31" off *rest: *days since 1970-01-01. Years 1970 to 9999.
 * DG_ESYNTAX, and *rest is anywhere in it. */
DG_MUSTCHECK int date_take(int64_t *days, struct span *rest);

/* The text and nothing else. DG_ESYNTAX. */
DG_MUSTCHECK int date_parse(int64_t *days, struct span text);

/* As above; days from 0 up to the year 9999. Returns text. */
const char *date_text(int64_t days, char text[DATE_TEXT_MAX]);

#endif
