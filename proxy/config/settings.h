/*
 * What an operator can set, as one plain value: the result of reading a
 * configuration. Pure data; knows nothing of files, sockets or the daemon.
 * Text forms, ranges, defaults and help stand in the option table (options.c).
 */
#ifndef DG_CONFIG_SETTINGS_H
#define DG_CONFIG_SETTINGS_H

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/name.h"
#include "config/domains.h"
#include "config/network.h"

enum source {
	SOURCE_ROUTER = 0,
	SOURCE_PRESERVE
};
enum mode {
	MODE_ENFORCE = 0,
	MODE_MONITOR
};
enum on_block {
	ON_BLOCK_DEFER = 0,
	ON_BLOCK_REJECT
};
enum unlisted {
	UNLISTED_ALLOW = 0,
	UNLISTED_DEFER
};
enum insecure_mx {
	INSECURE_MX_DANE = 0,
	INSECURE_MX_MAY
};
enum switch_state {
	SWITCH_OFF = 0,
	SWITCH_ON
};
enum tls_minimum {
	TLS_MINIMUM_PHASE_OUT = 0,
	TLS_MINIMUM_SUFFICIENT,
	TLS_MINIMUM_GOOD
};
enum remote_transport {
	REMOTE_UDP = 0,
	REMOTE_TCP
};
enum bare_newline {
	BARE_NEWLINE_NORMALIZE = 0,
	BARE_NEWLINE_REJECT
};

#define SETTINGS_INTERFACES_MAX 16
#define SETTINGS_EXEMPT_MAX	64
#define SETTINGS_SERVERS_MAX	8
#define SETTINGS_RELAYS_MAX	128
#define SETTINGS_PATH_MAX	108 /* what a unix socket address holds */
#define SETTINGS_IFNAME_MAX	16  /* with NUL, as the kernel's IFNAMSIZ */
#define SETTINGS_USER_MAX	33  /* with NUL */

struct relay_rule {
	struct prefix prefix; /* destination */
	struct name host;     /* the TLSA base domain */
	enum level level;     /* LEVEL_UNSET: the default level */
};

struct settings {
	char interfaces[SETTINGS_INTERFACES_MAX][SETTINGS_IFNAME_MAX];
	size_t ninterfaces;
	struct prefix exempt[SETTINGS_EXEMPT_MAX];
	size_t nexempt;

	uint16_t listen_port;
	enum source source;
	uint32_t max_sessions;
	uint32_t max_sessions_per_client; /* 0: as many as there may be */
	uint64_t memory_limit;		  /* bytes */
	uint32_t drain_seconds;
	char user[SETTINGS_USER_MAX];

	struct address servers[SETTINGS_SERVERS_MAX]; /* DNS, in order */
	size_t nservers;
	char trust_anchor_file[SETTINGS_PATH_MAX]; /* empty: built-in anchors */
	enum switch_state case_randomization;	   /* of names asked for */
	enum clock_trust clock_trust;

	char ca_file[SETTINGS_PATH_MAX]; /* only with level verify */

	enum level default_level;
	struct domain_rules domains; /* owned; see settings_free() */
	struct relay_rule *relays;   /* likewise */
	size_t nrelays;
	enum mode mode;
	enum on_block on_block;
	enum unlisted unlisted;
	enum insecure_mx insecure_mx;
	enum bare_newline bare_newline;
	uint32_t memory_days; /* downgrade memory; 0 turns it off */
	uint32_t report_days; /* that domains are kept for the report */

	enum switch_state tls_resumption;
	enum tls_minimum tls_minimum;

	char control_socket[SETTINGS_PATH_MAX];
	char state_directory[SETTINGS_PATH_MAX];
	enum log_destination log_destination;
	enum log_level log_level;
	struct address remote; /* of no family: no log to another machine */
	enum remote_transport remote_transport;
	enum log_level remote_level;

	struct address tlsrpt_relay; /* of no family: no TLS reports */
	char tlsrpt_from[MAILBOX_MAX];

	struct network network; /* of the router; not the daemon's business */
};

/* Fills *s with every option's default. Nothing to free yet. */
void settings_default(struct settings *s);

/* Frees what s owns and clears it; s may be cleared or default. */
void settings_free(struct settings *s);

/* Some rule asks for level verify: ca_file is needed. */
bool settings_want_authorities(const struct settings *s);

#endif
