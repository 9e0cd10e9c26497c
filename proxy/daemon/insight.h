/*
 * The answers of the show requests: what the rooms of the daemon tell, as JSON.
 * Changes nothing; bounded by the room of the answer.
 */
#ifndef DG_DAEMON_INSIGHT_H
#define DG_DAEMON_INSIGHT_H

#include "base/json.h"
#include "config/settings.h"
#include "control/control.h"
#include "dns/resolver.h"
#include "policy/counts.h"
#include "session/proxy.h"

struct insight {
	const struct settings *settings;
	struct proxy *proxy;
	const struct resolver *resolver;
	const struct counts *counts; /* since the start */
	uint64_t started;	     /* monotonic, milliseconds */
	bool stopping;
};

/* Writes the members of the answer to a show request into the open object. */
void insight_show(struct json *j, const struct insight *in,
    const struct control_request *request);

#endif
