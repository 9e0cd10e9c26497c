#include "config/config.h"

#include <stdio.h>
#include <string.h>

#include "config/option.h"
#include "config/quote.h"

/* Room for the path and the value. */

/* No option of that name: the nearest one, if it may have been meant. */
static const char *
expected_option(struct span words, char *text, size_t size)
{
	const struct option *nearest = option_nearest(words);

	if (nearest == NULL)
		return "an option";
	(void)snprintf(text, size, "an option, such as %s", nearest->path);
	return text;
}

/* Text that is made for a message, rather than taken from the table. */
struct made {
	char text[96];
};

/* One line without its comment. */
static int
statement(struct settings *s, struct option_input *in, struct made *made)
{
	const struct option *o;
	int result;

	if (option_word(in).n == 0)
		return 0;
	in->expected = "set";
	if (!span_equal(in->word, span_text("set")))
		return DG_ESYNTAX;
	o = option_find(in);
	if (o == NULL) {
		in->expected = expected_option(in->rest, made->text,
		    sizeof(made->text));
		(void)option_word(in);
		return DG_ESYNTAX;
	}
	in->expected = option_expected(o);
	result = o->kind->take(s, o, in);
	if (result != 0)
		return result;
	in->expected = "nothing more on this line";
	return option_word(in).n == 0 ? 0 : DG_ESYNTAX;
}

/* What only the whole can show. */
static int
check(const struct settings *s, const char **expected)
{
	for (size_t i = 0; i < s->domains.n; i++) {
		const struct domain_rule *rule = &s->domains.rules[i];

		*expected = "a level for each policy domain";
		if (rule->level == LEVEL_UNSET)
			return DG_ESYNTAX;
		*expected = "level may where fallback cleartext is set";
		if (rule->fallback_cleartext && rule->level != LEVEL_MAY)
			return DG_ESYNTAX;
	}
	*expected = "tlsrpt from where tlsrpt relay is set";
	if (s->tlsrpt_relay.family != ADDRESS_NONE && s->tlsrpt_from[0] == '\0')
		return DG_ESYNTAX;
	*expected = network_check(&s->network);
	if (*expected != NULL)
		return DG_ESYNTAX;
	/* Nobody else would tell of one. */
	*expected = "a dns server where interface wan address is not dhcp";
	return s->network.wan.mode == INTERFACE_DHCP || s->nservers > 0
	    ? 0
	    : DG_ESYNTAX;
}

/* A carriage return before the line end is white space, no more. */
static struct span
line_content(struct span line)
{
	line = span_slice(line, 0, quote_find_comment(line));
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static void
error_set(struct config_error *error, const char *expected)
{
	error->column = 0;
	(void)snprintf(error->expected, sizeof(error->expected), "%s",
	    expected);
}

/* Fills all of *error but the number of the line. */
static int
line_parse(struct settings *s, struct span line, struct config_error *error)
{
	struct option_input in = { .rest = line_content(line) };
	struct span content = in.rest;
	struct made made;
	int result;

	if (line.n > CONFIG_LINE_MAX) {
		error_set(error, "a line of at most 1024 characters");
		return DG_ELIMIT;
	}
	result = statement(s, &in, &made);
	if (result == 0)
		return 0;
	error_set(error,
	    result == DG_ENOMEM ? "more memory than there is" : in.expected);
	error->column = in.word.n > 0 ? (unsigned)(in.word.p - content.p) + 1
				      : (unsigned)content.n + 1;
	return result;
}

static int
parse_lines(struct settings *s, struct span text, struct config_error *error)
{
	const char *expected = NULL;
	int result;

	error->line = 0;
	for (size_t at = 0; at < text.n;) {
		size_t end = span_find(text, '\n', at);

		error->line++;
		result = line_parse(s, span_slice(text, at, end), error);
		if (result != 0)
			return result;
		at = end + 1;
	}
	result = check(s, &expected);
	if (result != 0) {
		error->line = 0;
		error_set(error, expected);
	}
	return result;
}

int
config_parse(struct settings *out, struct span text, struct config_error *error)
{
	struct settings s;
	int result = DG_ELIMIT;

	settings_default(&s);
	error->line = 0;
	error_set(error, "at most 1 MiB of configuration");
	if (text.n <= CONFIG_TEXT_MAX)
		result = parse_lines(&s, text, error);
	if (result == 0)
		*out = s;
	else
		settings_free(&s);
	return result;
}

int
config_check_line(struct span line, struct config_error *error)
{
	struct settings s;
	int result;

	settings_default(&s);
	error->line = 1;
	result = line_parse(&s, line, error);
	settings_free(&s);
	return result;
}

static bool
is_default(const struct option *o, const char *value)
{
	char text[OPTION_VALUE_MAX];
	struct settings s;

	settings_default(&s);
	return o->kind->show(text, &s, o, 0) && strcmp(text, value) == 0;
}

_Static_assert(CONFIG_STATEMENT_MAX >= OPTION_VALUE_MAX + 64,
    "a statement has room");

bool
config_next(char line[CONFIG_STATEMENT_MAX], struct config_place *at,
    const struct settings *s, enum config_show what)
{
	char value[OPTION_VALUE_MAX];
	const struct option *o;

	for (; (o = option_at(at->option)) != NULL; at->option++) {
		while (o->kind->show(value, s, o, at->value)) {
			at->value++;
			if (value[0] == '\0' ||
			    (what == CONFIG_SHOW_SET && is_default(o, value)))
				continue;
			(void)snprintf(line, CONFIG_STATEMENT_MAX, "set %s %s",
			    o->path, value);
			return true;
		}
		at->value = 0;
	}
	return false;
}

void
config_show(const struct settings *s, enum config_show what, config_line_cb *cb,
    void *arg)
{
	char line[CONFIG_STATEMENT_MAX];
	struct config_place at = { 0 };

	while (config_next(line, &at, s, what))
		cb(arg, line);
}
