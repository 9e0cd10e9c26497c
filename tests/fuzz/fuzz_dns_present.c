/* rooms: dnssec base */
/*
 * Types and RDATA as text. Input: two bytes for the type, then RDATA, which is
 * taken for the word of a type as well. Whatever the bytes: a line of printable
 * text, and the very same RDATA when that is read again (RFC 1035 section 5,
 * RFC 3597 section 5).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnssec/present.h"
#include "dnssec/record.h"

#define LINE_MAX_BYTES (1 << 18)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ldns is not built to be watched: these tell apart what came of each type. */
#define TYPES_WATCHED 300
__attribute__((section(
    "__libfuzzer_extra_counters"))) static uint8_t seen[TYPES_WATCHED][4];

static void
require(bool truth)
{
	if (!truth)
		abort();
}

/* A word that names a type names it again when it is written. */
static void
check_word(struct span word)
{
	char text[DNS_TYPE_TEXT_MAX];
	uint16_t type = 0;
	uint16_t again = 0;

	if (dns_type_parse(&type, word) != 0)
		return;
	require(
	    type != 0 && type != TYPE_RRSIG && !(type >= 128 && type < 256));
	require(
	    dns_type_parse(&again, span_text(dns_type_text(type, text))) == 0);
	require(type == again);
}

static bool
is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

/* There may be names in it: in those letters do not differ by their case. */
static bool
has_names(uint16_t type)
{
	static const uint16_t without[] = { DNS_TYPE_A, DNS_TYPE_TXT,
		DNS_TYPE_AAAA, DNS_TYPE_DS, DNS_TYPE_DNSKEY, DNS_TYPE_TLSA };

	for (size_t i = 0; i < DG_ARRAY_LEN(without); i++)
		if (without[i] == type)
			return false;
	return true;
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool
is_same(struct span a, struct span b, bool names)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (names ? lower(a.p[i]) != lower(b.p[i]) : a.p[i] != b.p[i])
			return false;
	return a.n == b.n;
}

/* RFC 3597 section 5: "\# 2 01fe". */
static void
check_octets(struct span rdata, const char *text)
{
	char octet[3];
	char head[16];
	size_t n = (size_t)snprintf(head, sizeof(head), "\\# %zu%s", rdata.n,
	    rdata.n > 0 ? " " : "");

	require(strncmp(text, head, n) == 0);
	require(strlen(text) == n + 2 * rdata.n);
	for (size_t i = 0; i < rdata.n; i++) {
		(void)snprintf(octet, sizeof(octet), "%02x",
		    (unsigned)rdata.p[i]);
		require(memcmp(text + n + 2 * i, octet, 2) == 0);
	}
}

static void
check_comes_back(uint16_t type, struct span rdata, const char *text)
{
	static char line[LINE_MAX_BYTES];
	char word[DNS_TYPE_TEXT_MAX];
	struct record r = { 0 };
	int n = snprintf(line, sizeof(line), ". 0 IN %s %s",
	    dns_type_text(type, word), text);

	require(n > 0 && (size_t)n < sizeof(line));
	require(record_from_text(&r, line) == 0);
	require(r.type == type && is_same(r.rdata, rdata, has_names(type)));
	record_free(&r);
}

static void
watch(uint16_t type, const char *text)
{
	size_t how = 0;

	if (type >= TYPES_WATCHED)
		return;
	if (text[0] != '\\')
		how = strlen(text) < 16 ? 1 : strlen(text) < 64 ? 2 : 3;
	seen[type][how] = 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rdata;
	uint16_t type;
	char *text;

	if (size < 2)
		return 0;
	type = wire_get16(data);
	rdata = span_of(data + 2, size - 2);
	check_word(rdata);
	if (dns_rdata_text(&text, type, rdata) != 0) {
		require(rdata.n > UINT16_MAX);
		return 0;
	}
	require(is_printable(text));
	watch(type, text);
	if (strncmp(text, "\\#", 2) == 0)
		check_octets(rdata, text);
	else
		check_comes_back(type, rdata, text);
	free(text);
	return 0;
}
