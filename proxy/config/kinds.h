/*
 * The kinds of values that options have: the right-hand column of options.c.
 */
#ifndef DG_CONFIG_KINDS_H
#define DG_CONFIG_KINDS_H

#include "config/option.h"

extern const struct option_kind kind_word;   /* an enum, by the form a|b|c */
extern const struct option_kind kind_number; /* uint32_t */
extern const struct option_kind kind_port;   /* uint16_t */
extern const struct option_kind kind_size;   /* uint64_t bytes: 16M, 512K */
extern const struct option_kind kind_text;
extern const struct option_kind kind_path; /* absolute */
extern const struct option_kind kind_interface;
extern const struct option_kind kind_exempt;
extern const struct option_kind kind_server;
extern const struct option_kind kind_remote;  /* max: its usual port */
extern const struct option_kind kind_mailbox; /* MAILBOX_MAX bytes */
extern const struct option_kind kind_level;   /* the default one */
extern const struct option_kind kind_domain;
extern const struct option_kind kind_relay;

/* Of the router's network. The max of an option is the family, 4 or 6. */
extern const struct option_kind kind_interface_address;
extern const struct option_kind kind_address;
extern const struct option_kind kind_dhcp_range;
extern const struct option_kind kind_hostname;
extern const struct option_kind kind_ntp;
extern const struct option_kind kind_route;
extern const struct option_kind kind_ssh_key;

/* What a rule's level is set with, behind `set policy domain`. Returns text. */
const char *domain_rule_text(const struct domain_rule *rule,
    char text[OPTION_VALUE_MAX]);

/* ADDRESS, or ADDRESS/LENGTH where it is not one host's. Returns text. */
#define PREFIX_TEXT_MAX (ADDRESS_TEXT_MAX + sizeof("/128"))
const char *prefix_text(const struct prefix *p, char text[PREFIX_TEXT_MAX]);

#endif
