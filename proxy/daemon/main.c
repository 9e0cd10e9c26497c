/*
 * danegated [-f] [-c FILE] [-t]
 */
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
	switch (daemon_run(&settings, path, foreground)) {
	case 0:
		return EXIT_FINE;
	case DAEMON_AGAIN:
		return EXIT_AGAIN;
	default:
		return EXIT_RUNTIME;
	}
}
