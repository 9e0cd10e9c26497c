#include "cli/render.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/json_read.h"

#define KEY_MAX	    32
#define VALUE_MAX   1100
#define COLUMNS_MAX 16
#define INDENT	    2

struct column {
	struct span key;
	size_t width;
};

struct table {
	struct column columns[COLUMNS_MAX];
	size_t n;
	size_t rows;
	bool plain; /* every value is a scalar, and no column too many */
};

static bool
ends_with(struct span key, const char *end)
{
	size_t n = strlen(end);

	return key.n >= n &&
	    span_equal(span_slice(key, key.n - n, key.n), span_text(end));
}

/* The name of a member as it is shown: without the unit, which is behind the
 * value, and with blanks. */
static void
key_text(char out[KEY_MAX], struct span key)
{
	size_t n = key.n;

	if (ends_with(key, "_bytes"))
		n -= sizeof("_bytes") - 1;
	else if (ends_with(key, "_seconds"))
		n -= sizeof("_seconds") - 1;
	(void)json_print(out, KEY_MAX, span_slice(key, 0, n));
	for (char *p = out; *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
}

static void
seconds_text(char out[VALUE_MAX], uint64_t s)
{
	if (s >= 86400)
		(void)snprintf(out, VALUE_MAX, "%" PRIu64 "d %02u:%02u:%02u",
		    s / 86400, (unsigned)(s / 3600 % 24),
		    (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	else
		(void)snprintf(out, VALUE_MAX, "%02u:%02u:%02u",
		    (unsigned)(s / 3600), (unsigned)(s / 60 % 60),
		    (unsigned)(s % 60));
}

static void
time_text(char out[VALUE_MAX], uint64_t seconds)
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(out, VALUE_MAX, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, VALUE_MAX, "-");
}

static void
bytes_text(char out[VALUE_MAX], uint64_t n)
{
	if (n >= 10240)
		(void)snprintf(out, VALUE_MAX, "%" PRIu64 " KiB", n / 1024);
	else
		(void)snprintf(out, VALUE_MAX, "%" PRIu64 " bytes", n);
}

static void
number_text(char out[VALUE_MAX], const struct json_token *t)
{
	uint64_t n;

	if (span_number(&n, t->text, INT64_MAX) != 0)
		(void)json_print(out, VALUE_MAX, t->text);
	else if (ends_with(t->key, "_bytes"))
		bytes_text(out, n);
	else if (ends_with(t->key, "_seconds"))
		seconds_text(out, n);
	else if (ends_with(t->key, "time") || ends_with(t->key, "since"))
		time_text(out, n);
	else
		(void)snprintf(out, VALUE_MAX, "%" PRIu64, n);
}

static bool
is_scalar(const struct json_token *t)
{
	return t->type >= JSON_STRING;
}

static void
value_text(char out[VALUE_MAX], const struct json_token *t)
{
	if (t->type == JSON_NUMBER)
		number_text(out, t);
	else if (t->type == JSON_STRING && t->text.n > 0)
		(void)json_print(out, VALUE_MAX, t->text);
	else
		(void)snprintf(out, VALUE_MAX, "%s",
		    t->type == JSON_TRUE	? "yes"
			: t->type == JSON_FALSE ? "no"
						: "-");
}

/* Tables: measured first, so that it is known whether they fit. */

static struct column *
column_get(struct table *t, struct span key)
{
	char text[KEY_MAX];

	for (size_t i = 0; i < t->n; i++)
		if (span_equal(t->columns[i].key, key))
			return &t->columns[i];
	if (t->n == COLUMNS_MAX)
		return NULL;
	key_text(text, key);
	t->columns[t->n] = (struct column){ .key = key, .width = strlen(text) };
	return &t->columns[t->n++];
}

static int
measure_row(struct table *t, struct json_reader *r)
{
	struct json_token token;
	int err;

	while ((err = json_next(r, &token)) == 0 && token.type != JSON_CLOSE) {
		struct column *column = column_get(t, token.key);
		char value[VALUE_MAX];

		if (!is_scalar(&token)) {
			t->plain = false;
			err = json_skip(r);
			if (err != 0)
				return err;
			continue;
		}
		if (column == NULL) {
			t->plain = false;
			continue;
		}
		value_text(value, &token);
		if (strlen(value) > column->width)
			column->width = strlen(value);
	}
	return err;
}

/* r stands behind the opening of an array; what is in it stays unread. */
static int
measure(struct table *t, struct json_reader r)
{
	struct json_token token;
	int err;

	*t = (struct table){ .plain = true };
	while ((err = json_next(&r, &token)) == 0 && token.type != JSON_CLOSE) {
		if (token.type != JSON_OBJECT) {
			t->plain = false;
			if (!is_scalar(&token))
				err = json_skip(&r);
		} else {
			err = measure_row(t, &r);
		}
		if (err != 0)
			return err;
		t->rows++;
	}
	return err;
}

static bool
fits(const struct table *t, unsigned indent)
{
	size_t width = indent;

	for (size_t i = 0; i < t->n; i++)
		width += t->columns[i].width + (i > 0 ? 2 : 0);
	return t->plain && width <= RENDER_WIDTH;
}

/* One cell; the last of a row is not filled up. */
static void
put_cell(FILE *to, const struct table *t, size_t i, const char *text)
{
	if (i + 1 == t->n)
		(void)fprintf(to, "%s\n", text);
	else
		(void)fprintf(to, "%-*s  ", (int)t->columns[i].width, text);
}

static int
put_row(FILE *to, const struct table *t, struct json_reader *r, unsigned indent)
{
	struct json_reader start = *r;

	(void)fprintf(to, "%*s", (int)indent, "");
	for (size_t i = 0; i < t->n; i++) {
		char value[VALUE_MAX] = "-";
		struct json_token token;
		int err;

		*r = start;
		while ((err = json_next(r, &token)) == 0 &&
		    token.type != JSON_CLOSE)
			if (span_equal(token.key, t->columns[i].key))
				value_text(value, &token);
		if (err != 0)
			return err;
		put_cell(to, t, i, value);
	}
	return 0;
}

static int
put_table(FILE *to, const struct table *t, struct json_reader *r,
    unsigned indent)
{
	struct json_token token;
	int err;

	(void)fprintf(to, "%*s", (int)indent, "");
	for (size_t i = 0; i < t->n; i++) {
		char key[KEY_MAX];

		key_text(key, t->columns[i].key);
		put_cell(to, t, i, key);
	}
	while ((err = json_next(r, &token)) == 0 && token.type != JSON_CLOSE) {
		err = put_row(to, t, r, indent);
		if (err != 0)
			return err;
	}
	return err;
}

/* How wide the names of an object's scalar members are. */
static int
measure_keys(size_t *width, struct json_reader r)
{
	struct json_token token;
	int err;

	*width = 0;
	while ((err = json_next(&r, &token)) == 0 && token.type != JSON_CLOSE) {
		char key[KEY_MAX];

		key_text(key, token.key);
		if (is_scalar(&token) && strlen(key) > *width)
			*width = strlen(key);
		if (!is_scalar(&token) && (err = json_skip(&r)) != 0)
			return err;
	}
	return err;
}

/* What is open, from the outside in: an object, whose members are lines, or an
 * array, whose objects are blocks. */
struct level {
	bool array;
	bool filled; /* a block stands here already */
	unsigned indent;
	size_t width; /* of the names of an object */
};

struct render {
	FILE *to;
	struct json_reader r;
	struct level levels[JSON_DEPTH_MAX];
	size_t n;
};

/* The reader stands behind the opening of an object. */
static int
enter_object(struct render *v, unsigned indent)
{
	struct level *level = &v->levels[v->n];

	*level = (struct level){ .indent = indent };
	v->n++;
	return measure_keys(&level->width, v->r);
}

/* Or of an array: a table is written at once. */
static int
enter_array(struct render *v, unsigned indent)
{
	struct table t;
	int err = measure(&t, v->r);

	if (err != 0)
		return err;
	if (t.rows == 0) {
		(void)fprintf(v->to, "%*snone\n", (int)indent, "");
		return json_skip(&v->r);
	}
	if (t.n > 0 && fits(&t, indent))
		return put_table(v->to, &t, &v->r, indent);
	v->levels[v->n++] = (struct level){ .array = true, .indent = indent };
	return 0;
}

static int
put_member(struct render *v, const struct json_token *t)
{
	const struct level *level = &v->levels[v->n - 1];
	char value[VALUE_MAX];
	char key[KEY_MAX];

	key_text(key, t->key);
	if (is_scalar(t)) {
		value_text(value, t);
		(void)fprintf(v->to, "%*s%-*s  %s\n", (int)level->indent, "",
		    (int)level->width, key, value);
		return 0;
	}
	(void)fprintf(v->to, "%*s%s:\n", (int)level->indent, "", key);
	return t->type == JSON_OBJECT ? enter_object(v, level->indent + INDENT)
				      : enter_array(v, level->indent + INDENT);
}

/* An array in an array has no text form here. */
static int
put_entry(struct render *v, const struct json_token *t)
{
	struct level *level = &v->levels[v->n - 1];
	char value[VALUE_MAX];

	if (t->type == JSON_ARRAY)
		return json_skip(&v->r);
	if (t->type == JSON_OBJECT) {
		if (level->filled)
			(void)fputs("\n", v->to);
		level->filled = true;
		return enter_object(v, level->indent);
	}
	value_text(value, t);
	(void)fprintf(v->to, "%*s%s\n", (int)level->indent, "", value);
	return 0;
}

/* An object with one array in it: its name would say nothing. */
static bool
is_one_array(struct json_reader r)
{
	struct json_token token;

	return json_next(&r, &token) == 0 && token.type == JSON_ARRAY &&
	    json_skip(&r) == 0 && json_next(&r, &token) == 0 &&
	    token.type == JSON_CLOSE;
}

int
render_answer(FILE *to, struct span answer)
{
	struct render v = { .to = to, .r = json_reader(answer) };
	struct json_token token;
	int err = json_next(&v.r, &token);

	if (err == 0 && token.type != JSON_OBJECT)
		err = DG_ESYNTAX;
	if (err != 0)
		return err;
	if (is_one_array(v.r)) {
		err = json_next(&v.r, &token);
		if (err == 0)
			err = enter_array(&v, 0);
	} else {
		err = enter_object(&v, 0);
	}
	while (err == 0 && v.n > 0) {
		err = json_next(&v.r, &token);
		if (err == 0 && token.type == JSON_CLOSE)
			v.n--;
		else if (err == 0)
			err = v.levels[v.n - 1].array ? put_entry(&v, &token)
						      : put_member(&v, &token);
	}
	return err;
}
