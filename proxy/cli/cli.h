/*
 * The danegate command: one table of verbs, each a function of its own file
 * that works as a one-shot. Knows the configuration and the system's tools;
 * never the daemon's insides. What a running daemon answers is asked over its
 * control socket: those verbs stand in the table of control/.
 */
#ifndef DG_CLI_CLI_H
#define DG_CLI_CLI_H

#include <stdio.h>

#include "config/config.h"
#include "control/control.h"
#include "dane/pkix.h"

#define CLI_CONFIG "/etc/danegate/danegate.conf"

#define CLI_ARGUMENT_MAX 32 /* of the fixed words behind a command */

enum cli_exit {
	CLI_FINE = 0,
	CLI_FAILED = 1, /* the system refused */
	CLI_USAGE = 2,	/* bad arguments or a bad configuration */
	CLI_DOWN = 3,	/* no daemon answers */
};

/* One command; argv holds what follows its words. Returns an exit code. The
 * table is what help and manual are made of, too. */
struct cli_command {
	const char *words;
	const char *arguments; /* as shown in the help; may be empty */
	const char *help;      /* one line */
	const char *detail;    /* sentences, exit codes among them */
	int (*run)(int argc, char **argv);
};

/* Ended by an entry without words. */
extern const struct cli_command cli_commands[];

/* A request to the daemon: argv holds what follows its words. */
int ask_run(const struct control_row *row, int argc, char **argv);

/* The answer would be a stream. */
bool ask_is_stream(const struct control_row *row, int argc, char **argv);

/*
 * Every command there is, those of both tables, for help and manual: number
 * `index`, false past the last.
 */
struct cli_entry {
	const char *words;
	const char *arguments;
	const char *help;
	const char *detail; /* of a request: the members of its answer */
	bool request;
};

bool cli_entry_at(struct cli_entry *out, size_t index);

/* Runs that command: argv holds what follows its words, the first of it perhaps
 * cut short. An exit code. */
int cli_run(size_t index, int argc, char **argv);

/* It would go on until somebody ends it. */
bool cli_is_stream(size_t index, int argc, char **argv);

/* Commands with two lines each: all, or those with only[index]. */
void cli_help_list(FILE *to, const bool *only);

/* The words of the command that was probably meant, or NULL. */
const char *cli_nearest(int argc, char **argv);

int cli_help_run(int argc, char **argv);
int cli_shell_only_run(int argc, char **argv);
int config_check_run(int argc, char **argv);
int dns_forwarder_run(int argc, char **argv);
int edit_set_run(int argc, char **argv);
int edit_delete_run(int argc, char **argv);
int edit_annotate_run(int argc, char **argv);
int edit_compare_run(int argc, char **argv);
int edit_show_run(int argc, char **argv);
int edit_discard_run(int argc, char **argv);
int edit_rollback_run(int argc, char **argv);
int edit_load_run(int argc, char **argv);
int edit_save_run(int argc, char **argv);
int edit_commit_run(int argc, char **argv);
int dane_verify_run(int argc, char **argv);
int dns_lookup_run(int argc, char **argv);
int policy_explain_run(int argc, char **argv);
int probe_run(int argc, char **argv);
int test_domain_run(int argc, char **argv);
int test_dns_run(int argc, char **argv);
int test_policy_run(int argc, char **argv);
int set_date_run(int argc, char **argv);
int bundle_run(int argc, char **argv);
int report_run(int argc, char **argv);
int metrics_run(int argc, char **argv);
int firewall_print_run(int argc, char **argv);
int firewall_apply_run(int argc, char **argv);
int firewall_remove_run(int argc, char **argv);
int network_print_run(int argc, char **argv);
int system_slots_run(int argc, char **argv);
int system_host_key_run(int argc, char **argv);
int system_update_run(int argc, char **argv);
int system_rollback_run(int argc, char **argv);
int system_factory_reset_run(int argc, char **argv);
int system_reboot_run(int argc, char **argv);
int update_check_run(int argc, char **argv);
int update_write_run(int argc, char **argv);

/*
 * Reads and checks a configuration file; *out is to be freed with
 * settings_free(). What is wrong goes to stderr with file, line and what was
 * expected, and the exit code CLI_USAGE is returned; CLI_FINE otherwise.
 */
DG_MUSTCHECK int cli_settings_read(struct settings *out, const char *path);

/* "what: expected ...", on stderr. False, for whoever has to go on with it. */
bool cli_complain(const char *what, const char *expected);

/* What is wrong with that text, by line and with a caret, on stderr. */
void cli_config_error(const char *path, struct span text,
    const struct config_error *error);

/* Where the daemon listens, by a configuration file. One that cannot be read is
 * no reason not to ask: then it is where it is by default. */
void cli_socket_path(char path[SETTINGS_PATH_MAX], const char *config);

/* Nobody answered at path: says so on stderr, and returns CLI_DOWN. */
int cli_silent(const char *path, int err);

/* What the daemon refused: file, line, and what it expected, as far as it says
 * so, on stderr. Returns CLI_FAILED. */
int cli_answer_error(struct span answer, const char *error);

/*
 * The authorities of `tls ca-file`, to be freed with pkix_store_free(); NULL
 * where no rule has level `verify`. What is wrong goes to stderr, and CLI_USAGE
 * is returned; CLI_FINE otherwise.
 */
DG_MUSTCHECK int cli_authorities_read(struct pkix_store **out,
    const struct settings *settings);

/*
 * Asks the daemon of that configuration; the answer is to be freed. What fails
 * goes to stderr, and its exit code is returned; CLI_FINE otherwise.
 */
DG_MUSTCHECK int cli_ask(uint8_t **answer, size_t *n, const char *config,
    const char *line);

/*
 * Takes `-c FILE` and nothing else off the arguments. False, said on stderr,
 * for anything else.
 */
DG_MUSTCHECK bool cli_config_path(const char **path, int argc, char **argv);

#endif
