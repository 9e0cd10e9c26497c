#include "cli/cli.h"

#include <stdio.h>

#include "base/nearest.h"
#include "cli/match.h"

/* clang-format off */
const struct cli_command cli_commands[] = {
	{ "help", "[COMMAND]",
	  "list the commands, or explain one",
	  "The same as in the manual. In the shell, `?` tells at any place what "
	  "may come next.",
	  cli_help_run },
	{ "configure", "",
	  "change the configuration from now on (shell)",
	  "The prompt ends in # then. Other consoles can look, but not change the "
	  "configuration, until `exit`. Statements that begin alike are at hand "
	  "with `edit`; `show` is the candidate, `show | compare` what a commit "
	  "would change. What is not committed stays in the candidate.",
	  cli_shell_only_run },
	{ "edit", "WORDS...",
	  "go where statements begin with these words (shell)",
	  "After `edit policy` the line `set mode monitor` sets policy mode. The "
	  "words may be followed by more with another edit.",
	  cli_shell_only_run },
	{ "up", "", "one word up from there (shell)", "",
	  cli_shell_only_run },
	{ "top", "", "back to where statements begin (shell)", "",
	  cli_shell_only_run },
	{ "exit", "", "leave edit, configure, then the shell", "",
	  cli_shell_only_run },
	{ "quit", "", "the same as exit", "", cli_shell_only_run },
	{ "start shell", "",
	  "the system's own shell, until its exit (shell)",
	  "For root alone. On the router nothing that is changed there outlives a "
	  "restart but what lies in /state.",
	  cli_shell_only_run },
	{ "set", "OPTION VALUE... [-c FILE]",
	  "put a statement into the candidate",
	  "The options and their values are in danegate.conf(5). A statement about "
	  "the same thing is replaced. Nothing is in force before `danegate "
	  "commit`.",
	  edit_set_run },
	{ "set date", "DATE [TIME] [-c FILE]",
	  "set the clock of the machine, in UTC",
	  "As in 2026-01-31 12:00, 2026-01-31T12:00:00Z, or seconds since 1970; "
	  "the clock with the battery is set too, if there is one. No part of the "
	  "configuration: it holds at once. For root alone. A running daemon is "
	  "asked what it makes of the clock, and the log says who set it. Exit: 0, "
	  "1 refused by the system, 2 no such time.",
	  set_date_run },
	{ "delete", "WORDS... [-c FILE]",
	  "take statements out of the candidate",
	  "All that begin with these words, with the comments right above them.",
	  edit_delete_run },
	{ "annotate", "WORDS... COMMENT [-c FILE]",
	  "put a comment above a statement of the candidate",
	  "COMMENT is one argument; an empty one takes the comment away.",
	  edit_annotate_run },
	{ "show candidate", "[-c FILE]",
	  "show the configuration that is being edited",
	  "Without changes it is the one in force.",
	  edit_show_run },
	{ "compare", "[-c FILE]",
	  "show what a commit would change",
	  "Lines that would go have a -, new ones a +.",
	  edit_compare_run },
	{ "commit", "[check|confirmed MINUTES] [-c FILE]",
	  "check the candidate and put it in force",
	  "All of it or nothing: the file is replaced as a whole, and the daemon "
	  "takes it or says why not; then the old file is back and the candidate "
	  "stays. `check` only checks. With `confirmed` it is taken back after so many "
	  "minutes unless `danegate commit` is given before: by the daemon, after a "
	  "crash of it too, and at once when the machine is started anew. A line in the log says who did it. Exit: 0 "
	  "done, 1 refused by daemon or system, 2 a bad candidate, 3 the daemon did "
	  "not answer.",
	  edit_commit_run },
	{ "discard", "[-c FILE]",
	  "drop the candidate",
	  "What is in force stays.",
	  edit_discard_run },
	{ "rollback", "N [-c FILE]",
	  "make an earlier configuration the candidate",
	  "1 is the one before the last commit; 10 are kept, beside the file as "
	  "danegate.conf.1 to .10. 0 is the one in force. Then `danegate commit`.",
	  edit_rollback_run },
	{ "load", "FILE|terminal [-c FILE]",
	  "replace the candidate by a file or what is pasted",
	  "terminal: from standard input, up to its end (Ctrl-D). A bad one is not "
	  "taken.",
	  edit_load_run },
	{ "save", "FILE|terminal [-c FILE]",
	  "write the candidate to a new file",
	  "A file that is there already is not replaced. terminal: to standard "
	  "output, to be copied from a console.",
	  edit_save_run },
	{ "config check", "FILE",
	  "check a configuration file; nothing is changed",
	  "A bad statement is named by file and line, with what was expected and "
	  "a caret under the word. Exit: 0 good, 2 bad.",
	  config_check_run },
	{ "dns check-forwarder", "ADDRESS[@PORT] [--json]",
	  "tell whether a resolver passes on what DNSSEC needs",
	  "A resolver that strips signatures makes validation impossible and so "
	  "holds all mail. Exit: 0 fit, 1 unfit, 4 silent, 2 bad arguments.",
	  dns_forwarder_run },
	{ "dane verify",
	  "[--json] --name NAME... [--at TIME] --tlsa \"U S M HEX\"... CHAIN.pem",
	  "check a chain by TLSA records as danegated does",
	  "CHAIN.pem has the certificates as the server presents them, leaf "
	  "first. --name: the reference identifiers, TLSA base domain first. TIME: "
	  "seconds since 1970, or as in 2026-01-31T12:00:00Z; now if absent. Exit: "
	  "0 verified, 1 failed, 3 no usable record, 2 bad arguments or a file that "
	  "cannot be read.",
	  dane_verify_run },
	{ "dns lookup",
	  "[--json] [--server ADDRESS[@PORT]]... [--anchor FILE] [--at TIME] "
	  "NAME TYPE",
	  "look up and validate as danegated does; shows the chain of zones",
	  "Without --server the resolvers of /etc/resolv.conf are asked, without "
	  "--anchor the built-in anchors of the root hold. Exit: 0 secure, "
	  "3 insecure, 1 bogus, 4 no answer to be had, 2 bad arguments.",
	  dns_lookup_run },
	{ "probe",
	  "[--json] [--server ADDRESS[@PORT]]... [--anchor FILE] "
	  "[--level LEVEL] [-c FILE] "
	  "DOMAIN [--mx HOST] [--address ADDRESS[@PORT]]",
	  "walk the delivery of a mail to DOMAIN, and send none",
	  "MX, addresses and TLSA records with their DNSSEC status, then for each "
	  "server: connection, EHLO, STARTTLS, TLS, certificates, DANE, and what "
	  "danegated would do with the mail. Without --level and --server the "
	  "configuration's hold, or /etc/resolv.conf. --mx: this host alone; "
	  "--address: this server alone. Exit: 0 a server would be given the mail, "
	  "1 it is deferred or rejected, 4 no server was reached, 2 bad arguments.",
	  probe_run },
	{ "test domain",
	  "DOMAIN [--mx HOST] [--address ADDRESS[@PORT]] [--level LEVEL] "
	  "[--json] [-c FILE]",
	  "try the way of a mail to DOMAIN, and send none",
	  "`danegate probe` by the configuration, with what the running daemon "
	  "remembers of the hosts (downgrade memory), so that the verdict is its "
	  "own; takes what probe takes.",
	  test_domain_run },
	{ "test dns", "NAME TYPE [--json] [-c FILE]",
	  "look a name up by the daemon's servers and anchors",
	  "`danegate dns lookup` with the configuration's `dns server` and `dns "
	  "trust-anchor-file`; the daemon's cache is not asked. Exit: as there.",
	  test_dns_run },
	{ "test policy",
	  "DOMAIN [address ADDRESS] [--at TIME] [--json] [-c FILE]",
	  "tell which level a recipient domain has",
	  "`danegate policy explain`.",
	  test_policy_run },
	{ "request support-bundle", "FILE|terminal [-c FILE]",
	  "gather what somebody needs who is to help",
	  "Versions, the configuration, and what all show requests tell, the "
	  "latest lines of the log among it, as one text of at most 2 MiB in a new "
	  "file that only its owner can read. terminal: as base64 on standard "
	  "output, to be copied from a console. There are no secrets in the "
	  "configuration; of mail addresses only the domain is told. Without a "
	  "daemon it has the configuration alone. Exit: 0, 1 the file cannot be "
	  "written, 2 bad arguments.",
	  bundle_run },
	{ "show system slots", "",
	  "tell which system the router runs, and which one it could",
	  "Of the router image. Each slot with its version; `tried`: it is kept "
	  "when it has been well for two minutes, otherwise the other one comes "
	  "back. For admin alone, who may read the flash.",
	  system_slots_run },
	{ "show system host-key", "",
	  "tell what the router proves itself by to those who come by SSH",
	  "Of the router image: the public key and its fingerprint, for the "
	  "known_hosts file of who logs in. Exit: 0, 1 ssh server is off.",
	  system_host_key_run },
	{ "request system update", "URL|medium|serial",
	  "put another system into the free slot and try it",
	  "Of the router image, for root. The file comes by http:// or tftp:// "
	  "from the LAN, as danegate.update from the first partition (FAT) of a "
	  "medium, or over the console by XMODEM; its signature, board and version are checked before "
	  "a byte is written, and what was written is read back. Then the router "
	  "starts anew: port 25 is blocked meanwhile. Exit: 0, 1 refused.",
	  system_update_run },
	{ "request system rollback", "",
	  "go back to the system in the other slot",
	  "Of the router image, for root. It must hold a whole system of no less "
	  "than the lowest version that is allowed. The router starts anew.",
	  system_rollback_run },
	{ "request system factory-reset", "",
	  "forget password, configuration and all that was learnt",
	  "Of the router image, for root. Asks first, and starts anew.",
	  system_factory_reset_run },
	{ "request system reboot", "",
	  "start the router anew",
	  "Of the router image, for root. Messages under way may finish.",
	  system_reboot_run },
	{ "update check",
	  "FILE --key FILE --board NAME [--minimum N]",
	  "tell whether an update file is good",
	  "FILE, or - for standard input. Its signature by the key (32 bytes), its "
	  "board, its number, which must not be below N, and the digests of kernel "
	  "and root. Exit: 0 good, 1 not, 2 bad arguments.",
	  update_check_run },
	{ "update write",
	  "FILE KERNEL ROOT --key FILE --board NAME [--minimum N] "
	  "[--before PROGRAM]",
	  "write an update file's kernel and root to two devices",
	  "What `request system update` does after it has found the free slot. "
	  "Checked as by update check, the header before anything is written, and "
	  "read back from the devices. `PROGRAM begin` runs between header and "
	  "first byte. Exit: 0 written, 1 not, or not whole, 2 bad "
	  "arguments.",
	  update_write_run },
	{ "policy explain",
	  "DOMAIN [--address ADDRESS] [--at TIME] [--json] [-c FILE]",
	  "tell which level a recipient domain has, and by which rule",
	  "All rules that name the domain are shown, with what becomes of each: "
	  "the most specific that holds wins; an exception whose last day is over "
	  "does not hold. With --address the relay rule for that destination, too. "
	  "TIME as in dane verify; now if absent. Nothing is looked up: that is "
	  "`danegate probe`. Exit: 0, or 2 for bad arguments or a bad "
	  "configuration.",
	  policy_explain_run },
	{ "report",
	  "[--month YYYY-MM] [--text|--json|--csv [--domains]] [--top N] [-c FILE]",
	  "tell how a month's mail was protected, and what not",
	  "From the state directory: the sums of each day, which are kept for 400 "
	  "days, and the domains that mail went to without DANE, or was held for, "
	  "kept for `report domain-days`; the daemon need not run. Without --month "
	  "the latest one. Text is for a console of 80 columns, with the 20 domains "
	  "of each list that had the most recipients, or N; JSON has all, CSV a line "
	  "for each day or (--domains) for each domain. Exit: 0, 1 when the files "
	  "cannot be read, 2 bad arguments or a bad configuration.",
	  report_run },
	{ "metrics", "[-c FILE]",
	  "write the counters since the start as OpenMetrics",
	  "For a text file of a node exporter, or to be fetched over SSH; the same "
	  "numbers as `danegate show statistics`. Exit: 0, or as show has it.",
	  metrics_run },
	{ "firewall print", "[-c FILE]",
	  "show the rules that hand port 25 of the LAN to danegated",
	  "Text for `nft -f`, with the ip commands as comments; nothing is "
	  "changed.",
	  firewall_print_run },
	{ "firewall apply", "[-c FILE]",
	  "install them; twice is the same as once",
	  "One nftables table, `inet danegate`, a routing rule (mark "
	  "0x00da0000/0x00ff0000, table 218) and a local route for each family. "
	  "With the rules in place and no daemon nothing from an intercepted "
	  "interface reaches port 25 outside. Rules are not kept over a reboot: "
	  "run this where the machine sets up its network, before it forwards.",
	  firewall_apply_run },
	{ "firewall remove", "[-c FILE]",
	  "take them away again, and nothing else",
	  "From then on mail passes without danegate.",
	  firewall_remove_run },
	{ "network print", "[-c FILE]",
	  "show the router's network as its scripts read it",
	  "The options `system`, `interface` and `routing` and what follows from "
	  "them, as assignments for a shell; nothing is changed. The router image "
	  "carries it out after each commit; elsewhere nobody does.",
	  network_print_run },
	{ 0 },
};
/* clang-format on */

bool
cli_entry_at(struct cli_entry *out, size_t index)
{
	const size_t own = DG_ARRAY_LEN(cli_commands) - 1;
	const struct control_row *row;

	if (index < own) {
		const struct cli_command *c = &cli_commands[index];

		*out = (struct cli_entry){ c->words, c->arguments, c->help,
			c->detail, false };
		return true;
	}
	if (index - own >= CONTROL_VERBS)
		return false;
	row = control_row((enum control_verb)(index - own));
	*out = (struct cli_entry){ row->words, control_argument_text(row),
		row->help, row->answer, true };
	return true;
}

/* A row of the daemon's table, or NULL for a command of ours. */
static const struct control_row *
request_at(size_t index)
{
	const size_t own = DG_ARRAY_LEN(cli_commands) - 1;

	return index < own ? NULL
			   : control_row((enum control_verb)(index - own));
}

int
cli_run(size_t index, int argc, char **argv)
{
	const struct control_row *row = request_at(index);
	char whole[CLI_ARGUMENT_MAX];
	struct cli_entry e;
	struct span choice;

	if (argc > 0 && cli_entry_at(&e, index)) {
		choice = cli_argument_choice(e.arguments, span_text(argv[0]));
		if (choice.n > 0 &&
		    span_copy_text(whole, sizeof(whole), choice) == 0)
			argv[0] = whole;
	}
	return row == NULL ? cli_commands[index].run(argc, argv)
			   : ask_run(row, argc, argv);
}

bool
cli_is_stream(size_t index, int argc, char **argv)
{
	const struct control_row *row = request_at(index);

	return row != NULL && ask_is_stream(row, argc, argv);
}

void
cli_help_list(FILE *to, const bool *only)
{
	struct cli_entry e;

	for (size_t i = 0; cli_entry_at(&e, i); i++)
		if (only == NULL || only[i])
			(void)fprintf(to, "  danegate %s%s%s\n      %s\n",
			    e.words, e.arguments[0] != '\0' ? " " : "",
			    e.arguments, e.help);
}

/* Text in lines of at most 79 columns. */
static void
print_wrapped(const char *text)
{
	struct span rest = span_text(text);
	struct span word;
	size_t column = 0;

	while ((word = span_word(&rest)).n > 0) {
		bool next = column > 0 && column + 1 + word.n > 79;

		(void)printf("%s%.*s",
		    next	     ? "\n"
			: column > 0 ? " "
				     : "",
		    (int)word.n, (const char *)word.p);
		column = next || column == 0 ? word.n : column + 1 + word.n;
	}
	if (column > 0)
		(void)puts("");
}

int
cli_help_run(int argc, char **argv)
{
	struct cli_match m;
	struct cli_entry e;

	if (argc == 0) {
		(void)puts("usage: danegate COMMAND, words cut short where "
			   "they are clear;\n"
			   "without a command: a shell for them\n");
		cli_help_list(stdout, NULL);
		return CLI_FINE;
	}
	cli_match_words(&m, argc, argv);
	if (m.outcome == CLI_MATCH_NONE) {
		(void)fputs("no such command\n", stderr);
		return CLI_USAGE;
	}
	if (m.outcome != CLI_MATCH_ONE || !cli_entry_at(&e, m.index)) {
		cli_help_list(stdout, m.candidates);
		return CLI_FINE;
	}
	(void)printf("danegate %s%s%s\n\n%s.\n", e.words,
	    e.arguments[0] != '\0' ? " " : "", e.arguments, e.help);
	if (e.request && e.detail[0] != '\0')
		(void)puts("The answer with --json has these members:");
	print_wrapped(e.detail);
	return CLI_FINE;
}

int
cli_shell_only_run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)fputs("this is for the shell: danegate without a command\n",
	    stderr);
	return CLI_USAGE;
}

/* As many of the arguments as the command has words, with blanks between. */
static struct span
join_like(char *text, size_t size, const char *words, int argc, char **argv)
{
	struct span rest = span_text(words);
	size_t n = 0;

	text[0] = '\0';
	for (int i = 0; i < argc && span_word(&rest).n > 0 && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s",
		    i > 0 ? " " : "", argv[i]);
	return span_text(text);
}

const char *
cli_nearest(int argc, char **argv)
{
	const char *best = NULL;
	unsigned least = NEAREST_MAX;
	struct cli_entry e;

	for (size_t i = 0; cli_entry_at(&e, i); i++) {
		char text[NEAREST_MAX + 1];
		struct span given = join_like(text, sizeof(text), e.words, argc,
		    argv);
		unsigned distance = nearest_distance(given, span_text(e.words));

		if (distance < least &&
		    nearest_is_close(given, span_text(e.words))) {
			least = distance;
			best = e.words;
		}
	}
	return best;
}
