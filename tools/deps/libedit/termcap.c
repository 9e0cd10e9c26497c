/*
 * What a terminal can do, for libedit, without a database: a router has no
 * terminfo, and what hangs at its serial line is not known to it anyway. A
 * terminal whose TERM says that it obeys ECMA-48 can move its cursor up and
 * right and clear to the end of the line; any other has nothing but characters,
 * backspace and carriage return, and gets no escape sequence.
 */
#include "termcap.h"

#include <string.h>

struct capability {
	char name[3];
	const char *text;
};

static const struct capability plain[] = {
	{ "le", "\b" },
	{ "cr", "\r" },
	{ "bl", "\a" },
};

static const struct capability ecma48[] = {
	{ "up", "\033[A" },
	{ "nd", "\033[C" },
	{ "ce", "\033[K" },
};

static int is_ecma48;

int
tgetent(char *buffer, const char *name)
{
	static const char *const known[] = { "vt1", "vt2", "vt3", "vt4", "ansi",
		"xterm", "linux", "screen", "tmux", "rxvt", "putty" };

	(void)buffer;
	is_ecma48 = 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(name, known[i], strlen(known[i])) == 0)
			is_ecma48 = 1;
	return 1;
}

/* Characters go on in the next line where one is full, but only with the next
 * character; that is so for all of these. */
int
tgetflag(const char *capability)
{
	return strcmp(capability, "am") == 0 || strcmp(capability, "xn") == 0;
}

int
tgetnum(const char *capability)
{
	if (strcmp(capability, "co") == 0)
		return 80;
	return strcmp(capability, "li") == 0 ? 24 : -1;
}

static char *
find(const struct capability *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return (char *)list[i].text;
	return NULL;
}

char *
tgetstr(const char *capability, char **area)
{
	char *text = find(plain, sizeof(plain) / sizeof(plain[0]), capability);

	(void)area;
	if (text == NULL && is_ecma48)
		text = find(ecma48, sizeof(ecma48) / sizeof(ecma48[0]),
		    capability);
	return text;
}

/* None of these takes a number. */
char *
tgoto(const char *text, int column, int line)
{
	(void)column;
	(void)line;
	return (char *)text;
}

int
tputs(const char *text, int lines, int (*put)(int))
{
	(void)lines;
	for (; *text != '\0'; text++)
		(void)put((unsigned char)*text);
	return 0;
}
