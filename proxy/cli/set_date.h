/*
 * A time as it is typed at a console.
 */
#ifndef DG_CLI_SET_DATE_H
#define DG_CLI_SET_DATE_H

#include "base/err.h"

#include <stdint.h>

/* RFC 3339 or seconds since 1970; without seconds or zone: of this minute, in
 * UTC. DG_ESYNTAX. */
DG_MUSTCHECK int set_date_parse(int64_t *out, const char *text);

#endif
