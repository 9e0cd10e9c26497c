/*
 * What is there at this moment, for completion: statements of the candidate,
 * and what a running daemon tells over its control socket. What cannot be had
 * is not told.
 */
#ifndef DG_SHELL_LIVE_H
#define DG_SHELL_LIVE_H

#include "shell/complete.h"

void live_tell(const char *config, enum complete_live what,
    complete_live_cb *cb, void *arg);

#endif
