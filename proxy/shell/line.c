#include "shell/line.h"

#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define HISTORY 100 /* lines */

struct line {
	EditLine *edit;
	History *history;
	const struct line_hooks *hooks;
	const char *prompt;
	bool cancelled;
	struct termios before; /* as it was found */
	struct termios cooked; /* as commands find it */
	struct termios saved;  /* before line_raw() */
};

static struct line *
line_of(EditLine *edit)
{
	void *l = NULL;

	(void)el_get(edit, EL_CLIENTDATA, &l);
	return l;
}

/* libedit takes it without const, and changes nothing. */
static char *
prompt_of(EditLine *edit)
{
	union {
		const char *text;
		char *prompt;
	} u = { line_of(edit)->prompt };

	return u.prompt;
}

int
line_key(uint8_t *out)
{
	for (;;) {
		ssize_t n = read(STDIN_FILENO, out, 1);

		if (n == 1)
			return 0;
		if (n == 0 || errno != EINTR)
			return DG_ECLOSED;
	}
}

/* What a boot loader or a wrong line speed may have sent is no text. */
static int
next_char(EditLine *edit, wchar_t *out)
{
	uint8_t c;

	(void)edit;
	do
		if (line_key(&c) != 0)
			return 0;
	while (c == 0 || c >= 0x80);
	*out = (wchar_t)c;
	return 1;
}

static struct span
before_cursor(EditLine *edit)
{
	const LineInfo *info = el_line(edit);

	return span_of(info->buffer, (size_t)(info->cursor - info->buffer));
}

static unsigned char
on_tab(EditLine *edit, int c)
{
	struct line *l = line_of(edit);
	char insert[LINE_INSERT_MAX] = "";
	bool printed = l->hooks->complete(l->hooks->arg, before_cursor(edit),
	    insert);

	(void)c;
	if (insert[0] != '\0' && el_insertstr(edit, insert) != 0)
		return CC_ERROR;
	if (!printed)
		return insert[0] != '\0' ? CC_REFRESH : CC_ERROR;
	(void)fflush(stdout);
	(void)el_set(edit, EL_REFRESH);
	return CC_NORM;
}

static bool
in_quotes(struct span text)
{
	bool open = false;

	for (size_t i = 0; i < text.n; i++)
		open = open != (text.p[i] == '"');
	return open;
}

static unsigned char
on_question(EditLine *edit, int c)
{
	struct line *l = line_of(edit);
	const char text[2] = { (char)c, '\0' };

	if (in_quotes(before_cursor(edit)))
		return el_insertstr(edit, text) == 0 ? CC_REFRESH : CC_ERROR;
	l->hooks->help(l->hooks->arg, before_cursor(edit));
	(void)fflush(stdout);
	(void)el_set(edit, EL_REFRESH);
	return CC_NORM;
}

static unsigned char
on_interrupt(EditLine *edit, int c)
{
	(void)c;
	line_of(edit)->cancelled = true;
	(void)fputs("^C\n", stdout);
	return CC_NEWLINE;
}

/* Flow control both ways; Ctrl-C at the prompt is a key like others; a break
 * is nothing. */
static void
terminal_begin(struct line *l)
{
	l->cooked = l->before;
	l->cooked.c_iflag |= IGNBRK | IXON | IXOFF | ICRNL;
	l->cooked.c_iflag &= ~(tcflag_t)(BRKINT | PARMRK | INPCK | ISTRIP);
	l->cooked.c_lflag |= ICANON | ECHO | ISIG;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &l->cooked);
}

/* The commands of the editor itself are nobody's business here. */
static int
bind_keys(EditLine *edit)
{
	static const char *const binds[][2] = { { "^I", "dg-complete" },
		{ "?", "dg-help" }, { "^C", "dg-interrupt" },
		{ "^[x", "ed-unassigned" }, { "^[X", "ed-unassigned" } };
	int bad = 0;

	bad |= el_set(edit, EL_EDITOR, "emacs");
	bad |= el_set(edit, EL_SETTY, "-d", "-isig", NULL);
	/* The narrow call would keep copies for ever. */
	bad |= el_wset(edit, EL_ADDFN, L"dg-complete", L"complete", on_tab);
	bad |= el_wset(edit, EL_ADDFN, L"dg-help", L"what may come",
	    on_question);
	bad |= el_wset(edit, EL_ADDFN, L"dg-interrupt", L"drop", on_interrupt);
	for (size_t i = 0; i < DG_ARRAY_LEN(binds); i++)
		bad |= el_set(edit, EL_BIND, binds[i][0], binds[i][1], NULL);
	return bad == 0 ? 0 : DG_EIO;
}

int
line_open(struct line **out, const struct line_hooks *hooks)
{
	struct line *l = calloc(1, sizeof(*l));
	HistEvent event;
	int err = DG_ENOMEM;

	if (l == NULL)
		return DG_ENOMEM;
	l->hooks = hooks;
	if (tcgetattr(STDIN_FILENO, &l->before) != 0) {
		free(l);
		return DG_EIO;
	}
	terminal_begin(l);
	l->history = history_init();
	l->edit = el_init("danegate", stdin, stdout, stderr);
	if (l->history == NULL || l->edit == NULL)
		goto out;
	(void)history(l->history, &event, H_SETSIZE, HISTORY);
	(void)history(l->history, &event, H_SETUNIQUE, 1);
	err = DG_EIO;
	if (el_set(l->edit, EL_CLIENTDATA, l) != 0 ||
	    el_set(l->edit, EL_PROMPT, prompt_of) != 0 ||
	    el_set(l->edit, EL_GETCFN, next_char) != 0 ||
	    el_set(l->edit, EL_HIST, history, l->history) != 0 ||
	    bind_keys(l->edit) != 0)
		goto out;
	*out = l;
	return 0;
out:
	line_close(l);
	return err;
}

void
line_close(struct line *l)
{
	if (l == NULL)
		return;
	if (l->edit != NULL)
		el_end(l->edit);
	if (l->history != NULL)
		history_end(l->history);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &l->before);
	free(l);
}

int
line_read(struct span *out, struct line *l, const char *prompt)
{
	HistEvent event;
	const char *text;
	int n = 0;

	l->prompt = prompt;
	l->cancelled = false;
	/* Before the prompt is there, which libedit does only after it: what is
	 * typed then would be echoed twice, and a Ctrl-D lost. */
	line_raw(l);
	text = el_gets(l->edit, &n);
	if (l->cancelled) {
		*out = (struct span){ 0 };
		return 0;
	}
	if (text == NULL || n <= 0)
		return DG_ECLOSED;
	*out = span_of(text, (size_t)n);
	while (out->n > 0 &&
	    (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
		out->n--;
	if (span_trim(*out).n > 0)
		(void)history(l->history, &event, H_ENTER, text);
	return 0;
}

void
line_raw(struct line *l)
{
	struct termios raw = l->cooked;

	if (tcgetattr(STDIN_FILENO, &l->saved) != 0)
		l->saved = l->cooked;

	raw.c_iflag &= ~(tcflag_t)ICRNL;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

size_t
line_waiting(void)
{
	int n = 0;

	return ioctl(STDIN_FILENO, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

void
line_unraw(struct line *l)
{
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &l->saved);
}
