#include "shell/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "shell/page.h"

#define LINE_MAX_SHOWN 4096 /* a longer one is shown in pieces */
#define MORE	       "--more--"
#define KEY_INTERRUPT  3
#define CODE_SIGNAL    128 /* as shells have it */

struct run_pager {
	struct line *line; /* NULL: no stops */
	struct page page;
};

struct run_pager *
run_pager_begin(struct line *line)
{
	struct run_pager *p = calloc(1, sizeof(*p));
	struct winsize size = { 0 };

	if (p == NULL)
		return NULL;
	p->line = line;
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	p->page = page_begin(size.ws_row, size.ws_col);
	return p;
}

/* Space: a screen; Enter: a line; q: no more. */
static bool
ask_more(struct run_pager *p)
{
	uint8_t key = 0;
	bool more = true;

	line_raw(p->line);
	(void)fputs(MORE, stdout);
	(void)fflush(stdout);
	for (;;) {
		if (line_key(&key) != 0 || key == 'q' || key == 'Q' ||
		    key == KEY_INTERRUPT) {
			more = false;
			break;
		}
		if (key == ' ') {
			page_turn(&p->page);
			break;
		}
		if (key == '\r' || key == '\n') {
			page_step(&p->page);
			break;
		}
	}
	(void)fputs("\r        \r", stdout);
	(void)fflush(stdout);
	line_unraw(p->line);
	return more;
}

bool
run_pager_line(struct run_pager *p, struct span line)
{
	if (p->line != NULL && page_is_full(&p->page, line) && !ask_more(p))
		return false;
	page_add(&p->page, line);
	(void)fwrite(line.p, 1, line.n, stdout);
	(void)putchar('\n');
	return ferror(stdout) == 0;
}

void
run_pager_end(struct run_pager *p)
{
	(void)fflush(stdout);
	free(p);
}

/* In the new process. */
static void
child(const struct run *r, int output)
{
	int code;

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	if (dup2(r->input, STDIN_FILENO) < 0 ||
	    dup2(output, STDOUT_FILENO) < 0 ||
	    (r->filter.n == 0 && dup2(output, STDERR_FILENO) < 0))
		_exit(CLI_FAILED);
	/* So that lines come in the order in which they are written. */
	(void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	code = cli_run(r->index, r->argc, r->argv);
	if (fflush(stdout) != 0)
		code = CLI_FAILED;
	_exit(code);
}

/* Shows lines until the command has no more to say. False: nobody wants to see
 * more. */
static bool
show(struct run *r, FILE *from, struct run_pager *p)
{
	char line[LINE_MAX_SHOWN];
	bool more = true;

	while (more && fgets(line, sizeof(line), from) != NULL) {
		struct span text = span_text(line);

		if (text.n > 0 && text.p[text.n - 1] == '\n')
			text.n--;
		if (filter_line(&r->filter, text))
			more = run_pager_line(p, text);
		(void)fflush(stdout);
	}
	return more;
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CLI_FAILED;
	if (WIFSIGNALED(status))
		return CODE_SIGNAL + WTERMSIG(status);
	return WEXITSTATUS(status);
}

int
run_system_shell(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)signal(SIGINT, SIG_DFL);
		(void)signal(SIGQUIT, SIG_DFL);
		(void)signal(SIGTSTP, SIG_DFL);
		(void)execl("/bin/sh", "sh", "-l", (char *)NULL);
		_exit(CLI_FAILED);
	}
	if (pid < 0) {
		(void)fprintf(stderr, "cannot run it: %s\n", strerror(errno));
		return CLI_FAILED;
	}
	return wait_for(pid);
}

int
run_command(struct run *r)
{
	bool stops = !r->stream && !filter_has(&r->filter, FILTER_NO_MORE);
	struct run_pager *p = run_pager_begin(stops ? r->line : NULL);
	int ends[2] = { -1, -1 };
	FILE *from = NULL;
	pid_t pid = -1;
	int code;

	(void)fflush(stdout);
	if (p != NULL && pipe(ends) == 0)
		pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		child(r, ends[1]);
	}
	if (ends[1] >= 0)
		(void)close(ends[1]);
	if (pid > 0)
		from = fdopen(ends[0], "r");
	if (from != NULL) {
		if (!show(r, from, p))
			(void)kill(pid, SIGINT);
		(void)fclose(from);
	} else {
		(void)fprintf(stderr, "cannot run it: %s\n", strerror(errno));
		if (ends[0] >= 0)
			(void)close(ends[0]);
	}
	code = pid > 0 ? wait_for(pid) : CLI_FAILED;
	if (filter_has(&r->filter, FILTER_COUNT))
		(void)printf("%zu lines\n", r->filter.counted);
	run_pager_end(p);
	return code;
}
