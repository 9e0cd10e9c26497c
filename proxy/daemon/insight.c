#include "daemon/insight.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/version.h"
#include "config/config.h"
#include "session/watch.h"
#include "tls/memory.h"

/* What one entry of a list takes at most: two names and a why, escaped. */
#define ENTRY_MAX ((size_t)2048)

#define HOSTS_TOLD 256 /* of downgrade memory */

_Static_assert(WATCH_DECISIONS *ENTRY_MAX <= CONTROL_ANSWER_MAX,
    "all decisions that are kept have room in an answer");

static void
put_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_text(j, text);
}

static void
put_number(struct json *j, const char *key, uint64_t n)
{
	json_key(j, key);
	json_number(j, (int64_t)n);
}

static void
put_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}

static void
put_address(struct json *j, const char *key, const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];

	put_text(j, key, address_port_text(a, text));
}

/* Is there room for another entry? Said in the answer if there is not. */
static bool
has_room(const struct json *j)
{
	return json_room(j) > ENTRY_MAX;
}

static void
show_version(struct json *j, const struct insight *in)
{
	put_text(j, "version", dg_version());
	put_number(j, "process", (uint64_t)getpid());
	put_number(j, "uptime_seconds",
	    (clock_monotonic_ms() - in->started) / 1000);
}

static void
put_decision(struct json *j, const struct watch_decision *d)
{
	json_object(j);
	put_number(j, "number", d->number);
	put_number(j, "time", (uint64_t)d->time);
	put_number(j, "session", d->session);
	put_address(j, "client", &d->client);
	put_address(j, "server", &d->server);
	put_text(j, "domain", d->domain.text);
	put_text(j, "mx", d->mx.text);
	put_text(j, "level", level_text(d->level));
	put_text(j, "verdict",
	    d->passed ? "relay" : verdict_text(d->judgement.verdict));
	if (d->passed)
		put_text(j, "would", verdict_text(d->judgement.verdict));
	put_text(j, "auth", auth_text(d->judgement.auth));
	put_text(j, "tls", d->tls);
	put_text(j, "reason", reason_text(d->judgement.reason));
	put_text(j, "why", d->why);
	json_close(j);
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
	put_text(j, "mode",
	    in->settings->mode == MODE_MONITOR ? "monitor" : "enforce");
	put_bool(j, "stopping", in->stopping);
	json_key(j, "interfaces");
	json_array(j);
	for (size_t i = 0; i < in->settings->ninterfaces; i++)
		json_text(j, in->settings->interfaces[i]);
	json_close(j);
	put_number(j, "sessions", proxy_sessions(in->proxy));
	put_number(j, "sessions_limit", in->settings->max_sessions);
	put_bool(j, "clock_believed", clock_wall_trusted());
	put_bool(j, "time_known", resolver_time_known(in->resolver));
	put_number(j, "dns_servers", servers);
	put_number(j, "dns_servers_answering", answering);
	put_number(j, "messages", w->counts.messages);
	put_number(j, "recipients_relayed",
	    w->counts.verdicts[VERDICT_RELAY] + w->counts.passed);
	put_number(j, "recipients_held", held(&w->counts));
	put_number(j, "turned_away", w->counts.turned_away);
	put_number(j, "tls_memory_bytes", tls->used);
	put_number(j, "tls_memory_limit_bytes", tls->limit);
	if (w->held_any) {
		json_key(j, "last_held");
		put_decision(j, &w->last_held);
	}
}

struct listing {
	struct json *j;
	uint64_t next; /* 0: all had room */
};

static bool
put_session(void *arg, const struct proxy_session *s)
{
	struct listing *l = arg;
	struct json *j = l->j;

	if (!has_room(j)) {
		l->next = s->id;
		return false;
	}
	json_object(j);
	put_number(j, "id", s->id);
	put_address(j, "client", s->client);
	put_address(j, "server", s->server);
	put_text(j, "state", s->state);
	put_number(j, "age_seconds", s->age);
	put_text(j, "domain", s->domain);
	if (s->tls != NULL) {
		put_text(j, "tls", s->tls);
		put_text(j, "cipher", s->cipher);
	}
	put_number(j, "recipients", s->recipients);
	json_close(j);
	return true;
}

static void
show_sessions(struct json *j, const struct insight *in, uint64_t from)
{
	struct listing l = { .j = j };

	put_number(j, "total", proxy_sessions(in->proxy));
	json_key(j, "sessions");
	json_array(j);
	proxy_each_session(in->proxy, from, put_session, &l);
	json_close(j);
	if (l.next != 0)
		put_number(j, "next", l.next);
}

static void
show_decisions(struct json *j, const struct insight *in, uint64_t after)
{
	const struct watch *w = proxy_watch(in->proxy);
	uint64_t from = watch_oldest(w);
	const struct watch_decision *d;

	if (after >= from)
		from = after + 1;
	json_key(j, "decisions");
	json_array(j);
	for (; (d = watch_decision(w, from)) != NULL && has_room(j); from++)
		put_decision(j, d);
	json_close(j);
}

static void
put_destination(struct json *j, const struct watch_destination *d)
{
	json_object(j);
	put_address(j, "server", &d->server);
	put_text(j, "mx", d->mx.text);
	put_text(j, "verdict", verdict_text(d->judgement.verdict));
	put_text(j, "reason", reason_text(d->judgement.reason));
	put_text(j, "auth", auth_text(d->judgement.auth));
	put_text(j, "tls", d->tls);
	put_number(j, "relayed", d->relayed);
	put_number(j, "held", d->held);
	put_number(j, "time", (uint64_t)d->time);
	json_close(j);
}

static void
show_destinations(struct json *j, const struct insight *in)
{
	const struct watch *w = proxy_watch(in->proxy);
	const struct watch_destination *d;
	uint64_t before = UINT64_MAX;

	json_key(j, "destinations");
	json_array(j);
	while (
	    (d = watch_destination_before(w, before)) != NULL && has_room(j)) {
		put_destination(j, d);
		before = d->last;
	}
	json_close(j);
	if (d != NULL)
		put_bool(j, "truncated", true);
}

static void
show_dns_cache(struct json *j, const struct insight *in)
{
	struct resolver_counts c;

	resolver_count(&c, in->resolver);
	put_number(j, "entries", c.entries);
	put_number(j, "bytes", c.bytes);
	put_number(j, "hits", c.hits);
	put_number(j, "misses", c.misses);
	put_number(j, "dropped", c.dropped);
}

static void
show_dns_servers(struct json *j, const struct insight *in)
{
	struct resolver_server server;

	json_key(j, "servers");
	json_array(j);
	for (size_t i = 0; resolver_server(&server, in->resolver, i); i++) {
		json_object(j);
		put_address(j, "server", server.address);
		put_bool(j, "answering", server.answering);
		put_number(j, "silences", server.silences);
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
		put_number(j, "tag", anchor.tag);
		put_number(j, "algorithm", anchor.algorithm);
		put_text(j, "state", anchor.state);
		put_number(j, "since", (uint64_t)anchor.since);
		json_close(j);
	}
	json_close(j);
}

/* Hosts of which the latest are told. */
struct host_listing {
	struct json *j;
	size_t skip; /* the longest unseen ones */
};

static void
put_host(void *arg, const struct memory_host *host)
{
	static const char *const tls[] = { [MEMORY_TLS_NONE] = "none",
		[MEMORY_TLS_1_2] = "TLSv1.2",
		[MEMORY_TLS_1_3] = "TLSv1.3" };
	struct host_listing *l = arg;

	if (l->skip > 0 || !has_room(l->j)) {
		l->skip -= l->skip > 0 ? 1 : 0;
		return;
	}
	json_object(l->j);
	json_key(l->j, "host");
	json_string(l->j, host->host);
	put_text(l->j, "best", tls[host->best]);
	put_number(l->j, "offered_time", (uint64_t)host->offered);
	put_number(l->j, "failed_time", (uint64_t)host->failed);
	json_close(l->j);
}

static void
show_downgrade_memory(struct json *j, const struct insight *in)
{
	const struct memory *m = proxy_memory(in->proxy);
	size_t hosts = memory_hosts(m);
	struct host_listing l = { .j = j };

	if (hosts > HOSTS_TOLD)
		l.skip = hosts - HOSTS_TOLD;
	put_number(j, "hosts", hosts);
	put_number(j, "days", in->settings->memory_days);
	put_bool(j, "truncated", l.skip > 0);
	json_key(j, "latest");
	json_array(j);
	memory_each(m, put_host, &l);
	json_close(j);
}

static void
put_by_auth(struct json *j, const char *key, const uint64_t *counters)
{
	json_key(j, key);
	json_object(j);
	for (enum auth a = AUTH_NONE; a <= AUTH_PKIX; a++)
		put_number(j, auth_text(a), counters[a]);
	json_close(j);
}

static void
put_lookups(struct json *j, const struct insight *in)
{
	json_key(j, "dns");
	json_object(j);
	for (enum dnssec_status i = DNSSEC_SECURE; i <= DNSSEC_INDETERMINATE;
	     i++)
		put_number(j, dnssec_status_text(i), in->counts->dns[i]);
	json_close(j);
}

static void
show_statistics(struct json *j, const struct insight *in)
{
	const struct counts *c = in->counts;

	put_number(j, "sessions", c->sessions);
	put_number(j, "turned_away", c->turned_away);
	put_number(j, "messages", c->messages);
	put_number(j, "bytes", c->bytes);
	put_number(j, "handshakes", c->handshakes);
	put_number(j, "handshakes_resumed", c->handshakes_resumed);
	put_number(j, "handshakes_failed", c->handshakes_failed);
	json_key(j, "verdicts");
	json_object(j);
	for (enum verdict v = VERDICT_RELAY; v <= VERDICT_REJECT; v++)
		put_number(j, verdict_text(v), c->verdicts[v]);
	json_close(j);
	put_number(j, "passed", c->passed);
	json_key(j, "reasons");
	json_object(j);
	for (enum reason r = REASON_OK; r < REASONS; r++)
		put_number(j, reason_text(r),
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

/* The second number of statm: pages that are in memory. */
static uint64_t
resident_bytes(void)
{
	char text[128] = "";
	FILE *f = fopen("/proc/self/statm", "re");
	struct span rest;
	uint64_t pages = 0;

	if (f == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) != NULL) {
		rest = span_text(text);
		(void)span_word(&rest);
		if (span_number(&pages, span_word(&rest), UINT32_MAX) != 0)
			pages = 0;
	}
	(void)fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
show_memory(struct json *j, const struct insight *in)
{
	const struct budget *tls = tls_memory_budget();
	struct resolver_counts c;

	resolver_count(&c, in->resolver);
	put_number(j, "limit_bytes", in->settings->memory_limit);
	put_number(j, "session_bytes", proxy_session_bytes());
	put_number(j, "sessions_bytes",
	    proxy_sessions(in->proxy) * proxy_session_bytes());
	put_number(j, "tls_bytes", tls->used);
	put_number(j, "tls_peak_bytes", tls->peak);
	put_number(j, "tls_limit_bytes", tls->limit);
	put_number(j, "downgrade_memory_bytes",
	    memory_bytes(proxy_memory(in->proxy)));
	put_number(j, "dns_cache_bytes", c.bytes);
	put_number(j, "dns_cache_limit_bytes", c.bytes_limit);
	put_number(j, "resident_bytes", resident_bytes());
}

static void
put_statement(void *arg, const char *line)
{
	struct listing *l = arg;

	if (has_room(l->j))
		json_text(l->j, line);
	else
		l->next = 1;
}

static void
show_configuration(struct json *j, const struct insight *in, bool defaults)
{
	struct listing l = { .j = j };

	json_key(j, "statements");
	json_array(j);
	config_show(in->settings, defaults ? CONFIG_SHOW_ALL : CONFIG_SHOW_SET,
	    put_statement, &l);
	json_close(j);
	if (l.next != 0)
		put_bool(j, "truncated", true);
}

void
insight_show(struct json *j, const struct insight *in,
    const struct control_request *request)
{
	switch (request->verb) {
	case CONTROL_SHOW_VERSION:
		show_version(j, in);
		break;
	case CONTROL_SHOW_STATUS:
		show_status(j, in);
		break;
	case CONTROL_SHOW_SESSIONS:
		show_sessions(j, in, request->number);
		break;
	case CONTROL_SHOW_DECISIONS:
		show_decisions(j, in, request->number);
		break;
	case CONTROL_SHOW_DESTINATIONS:
		show_destinations(j, in);
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
	case CONTROL_SHOW_DOWNGRADE_MEMORY:
		show_downgrade_memory(j, in);
		break;
	case CONTROL_SHOW_STATISTICS:
		show_statistics(j, in);
		break;
	case CONTROL_SHOW_MEMORY:
		show_memory(j, in);
		break;
	case CONTROL_SHOW_CONFIGURATION:
		show_configuration(j, in, request->defaults);
		break;
	case CONTROL_CLEAR_DOWNGRADE_MEMORY:
	case CONTROL_REQUEST_RELOAD:
	case CONTROL_REQUEST_SHUTDOWN:
	case CONTROL_VERBS:
		break;
	}
}
