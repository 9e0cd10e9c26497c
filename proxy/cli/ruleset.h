/*
 * The rules that hand the LAN's port 25 to danegated, as text. Pure: settings
 * in, text out; installing them is firewall.c's business.
 *
 * Two chains do the work. The one before routing hands connections over
 * (TPROXY: the destination stays what the client dialled). The one on the way
 * through refuses whatever comes to port 25 all the same: when no daemon
 * listens, TPROXY finds nobody and the packet goes that way, so the mail server
 * gets a reset and keeps its mail.
 *
 * With `proxy source preserve` a third one brings back what servers answer to
 * connections that carry the client's address.
 */
#ifndef DG_CLI_RULESET_H
#define DG_CLI_RULESET_H

#include <stdio.h>

#include "config/settings.h"

/* The mark of packets on their way to the daemon: bits of ours alone, so that
 * other users of marks keep theirs. The routing table and the rule's place. */
#define RULESET_MARK	 "0x00da0000"
#define RULESET_MASK	 "0x00ff0000"
#define RULESET_TABLE	 "218"
#define RULESET_PRIORITY "218"

/* For nft -f: replaces the table `inet danegate` in one step. */
void ruleset_write(FILE *out, const struct settings *s);

/* For nft -f: takes the table away, whether it is there or not. */
void ruleset_write_removal(FILE *out);

#endif
