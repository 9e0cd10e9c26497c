#include "tlsrpt/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What is read is not written to. */
#define ZLIB_CONST
#include <zlib.h>

#include "base/base64.h"

#define TIME_MAX 48

/* A window and a hash of 16 KiB: reports are small, and memory is. */
#define WINDOW_BITS  12
#define GZIP_FORMAT  16
#define MEMORY_LEVEL 5

/* The same moment as JSON has it (RFC 3339), as a header does (RFC 5322 3.3),
 * and without marks. */
static const char *
rfc3339(char text[TIME_MAX], int64_t seconds)
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
	return text;
}

static const char *
rfc5322(char text[TIME_MAX], int64_t seconds)
{
	const time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, TIME_MAX, "%a, %d %b %Y %H:%M:%S +0000", &tm) == 0)
		text[0] = '\0';
	return text;
}

static const char *
bare_time(char text[TIME_MAX], int64_t seconds)
{
	size_t n = 0;

	(void)rfc3339(text, seconds);
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '-' && *p != ':')
			text[n++] = *p;
	text[n] = '\0';
	return text;
}

/* The part behind the @: who sends the report. */
static const char *
submitter(const struct tlsrpt_about *about)
{
	return strchr(about->from, '@') + 1;
}

/* The same for the same span, so that one that comes twice is known. */
static void
id_text(char text[TIME_MAX + NAME_TEXT_MAX + MAILBOX_MAX],
    const struct tlsrpt_domain *domain, const struct tlsrpt_about *about)
{
	char since[TIME_MAX];

	(void)snprintf(text, TIME_MAX + NAME_TEXT_MAX + MAILBOX_MAX, "%s.%s@%s",
	    bare_time(since, about->since), domain->name, submitter(about));
}

static void
put_address(struct json *j, const char *key, const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];

	if (a->family != ADDRESS_NONE)
		json_put_text(j, key, address_text(a, text));
}

static void
put_failure(struct json *j, const struct tlsrpt_failure *f)
{
	json_object(j);
	json_put_text(j, "result-type", tlsrpt_result_text(f->result));
	put_address(j, "sending-mta-ip", &f->local);
	if (f->mx[0] != '\0')
		json_put_text(j, "receiving-mx-hostname", f->mx);
	put_address(j, "receiving-ip", &f->server);
	json_put_number(j, "failed-session-count", f->sessions);
	json_put_text(j, "failure-reason-code", reason_text(f->reason));
	json_close(j);
}

static void
put_strings(struct json *j, const char *strings)
{
	struct span rest = span_text(strings != NULL ? strings : "");

	json_key(j, "policy-string");
	json_array(j);
	while (rest.n > 0) {
		size_t end = span_find(rest, '\n', 0);

		json_string(j, span_slice(rest, 0, end));
		rest = span_slice(rest, end + 1, rest.n);
	}
	json_close(j);
}

static void
put_policy(struct json *j, const struct tlsrpt_domain *domain,
    enum tlsrpt_policy policy)
{
	const struct tlsrpt_sum *sum = &domain->sums[policy];

	if (sum->successes + sum->failures == 0)
		return;
	json_object(j);
	json_key(j, "policy");
	json_object(j);
	json_put_text(j, "policy-type", tlsrpt_policy_text(policy));
	if (policy == TLSRPT_TLSA)
		put_strings(j, sum->strings);
	json_put_text(j, "policy-domain", domain->name);
	json_close(j);
	json_key(j, "summary");
	json_object(j);
	json_put_number(j, "total-successful-session-count", sum->successes);
	json_put_number(j, "total-failure-session-count", sum->failures);
	json_close(j);
	json_key(j, "failure-details");
	json_array(j);
	for (const struct tlsrpt_failure *f = sum->details; f != NULL;
	     f = f->next)
		put_failure(j, f);
	json_close(j);
	json_close(j);
}

void
tlsrpt_json(struct json *j, const struct tlsrpt_domain *domain,
    const struct tlsrpt_about *about)
{
	char id[TIME_MAX + NAME_TEXT_MAX + MAILBOX_MAX];
	char text[TIME_MAX];

	id_text(id, domain, about);
	json_object(j);
	json_put_text(j, "organization-name", submitter(about));
	json_key(j, "date-range");
	json_object(j);
	json_put_text(j, "start-datetime", rfc3339(text, about->since));
	json_put_text(j, "end-datetime", rfc3339(text, about->until));
	json_close(j);
	json_put_text(j, "contact-info", about->from);
	json_put_text(j, "report-id", id);
	json_key(j, "policies");
	json_array(j);
	put_policy(j, domain, TLSRPT_TLSA);
	put_policy(j, domain, TLSRPT_NO_POLICY);
	json_close(j);
	json_close(j);
}

int
tlsrpt_gzip(uint8_t **out, size_t *n, struct span bytes)
{
	z_stream z = { .zalloc = Z_NULL };
	uLong size;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED,
		WINDOW_BITS + GZIP_FORMAT, MEMORY_LEVEL,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return DG_ENOMEM;
	size = deflateBound(&z, (uLong)bytes.n);
	*out = malloc(size);
	if (*out == NULL) {
		(void)deflateEnd(&z);
		return DG_ENOMEM;
	}
	z.next_in = bytes.p;
	z.avail_in = (uInt)bytes.n;
	z.next_out = *out;
	z.avail_out = (uInt)size;
	/* In one go, since the bound holds. */
	(void)deflate(&z, Z_FINISH);
	*n = (size_t)z.total_out;
	(void)deflateEnd(&z);
	return 0;
}

static void
put_header(FILE *f, const struct tlsrpt_domain *domain,
    const struct tlsrpt_about *about, const struct tlsrpt_record *to)
{
	char id[TIME_MAX + NAME_TEXT_MAX + MAILBOX_MAX];
	char date[TIME_MAX];

	id_text(id, domain, about);
	(void)fprintf(f, "From: <%s>\r\nTo: ", about->from);
	for (size_t i = 0; i < to->nmailboxes; i++)
		(void)fprintf(f, "%s<%s>", i > 0 ? ",\r\n\t" : "",
		    to->mailboxes[i]);
	(void)fprintf(f,
	    "\r\nDate: %s\r\nMessage-ID: <%s>\r\n"
	    "Subject: Report Domain: %s\r\n Submitter: %s\r\n"
	    " Report-ID: <%s>\r\n"
	    "TLS-Report-Domain: %s\r\nTLS-Report-Submitter: %s\r\n"
	    /* RFC 8460 3, RFC 8689: whatever is wrong with the TLS of who
	     * gets it. */
	    "TLS-Required: No\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n",
	    rfc5322(date, about->now), id, domain->name, submitter(about), id,
	    domain->name, submitter(about));
}

static void
put_text(FILE *f, const struct tlsrpt_domain *domain,
    const struct tlsrpt_about *about)
{
	char since[TIME_MAX];
	char until[TIME_MAX];

	(void)fprintf(f,
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
	    "This is an aggregate report (RFC 8460) on TLS sessions with the\r\n"
	    "mail servers of %s, from %s to\r\n%s.\r\n",
	    domain->name, rfc3339(since, about->since),
	    rfc3339(until, about->until));
}

static void
put_letter(FILE *f, const struct tlsrpt_domain *domain,
    const struct tlsrpt_about *about, const struct tlsrpt_record *to,
    struct span gzip)
{
	/* No line of base64 or of ours begins so. */
	static const char boundary[] = "=_danegate-tlsrpt";

	put_header(f, domain, about, to);
	(void)fprintf(f,
	    "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n"
	    "\tboundary=\"%s\"\r\n\r\n--%s\r\n",
	    boundary, boundary);
	put_text(f, domain, about);
	(void)fprintf(f,
	    "\r\n--%s\r\nContent-Type: application/tlsrpt+gzip\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment;\r\n"
	    "\tfilename=\"%s!%s!%" PRId64 "!%" PRId64 ".json.gz\"\r\n\r\n",
	    boundary, submitter(about), domain->name, about->since,
	    about->until);
	base64_write(f, gzip, "\r\n");
	(void)fprintf(f, "\r\n--%s--\r\n", boundary);
}

/* The JSON, packed; *out is to be freed. */
static int
packed(uint8_t **out, size_t *n, const struct tlsrpt_domain *domain,
    const struct tlsrpt_about *about)
{
	char *text = malloc(TLSRPT_JSON_MAX);
	struct json j;
	int err;

	if (text == NULL)
		return DG_ENOMEM;
	json_to_memory(&j, text, TLSRPT_JSON_MAX);
	tlsrpt_json(&j, domain, about);
	err = json_end(&j);
	if (err == 0)
		err = tlsrpt_gzip(out, n, span_of(text, j.len));
	free(text);
	return err;
}

int
tlsrpt_letter(char **out, size_t *n, const struct tlsrpt_domain *domain,
    const struct tlsrpt_about *about, const struct tlsrpt_record *to)
{
	uint8_t *gzip = NULL;
	size_t size = 0;
	FILE *f;
	int err = packed(&gzip, &size, domain, about);

	if (err != 0)
		return err;
	*out = NULL;
	f = open_memstream(out, n);
	if (f != NULL) {
		put_letter(f, domain, about, to, span_of(gzip, size));
		err = ferror(f) ? DG_ENOMEM : 0;
		if (fclose(f) != 0)
			err = DG_ENOMEM;
	} else {
		err = DG_ENOMEM;
	}
	free(gzip);
	if (err != 0) {
		free(*out);
		*out = NULL;
	}
	return err;
}
