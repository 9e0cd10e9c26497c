#include "cli/cli.h"

/* clang-format off */
const struct cli_command cli_commands[] = {
	{ "config check", "FILE",
	  "check a configuration file; nothing is changed",
	  config_check_run },
	{ "dns check-forwarder", "ADDRESS[@PORT] [--json]",
	  "tell whether a resolver passes on what DNSSEC needs",
	  dns_forwarder_run },
	{ "dane verify",
	  "[--json] --name NAME... [--at TIME] --tlsa \"U S M HEX\"... CHAIN.pem",
	  "check a chain by TLSA records as danegated does",
	  dane_verify_run },
	{ "dns lookup",
	  "[--json] [--server ADDRESS[@PORT]]... [--anchor FILE] [--at TIME] "
	  "NAME TYPE",
	  "look up and validate as danegated does; shows the chain of zones",
	  dns_lookup_run },
	{ "firewall print", "[-c FILE]",
	  "show the rules that hand port 25 of the LAN to danegated",
	  firewall_print_run },
	{ "firewall apply", "[-c FILE]",
	  "install them; twice is the same as once",
	  firewall_apply_run },
	{ "firewall remove", "[-c FILE]",
	  "take them away again, and nothing else",
	  firewall_remove_run },
	{ 0 },
};
/* clang-format on */
