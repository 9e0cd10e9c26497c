/*
 * The lists among the answers. Each begins with what is there once, then gives
 * entries from number at->next on, until the slice is full.
 */
#include "base/clock.h"
#include "base/date.h"
#include "config/config.h"
#include "config/kinds.h"
#include "daemon/insight.h"
#include "dane/describe.h"
#include "smtp/command.h"
#include "smtp/extensions.h"

/* Entries of a slice: what a processor of a few hundred MHz does in some
 * milliseconds. Reading a certificate is work of another kind. */
#define SLICE_ENTRIES	   64
#define SLICE_CERTIFICATES 8

#define FROM_MAX 320 /* bytes of a sender that are told; RFC 5321 4.5.3.1 */

#define FOLLOW_BEFORE 10 /* lines that a follower sees of the past */

/* The slice under way. */
struct listing {
	struct json *j;
	const struct insight *in;
	const struct control_request *request;
	struct control_cursor *at;
	unsigned left; /* entries that may still come */
	bool full;     /* there are more than that */
};

/* Room for one more entry of this slice? */
static bool
admit(struct listing *l)
{
	l->full = l->left == 0 || json_room(l->j) < CONTROL_ENTRY_MAX;
	if (!l->full)
		l->left--;
	return !l->full;
}

/* The first slice of a list: its name. Which list of an answer with several it
 * is, `part` says. */
static bool
is_first(const struct listing *l, unsigned part)
{
	return l->at->part == part;
}

static void
begin(struct listing *l, const char *key)
{
	json_key(l->j, key);
	json_array(l->j);
	l->at->part++;
}

/* The end of one, unless it goes on in the next slice. True: it does. */
static bool
end(struct listing *l)
{
	if (l->full)
		return true;
	json_close(l->j);
	l->at->part++;
	l->at->next = 0;
	return false;
}

void
insight_put_address(struct json *j, const char *key, const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];

	json_put_text(j, key, address_port_text(a, text));
}

/* Sessions */

static void
put_offered(struct json *j, unsigned bits)
{
	json_key(j, "offered");
	json_array(j);
	for (unsigned bit = 1; bit <= SMTP_EXT_STARTTLS; bit <<= 1)
		if ((bits & bit) != 0)
			json_text(j, smtp_extension_text(bit));
	json_close(j);
}

static void
put_detail(struct json *j, const struct proxy_session *s)
{
	struct smtp_command mail;

	json_put_text(j, "greeting", s->greeting);
	put_offered(j, s->offered);
	json_put_bool(j, "starttls", s->starttls);
	if (s->grade != NULL) {
		json_put_text(j, "grade", s->grade);
		json_put_bool(j, "resumed", s->resumed);
		json_put_text(j, "asked", s->asked);
	}
	if (s->level != LEVEL_UNSET) {
		json_put_text(j, "level", level_text(s->level));
		json_put_text(j, "mx", s->mx);
	}
	if (s->mail.n > 0 && smtp_command_parse(&mail, s->mail) == 0) {
		json_key(j, "from");
		json_string(j, span_slice(mail.path, 0, FROM_MAX));
	}
	json_put_number(j, "body_bytes", s->body);
	json_put_number(j, "errors", s->errors);
}

static bool
put_session(void *arg, const struct proxy_session *s)
{
	struct listing *l = arg;
	struct json *j = l->j;
	uint64_t wanted = l->request->number;

	if (wanted != 0 && s->id != wanted)
		return false;
	if (!admit(l))
		return false;
	l->at->next = s->id + 1;
	json_object(j);
	json_put_number(j, "id", s->id);
	insight_put_address(j, "client", s->client);
	insight_put_address(j, "server", s->server);
	json_put_text(j, "state", s->state);
	json_put_number(j, "age_seconds", s->age);
	json_put_text(j, "domain", s->domain);
	if (s->tls != NULL) {
		json_put_text(j, "tls", s->tls);
		json_put_text(j, "cipher", s->cipher);
	}
	json_put_number(j, "recipients", s->recipients);
	if (wanted != 0 || l->request->detail)
		put_detail(j, s);
	json_close(j);
	return true;
}

static bool
list_sessions(struct listing *l)
{
	if (is_first(l, 0)) {
		json_put_number(l->j, "total", proxy_sessions(l->in->proxy));
		begin(l, "sessions");
		l->at->next = l->request->number;
	}
	proxy_each_session(l->in->proxy, l->at->next, put_session, l);
	return end(l);
}

/* Decisions and destinations */

void
insight_put_decision(struct json *j, const struct watch_decision *d)
{
	json_object(j);
	json_put_number(j, "number", d->number);
	json_put_number(j, "time", (uint64_t)d->time);
	json_put_number(j, "session", d->session);
	insight_put_address(j, "client", &d->client);
	insight_put_address(j, "server", &d->server);
	json_put_text(j, "domain", d->domain.text);
	json_put_text(j, "mx", d->mx.text);
	json_put_text(j, "level", level_text(d->level));
	json_put_text(j, "verdict",
	    d->passed ? "relay" : verdict_text(d->judgement.verdict));
	if (d->passed)
		json_put_text(j, "would", verdict_text(d->judgement.verdict));
	json_put_text(j, "auth", auth_text(d->judgement.auth));
	json_put_text(j, "tls", d->tls);
	json_put_text(j, "reason", reason_text(d->judgement.reason));
	json_put_text(j, "why", d->why);
	json_close(j);
}

static bool
list_decisions(struct listing *l)
{
	const struct watch *w = proxy_watch(l->in->proxy);
	const struct watch_decision *d;

	if (is_first(l, 0)) {
		begin(l, "decisions");
		l->at->next = l->request->number + 1;
	}
	if (l->at->next < watch_oldest(w))
		l->at->next = watch_oldest(w);
	while ((d = watch_decision(w, l->at->next)) != NULL && admit(l)) {
		insight_put_decision(l->j, d);
		l->at->next++;
	}
	return end(l);
}

static void
put_destination(struct json *j, const struct watch_destination *d)
{
	json_object(j);
	insight_put_address(j, "server", &d->server);
	json_put_text(j, "mx", d->mx.text);
	json_put_text(j, "verdict", verdict_text(d->judgement.verdict));
	json_put_text(j, "reason", reason_text(d->judgement.reason));
	json_put_text(j, "auth", auth_text(d->judgement.auth));
	json_put_text(j, "tlsa", tlsa_status_text(d->tlsa));
	json_put_text(j, "tls", d->tls);
	json_put_number(j, "relayed", d->relayed);
	json_put_number(j, "held", d->held);
	json_put_number(j, "time", (uint64_t)d->time);
	json_close(j);
}

static bool
list_destinations(struct listing *l)
{
	const struct watch *w = proxy_watch(l->in->proxy);
	const struct watch_destination *d;

	if (is_first(l, 0)) {
		begin(l, "destinations");
		l->at->next = UINT64_MAX;
	}
	while ((d = watch_destination_before(w, l->at->next)) != NULL &&
	    admit(l)) {
		put_destination(l->j, d);
		l->at->next = d->last;
	}
	return end(l);
}

/* Policy */

static const char *
state_text(enum rule_state state)
{
	switch (state) {
	case RULE_HOLDS:
		return "holds";
	case RULE_EXPIRED:
		return "expired";
	case RULE_NOT_JUDGED:
		return "not judged";
	case RULE_ELSEWHERE:
		break;
	}
	return "";
}

static void
put_rule(struct json *j, const struct domain_rule *rule)
{
	int64_t now = clock_wall_trusted() ? clock_wall() : 0;
	char date[DATE_TEXT_MAX];
	char name[POLICY_RULE_MAX];

	(void)snprintf(name, sizeof(name), "%s%s", rule->below ? "." : "",
	    rule->domain);
	json_object(j);
	json_put_text(j, "domain", name);
	json_put_text(j, "level", level_text(rule->level));
	json_put_text(j, "state", state_text(policy_rule_end(rule, now)));
	if (rule->until != 0)
		json_put_text(j, "until", date_text(rule->until, date));
	if (rule->reason[0] != '\0')
		json_put_text(j, "reason", rule->reason);
	if (rule->fallback_cleartext)
		json_put_bool(j, "fallback_cleartext", true);
	json_close(j);
}

static void
put_relay(struct json *j, const struct relay_rule *rule)
{
	char prefix[PREFIX_TEXT_MAX];

	json_object(j);
	json_put_text(j, "destination", prefix_text(&rule->prefix, prefix));
	json_put_text(j, "host", rule->host.text);
	if (rule->level != LEVEL_UNSET)
		json_put_text(j, "level", level_text(rule->level));
	json_close(j);
}

static void
put_policy(struct json *j, const struct settings *s)
{
	json_put_text(j, "default", level_text(s->default_level));
	json_put_text(j, "mode",
	    s->mode == MODE_MONITOR ? "monitor" : "enforce");
	json_put_text(j, "on_block",
	    s->on_block == ON_BLOCK_REJECT ? "reject" : "defer");
	json_put_text(j, "unlisted_destination",
	    s->unlisted == UNLISTED_DEFER ? "defer" : "allow");
	json_put_text(j, "insecure_mx",
	    s->insecure_mx == INSECURE_MX_MAY ? "may" : "dane");
	json_put_text(j, "bare_newline",
	    s->bare_newline == BARE_NEWLINE_REJECT ? "reject" : "normalize");
	json_put_number(j, "downgrade_memory_days", s->memory_days);
}

static bool
list_policy(struct listing *l)
{
	const struct settings *s = l->in->settings;

	if (is_first(l, 0)) {
		put_policy(l->j, s);
		begin(l, "domains");
	}
	if (is_first(l, 1)) {
		for (; l->at->next < s->domains.n && admit(l); l->at->next++)
			put_rule(l->j, &s->domains.rules[l->at->next]);
		if (end(l))
			return true;
	}
	if (is_first(l, 2))
		begin(l, "relays");
	for (; l->at->next < s->nrelays && admit(l); l->at->next++)
		put_relay(l->j, &s->relays[l->at->next]);
	return end(l);
}

/* TLS sessions that may be resumed */

static bool
put_kept(void *arg, const struct tls_kept *k)
{
	struct listing *l = arg;
	struct json *j = l->j;
	struct cert_text leaf;

	if (!admit(l))
		return false;
	l->at->next++;
	json_object(j);
	if (k->leaf.n > 0) {
		cert_describe(&leaf, k->leaf);
		json_put_text(j, "subject", leaf.subject);
	}
	json_put_text(j, "tls", k->version);
	json_put_text(j, "cipher", k->cipher);
	json_put_text(j, "grade", tls_grade_text(k->grade));
	json_put_number(j, "age_seconds", k->age);
	json_put_number(j, "left_seconds", k->left);
	json_put_number(j, "bytes", k->bytes);
	json_close(j);
	return true;
}

static bool
list_kept(struct listing *l)
{
	const struct budget *b = tls_context_tickets_budget(l->in->tls);
	struct tls_counts counts;

	if (is_first(l, 0)) {
		tls_context_counts(l->in->tls, &counts);
		json_put_bool(l->j, "resumption",
		    l->in->settings->tls_resumption == SWITCH_ON);
		json_put_number(l->j, "full", counts.full);
		json_put_number(l->j, "resumed", counts.resumed);
		json_put_number(l->j, "tickets", counts.tickets);
		json_put_number(l->j, "tickets_bytes", b->used);
		json_put_number(l->j, "tickets_limit_bytes", b->limit);
		begin(l, "kept");
	}
	l->left = SLICE_CERTIFICATES;
	tls_context_each_kept(l->in->tls, (size_t)l->at->next, put_kept, l);
	return end(l);
}

/* Downgrade memory */

static bool
put_host(void *arg, const struct memory_host *host)
{
	static const char *const tls[] = { [MEMORY_TLS_NONE] = "none",
		[MEMORY_TLS_1_2] = "TLSv1.2",
		[MEMORY_TLS_1_3] = "TLSv1.3" };
	struct listing *l = arg;

	if (!admit(l))
		return false;
	l->at->next++;
	json_object(l->j);
	json_key(l->j, "host");
	json_string(l->j, host->host);
	json_put_text(l->j, "best", tls[host->best]);
	json_put_number(l->j, "offered_time", (uint64_t)host->offered);
	json_put_number(l->j, "failed_time", (uint64_t)host->failed);
	json_close(l->j);
	return true;
}

static bool
list_hosts(struct listing *l)
{
	const struct memory *m = proxy_memory(l->in->proxy);

	if (is_first(l, 0)) {
		json_put_number(l->j, "hosts", memory_hosts(m));
		json_put_number(l->j, "days", l->in->settings->memory_days);
		begin(l, "latest");
	}
	memory_each(m, (size_t)l->at->next, put_host, l);
	return end(l);
}

/* Configuration */

#define OPTION_SHIFT 32 /* of a place, as one number */

static bool
list_statements(struct listing *l)
{
	enum config_show what = l->request->defaults ? CONFIG_SHOW_ALL
						     : CONFIG_SHOW_SET;
	char line[CONFIG_STATEMENT_MAX];
	struct config_place place;

	if (is_first(l, 0))
		begin(l, "statements");
	place.option = (size_t)(l->at->next >> OPTION_SHIFT);
	place.value = (size_t)(l->at->next & UINT32_MAX);
	while (admit(l) && config_next(line, &place, l->in->settings, what)) {
		json_text(l->j, line);
		l->at->next = (uint64_t)place.option << OPTION_SHIFT |
		    place.value;
	}
	return end(l);
}

/* TLS reports */

static void
put_tlsrpt(struct json *j, const struct tlsrpt_domain *domain)
{
	for (enum tlsrpt_policy p = TLSRPT_NO_POLICY; p < TLSRPT_POLICIES;
	     p++) {
		const struct tlsrpt_sum *sum = &domain->sums[p];

		if (sum->successes + sum->failures == 0)
			continue;
		json_object(j);
		json_put_text(j, "domain", domain->name);
		json_put_text(j, "policy", tlsrpt_policy_text(p));
		json_put_number(j, "successes", sum->successes);
		json_put_number(j, "failures", sum->failures);
		json_close(j);
	}
}

static bool
list_tlsrpt(struct listing *l)
{
	const struct tlsrpt_tally *tally = tlsreports_tally(l->in->tlsreports);
	const struct tlsrpt_domain *domain;

	if (is_first(l, 0)) {
		tlsreports_show(l->j, l->in->tlsreports);
		begin(l, "domains");
	}
	while (tally != NULL &&
	    (domain = tlsrpt_tally_domain(tally, (size_t)l->at->next)) !=
		NULL &&
	    admit(l)) {
		put_tlsrpt(l->j, domain);
		l->at->next++;
	}
	return end(l);
}

/* The log */

static void
put_line(struct json *j, const struct logbook_line *line)
{
	json_put_number(j, "number", line->number);
	json_put_number(j, "time", (uint64_t)line->time);
	json_put_text(j, "level", log_level_text(line->level));
	json_key(j, "line");
	json_string(j, line->text);
}

static bool
list_lines(struct listing *l)
{
	const struct logbook *b = l->in->logbook;
	struct logbook_line line;

	if (is_first(l, 0))
		begin(l, "lines");
	if (l->at->next < logbook_oldest(b))
		l->at->next = logbook_oldest(b);
	while (logbook_line(&line, b, l->at->next) && admit(l)) {
		l->at->next++;
		if (!logbook_has(line.text, l->request->text))
			continue;
		json_object(l->j);
		put_line(l->j, &line);
		json_close(l->j);
	}
	return end(l);
}

/* From where one follows: what was before is not kept, or not wanted. */
static uint64_t
follow_from(const struct logbook *b, const struct control_request *request)
{
	uint64_t oldest = logbook_oldest(b);

	if (request->verb == CONTROL_MONITOR)
		return b->lines + 1;
	return b->lines + 1 > oldest + FOLLOW_BEFORE
	    ? b->lines + 1 - FOLLOW_BEFORE
	    : oldest;
}

static bool
is_wanted(const struct logbook_line *line,
    const struct control_request *request)
{
	struct span rest = line->text;

	return (request->verb != CONTROL_MONITOR ||
		   span_equal(span_word(&rest), span_text("decision"))) &&
	    logbook_has(line->text, request->text);
}

bool
insight_follow(struct json *j, const struct insight *in,
    const struct control_request *request, struct control_cursor *at)
{
	const struct logbook *b = in->logbook;
	uint64_t oldest = logbook_oldest(b);
	struct logbook_line line;

	if (at->part == 0) {
		at->part = 1;
		at->next = follow_from(b, request);
	}
	if (at->next < oldest) {
		json_put_number(j, "missed", oldest - at->next);
		at->next = oldest;
		return true;
	}
	for (; logbook_line(&line, b, at->next); at->next++)
		if (is_wanted(&line, request)) {
			put_line(j, &line);
			at->next++;
			return true;
		}
	return false;
}

bool
insight_list(struct json *j, const struct insight *in,
    const struct control_request *request, struct control_cursor *at)
{
	struct listing l = { .j = j,
		.in = in,
		.request = request,
		.at = at,
		.left = SLICE_ENTRIES };

	switch (request->verb) {
	case CONTROL_SHOW_SESSIONS:
		return list_sessions(&l);
	case CONTROL_SHOW_DECISIONS:
		return list_decisions(&l);
	case CONTROL_SHOW_DESTINATIONS:
		return list_destinations(&l);
	case CONTROL_SHOW_POLICY:
		return list_policy(&l);
	case CONTROL_SHOW_TLS_SESSIONS:
		return list_kept(&l);
	case CONTROL_SHOW_DOWNGRADE_MEMORY:
		return list_hosts(&l);
	case CONTROL_SHOW_TLSRPT:
		return list_tlsrpt(&l);
	case CONTROL_SHOW_CONFIGURATION:
		return list_statements(&l);
	case CONTROL_SHOW_LOG:
		return list_lines(&l);
	case CONTROL_SHOW_VERSION:
	case CONTROL_SHOW_STATUS:
	case CONTROL_SHOW_DNS_CACHE:
	case CONTROL_SHOW_DNS_SERVERS:
	case CONTROL_SHOW_DNS_ANCHORS:
	case CONTROL_SHOW_STATISTICS:
	case CONTROL_SHOW_MEMORY:
	case CONTROL_SHOW_LOOP:
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
