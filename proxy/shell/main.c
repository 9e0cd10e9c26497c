/*
 * danegate: finds the command by its words and runs it; without one it is the
 * shell.
 */
#include <stdio.h>
#include <string.h>

#include "cli/match.h"
#include "shell/shell.h"

/* The words, and a caret below the one that fits nowhere. */
static void
point(int at, int argc, char **argv)
{
	int column = 0;

	for (int i = 0; i < argc; i++) {
		(void)fprintf(stderr, "%s%s", i > 0 ? " " : "", argv[i]);
		if (i < at)
			column += (int)strlen(argv[i]) + 1;
	}
	(void)fprintf(stderr, "\n%*s^\n", column, "");
}

/* No command, or not yet one: what it could be. */
static int
explain(const struct cli_match *m, int argc, char **argv)
{
	const char *nearest;

	if (m->outcome == CLI_MATCH_NONE) {
		point(m->words, argc, argv);
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
	cli_help_list(stderr, m->candidates);
	return CLI_USAGE;
}

int
main(int argc, char **argv)
{
	char help[] = "help";
	struct cli_match m;

	argc--;
	argv++;
	if (argc == 0)
		return shell_run(CLI_CONFIG);
	if (argc == 2 && strcmp(argv[0], "-c") == 0)
		return shell_run(argv[1]);
	if (strcmp(argv[0], "--help") == 0)
		argv[0] = help;
	cli_match_words(&m, argc, argv);
	if (m.outcome == CLI_MATCH_ONE)
		return cli_run(m.index, argc - m.words, argv + m.words);
	return explain(&m, argc, argv);
}
