/*
 * danegate request support-bundle: all that somebody needs who is to help, as
 * one text, in a file or over the console. There is no secret in the
 * configuration; who writes to whom is nobody's business and is hidden.
 */
#include "cli/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/confirm.h"
#include "base/file.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/log.h"
#include "cli/render.h"

static const enum control_verb verbs[] = {
	CONTROL_SHOW_VERSION,
	CONTROL_SHOW_STATUS,
	CONTROL_SHOW_STATISTICS,
	CONTROL_SHOW_MEMORY,
	CONTROL_SHOW_TLSRPT,
	CONTROL_SHOW_LOOP,
	CONTROL_SHOW_SESSIONS,
	CONTROL_SHOW_POLICY,
	CONTROL_SHOW_DNS_SERVERS,
	CONTROL_SHOW_DNS_ANCHORS,
	CONTROL_SHOW_DNS_CACHE,
	CONTROL_SHOW_TLS_SESSIONS,
	CONTROL_SHOW_DOWNGRADE_MEMORY,
	CONTROL_SHOW_DESTINATIONS,
	CONTROL_SHOW_DECISIONS,
	CONTROL_SHOW_LOG,
};

/* Ends a local part, looked at from its end. */
static bool
is_outside(uint8_t c)
{
	return c <= 0x20 || c >= 0x7f || strchr("<>\"=(),:;[]", c) != NULL;
}

void
bundle_hide(FILE *to, struct span text)
{
	size_t from = 0; /* not written yet */

	for (size_t at = span_find(text, '@', 0); at < text.n;
	     at = span_find(text, '@', at + 1)) {
		size_t begin = at;

		while (begin > from && !is_outside(text.p[begin - 1]))
			begin--;
		(void)fwrite(text.p + from, 1, begin - from, to);
		if (begin < at)
			(void)fputs("*", to);
		from = at;
	}
	(void)fwrite(text.p + from, 1, text.n - from, to);
}

static void
heading(FILE *to, const char *text)
{
	(void)fprintf(to, "\n==== %s\n", text);
}

static void
put_configuration(FILE *to, const char *config)
{
	uint8_t *text = NULL;
	size_t n = 0;
	int err = file_read(&text, &n, confirm_file(config).text,
	    CONFIG_TEXT_MAX);

	heading(to, config);
	if (err == 0)
		(void)fwrite(text, 1, n, to);
	else
		(void)fprintf(to, "%s\n",
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
	free(text);
}

/* One answer as a person would see it, addresses hidden. */
static int
put_answer(FILE *to, enum control_verb verb, const char *path)
{
	const char *words = control_row(verb)->words;
	uint8_t *answer = NULL;
	char *text = NULL;
	size_t size = 0;
	size_t n = 0;
	FILE *f = NULL;
	int err = client_ask(&answer, &n, path, words);

	if (err != 0)
		goto out;
	err = DG_ENOMEM;
	f = open_memstream(&text, &size);
	if (f == NULL)
		goto out;
	err = verb == CONTROL_SHOW_LOG ? log_print(f, span_of(answer, n))
				       : render_answer(f, span_of(answer, n));
	if (fclose(f) != 0)
		err = DG_ENOMEM;
	heading(to, words);
	if (err == 0)
		bundle_hide(to, span_of(text, size));
out:
	free(text);
	free(answer);
	return err;
}

/* All of it in memory; a part that cannot be had says so and is no reason not to
 * make the rest. */
static int
collect(char **out, size_t *n, const char *config)
{
	char path[SETTINGS_PATH_MAX];
	FILE *f = open_memstream(out, n);
	int err = 0;

	if (f == NULL)
		return DG_ENOMEM;
	cli_socket_path(path, config);
	(void)fprintf(f, "danegate support bundle, made by danegate %s\n",
	    dg_version());
	put_configuration(f, config);
	for (size_t i = 0; i < DG_ARRAY_LEN(verbs) && err != DG_ENOTFOUND;
	     i++) {
		err = put_answer(f, verbs[i], path);
		if (err != 0)
			(void)fprintf(f, "\n==== %s: %s\n",
			    control_row(verbs[i])->words,
			    err == DG_ENOTFOUND ? "danegated does not answer"
						: dg_err_text(err));
	}
	if (fclose(f) != 0)
		return DG_ENOMEM;
	*n = *n < BUNDLE_MAX ? *n : BUNDLE_MAX;
	return 0;
}

/* A file that is there already is not replaced. */
static int
write_file(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool fine = f != NULL && fwrite(text, 1, n, f) == n;

	if (f != NULL)
		fine = fclose(f) == 0 && fine;
	if (!fine) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return CLI_FAILED;
	}
	(void)printf("%s: %zu bytes\n", path, n);
	return CLI_FINE;
}

static int
write_out(const char *to, const char *text, size_t n)
{
	if (strcmp(to, "terminal") != 0)
		return write_file(to, text, n);
	(void)puts("-----BEGIN DANEGATE SUPPORT BUNDLE (base64)-----");
	base64_write(stdout, span_of(text, n), "\n");
	(void)puts("-----END DANEGATE SUPPORT BUNDLE-----");
	return CLI_FINE;
}

int
bundle_run(int argc, char **argv)
{
	const char *config = CLI_CONFIG;
	const char *to = NULL;
	char *text = NULL;
	size_t n = 0;
	int code = CLI_FAILED;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			config = argv[++i];
		} else if (to == NULL && argv[i][0] != '-') {
			to = argv[i];
		} else {
			to = NULL;
			break;
		}
	}
	if (to == NULL) {
		(void)fputs("usage: danegate request support-bundle "
			    "FILE|terminal [-c FILE]\n",
		    stderr);
		return CLI_USAGE;
	}
	if (collect(&text, &n, config) == 0)
		code = write_out(to, text, n);
	else
		(void)fputs("no memory\n", stderr);
	free(text);
	return code;
}
