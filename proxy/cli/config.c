/*
 * danegate config check FILE, and reading the configuration for the others.
 */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"

int
cli_settings_read(struct settings *out, const char *path)
{
	struct config_error error;
	uint8_t *text;
	size_t n;
	int err = file_read(&text, &n, path, CONFIG_TEXT_MAX);

	if (err != 0) {
		(void)fprintf(stderr, "%s: %s\n", path,
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
		return CLI_USAGE;
	}
	err = config_parse(out, span_of(text, n), &error);
	free(text);
	if (err == 0)
		return CLI_FINE;
	if (error.line == 0)
		(void)fprintf(stderr, "%s: expected %s\n", path,
		    error.expected);
	else
		(void)fprintf(stderr, "%s:%u: expected %s\n", path, error.line,
		    error.expected);
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
	struct settings s;
	int code;

	if (argc != 1) {
		(void)fputs("usage: danegate config check FILE\n", stderr);
		return CLI_USAGE;
	}
	code = cli_settings_read(&s, argv[0]);
	if (code == CLI_FINE)
		settings_free(&s);
	return code;
}
