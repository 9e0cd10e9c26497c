/*
 * Which command is meant by words that may be cut short: `sh st` is `show
 * status` as long as nothing else begins like that. Pure; knows the commands'
 * words only.
 */
#ifndef DG_CLI_MATCH_H
#define DG_CLI_MATCH_H

#include "cli/cli.h"

#define CLI_MATCH_ENTRIES_MAX 128

enum cli_outcome {
	CLI_MATCH_NONE = 0, /* no command begins like that */
	CLI_MATCH_ONE,
	CLI_MATCH_SEVERAL,    /* a word could be several: `candidates` */
	CLI_MATCH_UNFINISHED, /* words lack: `candidates` are what it may become */
};

struct cli_match {
	enum cli_outcome outcome;
	size_t
	    index; /* of the command, with CLI_MATCH_ONE; see cli_entry_at() */
	int words; /* how many of the arguments are its words */
	bool candidates[CLI_MATCH_ENTRIES_MAX];
};

/* A word that is a command's whole word wins over longer ones. */
void cli_match_words(struct cli_match *out, int argc, char **argv);

/*
 * The next word of an argument text, "[check|confirmed MINUTES]", from *at on;
 * empty past its last. `first`: nothing must come before it.
 */
struct span cli_argument_word(struct span text, size_t *at, bool *first);

/*
 * The word of an argument text that a command's first argument stands for when
 * it is cut short: `che` for check. Empty: none, several, or a value of any kind
 * might be meant.
 */
struct span cli_argument_choice(const char *arguments, struct span given);

#endif
