#include "shell/complete.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/match.h"
#include "config/option.h"
#include "shell/filter.h"

#define STATEMENT_WORDS 24

/* What options that begin alike are about. */
/* clang-format off */
static const struct {
	const char *word;
	const char *help;
} groups[] = {
	{ "intercept", "which connections of the LAN are taken" },
	{ "proxy", "the daemon's own: sessions, memory, user" },
	{ "dns", "resolvers and trust anchors" },
	{ "tls", "authorities, least grade, resumption" },
	{ "clock", "when the time is believed" },
	{ "policy", "what must hold for which domain" },
	{ "downgrade-memory", "hosts that spoke TLS before" },
	{ "control", "the socket that commands talk to" },
	{ "state", "what is kept over a restart" },
	{ "report", "what the report on a month may hold" },
	{ "tlsrpt", "reports to those whose TLS was met" },
	{ "log", "where the log goes, and how much of it" },
	{ "system", "the router's name and its time servers" },
	{ "interface", "addresses of the WAN and the LAN, DHCP, VLAN, MTU" },
	{ "routing", "masquerade, or route as it is" },
	{ "ssh", "logins by SSH from the LAN, and their keys" },
};
/* clang-format on */

const char *
complete_group_help(struct span word)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(groups); i++)
		if (span_equal(word, span_text(groups[i].word)))
			return groups[i].help;
	return "...";
}

/* A list that is being filled, and the beginning that all words must have. */
struct filling {
	struct complete_list *list;
	struct span typed;
};

static void
add(struct filling *f, enum complete_kind kind, struct span word,
    const char *help)
{
	struct complete_list *list = f->list;
	struct complete_item *item = &list->items[list->n];

	if (list->n == COMPLETE_ITEMS_MAX || word.n == 0 ||
	    (kind == COMPLETE_ENTER && f->typed.n > 0) ||
	    (kind == COMPLETE_WORD && f->typed.n > 0 &&
		!words_begins(word, f->typed)))
		return;
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].kind == kind &&
		    span_equal(span_text(list->items[i].word), word))
			return;
	if (span_copy_text(item->word, sizeof(item->word), word) != 0)
		return;
	item->kind = kind;
	item->help = help;
	list->n++;
}

static void
add_enter(struct filling *f)
{
	add(f, COMPLETE_ENTER, span_text("<Enter>"), "do it");
}

/* Statements */

struct statement {
	struct span word[STATEMENT_WORDS];
	size_t n;
};

/* Words of a statement, quoted ones whole. */
static struct statement
statement_of(struct span text)
{
	struct statement s = { 0 };
	size_t at = 0;

	while (s.n < STATEMENT_WORDS) {
		bool quoted = false;
		size_t from;

		while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t'))
			at++;
		if (at == text.n)
			break;
		for (from = at; at < text.n && (quoted || !isblank(text.p[at]));
		     at++)
			quoted = quoted != (text.p[at] == '"');
		s.word[s.n++] = span_slice(text, from, at);
	}
	return s;
}

static struct span
word_of(const char *text, size_t index)
{
	struct span rest = span_text(text);
	struct span word;

	do
		word = span_word(&rest);
	while (word.n > 0 && index-- > 0);
	return word;
}

static size_t
words_in(const char *text)
{
	size_t n = 0;

	while (word_of(text, n).n > 0)
		n++;
	return n;
}

/* The choice of a|b that a word stands for, perhaps cut short; empty: none, or
 * several. */
static struct span
choice_of(struct span piece, struct span given)
{
	struct span found = { 0 };
	struct span choice;

	if (option_form_has(piece, given))
		return given;
	for (size_t i = 0; (choice = option_form_choice(piece, i)).n > 0; i++) {
		if (!words_begins(choice, given))
			continue;
		if (found.n > 0)
			return (struct span){ 0 };
		found = choice;
	}
	return found;
}

/* One way to write a statement: an option and one of its forms. */
struct way {
	const struct option *option;
	const char *form;
	size_t path; /* words of the option's path */
};

/* The piece of that way that stands at a place: of the path, or of the form;
 * empty past the end. */
static struct span
piece_at(const struct way *way, size_t index)
{
	return index < way->path ? word_of(way->option->path, index)
				 : word_of(way->form, index - way->path);
}

/* Another way has just this word there, so that it is not cut short. */
static bool
is_whole(struct span word, size_t index)
{
	for (size_t i = 0; option_at(i) != NULL; i++)
		if (span_equal(word_of(option_at(i)->path, index), word))
			return true;
	return false;
}

static bool
fits(const struct way *way, size_t index, struct span given)
{
	struct span piece = piece_at(way, index);

	if (piece.n == 0)
		return false;
	if (index < way->path)
		return span_equal(piece, given) ||
		    (words_begins(piece, given) && !is_whole(given, index));
	return option_form_is_value(piece) || choice_of(piece, given).n > 0;
}

typedef void way_cb(void *arg, const struct way *way);

/* Tells the ways that begin with the first n words. */
static void
each_way(const struct statement *s, size_t n, way_cb *cb, void *arg)
{
	const struct option *o;

	for (size_t i = 0; (o = option_at(i)) != NULL; i++)
		for (size_t j = 0; j < OPTION_FORMS_MAX && o->forms[j] != NULL;
		     j++) {
			const struct way way = { o, o->forms[j],
				words_in(o->path) };
			size_t at = 0;

			while (at < n && fits(&way, at, s->word[at]))
				at++;
			if (at == n)
				cb(arg, &way);
		}
}

/* What a statement may go on with. */
struct going_on {
	struct filling *f;
	const struct statement *s;
	size_t n;	/* whole words of it */
	bool path_only; /* for edit: not past what names a thing */
	bool beginning; /* for delete and annotate: it may end anywhere */
	bool value;	/* a value can stand here */
};

static void
add_way(void *arg, const struct way *way)
{
	struct going_on *g = arg;
	struct span piece = piece_at(way, g->n);
	struct span choice;

	if (g->path_only && g->n >= way->path + way->option->key)
		return;
	if (piece.n == 0) {
		add_enter(g->f);
	} else if (g->n < way->path) {
		add(g->f, COMPLETE_WORD, piece,
		    g->n + 1 == way->path ? way->option->help
			: g->n == 0	  ? complete_group_help(piece)
					  : "");
	} else if (option_form_is_value(piece)) {
		const char *help = option_word_help(way->option, piece);

		g->value = true;
		if (help[0] == '\0' && way->option->expected != NULL)
			help = way->option->expected;
		add(g->f, COMPLETE_VALUE, piece, help);
	} else {
		for (size_t i = 0;
		     (choice = option_form_choice(piece, i)).n > 0; i++)
			add(g->f, COMPLETE_WORD, choice,
			    option_word_help(way->option, choice));
	}
}

/* The next word of a statement that is there and begins with the same words. */
static void
add_live(void *arg, struct span text)
{
	const struct going_on *g = arg;
	const struct statement have = statement_of(text);

	if (have.n <= g->n)
		return;
	for (size_t i = 0; i < g->n; i++)
		if (!span_equal(have.word[i], g->s->word[i]) &&
		    !(words_begins(have.word[i], g->s->word[i])))
			return;
	add(g->f, COMPLETE_WORD, have.word[g->n],
	    g->beginning ? "" : "there is one");
}

static void
live(const struct complete_context *c, enum complete_live what,
    complete_live_cb *cb, void *arg)
{
	if (c->live != NULL)
		c->live(c->live_arg, what, cb, arg);
}

/* words[0..n) are whole ones behind `set` or its like. */
static void
add_statement(const struct going_on *how, char *const *words, size_t n,
    const struct complete_context *c)
{
	struct statement s = statement_of(c->path);
	struct going_on own = *how;
	struct going_on *g = &own;

	for (size_t i = 0; i < n && s.n < STATEMENT_WORDS; i++)
		s.word[s.n++] = span_text(words[i]);
	g->s = &s;
	g->n = s.n;
	if (g->beginning) {
		live(c, COMPLETE_STATEMENTS, add_live, g);
		if (s.n > 0)
			add_enter(g->f);
		return;
	}
	each_way(&s, s.n, add_way, g);
	if (g->value)
		live(c, COMPLETE_STATEMENTS, add_live, g);
	if (g->path_only && s.n > 0)
		add_enter(g->f);
}

/* Arguments of commands, by their text */

static void
add_session(void *arg, struct span text)
{
	add(arg, COMPLETE_WORD, text, "under way");
}

static void
add_host(void *arg, struct span text)
{
	add(arg, COMPLETE_WORD, text, "");
}

static void
add_domain(void *arg, struct span text)
{
	const struct statement s = statement_of(text);

	if (s.n > 2 && span_equal(s.word[0], span_text("policy")) &&
	    span_equal(s.word[1], span_text("domain")))
		add(arg, COMPLETE_WORD, s.word[2], "has a rule");
}

static void
add_value(struct filling *f, struct span word, const char *command,
    const struct complete_context *c)
{
	add(f, COMPLETE_VALUE, word, "");
	if (span_equal(word, span_text("DOMAIN")))
		live(c, COMPLETE_STATEMENTS, add_domain, f);
	else if (span_equal(word, span_text("HOST")))
		live(c, COMPLETE_HOSTS, add_host, f);
	else if (strcmp(command, "show sessions") == 0)
		live(c, COMPLETE_SESSIONS, add_session, f);
}

static void
add_arguments(struct filling *f, const struct cli_entry *e, char *const *words,
    size_t n, const struct complete_context *c)
{
	struct span text = span_text(e->arguments);
	struct span before = n > 0 ? span_text(words[n - 1])
				   : (struct span){ 0 };
	bool follows = false;
	bool optional = e->arguments[0] == '\0' || e->arguments[0] == '[';
	struct span word;
	struct span last = { 0 };
	bool first;
	size_t at = 0;

	/* What a word of the text must be followed by comes alone. */
	while ((word = cli_argument_word(text, &at, &first)).n > 0) {
		follows = !first && option_form_is_value(word) &&
		    before.n > 0 && span_equal(last, before);
		if (follows) {
			add_value(f, word, e->words, c);
			return;
		}
		last = word;
	}
	for (at = 0; (word = cli_argument_word(text, &at, &first)).n > 0;
	     last = word) {
		bool used = false;

		if (span_equal(word, span_text("-c")) ||
		    span_equal(last, span_text("-c")))
			continue;
		for (size_t i = 0; i < n; i++)
			used = used || span_equal(span_text(words[i]), word);
		if (option_form_is_value(word) && (first || last.n == 0))
			add_value(f, word, e->words, c);
		else if (!option_form_is_value(word) && !used)
			add(f, COMPLETE_WORD, word, "");
	}
	if (optional || n > 0)
		add_enter(f);
}

/* Commands */

static void
add_filters(struct filling *f, const struct words *w, size_t n)
{
	const size_t since = n - w->pipe;

	if (n > 0 && strcmp(w->word[n - 1], "|") == 0) {
		for (int k = 0; k < FILTER_KINDS; k++)
			add(f, COMPLETE_WORD,
			    span_text(filter_word((enum filter_kind)k)),
			    filter_help((enum filter_kind)k));
		return;
	}
	if (since >= 2) {
		enum filter_kind kind = filter_find(span_text(w->word[n - 1]));

		if (strcmp(w->word[n - 2], "|") == 0 && kind < FILTER_KINDS &&
		    filter_takes_text(kind)) {
			add(f, COMPLETE_VALUE, span_text("TEXT"), "");
			return;
		}
	}
	add(f, COMPLETE_WORD, span_text("|"), "another filter");
	add_enter(f);
}

static void
add_commands(struct filling *f, const struct cli_match *m, size_t at)
{
	struct cli_entry e;

	for (size_t i = 0; cli_entry_at(&e, i); i++) {
		struct span word = word_of(e.words, at);
		bool last = word_of(e.words, at + 1).n == 0;

		if (m == NULL || m->candidates[i])
			add(f, COMPLETE_WORD, word, last ? e.help : "...");
	}
}

static bool
is_command(const struct cli_entry *e, const char *words)
{
	return strcmp(e->words, words) == 0;
}

static void
add_pipe(struct filling *f)
{
	add(f, COMPLETE_WORD, span_text("|"), "filter what comes");
}

static void
add_behind_command(struct filling *f, struct words *w, size_t n,
    const struct cli_match *m, const struct complete_context *c)
{
	struct going_on g = { .f = f };
	char *const *rest = w->word + m->words;
	const size_t more = n - (size_t)m->words;
	struct cli_entry e;

	if (!cli_entry_at(&e, m->index))
		return;
	g.path_only = is_command(&e, "edit");
	g.beginning = is_command(&e, "delete") || is_command(&e, "annotate");
	if (g.path_only || g.beginning || is_command(&e, "set")) {
		add_statement(&g, rest, more, c);
		return;
	}
	if (is_command(&e, "help")) {
		struct cli_match words;

		cli_match_words(&words, (int)more, w->word + m->words);
		if (more == 0 || words.outcome == CLI_MATCH_UNFINISHED)
			add_commands(f, &words, more);
		add_enter(f);
		return;
	}
	add_arguments(f, &e, rest, more, c);
	if (e.request || strncmp(e.words, "show", 4) == 0)
		add_pipe(f);
}

/* `show` alone, up to a filter. */
static bool
shows_candidate(const struct complete_context *c, const struct words *w)
{
	return c->editing && w->pipe == 1 &&
	    words_begins(span_text("show"), span_text(w->word[0]));
}

void
complete_line(struct complete_list *out, struct span line,
    const struct complete_context *context)
{
	struct filling f = { .list = out };
	struct cli_match m;
	struct words w;
	size_t wrong;
	size_t n;

	out->n = 0;
	out->typed = 0;
	if (words_split(&w, line, &wrong) != 0)
		return;
	n = w.n;
	if (!w.blank && n > 0) {
		f.typed = span_text(w.word[--n]);
		out->typed = f.typed.n;
	}
	if (w.pipe < n) {
		add_filters(&f, &w, n);
		if (shows_candidate(context, &w) && n == 2)
			add(&f, COMPLETE_WORD, span_text("compare"),
			    "what a commit would change");
		return;
	}
	cli_match_words(&m, (int)n, w.word);
	if (n == 0)
		add_commands(&f, NULL, 0);
	else if (m.outcome == CLI_MATCH_UNFINISHED) {
		add_commands(&f, &m, n);
		if (shows_candidate(context, &w)) {
			add_enter(&f);
			add_pipe(&f);
		}
	} else if (m.outcome == CLI_MATCH_ONE)
		add_behind_command(&f, &w, n, &m, context);
}

size_t
complete_common(char out[COMPLETE_WORD_MAX], bool *whole,
    const struct complete_list *list)
{
	const char *first = NULL;
	size_t words = 0;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const char *word = list->items[i].word;
		size_t same = 0;

		if (list->items[i].kind != COMPLETE_WORD)
			continue;
		if (words++ == 0) {
			first = word;
			n = strlen(word);
			continue;
		}
		while (same < n && word[same] == first[same])
			same++;
		n = same;
	}
	*whole = words == 1;
	n = n > list->typed ? n - list->typed : 0;
	if (n > 0)
		memcpy(out, first + list->typed, n);
	out[n] = '\0';
	return n;
}

/* What one word of a statement stands for, by all ways that it may go. */
struct written_out {
	struct span given;
	size_t index;
	struct span word; /* empty: none yet */
	bool several;
};

static void
write_word(void *arg, const struct way *way)
{
	struct written_out *w = arg;
	struct span piece = piece_at(way, w->index);
	struct span word = w->given;

	if (!fits(way, w->index, w->given))
		return;
	if (w->index < way->path)
		word = piece;
	else if (!option_form_is_value(piece))
		word = choice_of(piece, w->given);
	if (w->word.n > 0 && !span_equal(w->word, word))
		w->several = true;
	w->word = word;
}

int
complete_statement(char *out, size_t size, struct span statement)
{
	struct statement s = statement_of(statement);
	size_t n = 0;

	out[0] = '\0';
	/* More words than any statement has are wrong anyway. */
	if (s.n == STATEMENT_WORDS)
		return span_copy_text(out, size, statement);
	for (size_t i = 0; i < s.n; i++) {
		struct written_out w = { .given = s.word[i], .index = i };
		int more;

		each_way(&s, i, write_word, &w);
		if (w.word.n > 0 && !w.several)
			s.word[i] = w.word;
		more = snprintf(out + n, size - n, "%s%.*s", i > 0 ? " " : "",
		    (int)s.word[i].n, (const char *)s.word[i].p);
		if (more < 0 || (size_t)more >= size - n)
			return DG_ELIMIT;
		n += (size_t)more;
	}
	return 0;
}

struct path_check {
	size_t n;
	bool more;
};

static void
check_path(void *arg, const struct way *way)
{
	struct path_check *p = arg;

	if (p->n < way->path ||
	    (p->n <= way->path + way->option->key && piece_at(way, p->n).n > 0))
		p->more = true;
}

bool
complete_is_path(struct span statement)
{
	struct statement s = statement_of(statement);
	struct path_check p = { s.n, false };

	each_way(&s, s.n, check_path, &p);
	return s.n > 0 && p.more;
}
