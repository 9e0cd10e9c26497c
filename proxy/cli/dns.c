/*
 * Options of the danegate dns commands, and a lookup on a loop of its own.
 */
#include "cli/dns.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/file.h"
#include "dns/resolver.h"
#include "dns/system.h"

#define CACHE_BYTES	  ((size_t)256 * 1024)
#define TIME_MAX	  253402300799 /* the end of the year 9999 */
#define SECONDS_OF_HOUR	  3600
#define SECONDS_OF_MINUTE 60

/* Takes n digits off *rest. DG_ESYNTAX when there are others or past max. */
static int
take_digits(int64_t *out, struct span *rest, size_t n, uint64_t max)
{
	uint64_t value;

	if (rest->n < n ||
	    span_number(&value, span_slice(*rest, 0, n), max) != 0)
		return DG_ESYNTAX;
	*rest = span_slice(*rest, n, rest->n);
	*out = (int64_t)value;
	return 0;
}

/* Takes one of the characters off *rest; 0 when none is there. */
static char
take_one_of(struct span *rest, const char *characters)
{
	char c;

	if (rest->n == 0 || rest->p[0] == '\0' ||
	    strchr(characters, rest->p[0]) == NULL)
		return '\0';
	c = (char)rest->p[0];
	*rest = span_slice(*rest, 1, rest->n);
	return c;
}

/* Hours and minutes; sign: of an offset. */
static int
take_hour_and_minute(int64_t *seconds, struct span *rest)
{
	int64_t hour;
	int64_t minute;

	if (take_digits(&hour, rest, 2, 23) != 0 ||
	    take_one_of(rest, ":") == '\0' ||
	    take_digits(&minute, rest, 2, 59) != 0)
		return DG_ESYNTAX;
	*seconds = hour * SECONDS_OF_HOUR + minute * SECONDS_OF_MINUTE;
	return 0;
}

/* partial-time; a fraction of a second does not count. */
static int
take_time(int64_t *seconds, struct span *rest)
{
	int64_t minutes;
	int64_t second;
	int64_t digit;

	/* A leap second is 60. */
	if (take_hour_and_minute(&minutes, rest) != 0 ||
	    take_one_of(rest, ":") == '\0' ||
	    take_digits(&second, rest, 2, 60) != 0)
		return DG_ESYNTAX;
	*seconds = minutes + second;
	if (take_one_of(rest, ".") == '\0')
		return 0;
	if (take_digits(&digit, rest, 1, 9) != 0)
		return DG_ESYNTAX;
	while (take_digits(&digit, rest, 1, 9) == 0)
		;
	return 0;
}

/* time-offset, in seconds east of Greenwich. */
static int
take_offset(int64_t *seconds, struct span *rest)
{
	char sign = take_one_of(rest, "Zz+-");
	int64_t offset = 0;

	if (sign == '\0')
		return DG_ESYNTAX;
	if ((sign == '+' || sign == '-') &&
	    take_hour_and_minute(&offset, rest) != 0)
		return DG_ESYNTAX;
	*seconds = sign == '-' ? -offset : offset;
	return 0;
}

int
dns_time_parse(int64_t *out, struct span text)
{
	uint64_t epoch;
	int64_t days;
	int64_t seconds;
	int64_t offset;
	int64_t at;

	if (span_number(&epoch, text, TIME_MAX) == 0) {
		*out = (int64_t)epoch;
		return 0;
	}
	if (date_take(&days, &text) != 0 || take_one_of(&text, "Tt ") == '\0' ||
	    take_time(&seconds, &text) != 0 ||
	    take_offset(&offset, &text) != 0 || text.n > 0)
		return DG_ESYNTAX;
	at = days * DATE_SECONDS + seconds - offset;
	if (at < 0 || at > TIME_MAX)
		return DG_ESYNTAX;
	*out = at;
	return 0;
}

int
dns_server_parse(struct address *out, const char *text)
{
	struct address a;

	if (address_parse_port(&a, span_text(text), DNS_PORT) != 0)
		return DG_ESYNTAX;
	*out = a;
	return 0;
}

static bool
option_server(struct dns_options *o, const char *value)
{
	if (o->nservers == DNS_SERVERS_MAX) {
		(void)fprintf(stderr, "--server: %d at most\n",
		    DNS_SERVERS_MAX);
		return false;
	}
	if (dns_server_parse(&o->servers[o->nservers], value) != 0) {
		(void)fprintf(stderr, "--server: expected ADDRESS[@PORT]\n");
		return false;
	}
	o->nservers++;
	return true;
}

static bool
option_anchor(struct dns_options *o, const char *value)
{
	int err;

	free(o->anchors);
	o->anchors = NULL;
	err = file_read(&o->anchors, &o->anchors_n, value, DNS_ANCHORS_MAX);
	if (err == 0 && o->anchors_n > 0)
		return true;
	if (err == DG_EIO)
		perror(value);
	else
		(void)fprintf(stderr, "%s: %s\n", value,
		    err == 0 ? "empty" : dg_err_text(err));
	return false;
}

static bool
option_at(struct dns_options *o, const char *value)
{
	if (dns_time_parse(&o->at, span_text(value)) == 0)
		return true;
	(void)fprintf(stderr, "--at: expected epoch seconds or RFC 3339\n");
	return false;
}

/* Those with a value. */
static const struct {
	const char *word;
	bool (*take)(struct dns_options *o, const char *value);
} options[] = {
	{ "--server", option_server },
	{ "--anchor", option_anchor },
	{ "--at", option_at },
};

static void
skip_arguments(struct dns_options *o, int n)
{
	o->argc -= n;
	o->argv += n;
}

int
dns_option_take(struct dns_options *out)
{
	const char *word = out->argv[0];

	if (strcmp(word, "--json") == 0) {
		out->json = true;
		skip_arguments(out, 1);
		return 0;
	}
	for (size_t i = 0; i < DG_ARRAY_LEN(options); i++) {
		if (strcmp(word, options[i].word) != 0)
			continue;
		if (out->argc < 2) {
			(void)fprintf(stderr, "%s: expected a value\n", word);
			return DG_ESYNTAX;
		}
		if (!options[i].take(out, out->argv[1]))
			return DG_ESYNTAX;
		skip_arguments(out, 2);
		return 0;
	}
	return DG_ENOTFOUND;
}

bool
dns_options_take(struct dns_options *out, int argc, char **argv)
{
	*out = (struct dns_options){ .at = -1, .argc = argc, .argv = argv };
	while (out->argc > 0 && strncmp(out->argv[0], "--", 2) == 0) {
		int err = dns_option_take(out);

		if (err == DG_ENOTFOUND)
			(void)fprintf(stderr, "%s: no such option\n",
			    out->argv[0]);
		if (err != 0)
			return false;
	}
	return true;
}

void
dns_options_free(struct dns_options *o)
{
	free(o->anchors);
	o->anchors = NULL;
}

/* The resolver asks for the time without saying whose: --at is one for all. */
static int64_t time_given;

static int64_t
tell_time_given(void)
{
	return time_given;
}

struct run {
	const struct dns_lookup *lookup;
	struct event_base *base;
};

static void
on_done(void *arg, const struct dnssec_result *result)
{
	struct run *run = arg;

	run->lookup->done(run->lookup->arg, result);
	(void)event_base_loopbreak(run->base);
}

/* There is nobody to ask. */
static int
end_without_servers(const struct dns_lookup *l)
{
	struct dnssec_result result = {
		.status = DNSSEC_INDETERMINATE,
		.canonical = l->name,
	};

	(void)snprintf(result.reason, sizeof(result.reason), DNS_NO_SERVERS);
	l->done(l->arg, &result);
	return 0;
}

int
dns_resolver_new(struct resolver **out, struct event_base *base,
    const struct dns_options *o, dnssec_trace *trace, void *trace_arg)
{
	struct address system[DNS_SERVERS_MAX];
	struct resolver_config config = {
		.servers = o->nservers > 0 ? o->servers : system,
		.nservers = o->nservers,
		.anchors = span_of(o->anchors, o->anchors_n),
		.cache_bytes = CACHE_BYTES,
		.mix_case = o->mix_case,
		.now = o->at >= 0 ? tell_time_given : NULL,
		.trace = trace,
		.trace_arg = trace_arg,
	};

	time_given = o->at;
	if (config.nservers == 0)
		config.nservers = system_servers_read(system, DNS_SERVERS_MAX);
	if (config.nservers == 0)
		return DG_ENOTFOUND;
	return resolver_new(out, base, &config);
}

int
dns_resolve(const struct dns_options *o, const struct dns_lookup *l)
{
	struct run run = { .lookup = l, .base = event_base_new() };
	struct resolver *r = NULL;
	struct resolver_query *q;
	int err = DG_ENOMEM;

	if (run.base == NULL)
		return DG_ENOMEM;
	err = dns_resolver_new(&r, run.base, o, l->trace, l->trace_arg);
	if (err == DG_ENOTFOUND) {
		err = end_without_servers(l);
		goto out;
	}
	if (err != 0)
		goto out;
	err = resolver_lookup(&q, r, &l->name, l->type, on_done, &run);
	if (err == 0 && event_base_dispatch(run.base) != 0)
		err = DG_EIO;
out:
	resolver_free(r);
	event_base_free(run.base);
	return err;
}
