#include "dnssec/present.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "dnssec/record.h"

#define OWNER_AND_HEAD 11 /* of a record of the root */
#define FIELDS_BEFORE  4  /* owner, TTL, class, type */
#define WORD_MAX       16

/* RFC 6895 3.1: 128 to 255 are for questions and meta data. */
static bool
is_data(unsigned type)
{
	return type != 0 && type != LDNS_RR_TYPE_OPT && type != TYPE_RRSIG &&
	    (type < 128 || type > 255);
}

int
dns_type_parse(uint16_t *out, struct span text)
{
	char word[WORD_MAX];
	uint64_t type;

	if (span_copy_text(word, sizeof(word), text) != 0)
		return DG_ESYNTAX;
	if (span_starts_nocase(text, "TYPE")) {
		if (span_number(&type, span_slice(text, 4, text.n),
			UINT16_MAX) != 0)
			return DG_ESYNTAX;
	} else {
		type = (uint64_t)ldns_get_rr_type_by_name(word);
		if (type == 0)
			return DG_ESYNTAX;
	}
	if (!is_data((unsigned)type))
		return DG_EUNSUPPORTED;
	*out = (uint16_t)type;
	return 0;
}

const char *
dns_type_text(uint16_t type, char text[DNS_TYPE_TEXT_MAX])
{
	const ldns_rr_descriptor *d = ldns_rr_descript(type);

	if (d != NULL && d->_name != NULL && ldns_rr_descript(0) != d)
		(void)snprintf(text, DNS_TYPE_TEXT_MAX, "%s", d->_name);
	else
		(void)snprintf(text, DNS_TYPE_TEXT_MAX, "TYPE%u",
		    (unsigned)type);
	return text;
}

/* RFC 3597 section 5. */
static int
text_of_unknown(char **out, struct span rdata)
{
	size_t size = sizeof("\\# 65535 ") + 2 * rdata.n;
	char *text = malloc(size);
	size_t at;

	if (text == NULL)
		return DG_ENOMEM;
	at = (size_t)snprintf(text, size, "\\# %zu", rdata.n);
	if (rdata.n > 0)
		text[at++] = ' ';
	for (size_t i = 0; i < rdata.n; i++, at += 2)
		(void)snprintf(text + at, size - at, "%02x",
		    (unsigned)rdata.p[i]);
	text[at] = '\0';
	*out = text;
	return 0;
}

/* The record of the root with this RDATA, when ldns can make sense of all of
 * it; NULL otherwise. */
static ldns_rr *
read_record(uint16_t type, struct span rdata)
{
	size_t n = OWNER_AND_HEAD + rdata.n;
	uint8_t *wire = calloc(1, n);
	ldns_rr *rr = NULL;
	size_t pos = 0;

	if (wire == NULL)
		return NULL;
	wire_put16(wire + 1, type);
	wire_put16(wire + 3, LDNS_RR_CLASS_IN);
	wire_put16(wire + 9, (unsigned)rdata.n);
	if (rdata.n > 0)
		memcpy(wire + OWNER_AND_HEAD, rdata.p, rdata.n);
	if (ldns_wire2rr(&rr, wire, n, &pos, LDNS_SECTION_ANSWER) !=
	    LDNS_STATUS_OK)
		rr = NULL;
	if (rr != NULL &&
	    (pos != n ||
		ldns_rr_rd_count(rr) <
		    ldns_rr_descriptor_minimum(ldns_rr_descript(type)))) {
		ldns_rr_free(rr);
		rr = NULL;
	}
	free(wire);
	return rr;
}

static bool
is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

/* What stands behind owner, TTL, class and type; NULL when nothing does, or
 * nothing that a terminal should see. */
static char *
text_of_record(const ldns_rr *rr)
{
	char *line = ldns_rr2str_fmt(ldns_output_format_nocomments, rr);
	char *text = NULL;
	char *at = line;

	for (int i = 0; at != NULL && i < FIELDS_BEFORE; i++) {
		at = strchr(at, '\t');
		if (at != NULL)
			at++;
	}
	if (at != NULL) {
		at[strcspn(at, "\n")] = '\0';
		if (at[0] != '\0' && is_printable(at))
			text = strdup(at);
	}
	free(line);
	return text;
}

/* The fields of rr, one after the other, are rdata. */
static bool
consists_of(const ldns_rr *rr, struct span rdata)
{
	size_t at = 0;

	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *f = ldns_rr_rdf(rr, i);
		size_t n = ldns_rdf_size(f);

		if (!span_equal(span_of(ldns_rdf_data(f), n),
			span_slice(rdata, at, at + n)))
			return false;
		at += n;
	}
	return at == rdata.n;
}

/* ldns leaks when it cannot read such a record's text. */
static bool
is_safe_to_read(uint16_t type)
{
	return type != LDNS_RR_TYPE_CERT;
}

/*
 * Read again, the text gives the same RDATA. ldns leaves out what it makes no
 * sense of, a malformed bit map of NSEC say, and follows compression pointers
 * to wherever.
 */
static bool
says_all(const char *text, uint16_t type, struct span rdata)
{
	char word[DNS_TYPE_TEXT_MAX];
	size_t size = sizeof(". IN ") + sizeof(word) + strlen(text) + 1;
	char *line = malloc(size);
	ldns_rr *rr = NULL;
	bool same;

	if (line == NULL)
		return false;
	(void)snprintf(line, size, ". IN %s %s", dns_type_text(type, word),
	    text);
	same = ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) ==
		LDNS_STATUS_OK &&
	    consists_of(rr, rdata);
	ldns_rr_free(rr);
	free(line);
	return same;
}

int
dns_rdata_text(char **out, uint16_t type, struct span rdata)
{
	ldns_rr *rr;
	char *text;

	if (rdata.n > UINT16_MAX)
		return DG_EINVAL;
	rr = read_record(type, rdata);
	text = rr != NULL ? text_of_record(rr) : NULL;
	if (text != NULL &&
	    (!is_safe_to_read(type) || !says_all(text, type, rdata))) {
		free(text);
		text = NULL;
	}
	ldns_rr_free(rr);
	if (text == NULL)
		return text_of_unknown(out, rdata);
	*out = text;
	return 0;
}
