/*
 * Runs one command in a process of its own and shows what it writes: through
 * filters, and screen by screen on a terminal.
 */
#ifndef DG_SHELL_RUN_H
#define DG_SHELL_RUN_H

#include "shell/filter.h"
#include "shell/line.h"

struct run {
	size_t index; /* of the command, see cli_entry_at() */
	int argc;
	char **argv;
	int input;	   /* its standard input */
	struct line *line; /* the terminal; NULL: there is none, and no pager */
	bool stream;	   /* goes on until it is ended: no pager */
	struct filter filter;
};

/* Returns its exit code; 130 when Ctrl-C has ended it. */
int run_command(struct run *r);

/* A shell of the system, until it is left. Its exit code. */
int run_system_shell(void);

/* What the shell itself has to show: lines with a stop at each screen. */
struct run_pager;
struct run_pager *run_pager_begin(struct line *line);
/* False: nobody wants to see more. */
bool run_pager_line(struct run_pager *p, struct span line);
void run_pager_end(struct run_pager *p);

#endif
