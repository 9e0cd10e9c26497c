#include "cli/decision.h"

#include <string.h>

#define COLUMNS 79
#define INDENT	9 /* of a second line: below what follows the time */

/* From a quote to the one that ends it; a backslash takes the next with it. */
static size_t
quoted(struct span text)
{
	size_t n = 1;

	while (n < text.n && text.p[n] != '"')
		n += text.p[n] == '\\' ? 2 : 1;
	return n < text.n ? n + 1 : text.n;
}

/* Cuts the next field off a line: a blank within quotes is no end. */
static struct span
take_field(struct span *line)
{
	struct span rest = span_trim(*line);
	size_t n = 0;

	while (n < rest.n && rest.p[n] != ' ')
		n += rest.p[n] == '"' ? quoted(span_slice(rest, n, rest.n)) : 1;
	*line = span_slice(rest, n, rest.n);
	return span_slice(rest, 0, n);
}

struct span
decision_field(struct span line, const char *name)
{
	const size_t n = strlen(name);
	struct span field;

	while ((field = take_field(&line)).n > 0) {
		if (field.n <= n || field.p[n] != '=' ||
		    memcmp(field.p, name, n) != 0)
			continue;
		field = span_slice(field, n + 1, field.n);
		if (field.n >= 2 && field.p[0] == '"' &&
		    field.p[field.n - 1] == '"')
			field = span_slice(field, 1, field.n - 1);
		return field;
	}
	return (struct span){ 0 };
}

/* Words separated by ", ", on a line of their own where this one is full. */
static void
put(FILE *to, size_t *column, struct span text)
{
	if (text.n == 0)
		return;
	if (*column + 2 + text.n > COLUMNS) {
		(void)fprintf(to, ",\n%*s", INDENT, "");
		*column = INDENT;
	} else {
		(void)fputs(", ", to);
		*column += 2;
	}
	(void)fprintf(to, "%.*s", (int)text.n, (const char *)text.p);
	*column += text.n;
}

void
decision_print(FILE *to, const char *when, struct span line)
{
	struct span would = decision_field(line, "would");
	struct span verdict = decision_field(line, "verdict");
	struct span domain = decision_field(line, "domain");
	struct span why = decision_field(line, "why");
	bool held = would.n > 0 || !span_equal(verdict, span_text("relay"));
	size_t column;
	int n;

	if (would.n > 0)
		verdict = would;
	n = fprintf(to, "%s %s%-6.*s %.*s", when, would.n > 0 ? "would " : "",
	    (int)verdict.n, (const char *)verdict.p, (int)domain.n,
	    (const char *)domain.p);
	column = n < 0 ? 0 : (size_t)n;
	put(to, &column, decision_field(line, held ? "reason" : "auth"));
	put(to, &column, decision_field(line, "tls"));
	put(to, &column, decision_field(line, "mx"));
	if (held && why.n > 0)
		(void)fprintf(to, "\n%*s%.*s", INDENT, "", (int)why.n,
		    (const char *)why.p);
	(void)fputc('\n', to);
}
