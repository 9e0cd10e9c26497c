/*
 * danegate config check FILE, and reading the configuration for the others.
 */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/confirm.h"
#include "base/file.h"
#include "cli/cli.h"

bool
cli_complain(const char *what, const char *expected)
{
	(void)fprintf(stderr, "%s: expected %s\n", what, expected);
	return false;
}

void
cli_config_error(const char *path, struct span text,
    const struct config_error *error)
{
	size_t at = 0;
	struct span line;
	char shown[CONFIG_LINE_MAX];

	if (error->line == 0) {
		(void)fprintf(stderr, "%s: expected %s\n", path,
		    error->expected);
		return;
	}
	(void)fprintf(stderr, "%s:%u: expected %s\n", path, error->line,
	    error->expected);
	for (unsigned i = 1; i < error->line; i++)
		at = span_find(text, '\n', at) + 1;
	line = span_slice(text, at, span_find(text, '\n', at));
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	/* Blanks stay blanks, so that the caret stands where it should. */
	for (size_t i = 0; i < line.n && i < sizeof(shown); i++) {
		shown[i] = line.p[i] == '\t' ? ' ' : '?';
		if (line.p[i] >= 0x20 && line.p[i] < 0x7f)
			memcpy(&shown[i], &line.p[i], 1);
	}
	if (error->column > 0 && line.n < sizeof(shown))
		(void)fprintf(stderr, "    %.*s\n    %*s^\n", (int)line.n,
		    shown, (int)error->column - 1, "");
}

int
cli_settings_read(struct settings *out, const char *path)
{
	struct config_error error;
	uint8_t *text;
	size_t n;
	int err = file_read(&text, &n, confirm_file(path).text,
	    CONFIG_TEXT_MAX);

	if (err != 0) {
		(void)fprintf(stderr, "%s: %s\n", path,
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
		return CLI_USAGE;
	}
	err = config_parse(out, span_of(text, n), &error);
	if (err != 0)
		cli_config_error(path, span_of(text, n), &error);
	free(text);
	return err == 0 ? CLI_FINE : CLI_USAGE;
}

int
cli_authorities_read(struct pkix_store **out, const struct settings *settings)
{
	const char *why = "no certificates can be taken from it";
	uint8_t *text = NULL;
	size_t n = 0;
	int err;

	*out = NULL;
	if (!settings_want_authorities(settings))
		return CLI_FINE;
	err = file_read(&text, &n, settings->ca_file, PKIX_FILE_MAX);
	if (err == DG_EIO)
		why = strerror(errno); /* NOLINT(concurrency-mt-unsafe) */
	if (err == 0)
		err = pkix_store_new(out, span_of(text, n));
	free(text);
	if (err == 0)
		return CLI_FINE;
	(void)fprintf(stderr,
	    "%s: %s: expected a tls ca-file for level verify\n",
	    settings->ca_file, why);
	return CLI_USAGE;
}

bool
cli_config_path(const char **path, int argc, char **argv)
{
	*path = CLI_CONFIG;
	if (argc == 0)
		return true;
	if (argc == 2 && strcmp(argv[0], "-c") == 0) {
		*path = argv[1];
		return true;
	}
	(void)fputs("expected nothing or -c FILE\n", stderr);
	return false;
}

int
config_check_run(int argc, char **argv)
{
	struct pkix_store *authorities;
	struct settings s;
	int code;

	if (argc != 1) {
		(void)fputs("usage: danegate config check FILE\n", stderr);
		return CLI_USAGE;
	}
	code = cli_settings_read(&s, argv[0]);
	if (code == CLI_FINE) {
		code = cli_authorities_read(&authorities, &s);
		pkix_store_free(authorities);
		settings_free(&s);
	}
	return code;
}
