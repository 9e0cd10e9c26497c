#include "smtp/command.h"

#include "smtp/idna.h"

struct verb {
	const char *text;
	enum smtp_verb verb;
};

static const struct verb verbs[] = {
	{ "HELO", SMTP_VERB_HELO },
	{ "EHLO", SMTP_VERB_EHLO },
	{ "MAIL", SMTP_VERB_MAIL },
	{ "RCPT", SMTP_VERB_RCPT },
	{ "DATA", SMTP_VERB_DATA },
	{ "BDAT", SMTP_VERB_BDAT },
	{ "RSET", SMTP_VERB_RSET },
	{ "NOOP", SMTP_VERB_NOOP },
	{ "HELP", SMTP_VERB_HELP },
	{ "VRFY", SMTP_VERB_VRFY },
	{ "EXPN", SMTP_VERB_EXPN },
	{ "QUIT", SMTP_VERB_QUIT },
	{ "STARTTLS", SMTP_VERB_STARTTLS },
	{ "AUTH", SMTP_VERB_AUTH },
};

/* The extension bit that a parameter's value needs; 0: a bad value. */
typedef unsigned (*value_check)(struct smtp_command *c, struct span value);

/* Printable ASCII without blanks; values differ only inside of that. */
static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return s.n > 0;
}

static unsigned
check_size(struct smtp_command *c, struct span value)
{
	if (span_number(&c->size, value, UINT64_MAX) != 0)
		return 0;
	return SMTP_EXT_SIZE;
}

static unsigned
check_body(struct smtp_command *c, struct span value)
{
	(void)c;
	if (span_equal_nocase(value, "7BIT") ||
	    span_equal_nocase(value, "8BITMIME"))
		return SMTP_EXT_8BITMIME;
	return span_equal_nocase(value, "BINARYMIME") ? SMTP_EXT_BINARYMIME : 0;
}

static unsigned
check_smtputf8(struct smtp_command *c, struct span value)
{
	(void)c;
	return value.p == NULL ? SMTP_EXT_SMTPUTF8 : 0;
}

static unsigned
check_ret(struct smtp_command *c, struct span value)
{
	(void)c;
	return span_equal_nocase(value, "FULL") ||
		span_equal_nocase(value, "HDRS")
	    ? SMTP_EXT_DSN
	    : 0;
}

/* ENVID, NOTIFY and ORCPT: the server judges what stands in them. */
static unsigned
check_dsn(struct smtp_command *c, struct span value)
{
	(void)c;
	return is_plain(value) ? SMTP_EXT_DSN : 0;
}

static unsigned
check_by(struct smtp_command *c, struct span value)
{
	(void)c;
	return is_plain(value) ? SMTP_EXT_DELIVERBY : 0;
}

static unsigned
check_priority(struct smtp_command *c, struct span value)
{
	(void)c;
	return is_plain(value) ? SMTP_EXT_MT_PRIORITY : 0;
}

static const struct parameter {
	enum smtp_verb verb;
	const char *keyword;
	value_check check;
} parameters[] = {
	{ SMTP_VERB_MAIL, "SIZE", check_size },		   /* RFC 1870 5 */
	{ SMTP_VERB_MAIL, "BODY", check_body },		   /* RFC 6152 2 */
	{ SMTP_VERB_MAIL, "SMTPUTF8", check_smtputf8 },	   /* RFC 6531 3.4 */
	{ SMTP_VERB_MAIL, "RET", check_ret },		   /* RFC 3461 4.3 */
	{ SMTP_VERB_MAIL, "ENVID", check_dsn },		   /* RFC 3461 4.4 */
	{ SMTP_VERB_MAIL, "BY", check_by },		   /* RFC 2852 4 */
	{ SMTP_VERB_MAIL, "MT-PRIORITY", check_priority }, /* RFC 6710 4 */
	{ SMTP_VERB_RCPT, "NOTIFY", check_dsn },	   /* RFC 3461 4.1 */
	{ SMTP_VERB_RCPT, "ORCPT", check_dsn },		   /* RFC 3461 4.2 */
};

/* Takes one KEYWORD or KEYWORD=value; *seen holds those that stood before. */
static int
take_parameter(struct smtp_command *c, unsigned *seen, struct span word)
{
	size_t equals = span_find(word, '=', 0);
	struct span keyword = span_slice(word, 0, equals);
	struct span value = { NULL, 0 };

	if (equals < word.n)
		value = span_slice(word, equals + 1, word.n);
	for (size_t i = 0; i < DG_ARRAY_LEN(parameters); i++) {
		unsigned bit;

		if (parameters[i].verb != c->verb ||
		    !span_equal_nocase(keyword, parameters[i].keyword))
			continue;
		bit = parameters[i].check(c, value);
		if (bit == 0 || (*seen & 1u << i) != 0)
			return DG_ESYNTAX;
		*seen |= 1u << i;
		c->extensions |= bit;
		return 0;
	}
	return DG_EUNSUPPORTED;
}

static int
take_parameters(struct smtp_command *c)
{
	struct span rest = c->parameters;
	struct span word;
	unsigned seen = 0;
	int err = 0;

	while (err == 0 && (word = span_word(&rest)).n > 0)
		err = take_parameter(c, &seen, word);
	return err;
}

/*
 * Index of the first byte of s that is in stops and stands outside of a quoted
 * string (RFC 5321 4.1.2), or s.n.
 */
static size_t
find_unquoted(struct span s, struct span stops)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && span_find(stops, s.p[i], 0) < stops.n)
			return i;
	}
	return s.n;
}

/* Cuts the path off *rest: what stands in <>, or the first word. */
static int
cut_path(struct span *path, struct span *rest)
{
	bool bracket = rest->n > 0 && rest->p[0] == '<';
	size_t from = bracket ? 1 : 0;
	struct span s = span_slice(*rest, from, rest->n);
	size_t end = find_unquoted(s, span_text(bracket ? ">" : " \t<>"));

	if (bracket && end == s.n)
		return DG_ESYNTAX;
	if (!bracket &&
	    (end == 0 || (end < s.n && s.p[end] != ' ' && s.p[end] != '\t')))
		return DG_ESYNTAX;
	*path = span_trim(span_slice(s, 0, end));
	*rest = span_slice(s, bracket ? end + 1 : end, s.n);
	/* <a@b>SIZE=1 is not two words. */
	if (rest->n > 0 && rest->p[0] != ' ' && rest->p[0] != '\t')
		return DG_ESYNTAX;
	*rest = span_trim(*rest);
	return 0;
}

/* @one,@two:user@domain is user@domain (RFC 5321 appendix C). */
static int
drop_source_route(struct span *path)
{
	size_t colon;

	if (path->n == 0 || path->p[0] != '@')
		return 0;
	colon = find_unquoted(*path, span_text(":"));
	if (colon == path->n)
		return DG_ESYNTAX;
	*path = span_slice(*path, colon + 1, path->n);
	return path->n > 0 ? 0 : DG_ESYNTAX;
}

/* A quoted string as a whole, or bytes that cannot be mistaken for syntax. */
static bool
is_local_part(struct span s)
{
	bool quoted = s.n >= 2 && s.p[0] == '"';

	if (quoted)
		return find_unquoted(s, span_text("")) == s.n &&
		    s.p[s.n - 1] == '"' && s.p[s.n - 2] != '\\';
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' ||
		    span_find(span_text("<>\"\\,"), s.p[i], 0) < 5)
			return false;
	return s.n > 0;
}

static bool
is_literal(struct span s)
{
	return s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']' && is_plain(s) &&
	    find_unquoted(s, span_text("<>\"\\")) == s.n;
}

/* The @ in front of the domain: the last one outside of quotes. */
static size_t
find_at(struct span path)
{
	size_t at = path.n;
	size_t from = 0;

	for (;;) {
		struct span rest = span_slice(path, from, path.n);
		size_t i = find_unquoted(rest, span_text("@"));

		if (i == rest.n)
			return at;
		at = from + i;
		from = at + 1;
	}
}

static bool
is_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

static int
take_mailbox(struct smtp_command *c)
{
	size_t at = find_at(c->path);
	struct span local = span_slice(c->path, 0, at);
	struct span domain = span_slice(c->path, at + 1, c->path.n);
	int err = 0;

	if (!is_local_part(local))
		return DG_ESYNTAX;
	if (!is_ascii(c->path))
		c->extensions |= SMTP_EXT_SMTPUTF8;
	c->no_domain = at == c->path.n;
	c->literal = is_literal(domain);
	if (!c->no_domain && !c->literal)
		err = idna_name(&c->domain, domain);
	if (err != 0 || (c->domain.len == 0 && !c->no_domain && !c->literal))
		return DG_ESYNTAX;
	return 0;
}

/* "FROM:" or "TO:", the path, the parameters (RFC 5321 4.1.1.2, 4.1.1.3). */
static int
take_path(struct smtp_command *c, const char *keyword)
{
	struct span rest = c->argument;
	size_t colon = span_find(rest, ':', 0);
	int err;

	if (!span_equal_nocase(span_trim(span_slice(rest, 0, colon)), keyword))
		return DG_ESYNTAX;
	rest = span_trim(span_slice(rest, colon + 1, rest.n));
	err = cut_path(&c->path, &rest);
	if (err == 0)
		err = drop_source_route(&c->path);
	if (err != 0)
		return err;
	c->parameters = rest;
	if (c->path.n > 0)
		err = take_mailbox(c);
	else if (c->verb == SMTP_VERB_RCPT)
		err = DG_ESYNTAX;
	return err != 0 ? err : take_parameters(c);
}

/* RFC 3030 2. */
static int
take_chunk(struct smtp_command *c)
{
	struct span rest = c->argument;
	struct span size = span_word(&rest);

	rest = span_trim(rest);
	if (rest.n > 0 && !span_equal_nocase(rest, "LAST"))
		return DG_ESYNTAX;
	c->last = rest.n > 0;
	return span_number(&c->size, size, INT64_MAX);
}

static int
take_arguments(struct smtp_command *c)
{
	switch (c->verb) {
	case SMTP_VERB_MAIL:
		return take_path(c, "FROM");
	case SMTP_VERB_RCPT:
		return take_path(c, "TO");
	case SMTP_VERB_BDAT:
		return take_chunk(c) == 0 ? 0 : DG_ESYNTAX;
	case SMTP_VERB_DATA:
	case SMTP_VERB_RSET:
	case SMTP_VERB_QUIT:
		return c->argument.n == 0 ? 0 : DG_ESYNTAX;
	case SMTP_VERB_UNKNOWN:
	case SMTP_VERB_HELO:
	case SMTP_VERB_EHLO:
	case SMTP_VERB_NOOP:
	case SMTP_VERB_HELP:
	case SMTP_VERB_VRFY:
	case SMTP_VERB_EXPN:
	case SMTP_VERB_STARTTLS:
	case SMTP_VERB_AUTH:
		return 0;
	}
	return DG_ESYNTAX;
}

/*
 * Control characters never belong into a command. Bytes past ASCII may stand in
 * the path of MAIL and RCPT alone (RFC 6531 3.3).
 */
static bool
is_clean(const struct smtp_command *c)
{
	struct span s = c->argument;

	for (size_t i = 0; i < s.n; i++) {
		bool outside = c->path.n == 0 || s.p + i < c->path.p ||
		    s.p + i >= c->path.p + c->path.n;

		if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f ||
		    (s.p[i] >= 0x80 && outside))
			return false;
	}
	return true;
}

static enum smtp_verb
verb_of(struct span word)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(verbs); i++)
		if (span_equal_nocase(word, verbs[i].text))
			return verbs[i].verb;
	return SMTP_VERB_UNKNOWN;
}

int
smtp_command_parse(struct smtp_command *out, struct span line)
{
	struct smtp_command c = { .verb = SMTP_VERB_UNKNOWN };
	struct span rest = span_trim(line);
	int err;

	c.verb = verb_of(span_word(&rest));
	c.argument = span_trim(rest);
	err = take_arguments(&c);
	if (err == 0 && c.verb != SMTP_VERB_UNKNOWN && !is_clean(&c))
		err = DG_ESYNTAX;
	if (err == 0)
		*out = c;
	return err;
}
