/*
 * Our name in EHLO, where danegate talks to mail servers by itself: that of the
 * machine, if it is one.
 */
#ifndef DG_DAEMON_HELO_H
#define DG_DAEMON_HELO_H

#define HELO_MAX 256

void helo_find(char helo[HELO_MAX]);

#endif
