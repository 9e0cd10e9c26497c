/*
 * danegated [-f] [-c FILE] [-t]
 */
#include <stdio.h>
#include <unistd.h>

#include "daemon/daemon.h"

enum exit_code {
	EXIT_FINE = 0,
	EXIT_RUNTIME = 1,
	EXIT_USAGE = 2
};

static int
usage(void)
{
	(void)fputs("usage: danegated [-f] [-c FILE] [-t]\n", stderr);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	const char *path = DAEMON_CONFIG;
	bool foreground = false;
	bool test = false;
	struct settings settings;
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
	if (daemon_read(&settings, path) != 0)
		return EXIT_USAGE;
	if (test) {
		settings_free(&settings);
		return EXIT_FINE;
	}
	return daemon_run(&settings, path, foreground) == 0 ? EXIT_FINE
							    : EXIT_RUNTIME;
}
