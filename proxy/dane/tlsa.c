/* TLSA records: intake, and which of them can authenticate an SMTP server. */
#include "dane/dane.h"
#include "dane/der.h"
#include "dane/outline.h"
#include "dane/pubkey.h"

#define FIELDS 3 /* usage, selector, matching */

#define SHA256_LEN 32
#define SHA512_LEN 64

int
tlsa_from_rdata(struct tlsa *out, struct span rdata)
{
	if (rdata.n <= FIELDS)
		return DG_ESYNTAX;
	*out = (struct tlsa){
		.usage = rdata.p[0],
		.selector = rdata.p[1],
		.matching = rdata.p[2],
		.data = span_slice(rdata, FIELDS, rdata.n),
	};
	return 0;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
tlsa_from_text(struct tlsa *out, struct span text, uint8_t *room)
{
	uint64_t fields[FIELDS];
	size_t digits = 0;

	for (size_t i = 0; i < FIELDS; i++)
		if (span_number(&fields[i], span_word(&text), UINT8_MAX) < 0)
			return DG_ESYNTAX;
	for (size_t i = 0; i < text.n; i++) {
		int value = hex_value(text.p[i]);

		if (text.p[i] == ' ' || text.p[i] == '\t')
			continue;
		if (value < 0)
			return DG_ESYNTAX;
		if (digits % 2 == 0)
			room[digits / 2] = (uint8_t)(value << 4);
		else
			room[digits / 2] |= (uint8_t)value;
		digits++;
	}
	if (digits == 0 || digits % 2 != 0)
		return DG_ESYNTAX;
	*out = (struct tlsa){
		.usage = (uint8_t)fields[0],
		.selector = (uint8_t)fields[1],
		.matching = (uint8_t)fields[2],
		.data = span_of(room, digits / 2),
	};
	return 0;
}

/*
 * Whole contents must be what the selector says, or no certificate can ever
 * fit: for an anchor, which we have to read ourselves, all of it; for the
 * server's own, of which bytes are compared alone, the outermost element.
 */
static const char *
contents_fault(const struct tlsa *record)
{
	struct outline certificate;
	struct pubkey_parts key;
	struct span contents;
	bool well_formed;

	if (record->data.n > TLSA_DATA_MAX)
		return "association data too long";
	if (record->usage == TLSA_DANE_EE)
		well_formed = der_open(&contents, record->data, DER_SEQUENCE) ==
			0 ||
		    (record->data.n > 1 && record->data.p[0] == DER_SEQUENCE &&
			record->data.p[1] == 0x80); /* BER */
	else if (record->selector == 0)
		well_formed = outline_read(&certificate, record->data) == 0;
	else
		well_formed = pubkey_read_parts(&key, record->data) == 0;
	return well_formed ? NULL : "malformed association data";
}

/* Why the association data cannot match, or NULL (RFC 6698 2.1.3, 2.1.4). */
static const char *
data_fault(const struct tlsa *record)
{
	size_t n = record->data.n;

	switch (record->matching) {
	case 0:
		return n == 0 ? "no association data" : contents_fault(record);
	case 1:
		return n != SHA256_LEN ? "wrong length of SHA2-256" : NULL;
	case 2:
		return n != SHA512_LEN ? "wrong length of SHA2-512" : NULL;
	default:
		return "unknown matching type";
	}
}

static const char *
record_fault(const struct tlsa *record)
{
	/* RFC 7672 3.1.3: PKIX usages mean nothing where no list of public
	 * authorities is agreed on. */
	if (record->usage == TLSA_PKIX_TA || record->usage == TLSA_PKIX_EE)
		return "PKIX usage";
	if (record->usage != TLSA_DANE_TA && record->usage != TLSA_DANE_EE)
		return "unknown usage";
	if (record->selector > 1)
		return "unknown selector";
	return data_fault(record);
}

bool
tlsa_usable(const struct tlsa *record, const char **why)
{
	const char *fault = record_fault(record);

	if (why != NULL)
		*why = fault;
	return fault == NULL;
}

const char *
dane_verdict_text(enum dane_verdict verdict)
{
	switch (verdict) {
	case DANE_VERIFIED:
		return "verified";
	case DANE_FAILED:
		return "failed";
	case DANE_UNUSABLE:
		return "unusable";
	case DANE_UNKNOWN:
		break;
	}
	return "unknown";
}
