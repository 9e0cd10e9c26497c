/*
 * danegate: finds the command by its words and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/match.h"

/* Commands with a line each: all, or those that words may become. */
static void
help(FILE *to, const struct cli_match *only)
{
	struct cli_entry e;

	for (size_t i = 0; cli_entry_at(&e, i); i++)
		if (only == NULL || only->candidates[i])
			(void)fprintf(to, "  danegate %s%s%s\n      %s\n",
			    e.words, e.arguments[0] != '\0' ? " " : "",
			    e.arguments, e.help);
}

static int
run(size_t index, int argc, char **argv)
{
	size_t own = 0;

	while (cli_commands[own].words != NULL)
		own++;
	if (index < own)
		return cli_commands[index].run(argc, argv);
	return ask_run(control_row((enum control_verb)(index - own)), argc,
	    argv);
}

/* No command, or not yet one: what it could be. */
static int
explain(const struct cli_match *m, int argc, char **argv)
{
	const char *nearest;

	if (m->outcome == CLI_MATCH_NONE) {
		nearest = cli_nearest(argc, argv);
		if (nearest != NULL)
			(void)fprintf(stderr,
			    "no such command; did you mean danegate %s?\n",
			    nearest);
		else
			(void)fputs("no such command; danegate help lists all "
				    "there are\n",
			    stderr);
		return CLI_USAGE;
	}
	(void)fputs(m->outcome == CLI_MATCH_SEVERAL
		? "this could be:\n"
		: "usage: danegate COMMAND\n",
	    stderr);
	help(stderr, m);
	return CLI_USAGE;
}

int
main(int argc, char **argv)
{
	struct cli_match m;

	argc--;
	argv++;
	if (argc == 1 &&
	    (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0)) {
		(void)puts("usage: danegate COMMAND, words cut short where "
			   "they are clear\n");
		help(stdout, NULL);
		return CLI_FINE;
	}
	cli_match_words(&m, argc, argv);
	if (m.outcome == CLI_MATCH_ONE)
		return run(m.index, argc - m.words, argv + m.words);
	return explain(&m, argc, argv);
}
