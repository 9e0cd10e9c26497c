/*
 * danegate set, delete, annotate, compare, commit and their like: changes are
 * collected in a candidate, looked at, and put in force as one.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confirm.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/store.h"

/* Words of one command with blanks between, -c FILE taken off. */
struct edit {
	const char *config;
	char line[CONFIG_LINE_MAX + 1];
	struct store store;
	struct candidate candidate;
};

static int
say(const char *path, int err)
{
	if (err == DG_EAGAIN)
		(void)fprintf(stderr,
		    "%s: locked, another danegate is changing it; try again\n",
		    path);
	else
		(void)fprintf(stderr, "%s: %s\n", path,
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
	return CLI_FAILED;
}

static bool
words_join(struct edit *e, int argc, char **argv)
{
	size_t n = 0;

	*e = (struct edit){ .config = CLI_CONFIG };
	for (int i = 0; i < argc; i++) {
		int more;

		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			e->config = argv[++i];
			continue;
		}
		more = snprintf(e->line + n, sizeof(e->line) - n, "%s%s",
		    n > 0 ? " " : "", argv[i]);
		if (more < 0 || (size_t)more >= sizeof(e->line) - n) {
			(void)fputs("expected a line of at most 1024 "
				    "characters\n",
			    stderr);
			return false;
		}
		n += (size_t)more;
	}
	return true;
}

static int
edit_open(struct edit *e)
{
	int err = store_open(&e->store, e->config);

	if (err != 0)
		return say(e->config, err);
	if (e->store.taken_back)
		(void)fprintf(stderr,
		    "nobody confirmed the last commit in time, and what was "
		    "before it is back;\nrollback 1 has what stood in %s\n",
		    e->config);
	err = store_candidate(&e->candidate, &e->store);
	if (err == 0)
		return CLI_FINE;
	candidate_free(&e->candidate);
	store_close(&e->store);
	return say(e->config, err);
}

/* The lock, and the candidate as it stands, to look at it. Ended by
 * edit_end(). */
static int
edit_look(struct edit *e, int argc, char **argv)
{
	return words_join(e, argc, argv) ? edit_open(e) : CLI_USAGE;
}

/* The same, to change it: not while another console does. */
static int
edit_begin(struct edit *e, int argc, char **argv)
{
	struct store_claim claim;
	int err;

	if (!words_join(e, argc, argv))
		return CLI_USAGE;
	err = store_claimed(&claim, e->config);
	if (err == DG_EAGAIN) {
		(void)fprintf(stderr, "%s: locked, it is being changed by %s\n",
		    e->config, claim.who);
		return CLI_FAILED;
	}
	return err == 0 ? edit_open(e) : say(e->config, err);
}

static int
edit_end(struct edit *e, int code)
{
	candidate_free(&e->candidate);
	store_close(&e->store);
	return code;
}

/* The same, with what has changed kept. */
static int
edit_keep(struct edit *e)
{
	int err = store_keep(&e->store, &e->candidate);

	return edit_end(e, err == 0 ? CLI_FINE : say(e->config, err));
}

int
edit_set_run(int argc, char **argv)
{
	struct config_error error;
	struct edit e;
	int code = edit_begin(&e, argc, argv);
	int err;

	if (code != CLI_FINE)
		return code;
	err = candidate_set(&e.candidate, span_text(e.line), &error);
	if (err == DG_ENOMEM)
		return edit_end(&e, say(e.config, err));
	if (err == 0)
		return edit_keep(&e);
	/* The column counts from the beginning of `set ...`. */
	(void)fprintf(stderr, "set %s\n", e.line);
	if (error.column > 0)
		(void)fprintf(stderr, "%*s^\n", (int)error.column - 1, "");
	(void)fprintf(stderr, "expected %s\n", error.expected);
	return edit_end(&e, CLI_USAGE);
}

int
edit_delete_run(int argc, char **argv)
{
	struct edit e;
	size_t n;
	int code = edit_begin(&e, argc, argv);

	if (code != CLI_FINE)
		return code;
	if (candidate_delete(&e.candidate, span_text(e.line), &n) != 0) {
		(void)fprintf(stderr, "no statement begins with: %s\n", e.line);
		return edit_end(&e, CLI_USAGE);
	}
	(void)printf("%zu deleted\n", n);
	return edit_keep(&e);
}

/* The last argument is the comment, the others the statement's words. */
int
edit_annotate_run(int argc, char **argv)
{
	const char *comment;
	struct edit e;
	int code;
	int err;

	if (argc >= 2 && strcmp(argv[argc - 2], "-c") == 0) {
		/* The file's name comes last then. */
		char *moved[2] = { argv[argc - 2], argv[argc - 1] };

		memmove(argv + 2, argv, (size_t)(argc - 2) * sizeof(*argv));
		memcpy(argv, moved, sizeof(moved));
	}
	comment = argc > 1 ? argv[argc - 1] : "";
	code = edit_begin(&e, argc - 1, argv);
	if (code != CLI_FINE)
		return code;
	err = candidate_annotate(&e.candidate, span_text(e.line),
	    span_text(comment));
	if (err == 0)
		return edit_keep(&e);
	if (err == DG_ENOTFOUND)
		(void)fprintf(stderr, "no statement begins with: %s\n", e.line);
	else if (err == DG_ELIMIT)
		(void)fputs("expected one line of printable characters\n",
		    stderr);
	else
		(void)say(e.config, err);
	return edit_end(&e, CLI_USAGE);
}

static void
print_line(void *arg, char sign, const char *line)
{
	(void)arg;
	(void)printf("%c %s\n", sign, line);
}

/* Nothing but -c FILE may have been given. */
static bool
no_words(const struct edit *e)
{
	if (e->line[0] == '\0')
		return true;
	(void)fprintf(stderr, "expected nothing more than -c FILE: %s\n",
	    e->line);
	return false;
}

int
edit_compare_run(int argc, char **argv)
{
	struct candidate running = { 0 };
	struct edit e;
	int code = edit_look(&e, argc, argv);
	int err;

	if (code != CLI_FINE)
		return code;
	if (!no_words(&e))
		return edit_end(&e, CLI_USAGE);
	err = store_running(&running, &e.store);
	if (err == 0)
		err = candidate_compare(&running, &e.candidate, print_line,
		    NULL);
	candidate_free(&running);
	return edit_end(&e, err == 0 ? CLI_FINE : say(e.config, err));
}

/* Text of the candidate, to be freed; NULL: said why not. */
static char *
text_of(const struct edit *e, size_t *n)
{
	char *text;
	int err = candidate_text(&text, n, &e->candidate);

	if (err == 0)
		return text;
	(void)say(e->config, err);
	return NULL;
}

int
edit_show_run(int argc, char **argv)
{
	struct edit e;
	int code = edit_look(&e, argc, argv);
	char *text;
	size_t n;

	if (code != CLI_FINE)
		return code;
	if (!no_words(&e))
		return edit_end(&e, CLI_USAGE);
	text = text_of(&e, &n);
	if (text == NULL)
		return edit_end(&e, CLI_FAILED);
	(void)fwrite(text, 1, n, stdout);
	free(text);
	return edit_end(&e, CLI_FINE);
}

int
edit_discard_run(int argc, char **argv)
{
	struct edit e;
	int code = edit_begin(&e, argc, argv);
	int err;

	if (code != CLI_FINE)
		return code;
	if (!no_words(&e))
		return edit_end(&e, CLI_USAGE);
	err = store_discard(&e.store);
	return edit_end(&e, err == 0 ? CLI_FINE : say(e.config, err));
}

int
edit_rollback_run(int argc, char **argv)
{
	struct candidate previous = { 0 };
	uint64_t number = 0;
	struct edit e;
	int code = edit_begin(&e, argc, argv);
	int err;

	if (code != CLI_FINE)
		return code;
	if (span_number(&number, span_text(e.line), STORE_KEPT) != 0) {
		(void)fputs("expected a number from 0 (in force) to 10\n",
		    stderr);
		return edit_end(&e, CLI_USAGE);
	}
	err = number == 0
	    ? store_running(&previous, &e.store)
	    : store_previous(&previous, &e.store, (unsigned)number);
	if (err == DG_EIO && errno == ENOENT) {
		(void)fprintf(stderr, "there is no configuration %s\n", e.line);
		return edit_end(&e, CLI_FAILED);
	}
	candidate_free(&e.candidate);
	e.candidate = previous;
	if (err != 0)
		return edit_end(&e, say(e.config, err));
	return edit_keep(&e);
}

/* All of what was typed or pasted, to its end. */
static int
read_stream(uint8_t **out, size_t *n, FILE *from)
{
	uint8_t *text = malloc(CONFIG_TEXT_MAX + 1);

	if (text == NULL)
		return DG_ENOMEM;
	*n = fread(text, 1, CONFIG_TEXT_MAX + 1, from);
	if (ferror(from) != 0 || *n > CONFIG_TEXT_MAX) {
		free(text);
		return *n > CONFIG_TEXT_MAX ? DG_ELIMIT : DG_EIO;
	}
	*out = text;
	return 0;
}

/* A bad one is not taken, not even as a candidate. */
static int
replace(struct edit *e, struct span text, const char *from)
{
	struct config_error error;
	struct settings s;
	int err = config_parse(&s, text, &error);

	if (err == DG_ENOMEM)
		return edit_end(e, say(from, err));
	if (err != 0) {
		cli_config_error(from, text, &error);
		return edit_end(e, CLI_USAGE);
	}
	settings_free(&s);
	candidate_free(&e->candidate);
	err = candidate_load(&e->candidate, text);
	return err == 0 ? edit_keep(e) : edit_end(e, say(from, err));
}

int
edit_load_run(int argc, char **argv)
{
	uint8_t *text = NULL;
	struct edit e;
	size_t n = 0;
	int code = edit_begin(&e, argc, argv);
	int err;

	if (code != CLI_FINE)
		return code;
	if (e.line[0] == '\0') {
		(void)fputs("expected FILE or terminal\n", stderr);
		return edit_end(&e, CLI_USAGE);
	}
	if (strcmp(e.line, "terminal") == 0)
		err = read_stream(&text, &n, stdin);
	else
		err = file_read(&text, &n, e.line, CONFIG_TEXT_MAX);
	if (err != 0)
		return edit_end(&e, say(e.line, err));
	code = replace(&e, span_of(text, n), e.line);
	free(text);
	return code;
}

/* The whole text, in a file that was not there. */
static int
save(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "wxe");
	int code;

	if (f == NULL)
		return CLI_FAILED;
	code = fwrite(text, 1, n, f) == n ? CLI_FINE : CLI_FAILED;
	if (fclose(f) != 0)
		code = CLI_FAILED;
	return code;
}

int
edit_save_run(int argc, char **argv)
{
	struct edit e;
	char *text;
	size_t n;
	int code = edit_look(&e, argc, argv);

	if (code != CLI_FINE)
		return code;
	text = text_of(&e, &n);
	if (text == NULL)
		return edit_end(&e, CLI_FAILED);
	errno = 0;
	if (strcmp(e.line, "terminal") == 0)
		code = fwrite(text, 1, n, stdout) == n ? CLI_FINE : CLI_FAILED;
	else
		code = save(e.line, text, n);
	if (code != CLI_FINE)
		code = say(e.line[0] != '\0' ? e.line : "expected FILE",
		    DG_EIO);
	free(text);
	return edit_end(&e, code);
}

/* Commit */

struct change {
	size_t lines;
	bool rules;	  /* the firewall's rules depend on it */
	unsigned minutes; /* of trial; 0: for good */
};

static void
note_line(void *arg, char sign, const char *line)
{
	static const char *const of_rules[] = { "set intercept",
		"set proxy listen-port", "set proxy source" };
	struct change *c = arg;

	(void)sign;
	c->lines++;
	for (size_t i = 0; i < DG_ARRAY_LEN(of_rules); i++)
		if (span_starts_nocase(span_trim(span_text(line)), of_rules[i]))
			c->rules = true;
}

static void
audit(const struct edit *e, const char *event, const struct change *change)
{
	struct log_line l;

	log_open(LOG_TO_SYSLOG, LOG_LEVEL_INFO);
	log_begin(&l, LOG_LEVEL_INFO, event);
	log_user(&l, getuid());
	log_text(&l, "file", e->config);
	log_number(&l, "lines", change->lines);
	log_end(&l);
}

/* The daemon takes it, or says why not: then the one before is in force again,
 * and the candidate stays. */
static int
hand_over(const struct edit *e, const char *socket)
{
	char restart[8] = "";
	char error[200];
	uint8_t *answer = NULL;
	size_t n = 0;
	int code = CLI_FINE;
	int err = client_ask(&answer, &n, socket, "request reload");

	if (err == DG_ENOTFOUND && (errno == ENOENT || errno == ECONNREFUSED)) {
		(void)puts("danegated is not running: it takes this when it "
			   "starts");
	} else if (err != 0) {
		(void)fprintf(stderr,
		    "danegated did not answer at %s: it may still have the old "
		    "configuration\n",
		    socket);
		code = CLI_DOWN;
	} else if (client_member(error, sizeof(error), span_of(answer, n),
		       "error")) {
		code = cli_answer_error(span_of(answer, n), error);
		err = store_restore(&e->store);
		if (err != 0)
			(void)say(e->config, err);
	} else if (client_member(restart, sizeof(restart), span_of(answer, n),
		       "restart_needed") &&
	    strcmp(restart, "true") == 0) {
		(void)puts("part of this takes a restart of danegated");
	}
	free(answer);
	return code;
}

/* On trial: what is in force until now comes back by itself. */
static int
trial_begin(const struct edit *e, unsigned minutes)
{
	struct candidate running = { 0 };
	char *text = NULL;
	size_t n;
	int err = store_running(&running, &e->store);

	if (err == 0)
		err = candidate_text(&text, &n, &running);
	if (err == 0)
		err = confirm_begin(e->config, span_of(text, n), minutes);
	free(text);
	candidate_free(&running);
	return err;
}

static int
commit_done(const struct edit *e, const struct change *change)
{
	int err = store_finish(&e->store);

	if (err == 0 && change->minutes == 0)
		err = confirm_end(e->config);
	if (err != 0)
		return say(e->config, err);
	audit(e, "commit", change);
	(void)printf("committed, %zu lines changed\n", change->lines);
	if (change->minutes > 0)
		(void)printf("taken back in %u minutes, or when the machine is "
			     "started anew; to keep it: danegate commit\n",
		    change->minutes);
	if (change->rules)
		(void)puts("for interception: danegate firewall apply");
	return CLI_FINE;
}

static int
commit(struct edit *e, struct span text, const struct change *change)
{
	char socket[SETTINGS_PATH_MAX];
	int code;
	int done;
	int err = 0;

	/* A terminal that goes away, or an impatient hand, leaves no half. */
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	/* Where the daemon listens by what is in force until now. */
	cli_socket_path(socket, e->config);
	if (change->minutes > 0)
		err = trial_begin(e, change->minutes);
	if (err == 0)
		err = store_install(&e->store, text);
	if (err != 0)
		return say(e->config, err);
	code = hand_over(e, socket);
	if (code != CLI_FAILED) {
		done = commit_done(e, change);
		return done != CLI_FINE ? done : code;
	}
	if (change->minutes > 0 && confirm_end(e->config) != 0)
		(void)say(e->config, DG_EIO);
	audit(e, "commit-refused", change);
	return code;
}

/* Nothing has changed: then this can only be the word that it may stay. */
static int
commit_nothing(struct edit *e, const struct change *change)
{
	uint64_t left;
	bool pending = confirm_state(e->config, &left) == CONFIRM_PENDING;
	int err = store_discard(&e->store);

	if (err == 0 && pending && change->minutes == 0) {
		err = confirm_end(e->config);
		if (err == 0)
			audit(e, "commit-confirmed", change);
	}
	if (err != 0)
		return say(e->config, err);
	(void)puts(pending && change->minutes == 0 ? "confirmed"
						   : "nothing to commit");
	return CLI_FINE;
}

static int
commit_checked(struct edit *e, struct span text, unsigned minutes)
{
	struct candidate running = { 0 };
	struct change change = { .minutes = minutes };
	uint64_t left;
	int err = store_running(&running, &e->store);

	if (err == 0)
		err = candidate_compare(&running, &e->candidate, note_line,
		    &change);
	candidate_free(&running);
	if (err != 0)
		return say(e->config, err);
	if (change.lines == 0)
		return commit_nothing(e, &change);
	if (minutes > 0 && confirm_state(e->config, &left) != CONFIRM_NONE) {
		(void)fputs("a commit waits to be confirmed: danegate commit "
			    "confirms it with this change\n",
		    stderr);
		return CLI_FAILED;
	}
	return commit(e, text, &change);
}

/* Nothing, check, or confirmed MINUTES. */
static bool
commit_words(const struct edit *e, bool *check, unsigned *minutes)
{
	struct span rest = span_text(e->line);
	struct span word = span_word(&rest);
	uint64_t n = 0;

	*check = span_equal(word, span_text("check"));
	*minutes = 0;
	if (word.n == 0 || (*check && rest.n == 0))
		return true;
	if (!span_equal(word, span_text("confirmed")) ||
	    span_number(&n, span_trim(rest), CONFIRM_MINUTES_MAX) != 0 ||
	    n == 0) {
		(void)fputs("expected nothing, check, or confirmed and minutes "
			    "from 1 to 1440\n",
		    stderr);
		return false;
	}
	*minutes = (unsigned)n;
	return true;
}

int
edit_commit_run(int argc, char **argv)
{
	struct config_error error;
	struct settings s;
	struct edit e;
	char *text;
	size_t n;
	unsigned minutes;
	bool check;
	int code = edit_begin(&e, argc, argv);

	if (code != CLI_FINE)
		return code;
	if (!commit_words(&e, &check, &minutes))
		return edit_end(&e, CLI_USAGE);
	text = text_of(&e, &n);
	if (text == NULL)
		return edit_end(&e, CLI_FAILED);
	code = CLI_USAGE;
	if (config_parse(&s, span_of(text, n), &error) != 0) {
		cli_config_error("candidate", span_of(text, n), &error);
	} else {
		settings_free(&s);
		code = check ? CLI_FINE
			     : commit_checked(&e, span_of(text, n), minutes);
		if (check)
			(void)puts("the candidate is good");
	}
	free(text);
	return edit_end(&e, code);
}
