/*
 * danegated [-f] [-c FILE] [-t]
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/daemon.h"

enum exit_code {
	EXIT_FINE = 0,
	EXIT_RUNTIME = 1,
	EXIT_USAGE = 2,
	EXIT_AGAIN = 3, /* asked to be started again */
};

static int
usage(void)
{
	(void)fputs("usage: danegated [-f] [-c FILE] [-t]\n", stderr);
	return EXIT_USAGE;
}

/* In the background the working folder is another. Links stay what they are:
 * what belongs to a configuration lies beside the name it was given by. */
static const char *
from_root(const char *path, char whole[PATH_MAX])
{
	char folder[PATH_MAX];
	int n;

	if (path[0] == '/' || getcwd(folder, sizeof(folder)) == NULL)
		return path;
	n = snprintf(whole, PATH_MAX, "%s/%s", folder, path);
	return n > 0 && n < PATH_MAX ? whole : path;
}

int
main(int argc, char **argv)
{
	const char *path = DAEMON_CONFIG;
	bool foreground = false;
	bool test = false;
	struct settings settings;
	char whole[PATH_MAX];
	int option;

	while ((option = getopt(argc, argv, "fc:t")) != -1) {
		switch (option) {
		case 'f':
			foreground = true;
			break;
		case 'c':
			path = optarg;
			break;
		case 't':
			test = true;
			break;
		default:
			return usage();
		}
	}
	if (optind < argc)
		return usage();
	path = from_root(path, whole);
	if (daemon_read(&settings, path) != 0)
		return EXIT_USAGE;
	if (test) {
		settings_free(&settings);
		return EXIT_FINE;
	}
	switch (daemon_run(&settings, path, foreground)) {
	case 0:
		return EXIT_FINE;
	case DAEMON_AGAIN:
		return EXIT_AGAIN;
	default:
		return EXIT_RUNTIME;
	}
}
