/*
 * danegate policy explain, apart from its arguments: what is written for a
 * domain, and where. Looks nothing up.
 */
#ifndef DG_CLI_POLICY_H
#define DG_CLI_POLICY_H

#include <stdio.h>

#include "config/settings.h"

struct policy_question {
	const struct settings *settings;
	struct name domain;
	struct address destination; /* no family: none is meant */
	int64_t now; /* seconds since 1970, 0: the time is not known */
};

/* For a person, and as one JSON object. DG_EIO when the stream refused. */
void policy_explain_print(FILE *to, const struct policy_question *q);
DG_MUSTCHECK int policy_explain_json(FILE *to, const struct policy_question *q);

#endif
