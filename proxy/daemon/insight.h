/*
 * The answers of the show requests: what the rooms of the daemon tell, as JSON.
 * Changes nothing. A list is told in slices, each bounded in bytes and in
 * entries; between two of them the world may change, so what is kept of a list
 * is a number to go on from and never a pointer.
 */
#ifndef DG_DAEMON_INSIGHT_H
#define DG_DAEMON_INSIGHT_H

#include "base/json.h"
#include "config/settings.h"
#include "control/control.h"
#include "daemon/control.h"
#include "daemon/logbook.h"
#include "daemon/tlsreports.h"
#include "dns/resolver.h"
#include "policy/counts.h"
#include "session/proxy.h"
#include "session/watch.h"

struct insight {
	const struct settings *settings;
	struct proxy *proxy;
	const struct resolver *resolver;
	const struct tls_context *tls;
	const struct logbook *logbook;
	const struct tlsreports *tlsreports;
	const struct counts *counts; /* since the start; for show statistics */
	const struct counts *today;  /* of this day; for show status */
	uint64_t log_dropped;	     /* not sent to the syslog server */
	uint64_t started;	     /* monotonic, milliseconds */
	size_t at_start; /* bytes, besides the pools; see footprint.h */
	bool stopping;
};

/* Writes the next members of the answer to a show request into the open
 * object; see control_answer_cb(). */
bool insight_show(struct json *j, const struct insight *in,
    const struct control_request *request, struct control_cursor *at);

/* The next line for one who follows the log; see control_follow_cb(). */
bool insight_follow(struct json *j, const struct insight *in,
    const struct control_request *request, struct control_cursor *at);

/* For insight.c alone: the lists (insight_list.c). */
bool insight_list(struct json *j, const struct insight *in,
    const struct control_request *request, struct control_cursor *at);
void insight_put_address(struct json *j, const char *key,
    const struct address *a);
void insight_put_decision(struct json *j, const struct watch_decision *d);

#endif
