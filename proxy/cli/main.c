/*
 * danegate: finds the command by its words and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void
help(FILE *to)
{
	struct cli_entry e;

	(void)fputs("usage: danegate COMMAND\n\n", to);
	for (size_t i = 0; cli_entry_at(&e, i); i++)
		(void)fprintf(to, "  danegate %s%s%s\n      %s\n", e.words,
		    e.arguments[0] != '\0' ? " " : "", e.arguments, e.help);
}

/* How many of the arguments are the command's words; 0: another command. */
static int
words_matched(const char *words, int argc, char **argv)
{
	struct span rest = span_text(words);
	struct span word;
	int n = 0;

	while ((word = span_word(&rest)).n > 0) {
		if (n == argc || !span_equal(word, span_text(argv[n])))
			return 0;
		n++;
	}
	return n;
}

/* Runs the command that the arguments name; false: there is none. */
static bool
run(int *code, int argc, char **argv)
{
	for (const struct cli_command *c = cli_commands; c->words != NULL;
	     c++) {
		int n = words_matched(c->words, argc, argv);

		if (n > 0) {
			*code = c->run(argc - n, argv + n);
			return true;
		}
	}
	for (enum control_verb v = 0; v < CONTROL_VERBS; v++) {
		const struct control_row *row = control_row(v);
		int n = words_matched(row->words, argc, argv);

		if (n > 0) {
			*code = ask_run(row, argc - n, argv + n);
			return true;
		}
	}
	return false;
}

int
main(int argc, char **argv)
{
	const char *nearest;
	int code;

	argc--;
	argv++;
	if (argc == 1 &&
	    (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0)) {
		help(stdout);
		return CLI_FINE;
	}
	if (run(&code, argc, argv))
		return code;
	nearest = cli_nearest(argc, argv);
	if (nearest == NULL)
		help(stderr);
	else
		(void)fprintf(stderr,
		    "no such command; did you mean danegate %s?\n", nearest);
	return CLI_USAGE;
}
