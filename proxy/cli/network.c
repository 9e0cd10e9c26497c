/*
 * danegate network print [-c FILE]: the router's network as its scripts read
 * it.
 */
#include "cli/cli.h"
#include "cli/netplan.h"

int
network_print_run(int argc, char **argv)
{
	struct settings s;
	const char *path;
	int code;

	if (!cli_config_path(&path, argc, argv))
		return CLI_USAGE;
	code = cli_settings_read(&s, path);
	if (code != CLI_FINE)
		return code;
	netplan_write(stdout, &s);
	settings_free(&s);
	return CLI_FINE;
}
