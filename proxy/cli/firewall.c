/*
 * danegate firewall print|apply|remove [-c FILE]: hands the rules to nft and
 * ip, the system's own tools.
 */
#include <assert.h>
#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/ruleset.h"

#define WORDS_MAX   16
#define COMMAND_MAX 160

#define MARK_RULE                                                        \
	"fwmark " RULESET_MARK "/" RULESET_MASK " lookup " RULESET_TABLE \
	" priority " RULESET_PRIORITY
#define LOCAL_ROUTE "local default dev lo table " RULESET_TABLE

static const unsigned families[] = { 4, 6 };

/* Cuts a command line of ours into its words. */
static void
split(char *argv[WORDS_MAX + 1], char *line)
{
	size_t n = 0;

	for (char *p = line; *p != '\0' && n < WORDS_MAX;) {
		argv[n++] = p;
		while (*p != ' ' && *p != '\0')
			p++;
		if (*p == ' ')
			*p++ = '\0';
	}
	argv[n] = NULL;
}

/*
 * Runs a tool to its end; in and out become its standard input and output,
 * -1 leaves ours. CLI_FINE only for exit status 0; otherwise the tool has said
 * why, or it could not be started and that is said here.
 */
static int DG_PRINTF(3, 4) run(int in, int out, const char *format, ...)
{
	posix_spawn_file_actions_t actions;
	char *argv[WORDS_MAX + 1];
	char line[COMMAND_MAX];
	int status = 0;
	int error;
	va_list ap;
	pid_t pid;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	split(argv, line);
	assert(argv[0] != NULL);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return CLI_FAILED;
	if (in >= 0)
		(void)posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (out >= 0)
		(void)posix_spawn_file_actions_adddup2(&actions, out, 1);
	error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (error != 0) {
		(void)fprintf(stderr, "%s: %s\n", argv[0], strerror(error));
		return CLI_FAILED;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CLI_FAILED;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CLI_FINE
							     : CLI_FAILED;
}

/* Hands nft the rules for s; NULL: their removal. */
static int
run_nft(const struct settings *s)
{
	FILE *f = tmpfile();
	int code = CLI_FAILED;

	if (f == NULL) {
		perror("tmpfile");
		return CLI_FAILED;
	}
	if (s != NULL)
		ruleset_write(f, s);
	else
		ruleset_write_removal(f);
	if (fflush(f) != 0 || lseek(fileno(f), 0, SEEK_SET) != 0)
		perror("tmpfile");
	else
		code = run(fileno(f), -1, "nft -f -");
	(void)fclose(f);
	return code;
}

/* Has one of the lines the priority of our rule? */
static bool
mark_rule_among(FILE *lines)
{
	char line[COMMAND_MAX];
	bool beginning = true;
	bool found = false;

	while (!found && fgets(line, sizeof(line), lines) != NULL) {
		found = beginning &&
		    strncmp(line, RULESET_PRIORITY ":",
			sizeof(RULESET_PRIORITY)) == 0;
		beginning = strchr(line, '\n') != NULL;
	}
	return found;
}

/*
 * Is our rule among the family's? On failure *there is false. All rules are
 * asked for: the ip of small routers (busybox) can select none.
 */
static int
mark_rule_there(bool *there, unsigned family)
{
	FILE *f = tmpfile();
	int code;

	*there = false;
	if (f == NULL) {
		perror("tmpfile");
		return CLI_FAILED;
	}
	code = run(-1, fileno(f), "ip -%u rule show", family);
	rewind(f);
	*there = code == CLI_FINE && mark_rule_among(f);
	(void)fclose(f);
	return code;
}

/* Adds what lacks: taking a rule away to set it anew would cut sessions. */
static int
route_apply(unsigned family)
{
	bool there;
	int code = run(-1, -1, "ip -%u route replace " LOCAL_ROUTE, family);

	if (code == CLI_FINE)
		code = mark_rule_there(&there, family);
	if (code == CLI_FINE && !there)
		code = run(-1, -1, "ip -%u rule add " MARK_RULE, family);
	return code;
}

static int
route_remove(unsigned family)
{
	bool there;
	int code = mark_rule_there(&there, family);

	if (code == CLI_FINE && there)
		code = run(-1, -1, "ip -%u rule del " MARK_RULE, family);
	if (code == CLI_FINE && there)
		code = run(-1, -1, "ip -%u route flush table " RULESET_TABLE,
		    family);
	return code;
}

/* The settings for the rules; without an interface there is nothing to do. */
static int
settings_for_rules(struct settings *s, int argc, char **argv)
{
	const char *path;
	int code;

	if (!cli_config_path(&path, argc, argv))
		return CLI_USAGE;
	code = cli_settings_read(s, path);
	if (code != CLI_FINE || s->ninterfaces > 0)
		return code;
	(void)fprintf(stderr,
	    "%s: expected at least one set intercept interface IFNAME\n", path);
	settings_free(s);
	return CLI_USAGE;
}

int
firewall_print_run(int argc, char **argv)
{
	struct settings s;
	int code = settings_for_rules(&s, argc, argv);

	if (code != CLI_FINE)
		return code;
	for (size_t i = 0; i < DG_ARRAY_LEN(families); i++)
		(void)printf("# ip -%u route replace " LOCAL_ROUTE "\n"
			     "# ip -%u rule add " MARK_RULE "\n",
		    families[i], families[i]);
	ruleset_write(stdout, &s);
	settings_free(&s);
	return CLI_FINE;
}

/* Routes first: a mark without its route would send packets astray. */
int
firewall_apply_run(int argc, char **argv)
{
	struct settings s;
	int code = settings_for_rules(&s, argc, argv);

	if (code != CLI_FINE)
		return code;
	for (size_t i = 0; code == CLI_FINE && i < DG_ARRAY_LEN(families); i++)
		code = route_apply(families[i]);
	if (code == CLI_FINE)
		code = run_nft(&s);
	settings_free(&s);
	return code;
}

/* The other way round, and as far as it goes. */
int
firewall_remove_run(int argc, char **argv)
{
	const char *path;
	int code;

	if (!cli_config_path(&path, argc, argv))
		return CLI_USAGE;
	code = run_nft(NULL);
	for (size_t i = 0; i < DG_ARRAY_LEN(families); i++)
		if (route_remove(families[i]) != CLI_FINE)
			code = CLI_FAILED;
	return code;
}
