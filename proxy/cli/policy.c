/*
 * danegate policy explain: which rule of the configuration applies, and why.
 */
#include "cli/policy.h"

#include <string.h>

#include "base/date.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/dns.h"
#include "config/kinds.h"
#include "policy/policy.h"

/* What came out: level, and where it comes from. */
struct explained {
	enum level level;
	const struct domain_rule *rule; /* NULL: none of a domain */
	const struct relay_rule *relay; /* NULL: none of the destination */
	const char *from;
};

static struct explained
explain(const struct policy_question *q)
{
	const struct settings *s = q->settings;
	struct explained e = { .from = "policy domain" };

	e.level = policy_level(s, &q->domain, q->now, &e.rule);
	if (q->destination.family != ADDRESS_NONE)
		e.relay = policy_relay(s, &q->destination);
	if (e.rule != NULL)
		return e;
	e.from = "policy default";
	if (e.relay != NULL && e.relay->level != LEVEL_UNSET) {
		e.level = e.relay->level;
		e.from = "policy relay";
	}
	return e;
}

/* What becomes of a rule that names the domain; NULL for another's. */
static const char *
fate(const struct policy_question *q, const struct explained *e,
    const struct domain_rule *rule)
{
	switch (policy_rule_state(rule, &q->domain, q->now)) {
	case RULE_ELSEWHERE:
		break;
	case RULE_HOLDS:
		return rule == e->rule ? "applies" : "less specific";
	case RULE_EXPIRED:
		return "expired";
	case RULE_NOT_JUDGED:
		return "not applied: the time is not known";
	}
	return NULL;
}

static const char *
mode_text(const struct settings *s)
{
	return s->mode == MODE_MONITOR ? "monitor" : "enforce";
}

static const char *
on_block_text(const struct settings *s)
{
	return s->on_block == ON_BLOCK_REJECT ? "reject" : "defer";
}

static void
print_relay(FILE *to, const struct policy_question *q,
    const struct explained *e)
{
	char address[ADDRESS_TEXT_MAX];

	if (q->destination.family == ADDRESS_NONE)
		return;
	address_text(&q->destination, address);
	if (e->relay == NULL)
		(void)fprintf(to, "relay: no rule for %s; its MX hosts count\n",
		    address);
	else
		(void)fprintf(to, "relay: %s must be %s%s%s\n", address,
		    e->relay->host.text,
		    e->relay->level != LEVEL_UNSET ? ", level " : "",
		    e->relay->level != LEVEL_UNSET ? level_text(e->relay->level)
						   : "");
}

void
policy_explain_print(FILE *to, const struct policy_question *q)
{
	const struct settings *s = q->settings;
	struct explained e = explain(q);
	char text[OPTION_VALUE_MAX];

	(void)fprintf(to, "%s: level %s, by %s\n", q->domain.text,
	    level_text(e.level), e.from);
	for (size_t i = 0; i < s->domains.n; i++) {
		const char *what = fate(q, &e, &s->domains.rules[i]);

		if (what != NULL)
			(void)fprintf(to, "%s: set policy domain %s\n", what,
			    domain_rule_text(&s->domains.rules[i], text));
	}
	if (e.rule != NULL && e.rule->fallback_cleartext)
		(void)fprintf(to,
		    "fallback: in clear where STARTTLS is "
		    "refused\n");
	print_relay(to, q, &e);
	(void)fprintf(to, "default: level %s\nmode: %s, on-block %s\n",
	    level_text(s->default_level), mode_text(s), on_block_text(s));
}

static void
json_rules(struct json *j, const struct policy_question *q,
    const struct explained *e)
{
	char text[OPTION_VALUE_MAX];
	char date[DATE_TEXT_MAX];

	json_key(j, "rules");
	json_array(j);
	for (size_t i = 0; i < q->settings->domains.n; i++) {
		const struct domain_rule *rule = &q->settings->domains.rules[i];
		const char *what = fate(q, e, rule);

		if (what == NULL)
			continue;
		json_object(j);
		json_key(j, "rule");
		json_text(j, domain_rule_text(rule, text));
		json_key(j, "state");
		json_text(j, what);
		json_key(j, "level");
		json_text(j, level_text(rule->level));
		if (rule->until != 0) {
			json_key(j, "until");
			json_text(j, date_text(rule->until, date));
		}
		json_key(j, "reason");
		json_text(j, rule->reason);
		json_key(j, "fallback_cleartext");
		json_bool(j, rule->fallback_cleartext);
		json_close(j);
	}
	json_close(j);
}

int
policy_explain_json(FILE *to, const struct policy_question *q)
{
	struct explained e = explain(q);
	struct json j;

	json_to_file(&j, to);
	json_object(&j);
	json_key(&j, "domain");
	json_text(&j, q->domain.text);
	json_key(&j, "level");
	json_text(&j, level_text(e.level));
	json_key(&j, "by");
	json_text(&j, e.from);
	json_rules(&j, q, &e);
	if (e.relay != NULL) {
		json_key(&j, "relay");
		json_text(&j, e.relay->host.text);
	}
	json_key(&j, "default");
	json_text(&j, level_text(q->settings->default_level));
	json_key(&j, "mode");
	json_text(&j, mode_text(q->settings));
	json_key(&j, "on_block");
	json_text(&j, on_block_text(q->settings));
	json_close(&j);
	return json_end(&j);
}

struct options {
	const char *config;
	bool json;
	bool has_domain;
	int64_t at; /* -1: now */
	struct policy_question q;
};

/* Takes one option with its value off the arguments. */
static bool
take_value(struct options *o, const char *option, const char *value)
{
	if (strcmp(option, "-c") == 0) {
		o->config = value;
		return true;
	}
	if (strcmp(option, "--address") == 0)
		return address_parse(&o->q.destination, span_text(value)) == 0;
	if (strcmp(option, "--at") == 0)
		return dns_time_parse(&o->at, span_text(value)) == 0;
	return false;
}

static bool
take_arguments(struct options *o, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			o->json = true;
		} else if (argv[i][0] == '-') {
			if (i + 1 == argc ||
			    !take_value(o, argv[i], argv[i + 1]))
				return false;
			i++;
		} else {
			if (o->has_domain ||
			    name_parse(&o->q.domain, span_text(argv[i])) != 0 ||
			    o->q.domain.len == 0)
				return false;
			o->has_domain = true;
		}
	}
	return o->has_domain;
}

int
policy_explain_run(int argc, char **argv)
{
	struct options o = { .config = CLI_CONFIG, .at = -1 };
	struct settings s;
	int code;

	if (!take_arguments(&o, argc, argv)) {
		(void)fputs("usage: danegate policy explain DOMAIN [--address "
			    "ADDRESS] [--at TIME] [--json] [-c FILE]\n",
		    stderr);
		return CLI_USAGE;
	}
	code = cli_settings_read(&s, o.config);
	if (code != CLI_FINE)
		return code;
	clock_set_trust(s.clock_trust);
	o.q.settings = &s;
	if (o.at >= 0)
		o.q.now = o.at;
	else if (clock_wall_trusted())
		o.q.now = clock_wall();
	if (!o.json)
		policy_explain_print(stdout, &o.q);
	else if (policy_explain_json(stdout, &o.q) != 0)
		code = CLI_FAILED;
	settings_free(&s);
	return code;
}
