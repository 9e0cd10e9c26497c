/* The door through which libedit asks what a terminal can do. */
#ifndef TERMCAP_H
#define TERMCAP_H

int tgetent(char *buffer, const char *name);
int tgetflag(const char *capability);
int tgetnum(const char *capability);
char *tgetstr(const char *capability, char **area);
char *tgoto(const char *text, int column, int line);
int tputs(const char *text, int lines, int (*put)(int));

#endif
