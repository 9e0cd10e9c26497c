#include "shell/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/match.h"
#include "cli/store.h"
#include "shell/complete.h"
#include "shell/live.h"
#include "shell/paste.h"
#include "shell/run.h"

#define HOST_MAX 64

struct shell {
	const char *config;
	bool own_config; /* it was named at the start */
	struct line *line;
	bool editing;
	char path[WORDS_LINE_MAX + 1]; /* of edit; may be empty */
	struct store_claim claim;
	char prompt[HOST_MAX + WORDS_LINE_MAX + 8];
	int code; /* of the last command that failed */
	bool done;
};

static void
live(void *arg, enum complete_live what, complete_live_cb *cb, void *cb_arg)
{
	const struct shell *sh = arg;

	live_tell(sh->config, what, cb, cb_arg);
}

static struct complete_context
context_of(struct shell *sh)
{
	const struct complete_context c = { sh->editing && sh->path[0] == '\0',
		span_text(sh->path), live, sh };

	return c;
}

/* Words and their help, with a stop at each screen. */
static void
print_list(struct shell *sh, const struct complete_list *list)
{
	struct run_pager *p = run_pager_begin(sh->line);
	bool more = p != NULL;

	for (size_t i = 0; more && i < list->n; i++) {
		const struct complete_item *item = &list->items[i];
		char text[COMPLETE_WORD_MAX + 120];

		(void)snprintf(text, sizeof(text), "  %-22s%s%.53s", item->word,
		    item->help[0] != '\0' ? " " : "", item->help);
		more = run_pager_line(p, span_text(text));
	}
	if (p != NULL)
		run_pager_end(p);
}

/* Makes a list; to be freed. NULL: no memory. */
static struct complete_list *
list_of(struct shell *sh, struct span line)
{
	struct complete_list *list = malloc(sizeof(*list));
	struct complete_context c = context_of(sh);

	if (list != NULL)
		complete_line(list, line, &c);
	return list;
}

static void
help(void *arg, struct span before)
{
	struct shell *sh = arg;
	struct complete_list *list = list_of(sh, before);

	(void)puts("?");
	if (list == NULL || list->n == 0)
		(void)puts("  nothing that is known");
	else
		print_list(sh, list);
	free(list);
}

static bool
complete(void *arg, struct span before, char insert[LINE_INSERT_MAX])
{
	struct shell *sh = arg;
	struct complete_list *list = list_of(sh, before);
	bool printed = false;
	bool whole;
	size_t n;

	if (list == NULL)
		return false;
	n = complete_common(insert, &whole, list);
	if (whole) {
		insert[n] = ' ';
		insert[n + 1] = '\0';
	} else if (n == 0 && list->n > 0) {
		(void)puts("");
		print_list(sh, list);
		printed = true;
	}
	free(list);
	return printed;
}

/* The line again where nobody sees it, and a mark under the word. */
static int
point_at(struct shell *sh, struct span line, size_t at, const char *what)
{
	size_t column = at;

	if (sh->line != NULL)
		column += strlen(sh->prompt);
	else
		(void)fprintf(stderr, "%.*s\n", (int)line.n,
		    (const char *)line.p);
	if (column < 80)
		(void)fprintf(stderr, "%*s^\n", (int)column, "");
	(void)fprintf(stderr, "%s\n", what);
	return CLI_USAGE;
}

/* The mode */

static int
configure(struct shell *sh)
{
	int err;

	if (sh->editing)
		return CLI_FINE;
	err = store_claim(&sh->claim, sh->config);
	if (err == DG_EAGAIN) {
		(void)fprintf(stderr,
		    "%s is being changed by %s; wait for its exit\n",
		    sh->config, sh->claim.who);
		return CLI_FAILED;
	}
	if (err != 0) {
		(void)fprintf(stderr, "%s: %s\n", sh->config, strerror(errno));
		return CLI_FAILED;
	}
	sh->editing = true;
	return CLI_FINE;
}

static int
leave(struct shell *sh)
{
	if (sh->path[0] != '\0') {
		sh->path[0] = '\0';
		return CLI_FINE;
	}
	if (!sh->editing) {
		sh->done = true;
		return CLI_FINE;
	}
	store_unclaim(&sh->claim);
	sh->editing = false;
	return CLI_FINE;
}

/* A statement's words behind the path, in full. */
static int
statement_of(struct shell *sh, char *out, size_t size, char *const *words,
    size_t n)
{
	char text[WORDS_LINE_MAX * 2 + 2];
	size_t at = (size_t)snprintf(text, sizeof(text), "%s", sh->path);

	for (size_t i = 0; i < n; i++) {
		int more = snprintf(text + at, sizeof(text) - at, "%s%s",
		    at > 0 ? " " : "", words[i]);

		if (more < 0 || (size_t)more >= sizeof(text) - at)
			return DG_ELIMIT;
		at += (size_t)more;
	}
	return complete_statement(out, size, span_text(text));
}

static int
edit(struct shell *sh, char *const *words, size_t n)
{
	char path[WORDS_LINE_MAX + 1];
	int code = configure(sh);

	if (code != CLI_FINE)
		return code;
	if (statement_of(sh, path, sizeof(path), words, n) != 0 ||
	    !complete_is_path(span_text(path))) {
		(void)fprintf(stderr,
		    "no statements begin with: %s; see edit ?\n", path);
		return CLI_USAGE;
	}
	memcpy(sh->path, path, sizeof(path));
	return CLI_FINE;
}

static int
up(struct shell *sh)
{
	char *blank = strrchr(sh->path, ' ');

	*(blank != NULL ? blank : sh->path) = '\0';
	return CLI_FINE;
}

/* Commands */

/* For whom the machine is anyway: to others this shell may be all they get. */
static int
start_shell(void)
{
	if (geteuid() == 0)
		return run_system_shell();
	(void)fputs("only root may do this\n", stderr);
	return CLI_FAILED;
}

static bool
is(const struct cli_entry *e, const char *words)
{
	return strcmp(e->words, words) == 0;
}

/* The shell's own: *code is set then. */
static bool
run_own(struct shell *sh, const struct cli_entry *e, char *const *words,
    size_t n, int *code)
{
	if (is(e, "configure"))
		*code = configure(sh);
	else if (is(e, "edit"))
		*code = edit(sh, words, n);
	else if (is(e, "up"))
		*code = up(sh);
	else if (is(e, "top"))
		sh->path[0] = '\0';
	else if (is(e, "exit") || is(e, "quit"))
		*code = leave(sh);
	else if (is(e, "start shell"))
		*code = start_shell();
	else
		return false;
	return true;
}

/* The statement, and the comment of annotate, as arguments. */
static int
statement_arguments(struct shell *sh, struct run *r, bool annotate,
    char statement[WORDS_LINE_MAX + 1])
{
	int n = annotate && r->argc > 0 ? r->argc - 1 : r->argc;
	int err = statement_of(sh, statement, WORDS_LINE_MAX + 1, r->argv,
	    (size_t)n);

	if (err != 0)
		return err;
	if (annotate && r->argc > 0) {
		words_unquote(r->argv[r->argc - 1]);
		r->argv[1] = r->argv[r->argc - 1];
	}
	r->argv[0] = statement;
	r->argc = annotate ? 2 : 1;
	return 0;
}

static int
run_entry(struct shell *sh, const struct cli_entry *e, const struct run *what)
{
	struct run own = *what;
	struct run *r = &own;
	static char option[] = "-c";
	char statement[WORDS_LINE_MAX + 1];
	char config[PATH_MAX];
	char *argv[WORDS_MAX + 4] = { NULL };
	int pasted = -1;
	int code;

	memcpy(argv, r->argv, (size_t)r->argc * sizeof(*argv));
	r->argv = argv;
	if (is(e, "set") || is(e, "delete") || is(e, "annotate")) {
		if (statement_arguments(sh, r, is(e, "annotate"), statement) !=
		    0) {
			(void)fputs("the line is too long\n", stderr);
			return CLI_USAGE;
		}
	} else {
		for (int i = 0; i < r->argc; i++)
			words_unquote(argv[i]);
	}
	if (is(e, "load") && r->argc == 1 && sh->line != NULL &&
	    strcmp(argv[0], "terminal") == 0) {
		int err = paste_take(&pasted, sh->line);

		if (err != 0) {
			(void)printf("not taken: %s\n", dg_err_text(err));
			return CLI_USAGE;
		}
		r->input = pasted;
	}
	if (sh->own_config &&
	    (e->request || strstr(e->arguments, "-c FILE") != NULL)) {
		(void)snprintf(config, sizeof(config), "%s", sh->config);
		argv[r->argc++] = option;
		argv[r->argc++] = config;
	}
	argv[r->argc] = NULL;
	r->stream = cli_is_stream(r->index, r->argc, argv);
	code = run_command(r);
	if (pasted >= 0)
		(void)close(pasted);
	return code;
}

/* No command, or not a whole one. */
static int
explain(struct shell *sh, const struct cli_match *m, struct words *w,
    struct span line)
{
	char text[CLI_MATCH_ENTRIES_MAX + 80];
	const char *nearest;
	size_t word = m->words < 0 ? 0 : (size_t)m->words;
	struct complete_list *list;

	if (m->outcome == CLI_MATCH_NONE) {
		nearest = cli_nearest((int)w->pipe, w->word);
		(void)snprintf(text, sizeof(text),
		    nearest != NULL ? "no such command; did you mean %s?"
				    : "no such command; ? shows what there is",
		    nearest);
		return point_at(sh, line, w->at[word], text);
	}
	if (m->outcome == CLI_MATCH_UNFINISHED)
		(void)point_at(sh, line, line.n, "expected one of:");
	else
		(void)point_at(sh, line, w->at[word], "this could be:");
	(void)fflush(stderr);
	line.n = m->outcome == CLI_MATCH_UNFINISHED
	    ? line.n
	    : w->at[word] + strlen(w->word[word]);
	{
		char again[WORDS_LINE_MAX + 2];

		(void)snprintf(again, sizeof(again), "%.*s%s", (int)line.n,
		    (const char *)line.p,
		    m->outcome == CLI_MATCH_UNFINISHED ? " " : "");
		list = list_of(sh, span_text(again));
	}
	if (list != NULL)
		print_list(sh, list);
	free(list);
	return CLI_USAGE;
}

/* `show` in configure is the candidate, `show | compare` what would change. */
static const char *
short_form(const struct shell *sh, const struct words *w)
{
	if (w->pipe != 1 ||
	    !words_begins(span_text("show"), span_text(w->word[0])))
		return NULL;
	if (w->n == 3 &&
	    words_begins(span_text("compare"), span_text(w->word[2])) &&
	    w->word[2][1] == 'o' && strncmp(w->word[2], "cou", 3) != 0)
		return "compare";
	return sh->editing && sh->path[0] == '\0' ? "show candidate" : NULL;
}

static int
run_words(struct shell *sh, struct words *w, struct span line)
{
	struct run r = { .input = STDIN_FILENO, .line = sh->line };
	const char *expected = "";
	struct cli_match m;
	struct cli_entry e;
	size_t wrong = 0;
	int code = CLI_FINE;

	if (filter_parse(&r.filter, w->word + w->pipe, w->n - w->pipe, &wrong,
		&expected) != 0) {
		char text[80];
		size_t at = w->pipe + wrong;

		(void)snprintf(text, sizeof(text), "expected %s", expected);
		return point_at(sh, line, at < w->n ? w->at[at] : line.n, text);
	}
	cli_match_words(&m, (int)w->pipe, w->word);
	if (m.outcome != CLI_MATCH_ONE || !cli_entry_at(&e, m.index))
		return explain(sh, &m, w, line);
	r.index = m.index;
	r.argc = (int)w->pipe - m.words;
	r.argv = w->word + m.words;
	if (run_own(sh, &e, r.argv, (size_t)r.argc, &code))
		return code;
	return run_entry(sh, &e, &r);
}

static int
run_line(struct shell *sh, struct span line)
{
	const char *instead;
	struct words w;
	size_t wrong = 0;
	int err = words_split(&w, line, &wrong);

	if (err == DG_ESYNTAX)
		return point_at(sh, line, wrong,
		    "expected printable ASCII characters");
	if (err != 0) {
		(void)fputs("the line is too long\n", stderr);
		return CLI_USAGE;
	}
	if (w.n == 0)
		return CLI_FINE;
	if (w.open)
		return point_at(sh, line, w.at[w.n - 1],
		    "expected a \" at the end of this");
	instead = short_form(sh, &w);
	if (instead != NULL) {
		char text[WORDS_LINE_MAX + 32];
		const size_t rest = w.n > 1 ? w.at[1] : line.n;

		(void)snprintf(text, sizeof(text), "%s %.*s", instead,
		    strcmp(instead, "compare") == 0 ? 0 : (int)(line.n - rest),
		    (const char *)line.p + rest);
		if (words_split(&w, span_text(text), &wrong) != 0)
			return CLI_USAGE;
		return run_words(sh, &w, span_text(text));
	}
	return run_words(sh, &w, line);
}

static void
make_prompt(struct shell *sh)
{
	char host[HOST_MAX] = "";

	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		(void)snprintf(host, sizeof(host), "danegate");
	host[strcspn(host, ".")] = '\0';
	(void)snprintf(sh->prompt, sizeof(sh->prompt), "%s%s%s%s%s ", host,
	    sh->path[0] != '\0' ? "[" : "", sh->path,
	    sh->path[0] != '\0' ? "]" : "", sh->editing ? "#" : ">");
}

static int
terminal_loop(struct shell *sh)
{
	const struct line_hooks hooks = { sh, complete, help };
	struct span line;

	if (line_open(&sh->line, &hooks) != 0) {
		(void)fputs("the terminal cannot be used\n", stderr);
		return CLI_FAILED;
	}
	(void)puts("danegate: ? shows what may come next, Tab completes, exit "
		   "or Ctrl-D leaves");
	while (!sh->done) {
		make_prompt(sh);
		if (line_read(&line, sh->line, sh->prompt) != 0) {
			(void)puts("");
			(void)leave(sh);
			continue;
		}
		(void)run_line(sh, line);
		(void)fflush(stdout);
	}
	line_close(sh->line);
	return CLI_FINE;
}

/* Byte by byte, so that a command that reads finds what follows its line. */
static int
input_loop(struct shell *sh)
{
	char text[WORDS_LINE_MAX + 2];

	(void)setvbuf(stdin, NULL, _IONBF, 0);
	while (!sh->done && fgets(text, sizeof(text), stdin) != NULL) {
		struct span line = span_text(text);
		int code;

		if (line.n > 0 && line.p[line.n - 1] == '\n')
			line.n--;
		code = run_line(sh, line);
		(void)fflush(stdout);
		if (code != CLI_FINE)
			sh->code = code;
	}
	return sh->code;
}

int
shell_run(const char *config)
{
	struct shell *sh = calloc(1, sizeof(*sh));
	int code;

	if (sh == NULL)
		return CLI_FAILED;
	sh->config = config;
	sh->own_config = strcmp(config, CLI_CONFIG) != 0;
	sh->claim.fd = -1;
	/* These end what runs, not the shell. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)signal(SIGTSTP, SIG_IGN);
	code = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
	    ? terminal_loop(sh)
	    : input_loop(sh);
	store_unclaim(&sh->claim);
	free(sh);
	return code;
}
