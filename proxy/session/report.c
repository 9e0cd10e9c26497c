#include <stdio.h>

#include "base/clock.h"
#include "session/session.h"

static void
report_begin(struct log_line *l, const struct session *s, enum log_level level,
    const char *event)
{
	log_begin(l, level, event);
	log_number(l, "session", s->id);
	log_address(l, "client", &s->client);
	log_address(l, "server", &s->server);
}

/* The same for the console. */
static void
watch_report(const struct session *s, const struct judgement *j, bool passed,
    const char *why)
{
	const struct requirement *r = &s->decision.requirement;
	struct watch_decision d = {
		.time = clock_wall(),
		.session = s->id,
		.client = s->client,
		.server = s->server,
		.domain = s->decision.domain,
		.level = r->level,
		.judgement = *j,
		.passed = passed && j->verdict != VERDICT_RELAY,
	};

	if (r->host != NULL) {
		d.mx = r->host->host;
		d.tlsa = r->host->tlsa;
	}
	if (s->secured && s->upstream.tls != NULL)
		(void)snprintf(d.tls, sizeof(d.tls), "%s",
		    tls_conn_version(s->upstream.tls));
	log_escape(d.why, sizeof(d.why), span_text(why));
	watch_decide(&s->proxy->watch, &d);
	if (s->proxy->decided != NULL) {
		const struct proxy_decided decided = {
			.decision = &d,
			.requirement = r,
			.facts = s->decision.facts,
			.tls = s->server_tls,
			.local = &s->upstream.local,
		};

		s->proxy->decided(s->proxy->decided_arg, &decided);
	}
}

void
report_decision(const struct session *s, const struct judgement *j, bool passed,
    const char *why)
{
	const struct requirement *r = &s->decision.requirement;
	bool held = j->verdict != VERDICT_RELAY;
	char rule[POLICY_RULE_MAX];
	struct log_line l;

	report_begin(&l, s, held ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
	    "decision");
	log_text(&l, "domain", s->decision.domain.text);
	log_text(&l, "mx", r->host != NULL ? r->host->host.text : "");
	log_text(&l, "level", level_text(r->level));
	if (r->by_rule)
		log_text(&l, "rule",
		    policy_rule_text(r, &s->decision.domain, rule));
	if (r->rule_reason[0] != '\0')
		log_text(&l, "exception", r->rule_reason);
	/* Monitor mode: what happened, and what would have. */
	log_text(&l, "verdict", passed ? "relay" : verdict_text(j->verdict));
	if (held && passed)
		log_text(&l, "would", verdict_text(j->verdict));
	log_text(&l, "auth",
	    auth_text(held && s->secured && passed ? AUTH_TLS : j->auth));
	if (s->secured && s->upstream.tls != NULL) {
		log_text(&l, "tls", tls_conn_version(s->upstream.tls));
		log_text(&l, "cipher", tls_conn_cipher(s->upstream.tls));
		log_text(&l, "group", tls_conn_group(s->upstream.tls));
		log_text(&l, "grade",
		    tls_grade_text(tls_conn_grade(s->upstream.tls)));
		log_text(&l, "resumed",
		    tls_conn_resumed(s->upstream.tls) ? "yes" : "no");
	}
	log_text(&l, "reason", reason_text(j->reason));
	if (why[0] != '\0')
		log_text(&l, "why", why);
	log_end(&l);
	watch_report(s, j, passed, why);
}

void
report_delivered(const struct session *s, const struct smtp_reply *reply,
    uint64_t size)
{
	struct smtp_command mail;
	struct log_line l;

	report_begin(&l, s, LOG_LEVEL_INFO, "delivered");
	if (smtp_command_parse(&mail, span_of(s->mail, s->mail_len)) == 0)
		log_span(&l, "from", mail.path);
	log_number(&l, "to", s->recipients);
	log_number(&l, "size", size);
	log_number(&l, "code", (uint64_t)reply->code);
	log_span(&l, "reply", span_of(reply->text, reply->len));
	log_end(&l);
	s->proxy->watch.counts.messages++;
	s->proxy->watch.counts.bytes += size;
	s->proxy->watch.counts.messages_by[s->auth]++;
	s->proxy->watch.counts.bytes_by[s->auth] += size;
}

void
report_event(const struct session *s, enum log_level level, const char *event,
    enum reason reason, const char *why)
{
	struct log_line l;

	report_begin(&l, s, level, event);
	if (reason != REASON_OK)
		log_text(&l, "reason", reason_text(reason));
	log_text(&l, "why", why);
	log_end(&l);
}
