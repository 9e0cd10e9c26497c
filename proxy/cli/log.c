#include "cli/log.h"

#include <time.h>

#include "base/json_read.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/decision.h"

#define TIME_TEXT_MAX sizeof("2026-01-31 12:00:00")

/* As it came, with quotes escaped. */
#define TEXT_MAX (2 * LOG_LINE_MAX)

struct line {
	uint64_t time;
	uint64_t missed;
	char level[16];
	char text[TEXT_MAX];
};

static int
take(struct line *out, const struct json_token *t)
{
	if (span_equal(t->key, span_text("time")))
		return span_number(&out->time, t->text, INT64_MAX);
	if (span_equal(t->key, span_text("missed")))
		return span_number(&out->missed, t->text, INT64_MAX);
	if (span_equal(t->key, span_text("level")))
		(void)json_print(out->level, sizeof(out->level), t->text);
	else if (span_equal(t->key, span_text("line")))
		(void)json_print(out->text, sizeof(out->text), t->text);
	return 0;
}

/* The reader stands behind the opening of an object. */
static int
read_line(struct line *out, struct json_reader *r)
{
	struct json_token t;
	int err;

	*out = (struct line){ 0 };
	while ((err = json_next(r, &t)) == 0 && t.type != JSON_CLOSE) {
		if (t.type == JSON_OBJECT || t.type == JSON_ARRAY)
			err = json_skip(r);
		else
			err = take(out, &t);
		if (err != 0)
			return err;
	}
	return err;
}

/* decisions: shortened, for who watches them. */
static void
put_line(FILE *to, const struct line *l, bool decisions)
{
	const time_t seconds = (time_t)l->time;
	char text[TIME_TEXT_MAX] = "-";
	struct tm tm;

	if (l->missed > 0) {
		(void)fprintf(to, "(%llu lines came too fast and are missed)\n",
		    (unsigned long long)l->missed);
		return;
	}
	if (gmtime_r(&seconds, &tm) != NULL)
		(void)strftime(text, sizeof(text),
		    decisions ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
	if (decisions)
		decision_print(to, text, span_text(l->text));
	else
		(void)fprintf(to, "%s %s %s\n", text, l->level, l->text);
}

int
log_print(FILE *to, struct span answer)
{
	struct json_reader r = json_reader(answer);
	struct json_token t;
	struct line line;
	int err;

	if (json_next(&r, &t) != 0 || t.type != JSON_OBJECT ||
	    json_next(&r, &t) != 0 || t.type != JSON_ARRAY)
		return DG_ESYNTAX;
	while ((err = json_next(&r, &t)) == 0 && t.type == JSON_OBJECT) {
		err = read_line(&line, &r);
		if (err != 0)
			return err;
		put_line(to, &line, false);
	}
	return err == 0 && t.type != JSON_CLOSE ? DG_ESYNTAX : err;
}

int
log_print_one(FILE *to, struct span object, bool decisions)
{
	struct json_reader r = json_reader(object);
	struct json_token t;
	struct line line;
	int err = json_next(&r, &t);

	if (err == 0 && t.type != JSON_OBJECT)
		err = DG_ESYNTAX;
	if (err == 0)
		err = read_line(&line, &r);
	if (err == 0)
		put_line(to, &line, decisions);
	return err;
}

struct follow {
	bool json;
	bool decisions;
	int code; /* how it stands */
};

static bool
on_line(void *arg, struct span line)
{
	struct follow *f = arg;
	char error[200];

	if (client_member(error, sizeof(error), line, "error")) {
		f->code = cli_answer_error(line, error);
		return false;
	}
	if (f->json)
		(void)fprintf(stdout, "%.*s\n", (int)line.n,
		    (const char *)line.p);
	else if (log_print_one(stdout, line, f->decisions) != 0)
		f->code = CLI_FAILED;
	if (fflush(stdout) != 0)
		f->code = CLI_FAILED;
	return f->code == CLI_FINE;
}

int
log_follow(const char *path, const char *request, bool decisions, bool json)
{
	struct follow f = { .json = json, .decisions = decisions };
	int err = client_follow(path, request, on_line, &f);

	if (err == DG_ECLOSED) {
		(void)fputs("danegated has ended\n", stderr);
		return CLI_DOWN;
	}
	return err == 0 ? f.code : cli_silent(path, err);
}
