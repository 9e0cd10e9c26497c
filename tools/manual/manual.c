/*
 * Writes the pages that the tables are: configuration.md and danegate.conf.5
 * from the options, commands.md and danegate.8 from the commands, control.md
 * from the requests of the control socket. `make docs` puts them into docs/,
 * lint sees that they are current. session.md is made by session.c.
 *
 * usage: manual PAGE
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "config/option.h"
#include "session.h"

#define TEXT_WIDTH 76

/* One page in one of two languages, Markdown or man. */
struct page {
	bool man;
	size_t column; /* of Markdown, for filling */
};

/* Characters as they are, but for what man takes for its own: \ and -. */
static void
put_plain(const struct page *p, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p->man && (text[i] == '\\' || text[i] == '-'))
			(void)putchar('\\');
		(void)putchar(text[i]);
	}
}

/* Text in which `words` are as typed: bold in man, as they are in Markdown. */
static void
put_marked(const struct page *p, const char *text, size_t n)
{
	bool bold = false;

	for (size_t i = 0; i < n; i++) {
		if (p->man && text[i] == '`') {
			bold = !bold;
			(void)fputs(bold ? "\\fB" : "\\fR", stdout);
		} else {
			put_plain(p, text + i, 1);
		}
	}
}

/* A paragraph's words, filled. Man fills by itself, but a line must not begin
 * with a dot, so it gets one line. */
static void
put_text(struct page *p, const char *text)
{
	struct span rest = span_text(text);
	struct span word;

	while ((word = span_word(&rest)).n > 0) {
		if (p->column > 0 && !p->man &&
		    p->column + 1 + word.n > TEXT_WIDTH) {
			(void)putchar('\n');
			p->column = 0;
		}
		if (p->column > 0)
			(void)putchar(' ');
		else if (p->man)
			(void)fputs("\\&", stdout);
		put_marked(p, (const char *)word.p, word.n);
		p->column += word.n + 1;
	}
}

static void
put_end(struct page *p)
{
	(void)putchar('\n');
	p->column = 0;
}

static void
paragraph(struct page *p, const char *text)
{
	(void)puts(p->man ? ".PP" : "");
	put_text(p, text);
	put_end(p);
}

static void
heading(struct page *p, const char *text)
{
	(void)printf(p->man ? ".SH %s\n" : "\n## %s\n", text);
}

/* What is typed: a heading in Markdown, an item in man. */
static void
statement(struct page *p, const char *first, const char *words,
    const char *arguments)
{
	(void)fputs(p->man ? ".TP\n\\fB" : "\n    ", stdout);
	put_plain(p, first, strlen(first));
	put_plain(p, words, strlen(words));
	(void)fputs(p->man ? "\\fR" : "", stdout);
	if (arguments[0] != '\0')
		(void)putchar(' ');
	put_plain(p, arguments, strlen(arguments));
	(void)putchar('\n');
}

static void
begin(struct page *p, const char *title, const char *name, const char *section,
    const char *about)
{
	if (!p->man) {
		(void)printf("# %s\n\nMade by `make docs` from the program's "
			     "own table.\n",
		    title);
		return;
	}
	(void)printf(".\\\" Made by `make docs` from the program's own table.\n"
		     ".TH %s %s \"\" danegate\n.SH NAME\n%s \\- %s\n"
		     ".SH DESCRIPTION\n",
	    name, section, name, about);
}

/* The default as text; the options that have none begin empty. */
static const char *
default_text(const struct option *o, char text[OPTION_VALUE_MAX])
{
	struct settings s;

	settings_default(&s);
	text[0] = '\0';
	return o->kind->show(text, &s, o, 0) && text[0] != '\0' ? text : "none";
}

static void
option_page(struct page *p, const struct option *o)
{
	char text[OPTION_VALUE_MAX + 64];
	char value[OPTION_VALUE_MAX];

	if (!p->man)
		(void)printf("\n### %s\n", o->path);
	for (size_t i = 0; i < OPTION_FORMS_MAX && o->forms[i] != NULL; i++) {
		if (p->man && i > 0)
			(void)puts(".TQ");
		statement(p, "set ", o->path, o->forms[i]);
	}
	if (!p->man)
		(void)putchar('\n');
	(void)snprintf(text, sizeof(text), "%s.", o->help);
	text[0] = (char)(text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A'
							  : text[0]);
	put_text(p, text);
	put_text(p, o->detail);
	put_end(p);
	(void)puts(p->man ? ".br" : "");
	if (o->expected != NULL) {
		(void)snprintf(text, sizeof(text), "Value: %s.", o->expected);
		put_text(p, text);
	}
	(void)snprintf(text, sizeof(text), "Default: %s.",
	    default_text(o, value));
	put_text(p, text);
	if (o->unit != NULL) {
		(void)snprintf(text, sizeof(text), "Unit: %s.", o->unit);
		put_text(p, text);
	}
	if (o->many > 0) {
		(void)snprintf(text, sizeof(text), "May be given %u times.",
		    o->many);
		put_text(p, text);
	}
	if (o->restart)
		put_text(p, "Changes with a restart of the daemon alone.");
	put_end(p);
}

static void
configuration(struct page *p)
{
	const struct option *o;

	begin(p, "Configuration", "danegate.conf", "5",
	    "configuration of danegate");
	paragraph(p,
	    "`/etc/danegate/danegate.conf` has one statement per line; a # "
	    "begins a comment. A later statement for the same option replaces "
	    "the earlier one, unless the option may be given several times. A "
	    "bad line refuses the whole file: the daemon does not start, or "
	    "keeps what it has. `danegate config check` FILE tells.");
	heading(p, p->man ? "OPTIONS" : "Options");
	for (size_t i = 0; (o = option_at(i)) != NULL; i++)
		option_page(p, o);
}

static void
command(struct page *p, const struct cli_entry *e)
{
	char text[256];

	if (!p->man)
		(void)printf("\n### %s\n", e->words);
	(void)snprintf(text, sizeof(text), "%s%s%s", e->arguments,
	    e->request && e->arguments[0] != '\0' ? " " : "",
	    e->request ? "[--json] [-c FILE]" : "");
	statement(p, "danegate ", e->words, text);
	if (!p->man)
		(void)putchar('\n');
	(void)snprintf(text, sizeof(text), "%s.", e->help);
	text[0] = (char)(text[0] - 'a' + 'A');
	put_text(p, text);
	if (!e->request)
		put_text(p, e->detail);
	put_end(p);
}

static void
commands(struct page *p)
{
	struct cli_entry e;

	begin(p, "Commands", "danegate", "8",
	    "configure and look into danegate");
	paragraph(p,
	    "danegate without a command is a shell for all of them, with `?`, "
	    "completion, history and filters. Each is one line of the machine's "
	    "own shell, too. Its words may "
	    "be cut short where no other begins like that: `danegate sh stati`. "
	    "What could be several, or is not finished, is explained. Where -c "
	    "FILE is not given, the configuration is "
	    "`/etc/danegate/danegate.conf`.");
	paragraph(p,
	    "show, monitor, clear and request ask the running daemon over its "
	    "control socket: root, `proxy user` and the members of the unix group "
	    "danegate-admin may ask all, members of danegate-view may show and "
	    "monitor. With "
	    "--json the answer is printed as it comes. Exit: 0 done, 1 refused, "
	    "2 bad arguments, 3 no daemon answers.");
	heading(p, p->man ? "COMMANDS" : "Commands");
	for (size_t i = 0; cli_entry_at(&e, i); i++)
		command(p, &e);
}

static void
control(struct page *p)
{
	begin(p, "The control socket", "danegate-control", "7",
	    "control socket of danegated");
	paragraph(p,
	    "danegated answers on the unix socket `control socket` "
	    "(/run/danegate/control). A request is one line of at most 511 "
	    "bytes and a line feed; the answer is one JSON object on one line, "
	    "and the end of the connection. One request per connection; at most "
	    "8 connections at one time, each for at most 10 seconds. A long "
	    "answer is made in slices of at most 16 KiB and 64 entries, with "
	    "mail's turn in between; an asker must be ready for 8 MiB. Text from "
	    "the network comes in printable form; any byte that is not printable "
	    "ASCII as \\u00NN.");
	paragraph(p,
	    "What follows the log (show log follow, monitor) is answered with a "
	    "stream of objects, one to a line, until the asker hangs up; at most "
	    "4 may follow at one time. Nothing is queued for them but what their "
	    "socket holds and 16 KiB: a slow one goes on from the oldest line "
	    "that is kept, and is told how many he missed.");
	paragraph(p,
	    "Who asks is told by the kernel: root and `proxy user` may ask all, "
	    "and so may members of the unix group danegate-admin; members of "
	    "danegate-view may ask what begins with show, and monitor. Every "
	    "other request is logged (event control: uid, user, request).");
	paragraph(p,
	    "A request that is refused gets an object with the member error, "
	    "and where it helps expected, file and line. Members may be added "
	    "in later versions; those named here keep their name and meaning.");
	heading(p, "Requests");
	for (enum control_verb v = 0; v < CONTROL_VERBS; v++) {
		const struct control_row *row = control_row(v);

		(void)printf("\n### %s\n", row->words);
		statement(p, "", row->words, control_argument_text(row));
		(void)putchar('\n');
		put_text(p, "Members:");
		put_text(p, row->answer);
		put_end(p);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(struct page *p);
		bool man;
	} pages[] = {
		{ "configuration.md", configuration, false },
		{ "danegate.conf.5", configuration, true },
		{ "commands.md", commands, false },
		{ "danegate.8", commands, true },
		{ "control.md", control, false },
	};

	for (size_t i = 0; argc == 2 && i < DG_ARRAY_LEN(pages); i++)
		if (strcmp(argv[1], pages[i].name) == 0) {
			struct page p = { .man = pages[i].man };

			pages[i].write(&p);
			return fflush(stdout) == 0 ? 0 : 1;
		}
	if (argc == 2 && strcmp(argv[1], "session.md") == 0)
		return manual_session() == 0 && fflush(stdout) == 0 ? 0 : 1;
	(void)fputs("usage: manual PAGE\n", stderr);
	return 2;
}
