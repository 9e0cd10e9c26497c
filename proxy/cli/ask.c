/*
 * danegate show ..., clear ..., request ...: what the daemon answers, as text
 * or as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/confirm.h"
#include "base/file.h"
#include "base/json_read.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/log.h"
#include "cli/render.h"
#include "config/config.h"

struct ask {
	const char *config;
	bool json;
	char line[CONTROL_REQUEST_MAX];
};

static int
usage(const struct control_row *row)
{
	(void)fprintf(stderr, "usage: danegate %s %s [--json] [-c FILE]\n",
	    row->words, control_argument_text(row));
	return CLI_USAGE;
}

/* Words of the request, options of ours among them anywhere. */
static bool
ask_arguments(struct ask *a, int argc, char **argv)
{
	size_t n = strlen(a->line);

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			a->json = true;
		} else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			a->config = argv[++i];
		} else {
			int more = snprintf(a->line + n, sizeof(a->line) - n,
			    " %s", argv[i]);

			if (more < 0 || (size_t)more >= sizeof(a->line) - n ||
			    strchr(argv[i], '\n') != NULL)
				return false;
			n += (size_t)more;
		}
	}
	return true;
}

void
cli_socket_path(char path[SETTINGS_PATH_MAX], const char *config)
{
	struct config_error error;
	struct settings s;
	uint8_t *text = NULL;
	size_t n;

	settings_default(&s);
	if (file_read(&text, &n, confirm_file(config).text, CONFIG_TEXT_MAX) ==
		0 &&
	    config_parse(&s, span_of(text, n), &error) != 0)
		settings_default(&s);
	memcpy(path, s.control_socket, SETTINGS_PATH_MAX);
	settings_free(&s);
	free(text);
}

int
cli_silent(const char *path, int err)
{
	if (err == DG_ENOTFOUND && (errno == ENOENT || errno == ECONNREFUSED))
		(void)fprintf(stderr,
		    "danegated is not running: nobody answers at %s\n", path);
	else
		(void)fprintf(stderr, "danegated does not answer at %s: %s\n",
		    path,
		    err == DG_ENOTFOUND || err == DG_EIO ? strerror(errno)
							 : dg_err_text(err));
	return CLI_DOWN;
}

int
cli_ask(uint8_t **answer, size_t *n, const char *config, const char *line)
{
	char path[SETTINGS_PATH_MAX];
	int err;

	cli_socket_path(path, config);
	err = client_ask(answer, n, path, line);
	return err == 0 ? CLI_FINE : cli_silent(path, err);
}

int
cli_answer_error(struct span answer, const char *error)
{
	char file[SETTINGS_PATH_MAX + 4];
	char line[24];
	char expected[200];

	(void)fprintf(stderr, "error: %s\n", error);
	if (client_member(file, sizeof(file), answer, "file") &&
	    client_member(line, sizeof(line), answer, "line"))
		(void)fprintf(stderr, "%s:%s: ", file, line);
	if (client_member(expected, sizeof(expected), answer, "expected"))
		(void)fprintf(stderr, "expected %s\n", expected);
	return CLI_FAILED;
}

static int
render(enum control_verb verb, struct span answer)
{
	return verb == CONTROL_SHOW_LOG ? log_print(stdout, answer)
					: render_answer(stdout, answer);
}

static int
say_answer(const struct ask *a, enum control_verb verb, struct span answer)
{
	char error[200];
	bool failed = client_member(error, sizeof(error), answer, "error");

	if (a->json) {
		(void)fwrite(answer.p, 1, answer.n, stdout);
		return failed ? CLI_FAILED : CLI_FINE;
	}
	if (failed)
		return cli_answer_error(answer, error);
	if (render(verb, answer) != 0) {
		(void)fputs("the answer cannot be understood\n", stderr);
		return CLI_FAILED;
	}
	return CLI_FINE;
}

/* The first word behind the request's that cannot be: a caret below it. */
static void
say_wrong(const struct control_row *row, const char *line, const char *why)
{
	struct control_request request;
	size_t words = strlen(row->words);
	struct span rest = span_slice(span_text(line), words, strlen(line));
	size_t column = words + 1;
	const char *unused;
	struct span first;

	first = span_word(&rest);
	/* With it alone all would be well: then it is the next one. */
	if (rest.n > 0 &&
	    control_parse(&request,
		span_slice(span_text(line), 0, words + 1 + first.n),
		&unused) == 0)
		column += first.n + 1;
	(void)fprintf(stderr, "%s\n%*s^\nexpected %s\n", line, (int)column, "",
	    why);
}

/* Makes the request's line and takes it apart. False: *why says what was
 * expected; NULL where the arguments are none of ours. */
static bool
ask_parse(struct ask *a, struct control_request *out,
    const struct control_row *row, int argc, char **argv, const char **why)
{
	*why = NULL;
	(void)snprintf(a->line, sizeof(a->line), "%s", row->words);
	return ask_arguments(a, argc, argv) &&
	    control_parse(out, span_text(a->line), why) == 0;
}

bool
ask_is_stream(const struct control_row *row, int argc, char **argv)
{
	struct ask a = { .config = CLI_CONFIG };
	struct control_request request;
	const char *why;

	return ask_parse(&a, &request, row, argc, argv, &why) && request.follow;
}

int
ask_run(const struct control_row *row, int argc, char **argv)
{
	struct ask a = { .config = CLI_CONFIG };
	char path[SETTINGS_PATH_MAX];
	struct control_request request;
	const char *why;
	uint8_t *answer = NULL;
	size_t n = 0;
	int err;

	if (!ask_parse(&a, &request, row, argc, argv, &why)) {
		if (why != NULL)
			say_wrong(row, a.line, why);
		return usage(row);
	}
	if (request.follow) {
		cli_socket_path(path, a.config);
		return log_follow(path, a.line, request.verb == CONTROL_MONITOR,
		    a.json);
	}
	err = cli_ask(&answer, &n, a.config, a.line);
	if (err != CLI_FINE)
		return err;
	err = say_answer(&a, request.verb, span_of(answer, n));
	free(answer);
	return err;
}
