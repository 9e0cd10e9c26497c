#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

void
settings_default(struct settings *s)
{
	*s = (struct settings){
		.listen_port = 10025,
		.max_sessions = 200,
		.max_sessions_per_client = 100,
		.memory_limit = 16U << 20,
		.drain_seconds = 30,
		.user = "danegate",
		/* Where Debian and many others keep it. */
		.ca_file = "/etc/ssl/certs/ca-certificates.crt",
		.default_level = LEVEL_DANE,
		.memory_days = 30,
		.report_days = 400,
		.tls_resumption = SWITCH_ON,
		.control_socket = "/run/danegate/control",
		.state_directory = "/var/lib/danegate",
		.log_destination = LOG_TO_SYSLOG,
		.log_level = LOG_LEVEL_INFO,
		.remote_level = LOG_LEVEL_WARNING,
	};
	network_default(&s->network);
}

void
settings_free(struct settings *s)
{
	domain_rules_free(&s->domains);
	free(s->relays);
	memset(s, 0, sizeof(*s));
}

bool
settings_want_authorities(const struct settings *s)
{
	if (s->default_level == LEVEL_VERIFY)
		return true;
	for (size_t i = 0; i < s->domains.n; i++)
		if (s->domains.rules[i].level == LEVEL_VERIFY)
			return true;
	for (size_t i = 0; i < s->nrelays; i++)
		if (s->relays[i].level == LEVEL_VERIFY)
			return true;
	return false;
}
