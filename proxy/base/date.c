#include "base/date.h"

#include <stdio.h>

/* Takes n digits off *rest. DG_ESYNTAX when there are others or past max. */
static int
take_number(int64_t *out, struct span *rest, size_t n, uint64_t max)
{
	uint64_t value;

	if (rest->n < n ||
	    span_number(&value, span_slice(*rest, 0, n), max) != 0)
		return DG_ESYNTAX;
	*rest = span_slice(*rest, n, rest->n);
	*out = (int64_t)value;
	return 0;
}

static bool
take_hyphen(struct span *rest)
{
	if (rest->n == 0 || rest->p[0] != '-')
		return false;
	*rest = span_slice(*rest, 1, rest->n);
	return true;
}

/* Days from 1970-01-01; the year is reckoned from March, so that the leap day
 * is its last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	    719469;
}

static int64_t
days_in(int64_t year, int64_t month)
{
	return month == 12
	    ? 31
	    : days_of(year, month + 1, 1) - days_of(year, month, 1);
}

int
date_take(int64_t *days, struct span *rest)
{
	int64_t year;
	int64_t month;
	int64_t day;

	if (take_number(&year, rest, 4, 9999) != 0 || !take_hyphen(rest) ||
	    take_number(&month, rest, 2, 12) != 0 || !take_hyphen(rest) ||
	    take_number(&day, rest, 2, 31) != 0 || year < 1970 || month < 1 ||
	    day < 1 || day > days_in(year, month))
		return DG_ESYNTAX;
	*days = days_of(year, month, day);
	return 0;
}

int
date_parse(int64_t *days, struct span text)
{
	int64_t taken;

	if (date_take(&taken, &text) != 0 || text.n > 0)
		return DG_ESYNTAX;
	*days = taken;
	return 0;
}

const char *
date_text(int64_t days, char text[DATE_TEXT_MAX])
{
	/* Never past the right year. */
	int64_t year = 1970 + days / 366;
	int64_t month = 1;

	while (days_of(year + 1, 1, 1) <= days)
		year++;
	while (month < 12 && days_of(year, month + 1, 1) <= days)
		month++;
	(void)snprintf(text, DATE_TEXT_MAX, "%04u-%02u-%02u",
	    (unsigned)year % 10000, (unsigned)month % 100,
	    (unsigned)(days - days_of(year, month, 1) + 1) % 100);
	return text;
}
