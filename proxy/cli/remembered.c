#include "cli/remembered.h"

#include "base/json_read.h"
#include "base/name.h"

#define HOSTS_MAX 4096 /* of the daemon's memory */

/* One host of the answer. */
struct host {
	char name[NAME_TEXT_MAX];
	enum memory_tls best;
	int64_t offered;
};

static int
take_member(struct host *h, const struct json_token *t)
{
	uint64_t time;

	if (span_equal(t->key, span_text("host"))) {
		(void)json_print(h->name, sizeof(h->name), t->text);
	} else if (span_equal(t->key, span_text("best"))) {
		if (span_equal(t->text, span_text("TLSv1.2")))
			h->best = MEMORY_TLS_1_2;
		else if (span_equal(t->text, span_text("TLSv1.3")))
			h->best = MEMORY_TLS_1_3;
	} else if (span_equal(t->key, span_text("offered_time"))) {
		if (span_number(&time, t->text, INT64_MAX) != 0)
			return DG_ESYNTAX;
		h->offered = (int64_t)time;
	}
	return 0;
}

/* The reader stands behind the opening of an object. */
static int
take_host(struct memory *m, struct json_reader *r)
{
	struct host h = { .best = MEMORY_TLS_NONE };
	struct json_token t;
	int err;

	while ((err = json_next(r, &t)) == 0 && t.type != JSON_CLOSE) {
		if (t.type == JSON_OBJECT || t.type == JSON_ARRAY)
			err = json_skip(r);
		else
			err = take_member(&h, &t);
		if (err != 0)
			return err;
	}
	if (err == 0)
		memory_note(m, span_text(h.name), h.best, h.offered);
	return err;
}

static int
take_hosts(struct memory *m, struct json_reader *r)
{
	struct json_token t;
	int err;

	while ((err = json_next(r, &t)) == 0 && t.type == JSON_OBJECT)
		if ((err = take_host(m, r)) != 0)
			return err;
	return err == 0 && t.type != JSON_CLOSE ? DG_ESYNTAX : err;
}

static int
take_answer(struct memory *m, struct json_reader *r)
{
	struct json_token t;
	int err = json_next(r, &t);

	if (err == 0 && t.type != JSON_OBJECT)
		return DG_ESYNTAX;
	while (
	    err == 0 && (err = json_next(r, &t)) == 0 && t.type != JSON_CLOSE) {
		if (t.type == JSON_ARRAY &&
		    span_equal(t.key, span_text("latest")))
			err = take_hosts(m, r);
		else if (t.type == JSON_ARRAY || t.type == JSON_OBJECT)
			err = json_skip(r);
	}
	return err;
}

int
remembered_read(struct memory **out, struct span answer)
{
	struct json_reader r = json_reader(answer);
	struct memory *m;
	int err = memory_new(&m, HOSTS_MAX);

	if (err != 0)
		return err;
	err = take_answer(m, &r);
	if (err != 0) {
		memory_free(m);
		return err;
	}
	*out = m;
	return 0;
}
