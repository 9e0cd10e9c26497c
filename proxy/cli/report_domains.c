#include "cli/report_domains.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/date.h"

#define LIST_MAX       (EVIDENCE_OPEN_MAX + EVIDENCE_HELD_MAX)
#define INDENT	       "      "
#define LINE_MAX_BYTES 70 /* beside the indent */

/* Domains of one kind, the most recipients first, and the others. */
struct list {
	enum evidence_kind kind;
	size_t n;
	size_t top;
	uint64_t others;
	uint64_t whole;
	struct evidence_item items[LIST_MAX];
};

static void
take(void *arg, const struct evidence_item *item)
{
	struct list *l = arg;

	if (item->kind != l->kind)
		return;
	l->whole += item->recipients;
	if (item->domain.n > 0 && l->n < LIST_MAX)
		l->items[l->n++] = *item;
	else
		l->others += item->recipients;
}

static int
compare_spans(struct span a, struct span b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (a.p[i] != b.p[i])
			return a.p[i] < b.p[i] ? -1 : 1;
	return a.n < b.n ? -1 : a.n > b.n;
}

/* A fixed order, so that two reports of the same are the same. */
static int
compare(const void *pa, const void *pb)
{
	const struct evidence_item *a = pa;
	const struct evidence_item *b = pb;
	int order;

	if (a->recipients != b->recipients)
		return a->recipients > b->recipients ? -1 : 1;
	order = compare_spans(a->domain, b->domain);
	if (order != 0)
		return order;
	return a->code < b->code ? -1 : a->code > b->code;
}

/* NULL: no memory. */
static struct list *
list_new(const struct evidence *e, enum evidence_kind kind, size_t top)
{
	struct list *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->kind = kind;
	evidence_each(e, take, l);
	qsort(l->items, l->n, sizeof(l->items[0]), compare);
	l->top = l->n < top ? l->n : top;
	for (size_t i = l->top; i < l->n; i++)
		l->others += l->items[i].recipients;
	return l;
}

static const char *
time_text(int64_t seconds, char date[DATE_TEXT_MAX])
{
	return seconds > 0 ? date_text(seconds / DATE_SECONDS, date) : "-";
}

/* RFC 3339, UTC; empty where it is not known. */
static void
stamp_text(int64_t seconds, char *text, size_t size)
{
	char date[DATE_TEXT_MAX];
	unsigned s = (unsigned)(seconds % DATE_SECONDS);

	text[0] = '\0';
	if (seconds > 0)
		(void)snprintf(text, size, "%sT%02u:%02u:%02uZ",
		    date_text(seconds / DATE_SECONDS, date), s / 3600,
		    s / 60 % 60, s % 60);
}

#define STAMP_MAX sizeof("2027-01-31T00:00:00Z")

/* Text */

static const char *const explanations[CAUSES] = {
	[CAUSE_UNKNOWN] = "not known",
	[CAUSE_NO_DNSSEC] = "no DNSSEC",
	[CAUSE_NO_TLSA] = "no TLSA record",
	[CAUSE_TLSA_UNUSABLE] = "no usable TLSA record",
	[CAUSE_MX_NOT_SIGNED] = "MX record not signed",
	[CAUSE_EXCEPTION] = "exception",
	[CAUSE_LEVEL] = "level of the box",
	[CAUSE_NO_ROUTE] = "no MX host known",
};

/* A name that is too long for its column has a line of its own. */
static void
text_name(FILE *to, struct span domain)
{
	(void)fprintf(to, "  %-38.*s", (int)domain.n, (const char *)domain.p);
	if (domain.n > 38)
		(void)fprintf(to, "\n  %-38s", "");
}

/* How much of a text has room in a line. */
static size_t
line_length(struct span text)
{
	size_t n = text.n < LINE_MAX_BYTES ? text.n : LINE_MAX_BYTES;

	if (n == text.n)
		return n;
	while (n > 0 && text.p[n] != ' ')
		n--;
	return n > 0 ? n : LINE_MAX_BYTES;
}

void
report_wrap(FILE *to, const char *first, struct span text)
{
	(void)fputs(first, to);
	for (;;) {
		size_t n = line_length(text);

		(void)fprintf(to, "%.*s\n", (int)n, (const char *)text.p);
		text = span_trim(span_slice(text, n, text.n));
		if (text.n == 0)
			return;
		(void)fputs(INDENT, to);
	}
}

static void
text_open(FILE *to, const struct evidence *e, size_t top)
{
	struct list *l = list_new(e, EVIDENCE_OPEN, top);

	if (l == NULL || l->whole == 0) {
		free(l);
		return;
	}
	(void)fputs("\nDomains not protected by DANE, recipients, and why\n",
	    to);
	for (size_t i = 0; i < l->top; i++) {
		const struct evidence_item *item = &l->items[i];

		text_name(to, item->domain);
		(void)fprintf(to, " %8" PRIu64 "  %s\n", item->recipients,
		    explanations[item->code]);
		if (item->text.n > 0)
			report_wrap(to, INDENT, item->text);
	}
	if (l->others > 0)
		(void)fprintf(to, "  %-38s %8" PRIu64 "\n", "others",
		    l->others);
	free(l);
}

static void
text_held(FILE *to, const struct evidence *e, enum evidence_kind kind,
    size_t top)
{
	struct list *l = list_new(e, kind, top);
	char first[DATE_TEXT_MAX];
	char last[DATE_TEXT_MAX];

	if (l == NULL || l->whole == 0) {
		free(l);
		return;
	}
	(void)fprintf(to, "\nDomains %s, recipients, why, first and last day\n",
	    kind == EVIDENCE_HELD ? "held" : "that mode enforce would hold");
	for (size_t i = 0; i < l->top; i++) {
		const struct evidence_item *item = &l->items[i];

		text_name(to, item->domain);
		(void)fprintf(to, " %6" PRIu64 "  %s\n%42s%s to %s\n",
		    item->recipients, evidence_word(kind, item->code), "",
		    time_text(item->first, first), time_text(item->last, last));
	}
	if (l->others > 0)
		(void)fprintf(to, "  %-38s %6" PRIu64 "\n", "others",
		    l->others);
	free(l);
}

void
report_domains_text(FILE *to, const struct evidence *e, size_t top)
{
	text_open(to, e, top);
	text_held(to, e, EVIDENCE_HELD, top);
	text_held(to, e, EVIDENCE_PASSED, top);
}

/* CSV */

static void
csv_text(FILE *to, struct span text)
{
	(void)fputc('"', to);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			(void)fputc('"', to);
		(void)fputc(text.p[i], to);
	}
	(void)fputc('"', to);
}

static void
csv_item(FILE *to, const struct evidence_item *item)
{
	char first[STAMP_MAX];
	char last[STAMP_MAX];

	stamp_text(item->first, first, sizeof(first));
	stamp_text(item->last, last, sizeof(last));
	(void)fprintf(to, "%s,%.*s,%s,%" PRIu64 ",%s,%s,",
	    evidence_kind_text(item->kind), (int)item->domain.n,
	    (const char *)item->domain.p, evidence_word(item->kind, item->code),
	    item->recipients, first, last);
	csv_text(to, item->text);
	(void)fputs("\r\n", to);
}

static void
csv_other(void *arg, const struct evidence_item *item)
{
	if (item->domain.n == 0)
		csv_item(arg, item);
}

void
report_domains_csv(FILE *to, const struct evidence *e)
{
	(void)fputs("kind,domain,reason,recipients,first,last,exception\r\n",
	    to);
	for (enum evidence_kind kind = 0; kind < EVIDENCE_KINDS; kind++) {
		struct list *l = list_new(e, kind, LIST_MAX);

		for (size_t i = 0; l != NULL && i < l->top; i++)
			csv_item(to, &l->items[i]);
		free(l);
	}
	evidence_each(e, csv_other, to);
}

/* JSON */

static void
json_stamp(struct json *j, const char *key, int64_t seconds)
{
	char text[STAMP_MAX];

	stamp_text(seconds, text, sizeof(text));
	json_key(j, key);
	json_text(j, text);
}

static void
json_item(struct json *j, const struct evidence_item *item)
{
	json_object(j);
	json_key(j, "domain");
	json_string(j, item->domain);
	json_key(j, "reason");
	json_text(j, evidence_word(item->kind, item->code));
	json_key(j, "recipients");
	json_number(j, (int64_t)item->recipients);
	json_stamp(j, "first", item->first);
	json_stamp(j, "last", item->last);
	json_key(j, "exception");
	json_string(j, item->text);
	json_close(j);
}

static void
json_list(struct json *j, const struct list *l, const char *key)
{
	json_key(j, key);
	json_array(j);
	for (size_t i = 0; i < l->top; i++)
		json_item(j, &l->items[i]);
	json_close(j);
}

void
report_domains_json(struct json *j, const struct evidence *e, size_t top)
{
	static const char *const keys[EVIDENCE_KINDS] = {
		[EVIDENCE_OPEN] = "not_protected",
		[EVIDENCE_HELD] = "held",
		[EVIDENCE_PASSED] = "passed",
	};
	uint64_t others[EVIDENCE_KINDS] = { 0 };

	for (enum evidence_kind kind = 0; kind < EVIDENCE_KINDS; kind++) {
		struct list *l = list_new(e, kind, top);

		if (l == NULL)
			continue;
		json_list(j, l, keys[kind]);
		others[kind] = l->others;
		free(l);
	}
	json_key(j, "others");
	json_object(j);
	for (enum evidence_kind kind = 0; kind < EVIDENCE_KINDS; kind++) {
		json_key(j, keys[kind]);
		json_number(j, (int64_t)others[kind]);
	}
	json_close(j);
}
