#include "shell/paste.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"

#define KEY_INTERRUPT 3
#define KEY_END	      4
#define KEY_BACKSPACE 8
#define KEY_DELETE    127

struct paste {
	FILE *to;
	size_t total;
	unsigned lines;
	unsigned bad;
	char text[CONFIG_LINE_MAX + 1];
	size_t n;
	bool too_long;
	uint8_t before; /* the byte before, to take CR LF as one */
};

static void
line_done(struct paste *p)
{
	struct config_error error = {
		.expected = "a line of at most 1024 characters"
	};
	int err = DG_ELIMIT;

	p->lines++;
	(void)putchar('\n');
	if (!p->too_long)
		err = config_check_line(span_of(p->text, p->n), &error);
	if (err != 0) {
		p->bad++;
		if (error.column > 0)
			(void)printf("%*s^\n", (int)error.column - 1, "");
		(void)printf("line %u: expected %s\n", p->lines,
		    error.expected);
	}
	(void)fwrite(p->text, 1, p->n, p->to);
	(void)putc('\n', p->to);
	p->total += p->n + 1;
	p->n = 0;
	p->too_long = false;
}

static void
take_byte(struct paste *p, uint8_t c)
{
	bool pair = (c == '\n' && p->before == '\r') ||
	    (c == '\r' && p->before == '\n');

	p->before = pair ? 0 : c;
	if (pair)
		return;
	if (c == '\r' || c == '\n') {
		line_done(p);
	} else if (c == KEY_BACKSPACE || c == KEY_DELETE) {
		if (p->n > 0) {
			p->n--;
			(void)fputs("\b \b", stdout);
		}
	} else if (p->n == CONFIG_LINE_MAX) {
		p->too_long = true;
	} else if (c == '\t' || (c >= 0x20 && c < 0x7f)) {
		p->text[p->n++] = (char)c;
		(void)putchar(c);
	}
}

/*
 * Ctrl-D ends. What came while the terminal still took whole lines has NUL in
 * its place, for that is how the kernel keeps it then (n_tty); later a NUL is a
 * break on the line.
 */
static bool
is_end(uint8_t c, size_t *early)
{
	bool was_early = *early > 0;

	if (was_early)
		(*early)--;
	return c == KEY_END || (c == 0 && was_early);
}

int
paste_take(int *out, struct line *line)
{
	struct paste p = { 0 };
	size_t early;
	int fd = memfd_create("paste", MFD_CLOEXEC);
	int err = 0;
	uint8_t c = 0;

	if (fd < 0)
		return DG_EIO;
	p.to = fdopen(dup(fd), "w");
	if (p.to == NULL) {
		(void)close(fd);
		return DG_EIO;
	}
	(void)puts("statements, one in each line; Ctrl-D ends, Ctrl-C drops "
		   "them");
	line_raw(line);
	early = line_waiting();
	for (;;) {
		(void)fflush(stdout);
		if (line_key(&c) != 0 || c == KEY_INTERRUPT) {
			err = DG_ECLOSED;
			break;
		}
		if (is_end(c, &early))
			break;
		take_byte(&p, c);
		if (p.total > CONFIG_TEXT_MAX) {
			err = DG_ELIMIT;
			break;
		}
	}
	if (err == 0 && p.n > 0)
		line_done(&p);
	line_unraw(line);
	if (fclose(p.to) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		err = DG_EIO;
	if (err == 0)
		(void)printf("%u lines, %u of them bad\n", p.lines, p.bad);
	if (err == 0 && p.bad > 0)
		err = DG_ESYNTAX;
	if (err == 0)
		*out = fd;
	else
		(void)close(fd);
	return err;
}
