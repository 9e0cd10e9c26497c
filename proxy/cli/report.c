/*
 * danegate report: what the daily sums say of a month.
 */
#include "cli/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/state.h"
#include "cli/cli.h"
#include "cli/report_domains.h"
#include "config/kinds.h"
#include "policy/unneeded.h"

/* How mail was protected, best first: the rows of every form. */
static const struct {
	enum auth auth;
	const char *text;
} protections[] = {
	{ AUTH_DANE_EE, "authenticated by DANE-EE" },
	{ AUTH_DANE_TA, "authenticated by DANE-TA" },
	{ AUTH_PKIX, "authenticated by PKIX" },
	{ AUTH_TLS, "encrypted, not authenticated" },
	{ AUTH_NONE, "in clear" },
};

static uint64_t
relayed(const struct counts *c)
{
	uint64_t n = 0;

	for (enum auth a = AUTH_NONE; a < COUNTS_AUTHS; a++)
		n += c->auths[a];
	return n;
}

static uint64_t
by_dane(const struct counts *c)
{
	return c->auths[AUTH_DANE_EE] + c->auths[AUTH_DANE_TA];
}

/* Tenths of a percent, rounded down. */
static unsigned
share(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : (unsigned)(part * 1000 / whole);
}

static const char *
month_of(int64_t day, char month[REPORT_MONTH_MAX])
{
	char date[DATE_TEXT_MAX];

	(void)snprintf(month, REPORT_MONTH_MAX, "%.7s", date_text(day, date));
	return month;
}

static bool
is_in(const struct report_day *d, const char *month)
{
	char own[REPORT_MONTH_MAX];

	return strcmp(month_of(d->day, own), month) == 0;
}

void
report_add(struct report *r, int64_t day, const struct counts *counts)
{
	size_t at = r->ndays;

	while (at > 0 && r->days[at - 1].day >= day)
		at--;
	if (at == r->ndays || r->days[at].day != day) {
		if (r->ndays == COUNTS_DAYS_MAX) {
			if (at == 0)
				return;
			at--;
			memmove(&r->days[0], &r->days[1],
			    at * sizeof(r->days[0]));
		} else {
			memmove(&r->days[at + 1], &r->days[at],
			    (r->ndays - at) * sizeof(r->days[0]));
			r->ndays++;
		}
	}
	r->days[at] = (struct report_day){ .day = day, .counts = *counts };
}

size_t
report_sum(struct counts *sum, const struct report *r, const char *month)
{
	size_t n = 0;

	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < r->ndays; i++)
		if (is_in(&r->days[i], month)) {
			counts_add(sum, &r->days[i].counts);
			n++;
		}
	return n;
}

/* Reasons that held somebody: all but ok. Where the word of two reasons is one,
 * the latter stands for both. */
static uint64_t
reason_count(const struct counts *c, enum reason reason)
{
	return c->reasons[reason] +
	    (reason == REASON_PROTOCOL_ERROR ? c->reasons[REASON_UNKNOWN] : 0);
}

/* Text */

static void
text_share(FILE *to, const char *what, uint64_t n, uint64_t whole)
{
	unsigned tenths = share(n, whole);

	(void)fprintf(to, "  %-32s %12" PRIu64 "  %3u.%u %%\n", what, n,
	    tenths / 10, tenths % 10);
}

static void
text_line(FILE *to, const char *what, uint64_t n)
{
	(void)fprintf(to, "  %-32s %12" PRIu64 "\n", what, n);
}

static void
text_held(FILE *to, const struct counts *c)
{
	(void)fputs("\nRecipients held\n", to);
	text_line(to, "deferred", c->verdicts[VERDICT_DEFER]);
	text_line(to, "rejected", c->verdicts[VERDICT_REJECT]);
	if (c->passed > 0)
		text_line(to, "of them passed (mode monitor)", c->passed);
	(void)fputs("\nReasons, also of what passed with one\n", to);
	for (enum reason i = REASON_OK + 1; i < REASONS; i++)
		if (reason_count(c, i) > 0)
			text_line(to, reason_text(i), reason_count(c, i));
}

static void
text_dns(FILE *to, const struct counts *c)
{
	static const char *const texts[COUNTS_STATUSES] = {
		[DNSSEC_SECURE] = "DNS lookups, secure",
		[DNSSEC_INSECURE] = "insecure",
		[DNSSEC_BOGUS] = "bogus",
		[DNSSEC_INDETERMINATE] = "without an answer",
	};

	for (enum dnssec_status i = DNSSEC_SECURE; i < COUNTS_STATUSES; i++)
		text_line(to, texts[i], c->dns[i]);
}

static void
text_adoption(FILE *to, const struct evidence *e)
{
	(void)fputs("\nDifferent recipient domains (error 3.3 %)\n", to);
	text_line(to, "with TLSA records", evidence_adopted(e, ADOPTION_WITH));
	text_line(to, "without, or not signed",
	    evidence_adopted(e, ADOPTION_WITHOUT));
}

static void
text_trend(FILE *to, const struct report *r)
{
	char month[REPORT_MONTH_MAX] = "";
	struct counts c;

	(void)fputs("\nShare authenticated by DANE, and in clear\n", to);
	for (size_t i = 0; i < r->ndays; i++) {
		uint64_t whole;

		if (is_in(&r->days[i], month))
			continue;
		(void)month_of(r->days[i].day, month);
		if (strcmp(month, r->month) > 0)
			break;
		(void)report_sum(&c, r, month);
		whole = relayed(&c);
		(void)fprintf(to, "  %s %6u.%u %% %6u.%u %%  of %" PRIu64 "\n",
		    month, share(by_dane(&c), whole) / 10,
		    share(by_dane(&c), whole) % 10,
		    share(c.auths[AUTH_NONE], whole) / 10,
		    share(c.auths[AUTH_NONE], whole) % 10, whole);
	}
}

static const char *
state_text(enum rule_state state)
{
	switch (state) {
	case RULE_EXPIRED:
		return "expired";
	case RULE_NOT_JUDGED:
		return "the time is not known";
	case RULE_HOLDS:
	case RULE_ELSEWHERE:
		break;
	}
	return "holds";
}

static const char *
mode_text(const struct settings *s)
{
	return s->mode == MODE_MONITOR ? "monitor" : "enforce";
}

static const char *
minimum_text(enum tls_minimum minimum)
{
	switch (minimum) {
	case TLS_MINIMUM_SUFFICIENT:
		return "sufficient";
	case TLS_MINIMUM_GOOD:
		return "good";
	case TLS_MINIMUM_PHASE_OUT:
		break;
	}
	return "phase-out";
}

static void
text_rule(FILE *to, const char *state, const char *text)
{
	char line[OPTION_VALUE_MAX + 64];

	(void)snprintf(line, sizeof(line), "%s: %s", state, text);
	report_wrap(to, "  ", span_text(line));
}

/* The last try of the exception went well without it. */
static bool
is_unneeded(struct unneeded *out, const struct report *r,
    const struct domain_rule *rule)
{
	struct name domain = domain_rule_name(rule);

	return !rule->below && policy_rule_end(rule, r->now) == RULE_HOLDS &&
	    unneeded_find(out, span_of(r->unneeded, r->unneeded_n), &domain) ==
	    0;
}

static void
text_unneeded(FILE *to, const struct report *r, const struct domain_rule *rule)
{
	char date[DATE_TEXT_MAX];
	struct unneeded u;

	if (is_unneeded(&u, r, rule))
		(void)fprintf(to,
		    "      no longer needed: %s without it, tried %s\n",
		    auth_text(u.auth), date_text(u.day, date));
}

static void
text_rules(FILE *to, const struct report *r)
{
	const struct settings *s = r->settings;
	char text[OPTION_VALUE_MAX];

	(void)fprintf(to,
	    "\nConfiguration\n"
	    "  default level %s, mode %s, on-block %s\n"
	    "  DNSSEC: validated by danegate itself, %s\n"
	    "  TLS: 1.2 and 1.3, at least grade %s (NCSC-NL 2025-05)\n"
	    "  destination that no MX host lists: %s; MX not signed: %s\n"
	    "  downgrade memory of %" PRIu32 " days\n",
	    level_text(s->default_level), mode_text(s),
	    s->on_block == ON_BLOCK_REJECT ? "reject" : "defer",
	    s->trust_anchor_file[0] != '\0' ? "anchors of a file"
					    : "built-in root anchors",
	    minimum_text(s->tls_minimum),
	    s->unlisted == UNLISTED_DEFER ? "defer" : "allow",
	    s->insecure_mx == INSECURE_MX_MAY ? "may" : "dane", s->memory_days);
	for (size_t i = 0; i < s->nrelays; i++)
		if (kind_relay.show(text, s, NULL, i))
			text_rule(to, "relay", text);
	for (size_t i = 0; i < s->domains.n; i++) {
		text_rule(to,
		    state_text(policy_rule_end(&s->domains.rules[i], r->now)),
		    domain_rule_text(&s->domains.rules[i], text));
		text_unneeded(to, r, &s->domains.rules[i]);
	}
}

void
report_text(FILE *to, const struct report *r)
{
	struct counts c;
	size_t days = report_sum(&c, r, r->month);
	uint64_t whole = relayed(&c);

	(void)fprintf(to,
	    "danegate report for %s (%zu days with figures, UTC)\n\n"
	    "Recipients relayed\n",
	    r->month, days);
	for (size_t i = 0; i < DG_ARRAY_LEN(protections); i++)
		text_share(to, protections[i].text,
		    c.auths[protections[i].auth], whole);
	text_line(to, "together", whole);
	text_held(to, &c);
	(void)fputs("\nTraffic\n", to);
	text_line(to, "messages", c.messages);
	text_line(to, "bytes", c.bytes);
	text_line(to, "sessions", c.sessions);
	text_line(to, "sessions turned away", c.turned_away);
	text_line(to, "TLS handshakes", c.handshakes);
	text_line(to, "of them resumed", c.handshakes_resumed);
	text_line(to, "TLS handshakes failed", c.handshakes_failed);
	text_dns(to, &c);
	text_adoption(to, r->evidence);
	report_domains_text(to, r->evidence, r->top);
	text_trend(to, r);
	text_rules(to, r);
}

/* CSV: a line for each day, a column for each counter */

void
report_csv_domains(FILE *to, const struct report *r)
{
	report_domains_csv(to, r->evidence);
}

void
report_csv(FILE *to, const struct report *r)
{
	const struct counts none = { 0 };
	char name[COUNTS_NAME_MAX];
	char date[DATE_TEXT_MAX];
	uint64_t value;

	(void)fputs("day", to);
	for (size_t i = 0; counts_at(&none, i, &value, name); i++)
		if (!counts_is_unknown(i))
			(void)fprintf(to, ",%s", name);
	(void)fputs("\r\n", to);
	for (size_t d = 0; d < r->ndays; d++) {
		if (!is_in(&r->days[d], r->month))
			continue;
		(void)fputs(date_text(r->days[d].day, date), to);
		for (size_t i = 0;
		     counts_at(&r->days[d].counts, i, &value, name); i++)
			if (!counts_is_unknown(i))
				(void)fprintf(to, ",%" PRIu64, value);
		(void)fputs("\r\n", to);
	}
}

/* JSON */

static void
json_count(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_number(j, value <= INT64_MAX ? (int64_t)value : INT64_MAX);
}

static void
json_sums(struct json *j, const struct counts *c)
{
	char name[COUNTS_NAME_MAX];
	uint64_t value;

	json_object(j);
	for (size_t i = 0; counts_at(c, i, &value, name); i++)
		if (!counts_is_unknown(i))
			json_count(j, name, value);
	json_close(j);
}

static void
json_months(struct json *j, const struct report *r)
{
	char month[REPORT_MONTH_MAX] = "";
	struct counts c;

	json_key(j, "months");
	json_array(j);
	for (size_t i = 0; i < r->ndays; i++) {
		if (is_in(&r->days[i], month))
			continue;
		(void)month_of(r->days[i].day, month);
		if (strcmp(month, r->month) > 0)
			break;
		(void)report_sum(&c, r, month);
		json_object(j);
		json_key(j, "month");
		json_text(j, month);
		json_count(j, "relayed", relayed(&c));
		json_count(j, "dane", by_dane(&c));
		json_count(j, "clear", c.auths[AUTH_NONE]);
		json_close(j);
	}
	json_close(j);
}

static void
json_unneeded(struct json *j, const struct report *r,
    const struct domain_rule *rule)
{
	char date[DATE_TEXT_MAX];
	struct unneeded u;

	if (!is_unneeded(&u, r, rule))
		return;
	json_put_bool(j, "needed", false);
	json_put_text(j, "tried", date_text(u.day, date));
	json_put_text(j, "auth_without", auth_text(u.auth));
}

static void
json_rules(struct json *j, const struct report *r)
{
	char text[OPTION_VALUE_MAX];

	json_key(j, "rules");
	json_array(j);
	for (size_t i = 0; i < r->settings->domains.n; i++) {
		const struct domain_rule *rule = &r->settings->domains.rules[i];

		json_object(j);
		json_key(j, "rule");
		json_text(j, domain_rule_text(rule, text));
		json_key(j, "state");
		json_text(j, state_text(policy_rule_end(rule, r->now)));
		json_unneeded(j, r, rule);
		json_close(j);
	}
	json_close(j);
}

static void
json_word(struct json *j, const char *key, const char *word)
{
	json_key(j, key);
	json_text(j, word);
}

static void
json_box(struct json *j, const struct report *r)
{
	const struct settings *s = r->settings;

	json_word(j, "default", level_text(s->default_level));
	json_word(j, "mode", mode_text(s));
	json_word(j, "on_block",
	    s->on_block == ON_BLOCK_REJECT ? "reject" : "defer");
	json_key(j, "dnssec_validated");
	json_bool(j, true);
	json_word(j, "trust_anchors",
	    s->trust_anchor_file[0] != '\0' ? s->trust_anchor_file
					    : "built-in");
	json_word(j, "tls_versions", "TLSv1.2 TLSv1.3");
	json_word(j, "tls_minimum", minimum_text(s->tls_minimum));
	json_word(j, "unlisted_destination",
	    s->unlisted == UNLISTED_DEFER ? "defer" : "allow");
	json_word(j, "insecure_mx",
	    s->insecure_mx == INSECURE_MX_MAY ? "may" : "dane");
	json_count(j, "downgrade_memory_days", s->memory_days);
}

int
report_json(FILE *to, const struct report *r)
{
	struct counts c;
	struct json j;
	size_t days = report_sum(&c, r, r->month);

	json_to_file(&j, to);
	json_object(&j);
	json_key(&j, "month");
	json_text(&j, r->month);
	json_count(&j, "days", days);
	json_count(&j, "relayed", relayed(&c));
	json_key(&j, "sums");
	json_sums(&j, &c);
	json_count(&j, "domains_with_tlsa",
	    evidence_adopted(r->evidence, ADOPTION_WITH));
	json_count(&j, "domains_without_tlsa",
	    evidence_adopted(r->evidence, ADOPTION_WITHOUT));
	report_domains_json(&j, r->evidence, r->top);
	json_months(&j, r);
	json_box(&j, r);
	json_rules(&j, r);
	json_close(&j);
	return json_end(&j);
}

/* The command */

enum form {
	FORM_TEXT = 0,
	FORM_JSON,
	FORM_CSV
};

struct options {
	const char *config;
	const char *month; /* NULL: the latest there is */
	enum form form;
	bool domains; /* CSV of domains */
	uint64_t top; /* 0: as the form has it */
};

static bool
take_month(const char *text)
{
	char date[DATE_TEXT_MAX + 8];
	int64_t day;

	(void)snprintf(date, sizeof(date), "%.8s-01", text);
	return date_parse(&day, span_text(date)) == 0;
}

static bool
take_arguments(struct options *o, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			o->form = FORM_JSON;
		} else if (strcmp(argv[i], "--csv") == 0) {
			o->form = FORM_CSV;
		} else if (strcmp(argv[i], "--text") == 0) {
			o->form = FORM_TEXT;
		} else if (strcmp(argv[i], "--domains") == 0) {
			o->domains = true;
		} else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			o->config = argv[++i];
		} else if (strcmp(argv[i], "--top") == 0 && i + 1 < argc) {
			if (span_number(&o->top, span_text(argv[++i]),
				UINT32_MAX) != 0 ||
			    o->top == 0)
				return cli_complain("--top", "a number from 1");
		} else if (strcmp(argv[i], "--month") == 0 && i + 1 < argc) {
			o->month = argv[++i];
			if (!take_month(o->month))
				return cli_complain("--month",
				    "a month such as 2027-01");
		} else {
			return false;
		}
	}
	return true;
}

static void
take_record(void *arg, const struct record *record)
{
	struct counts c;
	int64_t day;

	if (record->kind == COUNTS_RECORD &&
	    counts_get(&day, &c, record->payload) == 0)
		report_add(arg, day, &c);
}

static void
take_evidence(void *arg, const struct record *record)
{
	struct report *r = arg;

	/* What another version wrote is passed over. */
	if (record->kind == EVIDENCE_RECORD &&
	    evidence_restore(r->evidence, record->payload) == DG_ENOMEM)
		r->lacks = true;
}

static int
say_unread(const char *directory, const char *file, int err)
{
	if (err == 0 || (err == DG_EIO && errno == ENOENT))
		return CLI_FINE;
	(void)fprintf(stderr, "%s/%s: %s\n", directory, file,
	    err == DG_EIO ? strerror(errno) : dg_err_text(err));
	return CLI_FAILED;
}

static int
load_evidence(struct report *r)
{
	const char *directory = r->settings->state_directory;
	char file[EVIDENCE_FILE_MAX];
	struct state_records read;

	(void)snprintf(file, sizeof(file), EVIDENCE_FILE "%s", r->month);
	if (say_unread(directory, file,
		state_records_read(&read, directory, file, take_evidence, r)) !=
	    CLI_FINE)
		return CLI_FAILED;
	return r->lacks ? CLI_FAILED : CLI_FINE;
}

/* No file yet is a report of nothing. */
static int
load(struct report *r, const char *month)
{
	const char *directory = r->settings->state_directory;
	struct state_records read;
	int err = state_records_read(&read, directory, COUNTS_FILE, take_record,
	    r);

	if (say_unread(directory, COUNTS_FILE, err) != CLI_FINE)
		return CLI_FAILED;
	err = state_read(&r->unneeded, &r->unneeded_n, directory,
	    UNNEEDED_FILE);
	if (say_unread(directory, UNNEEDED_FILE, err) != CLI_FINE)
		return CLI_FAILED;
	if (month != NULL)
		(void)snprintf(r->month, sizeof(r->month), "%s", month);
	else
		(void)month_of(r->ndays > 0 ? r->days[r->ndays - 1].day
					    : clock_wall() / DATE_SECONDS,
		    r->month);
	return load_evidence(r);
}

static int
write_form(const struct report *r, const struct options *o)
{
	switch (o->form) {
	case FORM_TEXT:
		report_text(stdout, r);
		break;
	case FORM_CSV:
		if (o->domains)
			report_csv_domains(stdout, r);
		else
			report_csv(stdout, r);
		break;
	case FORM_JSON:
		return report_json(stdout, r) == 0 ? CLI_FINE : CLI_FAILED;
	}
	return CLI_FINE;
}

static void
report_free(struct report *r)
{
	if (r != NULL) {
		evidence_free(r->evidence);
		free(r->unneeded);
	}
	free(r);
}

static int
report_read(struct report **out, const struct settings *s,
    const struct options *o)
{
	struct report *r = calloc(1, sizeof(*r));

	*out = r;
	if (r == NULL || evidence_new(&r->evidence) != 0)
		return CLI_FAILED;
	r->settings = s;
	r->now = clock_wall_trusted() ? clock_wall() : 0;
	r->top = o->top != 0	   ? (size_t)o->top
	    : o->form == FORM_TEXT ? REPORT_TOP
				   : SIZE_MAX;
	return load(r, o->month);
}

int
report_run(int argc, char **argv)
{
	struct options o = { .config = CLI_CONFIG };
	struct settings s;
	struct report *r;
	int code;

	if (!take_arguments(&o, argc, argv)) {
		(void)fputs("usage: danegate report [--month YYYY-MM] "
			    "[--text|--json|--csv [--domains]] [--top N] "
			    "[-c FILE]\n",
		    stderr);
		return CLI_USAGE;
	}
	code = cli_settings_read(&s, o.config);
	if (code != CLI_FINE)
		return code;
	clock_set_trust(s.clock_trust);
	code = report_read(&r, &s, &o);
	if (code == CLI_FINE)
		code = write_form(r, &o);
	report_free(r);
	settings_free(&s);
	return code;
}
