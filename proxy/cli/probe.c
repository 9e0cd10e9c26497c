/*
 * danegate probe: walks the delivery of a mail to a domain without sending one.
 */
#include "cli/probe.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/dns.h"
#include "cli/remembered.h"

#define SMTP_PORT  25
#define TLS_MEMORY ((size_t)2 * 1024 * 1024)
#define HELO_MAX   256

enum probe_exit {
	PROBE_RELAY = CLI_FINE,
	PROBE_HELD = 1,
	PROBE_UNREACHED = 4,
};

/* One run; freed by run_free(). */
struct run {
	struct dns_options dns;
	const char *config; /* NULL: the usual one, if it is there */
	enum level level;   /* LEVEL_UNSET: as configured */
	struct settings settings;
	struct probe_question question;
	char helo[HELO_MAX];
	struct event_base *base;
	struct resolver *resolver;
	struct tls_context *tls;
	struct pkix_store *authorities;
	struct memory *memory; /* the daemon's; NULL: not asked for, or none */
	struct probe *probe;
	struct probe_json *json; /* NULL: for a person */
	int code;
};

static bool
take_level(struct run *r, const char *value)
{
	for (enum level l = LEVEL_NONE; l <= LEVEL_BLOCK; l++)
		if (strcmp(level_text(l), value) == 0) {
			r->level = l;
			return true;
		}
	return cli_complain("--level",
	    "none, may, encrypt, dane, dane-only, verify or block");
}

static bool
take_mx(struct run *r, const char *value)
{
	if (name_parse(&r->question.mx, span_text(value)) == 0 &&
	    r->question.mx.len > 0)
		return true;
	return cli_complain("--mx", "a host name, in A-labels");
}

static bool
take_address(struct run *r, const char *value)
{
	if (address_parse_port(&r->question.address, span_text(value),
		SMTP_PORT) != 0)
		return cli_complain("--address", "ADDRESS[@PORT]");
	r->question.port = r->question.address.port;
	return true;
}

static bool
take_config(struct run *r, const char *value)
{
	r->config = value;
	return true;
}

/* Those with a value that the danegate dns commands have not. */
static const struct {
	const char *word;
	bool (*take)(struct run *r, const char *value);
} options[] = {
	{ "--level", take_level },
	{ "--mx", take_mx },
	{ "--address", take_address },
	{ "-c", take_config },
};

/* Takes the option that stands first off the arguments. */
static bool
take_option(struct run *r)
{
	const char *word = r->dns.argv[0];

	for (size_t i = 0; i < DG_ARRAY_LEN(options); i++) {
		if (strcmp(word, options[i].word) != 0)
			continue;
		if (r->dns.argc < 2)
			return cli_complain(word, "a value");
		if (!options[i].take(r, r->dns.argv[1]))
			return false;
		r->dns.argc -= 2;
		r->dns.argv += 2;
		return true;
	}
	/* A time for DNS alone would be of no use for certificates. */
	switch (strcmp(word, "--at") == 0 ? DG_ENOTFOUND
					  : dns_option_take(&r->dns)) {
	case 0:
		return true;
	case DG_ENOTFOUND:
		return cli_complain(word, "an option that there is");
	default:
		return false;
	}
}

static bool
take_domain(struct run *r, const char *word)
{
	if (r->question.domain.len > 0)
		return cli_complain(word, "one domain");
	if (name_parse(&r->question.domain, span_text(word)) == 0 &&
	    r->question.domain.len > 0)
		return true;
	return cli_complain(word, "a domain, in A-labels");
}

/* Options stand before and after the domain. */
static bool
take_arguments(struct run *r, int argc, char **argv)
{
	r->dns = (struct dns_options){ .at = -1, .argc = argc, .argv = argv };
	r->question.port = SMTP_PORT;
	while (r->dns.argc > 0) {
		if (r->dns.argv[0][0] == '-') {
			if (!take_option(r))
				return false;
			continue;
		}
		if (!take_domain(r, r->dns.argv[0]))
			return false;
		r->dns.argc--;
		r->dns.argv++;
	}
	return r->question.domain.len > 0 || cli_complain("DOMAIN", "a domain");
}

/* The configuration's name servers and anchors, unless told otherwise. */
static bool
adopt_dns(struct run *r)
{
	const struct settings *s = &r->settings;

	if (r->dns.nservers == 0)
		for (size_t i = 0; i < s->nservers && i < DNS_SERVERS_MAX; i++)
			r->dns.servers[r->dns.nservers++] = s->servers[i];
	r->dns.mix_case = s->case_randomization == SWITCH_ON;
	if (r->dns.anchors != NULL || s->trust_anchor_file[0] == '\0')
		return true;
	if (file_read(&r->dns.anchors, &r->dns.anchors_n, s->trust_anchor_file,
		DNS_ANCHORS_MAX) == 0)
		return true;
	return cli_complain(s->trust_anchor_file, "a file that can be read");
}

static bool
read_settings(struct run *r)
{
	struct settings *s = &r->settings;

	if (r->config == NULL && access(CLI_CONFIG, R_OK) != 0)
		settings_default(s);
	else if (cli_settings_read(s,
		     r->config != NULL ? r->config : CLI_CONFIG) != CLI_FINE)
		return false;
	clock_set_trust(s->clock_trust);
	if (r->level != LEVEL_UNSET) {
		s->default_level = r->level;
		domain_rules_free(&s->domains);
		for (size_t i = 0; i < s->nrelays; i++)
			s->relays[i].level = LEVEL_UNSET;
	}
	return adopt_dns(r) &&
	    cli_authorities_read(&r->authorities, s) == CLI_FINE;
}

static void
on_step(void *arg, const struct probe_step *step)
{
	struct run *r = arg;

	if (r->json != NULL)
		probe_json_step(r->json, step);
	else
		probe_print_step(step);
}

static void
on_done(void *arg, const struct probe_result *result)
{
	struct run *r = arg;
	bool failed;

	if (result->judgement.verdict == VERDICT_RELAY)
		r->code = PROBE_RELAY;
	else if (result->judgement.verdict == VERDICT_UNKNOWN)
		r->code = PROBE_UNREACHED;
	else
		r->code = PROBE_HELD;
	if (r->json != NULL) {
		failed = probe_json_end(r->json, result) != 0;
		r->json = NULL;
	} else {
		probe_print_result(&r->question.domain, result);
		failed = fflush(stdout) != 0;
	}
	if (failed)
		r->code = PROBE_HELD;
	(void)event_base_loopbreak(r->base);
}

/* Our name in EHLO: that of the machine, if it is one. */
static void
set_helo(struct run *r)
{
	struct name name;

	if (gethostname(r->helo, sizeof(r->helo)) != 0 ||
	    memchr(r->helo, '\0', sizeof(r->helo)) == NULL ||
	    name_parse(&name, span_text(r->helo)) != 0 || name.len == 0)
		(void)snprintf(r->helo, sizeof(r->helo), "localhost");
	r->question.helo = r->helo;
}

static int
run_start(struct run *r)
{
	const struct probe_watcher watcher = { on_step, on_done, r };
	struct probe_means means = { .settings = &r->settings };
	int err = DG_ENOMEM;

	r->base = event_base_new();
	if (r->base == NULL)
		return DG_ENOMEM;
	err = dns_resolver_new(&r->resolver, r->base, &r->dns, NULL, NULL);
	if (err == 0)
		err = tls_context_new(&r->tls, TLS_MEMORY);
	if (err == 0 && r->dns.json)
		err = probe_json_new(&r->json, &r->question.domain);
	if (err != 0)
		return err;
	means.resolver = r->resolver;
	means.tls = r->tls;
	means.authorities = r->authorities;
	means.memory = r->memory;
	set_helo(r);
	err = probe_new(&r->probe, &means, &r->question, &watcher);
	if (err == 0 && event_base_dispatch(r->base) != 0)
		err = DG_EIO;
	return err;
}

static int
walk(struct run *r)
{
	int err;

	(void)signal(SIGPIPE, SIG_IGN);
	err = run_start(r);
	if (err == 0)
		return r->code;
	if (err == DG_ENOTFOUND)
		(void)fprintf(stderr, DNS_NO_SERVERS "\n");
	else if (err == DG_ESYNTAX)
		(void)fprintf(stderr, "no usable DS or DNSKEY of the root\n");
	else
		(void)fprintf(stderr, "%s\n", dg_err_text(err));
	return err == DG_ESYNTAX ? CLI_USAGE : PROBE_UNREACHED;
}

static void
run_free(struct run *r)
{
	probe_free(r->probe);
	free(r->json);
	tls_context_free(r->tls);
	resolver_free(r->resolver);
	pkix_store_free(r->authorities);
	memory_free(r->memory);
	if (r->base != NULL)
		event_base_free(r->base);
	settings_free(&r->settings);
	dns_options_free(&r->dns);
	free(r);
}

/* What the daemon remembers. Without it the probe is what it is without a daemon,
 * and that has been said on stderr. */
static void
ask_memory(struct run *r)
{
	uint8_t *answer = NULL;
	size_t n = 0;

	if (cli_ask(&answer, &n, r->config != NULL ? r->config : CLI_CONFIG,
		"show downgrade-memory") != CLI_FINE)
		return;
	if (remembered_read(&r->memory, span_of(answer, n)) != 0)
		(void)fputs("what the daemon remembers cannot be understood\n",
		    stderr);
	free(answer);
}

static int
run_probe(int argc, char **argv, bool with_memory)
{
	struct run *r = calloc(1, sizeof(*r));
	int code = CLI_USAGE;

	if (r == NULL) {
		perror("danegate");
		return CLI_FAILED;
	}
	r->code = PROBE_UNREACHED;
	if (take_arguments(r, argc, argv) && read_settings(r)) {
		if (with_memory)
			ask_memory(r);
		code = walk(r);
	}
	run_free(r);
	return code;
}

int
probe_run(int argc, char **argv)
{
	return run_probe(argc, argv, false);
}

int
test_domain_run(int argc, char **argv)
{
	return run_probe(argc, argv, true);
}
