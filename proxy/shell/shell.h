/*
 * danegate without a command: reads lines and runs the commands that they are,
 * each in a process of its own, so that Ctrl-C ends a command and nothing else.
 * On a terminal with editing, completion, help and a pager; else line by line.
 * Knows commands by their table alone, and the daemon by its answers.
 */
#ifndef DG_SHELL_SHELL_H
#define DG_SHELL_SHELL_H

/*
 * Until the end of the input or `exit`. Returns an exit code: on a terminal
 * CLI_FINE, else that of the last command that failed.
 */
int shell_run(const char *config);

#endif
