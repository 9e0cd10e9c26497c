/*
 * What the router's scripts need of a configuration, as assignments that a
 * shell reads: one `name='value'` a line, lists with blanks between. Pure:
 * settings in, text out. No value has anything in it that a shell would look
 * at: the option table lets nothing in but addresses, numbers and host names.
 */
#ifndef DG_CLI_NETPLAN_H
#define DG_CLI_NETPLAN_H

#include <stdio.h>

#include "config/settings.h"

void netplan_write(FILE *out, const struct settings *s);

#endif
