#include "control/control.h"

/* clang-format off */
static const struct control_row rows[CONTROL_VERBS] = {
	[CONTROL_SHOW_VERSION] = {
		"show version", CONTROL_NOTHING, CONTROL_VIEW,
		"what is running, and since when",
		"version, process, uptime_seconds." },
	[CONTROL_SHOW_STATUS] = {
		"show status", CONTROL_NOTHING, CONTROL_VIEW,
		"the state of everything on one screen",
		"mode, stopping, interfaces (array), sessions, sessions_limit, "
		"clock_believed, time_known (lookups can be validated), "
		"dns_servers, dns_servers_answering, messages, recipients_relayed, "
		"recipients_held (deferred or rejected) and turned_away since the "
		"start, recipients_held_today (since 0:00 UTC), tls_memory_bytes, tls_memory_limit_bytes, last_held (a "
		"decision as in show decisions; absent: none yet)." },
	[CONTROL_SHOW_SESSIONS] = {
		"show sessions", CONTROL_ID_OR_DETAIL, CONTROL_VIEW,
		"sessions under way; one of them, or all in detail",
		"total, sessions: array of id, client, server, state, age_seconds, "
		"domain (of the recipient under decision), tls, cipher (absent: in "
		"clear), recipients (accepted in the message under way). With an ID "
		"that session alone, with detail all of them, and each has besides: "
		"greeting (the client's name), offered (by the server: array of EHLO "
		"keywords), starttls (offered in this session), grade, resumed, "
		"level, mx, asked (the name that TLS was set up for), from, "
		"body_bytes (of the message under way), errors." },
	[CONTROL_SHOW_DECISIONS] = {
		"show decisions", CONTROL_NUMBER_OR_NOTHING, CONTROL_VIEW,
		"the latest decisions, or those after a number",
		"decisions: array, oldest first, of number (counts all since the "
		"start), time (seconds since 1970), session, client, server, domain, "
		"mx, level, verdict, would (monitor mode: the verdict that was not "
		"carried out), auth, tls, reason, why. The last 64 are kept." },
	[CONTROL_SHOW_DESTINATIONS] = {
		"show destinations", CONTROL_NOTHING, CONTROL_VIEW,
		"servers by address: what came of mail to each",
		"destinations: array, the latest first, of server, mx, verdict, "
		"reason, auth, tlsa (usable, unusable, absent, insecure, bogus, "
		"failed, unknown), tls (all of the last decision), relayed, held, "
		"time. 128 are kept." },
	[CONTROL_SHOW_POLICY] = {
		"show policy", CONTROL_NOTHING, CONTROL_VIEW,
		"the policy in force, and which exceptions hold",
		"default, mode, on_block, unlisted_destination, insecure_mx, "
		"bare_newline, downgrade_memory_days, domains: array of domain, "
		"level, state (holds, expired, not judged: the time is not known), "
		"until, reason, fallback_cleartext; relays: array of destination, "
		"host, level (absent: the default)." },
	[CONTROL_SHOW_DNS_CACHE] = {
		"show dns cache", CONTROL_NOTHING, CONTROL_VIEW,
		"how well the DNS cache does",
		"entries, bytes, hits, misses, dropped (for want of room), begun_time "
		"(since when: a reload that changes servers or anchors, and clear dns "
		"cache begin anew)." },
	[CONTROL_SHOW_DNS_SERVERS] = {
		"show dns servers", CONTROL_NOTHING, CONTROL_VIEW,
		"resolvers in order, and whether they answer",
		"servers: array of server, answering (false: asked last for now), "
		"silences (tries in a row without an answer)." },
	[CONTROL_SHOW_DNS_ANCHORS] = {
		"show dns trust-anchors", CONTROL_NOTHING, CONTROL_VIEW,
		"keys of the root that are trusted",
		"anchors: array of tag, algorithm, state (pending, valid, missing, "
		"revoked, removed; RFC 5011), since (seconds since 1970; 0: from the "
		"configuration)." },
	[CONTROL_SHOW_TLS_SESSIONS] = {
		"show tls sessions", CONTROL_NOTHING, CONTROL_VIEW,
		"TLS sessions that can be resumed",
		"full (handshakes), resumed, tickets (kept), tickets_limit, "
		"tickets_bytes, tickets_limit_bytes, kept: array, the oldest first, "
		"of tls, cipher, age_seconds, left_seconds, subject (of the server's "
		"certificate). No secret is told." },
	[CONTROL_SHOW_DOWNGRADE_MEMORY] = {
		"show downgrade-memory", CONTROL_NOTHING, CONTROL_VIEW,
		"hosts that spoke TLS and must go on doing so",
		"hosts (how many there are), days, latest: array of these, the "
		"latest last, of host, best (TLS version), offered_time (the last "
		"STARTTLS, seconds since 1970), failed_time (known, and did not speak "
		"TLS; 0: never). A host that is seen while the answer is on its way "
		"may be told twice or not at all." },
	[CONTROL_SHOW_STATISTICS] = {
		"show statistics", CONTROL_NOTHING, CONTROL_VIEW,
		"counters since the start",
		"sessions, turned_away, messages, bytes, log_dropped (not sent to the "
		"syslog server), handshakes, handshakes_resumed, handshakes_failed, verdicts (object: relay, defer, reject), passed (by "
		"monitor mode), reasons (object: each reason word), auth (object: how "
		"servers of relayed recipients were known), unlisted (of these with "
		"reason unlisted-destination), messages_by_auth, bytes_by_auth (of the "
		"least protected recipient), dns (object: lookups by "
		"status)." },
	[CONTROL_SHOW_TLSRPT] = {
		"show tlsrpt", CONTROL_NOTHING, CONTROL_VIEW,
		"what the next TLS reports will say, and how the last went",
		"on, since (0: nothing yet), sessions_lost (for want of room), waiting "
		"(domains of the day before that are not yet told), sent and failed "
		"(reports since the start), domains: array of domain, policy (tlsa, "
		"no-policy-found), successes and failures (sessions). A domain that "
		"wants no report is forgotten as soon as that has been looked up." },
	[CONTROL_SHOW_LOOP] = {
		"show loop", CONTROL_NOTHING, CONTROL_VIEW,
		"how long the event loop keeps sessions waiting",
		"turns (of the loop, since the start), longest_us (microseconds), "
		"stalls: array of under_ms (0: longer than all others) and turns that "
		"took so long, and not as short as those before. While a turn lasts "
		"no other session's bytes move." },
	[CONTROL_SHOW_MEMORY] = {
		"show memory", CONTROL_NOTHING, CONTROL_VIEW,
		"who uses how much memory",
		"limit_bytes (proxy memory-limit), session_bytes (of one), pools: "
		"array of pool (sessions, message-buffers, tls, tls-tickets, "
		"dns-cache, dns-zones, downgrade-memory, tlsrpt, policy-domains), "
		"bytes, peak_bytes "
		"(since the start) and limit_bytes; program_bytes (the program's "
		"pages that are in memory, and what it set up at the start), "
		"given_back_bytes (of the pools, to the system: empty buffers, of "
		"idle sessions most), "
		"sum_bytes (program and pools, less what is given back), "
		"resident_bytes (as the system sees the process: more than the sum "
		"by what the allocator keeps for later), stack_peak_bytes." },
	[CONTROL_SHOW_CONFIGURATION] = {
		"show configuration", CONTROL_DEFAULTS_OR_NOTHING, CONTROL_VIEW,
		"the configuration that is in force",
		"statements: array of set statements: those that differ from the "
		"defaults, or with defaults all." },
	[CONTROL_SHOW_LOG] = {
		"show log", CONTROL_FOLLOW_AND_TEXT, CONTROL_VIEW,
		"the latest lines of the log, or those to come",
		"lines: array, the oldest first, of number (counts all since the "
		"start), time, level, line. The last 512 are kept, as far as their "
		"text is at most 128 KiB: from level info up, whatever `log level` "
		"says. With TEXT those that have it in them. With follow the last ten "
		"and all that come: a stream of such objects, one to a line, until the "
		"asker goes; where he is too slow, missed: so many were not kept long "
		"enough." },
	[CONTROL_MONITOR] = {
		"monitor", CONTROL_TEXT, CONTROL_VIEW,
		"decisions as they are made",
		"As show log follow, but the lines of decisions alone, and only those "
		"to come. As text each is a short one: time, verdict, domain, then "
		"auth or the reason, TLS, MX host, and why it was held." },
	[CONTROL_CLEAR_DNS_CACHE] = {
		"clear dns cache", CONTROL_NOTHING, CONTROL_ADMIN,
		"forget what was looked up, keys of zones too",
		"cleared: true. For a domain that has mended its DNS; lookups under "
		"way are begun again. Trust anchors stay." },
	[CONTROL_CLEAR_DOWNGRADE_MEMORY] = {
		"clear downgrade-memory", CONTROL_HOST, CONTROL_ADMIN,
		"let a host be in clear again",
		"cleared: false when the host was not remembered." },
	[CONTROL_REQUEST_TLSRPT] = {
		"request tlsrpt", CONTROL_NOTHING, CONTROL_ADMIN,
		"send the TLS reports now, as if the day were over",
		"begun: true. The log tells of each: tlsrpt-sent, tlsrpt-waits. "
		"Otherwise error." },
	[CONTROL_REQUEST_RELOAD] = {
		"request reload", CONTROL_NOTHING, CONTROL_ADMIN,
		"read the configuration file again",
		"reloaded: true, restart_needed: true when something changed that "
		"only a restart brings into force, note where the file does not count, "
		"for a commit was not confirmed in time. Otherwise error, and the old "
		"configuration stays." },
	[CONTROL_REQUEST_RESTART] = {
		"request restart", CONTROL_NOTHING, CONTROL_ADMIN,
		"end the daemon, to be started again at once",
		"stopping: true, sessions (that are still under way). It ends with "
		"exit code 3 when messages under way are finished, and whoever looks "
		"after it starts it again; until then connections are refused and "
		"mail waits with the mail server. error where it was started without "
		"-f, and so nobody would." },
	[CONTROL_REQUEST_SHUTDOWN] = {
		"request shutdown", CONTROL_NOTHING, CONTROL_ADMIN,
		"end the daemon; messages under way are finished",
		"stopping: true, sessions (that are still under way)." },
};
/* clang-format on */

const struct control_row *
control_row(enum control_verb verb)
{
	return &rows[verb];
}

const char *
control_argument_text(const struct control_row *row)
{
	switch (row->argument) {
	case CONTROL_NOTHING:
		break;
	case CONTROL_NUMBER_OR_NOTHING:
		return "[NUMBER]";
	case CONTROL_ID_OR_DETAIL:
		return "[ID|detail]";
	case CONTROL_HOST:
		return "HOST";
	case CONTROL_DEFAULTS_OR_NOTHING:
		return "[defaults]";
	case CONTROL_FOLLOW_AND_TEXT:
		return "[follow] [TEXT]";
	case CONTROL_TEXT:
		return "[TEXT]";
	}
	return "";
}

/* The words of a row at the beginning of *line are taken off it. */
static bool
words_take(const char *words, struct span *line)
{
	struct span rest = span_text(words);
	struct span left = *line;
	struct span word;

	while ((word = span_word(&rest)).n > 0)
		if (!span_equal(span_word(&left), word))
			return false;
	*line = left;
	return true;
}

/* A word that may be left out. */
static int
word_parse(bool *given, struct span argument, const char *word)
{
	*given = span_equal(argument, span_text(word));
	return argument.n > 0 && !*given ? DG_ESYNTAX : 0;
}

static int
number_parse(struct control_request *out)
{
	if (out->argument.n == 0)
		return 0;
	return span_number(&out->number, out->argument, INT64_MAX) != 0
	    ? DG_ESYNTAX
	    : 0;
}

static int
argument_parse(struct control_request *out, const struct control_row *row,
    const char **why)
{
	switch (row->argument) {
	case CONTROL_NOTHING:
		*why = "nothing more";
		return out->argument.n > 0 ? DG_ESYNTAX : 0;
	case CONTROL_NUMBER_OR_NOTHING:
		*why = "a number or nothing";
		return number_parse(out);
	case CONTROL_ID_OR_DETAIL:
		*why = "a number (of a session), detail or nothing";
		if (word_parse(&out->detail, out->argument, "detail") == 0)
			return 0;
		return number_parse(out);
	case CONTROL_HOST:
		*why = "a host name or an address";
		return out->argument.n > 0 ? 0 : DG_ESYNTAX;
	case CONTROL_DEFAULTS_OR_NOTHING:
		*why = "defaults or nothing";
		return word_parse(&out->defaults, out->argument, "defaults");
	case CONTROL_FOLLOW_AND_TEXT:
	case CONTROL_TEXT:
		break;
	}
	return DG_ESYNTAX;
}

/* What is looked for in log lines may have blanks in it. */
static void
text_parse(struct control_request *out, const struct control_row *row,
    struct span rest)
{
	struct span after = rest;

	out->follow = row->argument == CONTROL_TEXT;
	if (row->argument == CONTROL_FOLLOW_AND_TEXT &&
	    span_equal(span_word(&after), span_text("follow"))) {
		out->follow = true;
		rest = after;
	}
	out->text = span_trim(rest);
	out->argument = out->text;
}

int
control_parse(struct control_request *out, struct span line, const char **why)
{
	*why = "a line of at most 511 bytes";
	if (line.n >= CONTROL_REQUEST_MAX)
		return DG_ELIMIT;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	for (unsigned verb = 0; verb < CONTROL_VERBS; verb++) {
		struct control_request request = { .verb = verb };
		struct span rest = line;
		int err;

		if (!words_take(rows[verb].words, &rest))
			continue;
		if (rows[verb].argument == CONTROL_FOLLOW_AND_TEXT ||
		    rows[verb].argument == CONTROL_TEXT) {
			text_parse(&request, &rows[verb], rest);
			*out = request;
			return 0;
		}
		request.argument = span_word(&rest);
		*why = "nothing more";
		if (span_trim(rest).n > 0)
			return DG_ESYNTAX;
		err = argument_parse(&request, &rows[verb], why);
		if (err == 0)
			*out = request;
		return err;
	}
	*why = "a request that there is";
	return DG_ESYNTAX;
}
