/*
 * danegate: finds the command by its words and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void
help(FILE *to)
{
	(void)fputs("usage: danegate COMMAND\n\n", to);
	for (const struct cli_command *c = cli_commands; c->words != NULL; c++)
		(void)fprintf(to, "  danegate %s %s\n      %s\n", c->words,
		    c->arguments, c->help);
}

/* How many of the arguments are the command's words; 0: another command. */
static int
words_matched(const struct cli_command *c, int argc, char **argv)
{
	struct span rest = span_text(c->words);
	struct span word;
	int n = 0;

	while ((word = span_word(&rest)).n > 0) {
		if (n == argc || !span_equal(word, span_text(argv[n])))
			return 0;
		n++;
	}
	return n;
}

int
main(int argc, char **argv)
{
	argc--;
	argv++;
	if (argc == 1 &&
	    (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0)) {
		help(stdout);
		return CLI_FINE;
	}
	for (const struct cli_command *c = cli_commands; c->words != NULL;
	     c++) {
		int n = words_matched(c, argc, argv);

		if (n > 0)
			return c->run(argc - n, argv + n);
	}
	help(stderr);
	return CLI_USAGE;
}
