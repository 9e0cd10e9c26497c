/*
 * danegate dane verify: the DANE check of danegated on a chain from a file.
 */
#include "dane/dane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/dns.h"
#include "dane/pem.h"

#define CHAIN_FILE_MAX ((size_t)1024 * 1024)
#define NAMES_MAX      32

enum {
	EXIT_VERIFIED = CLI_FINE,
	EXIT_FAILED = CLI_FAILED,
	EXIT_UNUSABLE = 3,
};

/* One run; what it points to is freed by verify_free(). */
struct verify {
	bool json;
	int64_t at; /* -1: now */
	const char *path;
	struct name names[NAMES_MAX];
	struct tlsa records[TLSA_SET_MAX];
	uint8_t *data[TLSA_SET_MAX]; /* what the records point to */
	struct span chain[DANE_CHAIN_MAX];
	uint8_t *text; /* of the file */
	uint8_t *ders; /* what the chain points to */
	struct dane_input in;
};

static bool
take_name(struct verify *v, const char *value)
{
	if (v->in.nnames == NAMES_MAX)
		return cli_complain("--name", "no more than 32 of them");
	if (name_parse(&v->names[v->in.nnames], span_text(value)) < 0)
		return cli_complain("--name", "a host name, in A-labels");
	v->in.nnames++;
	return true;
}

static bool
take_record(struct verify *v, const char *value)
{
	size_t n = v->in.nrecords;

	if (n == TLSA_SET_MAX)
		return cli_complain("--tlsa", "no more than 64 of them");
	v->data[n] = malloc(strlen(value) + 1);
	if (v->data[n] == NULL)
		return cli_complain("--tlsa", "memory for it");
	v->in.nrecords++;
	if (tlsa_from_text(&v->records[n], span_text(value), v->data[n]) < 0)
		return cli_complain("--tlsa",
		    "\"USAGE SELECTOR MATCHING HEX\"");
	return true;
}

static bool
take_time(struct verify *v, const char *value)
{
	if (dns_time_parse(&v->at, span_text(value)) < 0)
		return cli_complain("--at", "epoch seconds or RFC 3339");
	return true;
}

/* Those with a value. */
static const struct {
	const char *word;
	bool (*take)(struct verify *v, const char *value);
} options[] = {
	{ "--name", take_name },
	{ "--tlsa", take_record },
	{ "--at", take_time },
};

static bool
take_option(struct verify *v, const char *word, const char *value)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(options); i++)
		if (strcmp(word, options[i].word) == 0)
			return value != NULL ? options[i].take(v, value)
					     : cli_complain(word, "a value");
	return cli_complain(word, "--json, --name, --at or --tlsa");
}

/* Options and the file may come in any order; after -- comes the file. */
static bool
take_arguments(struct verify *v, int argc, char **argv)
{
	bool options_end = false;

	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];

		if (!options_end && strcmp(word, "--") == 0) {
			options_end = true;
		} else if (!options_end && strcmp(word, "--json") == 0) {
			v->json = true;
		} else if (!options_end && word[0] == '-') {
			if (!take_option(v, word, argv[i + 1]))
				return false;
			i++;
		} else if (v->path == NULL) {
			v->path = word;
		} else {
			return cli_complain(word, "one file");
		}
	}
	if (v->in.nnames == 0)
		return cli_complain("--name", "one at least");
	if (v->in.nrecords == 0)
		return cli_complain("--tlsa", "one at least");
	return v->path != NULL || cli_complain("CHAIN.pem", "a file");
}

static bool
read_chain(struct verify *v)
{
	const char *why;
	size_t n;
	int err = file_read(&v->text, &n, v->path, CHAIN_FILE_MAX);

	if (err == 0) {
		v->ders = malloc(n + 1);
		err = v->ders == NULL
		    ? DG_ENOMEM
		    : pem_read_chain(v->chain, &v->in.nchain, DANE_CHAIN_MAX,
			  span_of(v->text, n), v->ders);
	}
	if (err == 0)
		return true;
	if (err == DG_EIO)
		why = strerror(errno); /* NOLINT(concurrency-mt-unsafe) */
	else if (err == DG_ENOTFOUND)
		why = "no certificate in it";
	else if (err == DG_ESYNTAX)
		why = "a broken PEM block";
	else
		why = dg_err_text(err);
	(void)fprintf(stderr, "%s: %s\n", v->path, why);
	return false;
}

static int
print_json(const struct dane_result *result)
{
	struct json j;

	json_to_file(&j, stdout);
	json_object(&j);
	json_key(&j, "verdict");
	json_text(&j, dane_verdict_text(result->verdict));
	if (result->verdict == DANE_VERIFIED) {
		json_key(&j, "usage");
		json_number(&j, result->usage);
		json_key(&j, "selector");
		json_number(&j, result->selector);
		json_key(&j, "matching");
		json_number(&j, result->matching);
		json_key(&j, "depth");
		json_number(&j, result->depth);
	}
	json_key(&j, "reason");
	json_text(&j, result->reason);
	json_close(&j);
	return json_end(&j);
}

/* What is wrong with single records is worth a line each for a person. */
static void
print_records(const struct verify *v)
{
	for (size_t i = 0; i < v->in.nrecords; i++) {
		const struct tlsa *r = &v->records[i];
		const char *why;

		if (!tlsa_usable(r, &why))
			(void)printf("TLSA %u %u %u is unusable: %s\n",
			    r->usage, r->selector, r->matching, why);
	}
}

static int
report(const struct verify *v, const struct dane_result *result)
{
	int err = 0;

	if (v->json) {
		err = print_json(result);
	} else {
		(void)printf("%s: %s\n", dane_verdict_text(result->verdict),
		    result->reason);
		print_records(v);
	}
	if (err < 0 || fflush(stdout) != 0) {
		perror("stdout");
		return EXIT_FAILED;
	}
	switch (result->verdict) {
	case DANE_VERIFIED:
		return EXIT_VERIFIED;
	case DANE_UNUSABLE:
		return EXIT_UNUSABLE;
	case DANE_FAILED:
	case DANE_UNKNOWN:
		break;
	}
	return EXIT_FAILED;
}

static void
verify_free(struct verify *v)
{
	for (size_t i = 0; i < v->in.nrecords; i++)
		free(v->data[i]);
	free(v->ders);
	free(v->text);
	free(v);
}

int
dane_verify_run(int argc, char **argv)
{
	struct verify *v = calloc(1, sizeof(*v));
	struct dane_result result;
	int code = CLI_USAGE;

	if (v == NULL) {
		perror("danegate");
		return CLI_FAILED;
	}
	v->at = -1;
	v->in.names = v->names;
	v->in.records = v->records;
	v->in.chain = v->chain;
	if (take_arguments(v, argc, argv) && read_chain(v)) {
		v->in.now = v->at < 0 ? clock_wall() : v->at;
		dane_verify(&result, &v->in);
		code = report(v, &result);
	}
	verify_free(v);
	return code;
}
