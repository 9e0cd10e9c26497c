#include "daemon/insight.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/version.h"
#include "config/config.h"
#include "daemon/footprint.h"
#include "net/stalls.h"
#include "tls/memory.h"

static void
show_version(struct json *j, const struct insight *in)
{
	json_put_text(j, "version", dg_version());
	json_put_number(j, "process", (uint64_t)getpid());
	json_put_number(j, "uptime_seconds",
	    (clock_monotonic_ms() - in->started) / 1000);
}

static uint64_t
held(const struct counts *c)
{
	return c->verdicts[VERDICT_DEFER] + c->verdicts[VERDICT_REJECT] +
	    c->verdicts[VERDICT_UNKNOWN] - c->passed;
}

static void
show_status(struct json *j, const struct insight *in)
{
	const struct watch *w = proxy_watch(in->proxy);
	const struct budget *tls = tls_memory_budget();
	struct resolver_server server;
	size_t servers = 0;
	size_t answering = 0;

	for (; resolver_server(&server, in->resolver, servers); servers++)
		answering += server.answering ? 1 : 0;
	json_put_text(j, "mode",
	    in->settings->mode == MODE_MONITOR ? "monitor" : "enforce");
	json_put_bool(j, "stopping", in->stopping);
	json_key(j, "interfaces");
	json_array(j);
	for (size_t i = 0; i < in->settings->ninterfaces; i++)
		json_text(j, in->settings->interfaces[i]);
	json_close(j);
	json_put_number(j, "sessions", proxy_sessions(in->proxy));
	json_put_number(j, "sessions_limit", in->settings->max_sessions);
	json_put_bool(j, "clock_believed", clock_wall_trusted());
	json_put_bool(j, "time_known", resolver_time_known(in->resolver));
	json_put_number(j, "dns_servers", servers);
	json_put_number(j, "dns_servers_answering", answering);
	json_put_number(j, "messages", w->counts.messages);
	json_put_number(j, "recipients_relayed",
	    w->counts.verdicts[VERDICT_RELAY] + w->counts.passed);
	json_put_number(j, "recipients_held", held(&w->counts));
	json_put_number(j, "recipients_held_today", held(in->today));
	json_put_number(j, "turned_away", w->counts.turned_away);
	json_put_number(j, "tls_memory_bytes", tls->used);
	json_put_number(j, "tls_memory_limit_bytes", tls->limit);
	if (w->held_any) {
		json_key(j, "last_held");
		insight_put_decision(j, &w->last_held);
	}
}

static void
show_dns_cache(struct json *j, const struct insight *in)
{
	struct resolver_counts c;

	resolver_count(&c, in->resolver);
	json_put_number(j, "entries", c.entries);
	json_put_number(j, "bytes", c.bytes);
	json_put_number(j, "hits", c.hits);
	json_put_number(j, "misses", c.misses);
	json_put_number(j, "dropped", c.dropped);
	json_put_number(j, "begun_time", (uint64_t)c.begun);
}

static void
show_dns_servers(struct json *j, const struct insight *in)
{
	struct resolver_server server;

	json_key(j, "servers");
	json_array(j);
	for (size_t i = 0; resolver_server(&server, in->resolver, i); i++) {
		json_object(j);
		insight_put_address(j, "server", server.address);
		json_put_bool(j, "answering", server.answering);
		json_put_number(j, "silences", server.silences);
		json_close(j);
	}
	json_close(j);
}

static void
show_dns_anchors(struct json *j, const struct insight *in)
{
	const struct dnssec_trust *t = resolver_trust(in->resolver);
	struct dnssec_anchor anchor;

	json_key(j, "anchors");
	json_array(j);
	for (size_t i = 0; dnssec_trust_anchor(&anchor, t, i); i++) {
		json_object(j);
		json_put_number(j, "tag", anchor.tag);
		json_put_number(j, "algorithm", anchor.algorithm);
		json_put_text(j, "state", anchor.state);
		json_put_number(j, "since", (uint64_t)anchor.since);
		json_close(j);
	}
	json_close(j);
}

static void
put_by_auth(struct json *j, const char *key, const uint64_t *counters)
{
	json_key(j, key);
	json_object(j);
	for (enum auth a = AUTH_NONE; a <= AUTH_PKIX; a++)
		json_put_number(j, auth_text(a), counters[a]);
	json_close(j);
}

static void
put_lookups(struct json *j, const struct insight *in)
{
	json_key(j, "dns");
	json_object(j);
	for (enum dnssec_status i = DNSSEC_SECURE; i <= DNSSEC_INDETERMINATE;
	     i++)
		json_put_number(j, dnssec_status_text(i), in->counts->dns[i]);
	json_close(j);
}

static void
show_statistics(struct json *j, const struct insight *in)
{
	const struct counts *c = in->counts;

	json_put_number(j, "sessions", c->sessions);
	json_put_number(j, "turned_away", c->turned_away);
	json_put_number(j, "messages", c->messages);
	json_put_number(j, "bytes", c->bytes);
	json_put_number(j, "log_dropped", in->log_dropped);
	json_put_number(j, "handshakes", c->handshakes);
	json_put_number(j, "handshakes_resumed", c->handshakes_resumed);
	json_put_number(j, "handshakes_failed", c->handshakes_failed);
	json_key(j, "verdicts");
	json_object(j);
	for (enum verdict v = VERDICT_RELAY; v <= VERDICT_REJECT; v++)
		json_put_number(j, verdict_text(v), c->verdicts[v]);
	json_close(j);
	json_put_number(j, "passed", c->passed);
	json_key(j, "reasons");
	json_object(j);
	for (enum reason r = REASON_OK; r < REASONS; r++)
		json_put_number(j, reason_text(r),
		    c->reasons[r] +
			(r == REASON_PROTOCOL_ERROR ? c->reasons[REASON_UNKNOWN]
						    : 0));
	json_close(j);
	put_by_auth(j, "auth", c->auths);
	put_by_auth(j, "unlisted", c->unlisted);
	put_by_auth(j, "messages_by_auth", c->messages_by);
	put_by_auth(j, "bytes_by_auth", c->bytes_by);
	put_lookups(j, in);
}

static void
show_memory(struct json *j, const struct insight *in)
{
	struct footprint f;

	footprint_take(&f, in);
	json_put_number(j, "limit_bytes", in->settings->memory_limit);
	json_put_number(j, "session_bytes", proxy_session_bytes());
	json_key(j, "pools");
	json_array(j);
	for (size_t i = 0; i < f.npools; i++) {
		json_object(j);
		json_put_text(j, "pool", f.pools[i].name);
		json_put_number(j, "bytes", f.pools[i].used);
		json_put_number(j, "peak_bytes", f.pools[i].peak);
		json_put_number(j, "limit_bytes", f.pools[i].limit);
		json_close(j);
	}
	json_close(j);
	json_put_number(j, "program_bytes", f.program);
	json_put_number(j, "given_back_bytes", f.given_back);
	json_put_number(j, "sum_bytes", f.sum);
	json_put_number(j, "resident_bytes", f.resident);
	json_put_number(j, "stack_peak_bytes", f.stack_peak);
}

static void
show_loop(struct json *j)
{
	const struct stalls *s = stalls_seen();

	json_put_number(j, "turns", s->turns);
	json_put_number(j, "longest_us", s->longest_us);
	json_key(j, "stalls");
	json_array(j);
	for (size_t i = 0; i < STALLS_BUCKETS; i++) {
		json_object(j);
		json_put_number(j, "under_ms", stalls_bound_ms(i));
		json_put_number(j, "turns", s->buckets[i]);
		json_close(j);
	}
	json_close(j);
}

bool
insight_show(struct json *j, const struct insight *in,
    const struct control_request *request, struct control_cursor *at)
{
	switch (request->verb) {
	case CONTROL_SHOW_VERSION:
		show_version(j, in);
		break;
	case CONTROL_SHOW_STATUS:
		show_status(j, in);
		break;
	case CONTROL_SHOW_DNS_CACHE:
		show_dns_cache(j, in);
		break;
	case CONTROL_SHOW_DNS_SERVERS:
		show_dns_servers(j, in);
		break;
	case CONTROL_SHOW_DNS_ANCHORS:
		show_dns_anchors(j, in);
		break;
	case CONTROL_SHOW_STATISTICS:
		show_statistics(j, in);
		break;
	case CONTROL_SHOW_LOOP:
		show_loop(j);
		break;
	case CONTROL_SHOW_MEMORY:
		show_memory(j, in);
		break;
	case CONTROL_SHOW_SESSIONS:
	case CONTROL_SHOW_DECISIONS:
	case CONTROL_SHOW_DESTINATIONS:
	case CONTROL_SHOW_POLICY:
	case CONTROL_SHOW_TLS_SESSIONS:
	case CONTROL_SHOW_DOWNGRADE_MEMORY:
	case CONTROL_SHOW_TLSRPT:
	case CONTROL_SHOW_CONFIGURATION:
	case CONTROL_SHOW_LOG:
		return insight_list(j, in, request, at);
	case CONTROL_MONITOR:
	case CONTROL_CLEAR_DNS_CACHE:
	case CONTROL_CLEAR_DOWNGRADE_MEMORY:
	case CONTROL_REQUEST_TLSRPT:
	case CONTROL_REQUEST_RELOAD:
	case CONTROL_REQUEST_RESTART:
	case CONTROL_REQUEST_SHUTDOWN:
	case CONTROL_VERBS:
		break;
	}
	return false;
}
