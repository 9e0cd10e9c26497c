/*
 * danegate test ...: what would become of it, asked as the daemon would ask,
 * with the configuration's name servers, anchors and rules. The work is done by
 * the one-shot tools of the same kind.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define WORDS_MAX (2 * SETTINGS_SERVERS_MAX + 8)

/* Arguments for another command; too many are dropped by none. */
struct words {
	int n;
	char *at[WORDS_MAX];
	char servers[SETTINGS_SERVERS_MAX][ADDRESS_TEXT_MAX + 8];
	char anchor[SETTINGS_PATH_MAX];
};

static void
add(struct words *w, char *word)
{
	if (w->n < WORDS_MAX)
		w->at[w->n++] = word;
}

static void
add_settings(struct words *w, const struct settings *s)
{
	static char server[] = "--server";
	static char anchor[] = "--anchor";
	char address[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < s->nservers; i++) {
		(void)snprintf(w->servers[i], sizeof(w->servers[i]), "%s@%u",
		    address_text(&s->servers[i], address),
		    (unsigned)s->servers[i].port);
		add(w, server);
		add(w, w->servers[i]);
	}
	if (s->trust_anchor_file[0] == '\0')
		return;
	memcpy(w->anchor, s->trust_anchor_file, sizeof(w->anchor));
	add(w, anchor);
	add(w, w->anchor);
}

/* Takes -c FILE off; the rest, in its order, is added. False: it is too much, or
 * a file lacks. */
static bool
add_arguments(struct words *w, const char **config, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			*config = argv[++i];
		else if (w->n == WORDS_MAX || strcmp(argv[i], "-c") == 0)
			return false;
		else
			add(w, argv[i]);
	}
	return true;
}

int
test_dns_run(int argc, char **argv)
{
	struct words given = { 0 };
	struct words w = { 0 };
	const char *config = NULL;
	struct settings s;

	if (!add_arguments(&given, &config, argc, argv) || given.n < 2) {
		(void)fputs("usage: danegate test dns NAME TYPE [--json] "
			    "[-c FILE]\n",
		    stderr);
		return CLI_USAGE;
	}
	if (config == NULL && access(CLI_CONFIG, R_OK) != 0)
		settings_default(&s);
	else if (cli_settings_read(&s, config != NULL ? config : CLI_CONFIG) !=
	    CLI_FINE)
		return CLI_USAGE;
	add_settings(&w, &s);
	settings_free(&s);
	/* Options stand before the question there. */
	for (int i = 0; i < given.n; i++)
		if (strcmp(given.at[i], "--json") == 0)
			add(&w, given.at[i]);
	for (int i = 0; i < given.n; i++)
		if (strcmp(given.at[i], "--json") != 0)
			add(&w, given.at[i]);
	return dns_lookup_run(w.n, w.at);
}

int
test_policy_run(int argc, char **argv)
{
	static char option[] = "--address";
	struct words w = { 0 };

	for (int i = 0; i < argc && w.n < WORDS_MAX; i++)
		add(&w,
		    i > 0 && strcmp(argv[i], "address") == 0 ? option
							     : argv[i]);
	return policy_explain_run(w.n, w.at);
}
