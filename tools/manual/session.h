/* The page that explains the session's machine; see session.c. */
#ifndef DG_MANUAL_SESSION_H
#define DG_MANUAL_SESSION_H

/* Writes the page to standard output: 0, or -1 with a word on standard error. */
int manual_session(void);

#endif
