/* rooms: dns */
/* with: unit/dns/support/network.c */
/*
 * Intake of DNS messages: hostile forwarders, on a network and a clock that are
 * not there, and every message read as records. What must never be: an answer
 * handed on that does not belong to the question or cannot be read, a question
 * without its end, records that are not what they are when read once more.
 *
 * Input: a byte of circumstances, then replies in order: a byte of how, the
 * length in two, and bytes. After the last one there is silence.
 */
#include <stdlib.h>
#include <string.h>

#include "dns/support/network.h"
#include "dns/transport.h"
#include "dnssec/message.h"
#include "dnssec/record.h"

#define HEADER_LEN   12
#define RECORD_FIXED 10
#define REPLY_HEAD   3
#define END_MS	     10000000

/* Of the first byte. */
#define MIXED_CASE 0x01
#define SERVERS	   0x06
#define TYPES	   0x18

/* Of how. */
#define IS_SILENT    0x01
#define IS_REFUSED   0x02
#define FITS_ID	     0x04
#define FITS_NAME    0x08
#define HANGS_UP     0x10
#define IS_SLOW	     0x20
#define COMES_TWICE  0x40
#define IS_AN_ANSWER 0x80

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct span rest; /* of the input */
	struct dnssec_question question;
	bool mixed;
	bool done;
	uint8_t query[DNS_QUERY_MAX]; /* the last one sent */
	size_t query_len;
} play;

static void
require(bool truth)
{
	if (!truth)
		abort();
}

/* Records */

static void
check_record(const struct record *r)
{
	struct dname again;
	size_t pos = 0;
	uint16_t preference;
	struct address address;
	struct name name;

	require(
	    r->section == SECTION_ANSWER || r->section == SECTION_AUTHORITY);
	require(r->ttl <= INT32_MAX && r->rdata.n <= UINT16_MAX);
	require(dname_read(&again, span_of(r->owner.bytes, r->owner.len),
		    &pos) == 0 &&
	    pos == r->owner.len && dname_equal(&again, &r->owner));
	if (dns_rdata_address(&address, r->rdata) == 0)
		require(r->rdata.n == 4 || r->rdata.n == 16);
	if (dns_rdata_mx(&preference, &name, r->rdata) == 0)
		require(name.len <= NAME_TEXT_MAX && r->rdata.n >= 3);
	if (dns_rdata_name(&name, r->rdata) == 0)
		require(
		    name.len <= NAME_TEXT_MAX && name.text[name.len] == '\0');
}

/* The RRset that r belongs to is in order, without doubles, and has it. */
static void
check_set(const struct message *m, const struct record *r)
{
	struct rrset set;
	int err = message_rrset(&set, m, r->section, &r->owner, r->type);
	bool has = set.cut;

	require((err == 0 || (err == DG_ELIMIT && set.cut)) && set.n > 0 &&
	    set.ttl <= r->ttl);
	for (size_t i = 0; i < set.n; i++) {
		has |= span_equal(set.rdata[i], r->rdata);
		for (size_t k = 0; k < i; k++)
			require(!span_equal(set.rdata[i], set.rdata[k]));
	}
	require(has);
}

/* Puts the records down once more, without compression; 0 when there is no
 * room. */
static size_t
write_records(uint8_t *out, size_t size, const struct message *m)
{
	size_t at = HEADER_LEN;
	unsigned answers = 0;

	memset(out, 0, HEADER_LEN);
	for (size_t i = 0; i < m->n; i++) {
		const struct record *r = &m->records[i];

		if (size - at < r->owner.len + RECORD_FIXED + r->rdata.n)
			return 0;
		memcpy(out + at, r->owner.bytes, r->owner.len);
		at += r->owner.len;
		wire_put16(out + at, r->type);
		wire_put16(out + at + 2, 1);
		wire_put32(out + at + 4, r->ttl);
		wire_put16(out + at + 8, (unsigned)r->rdata.n);
		at += RECORD_FIXED;
		if (r->rdata.n > 0)
			memcpy(out + at, r->rdata.p, r->rdata.n);
		at += r->rdata.n;
		answers += r->section == SECTION_ANSWER ? 1 : 0;
	}
	wire_put16(out + 6, answers);
	wire_put16(out + 8, (unsigned)m->n - answers);
	return at;
}

static void
check_same(const struct message *m)
{
	static uint8_t bytes[DNSSEC_MAX_MESSAGE];
	size_t n = write_records(bytes, sizeof(bytes), m);
	struct message again = { 0 };

	if (n == 0)
		return;
	require(message_read(&again, span_of(bytes, n)) == 0);
	require(again.n == m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct record *a = &m->records[i];
		const struct record *b = &again.records[i];

		require(a->type == b->type && a->ttl == b->ttl &&
		    a->section == b->section &&
		    dname_equal(&a->owner, &b->owner) &&
		    span_equal(a->rdata, b->rdata));
	}
	message_free(&again);
}

static void
check_message(struct span bytes)
{
	struct message m = { 0 };

	if (message_read(&m, bytes) != 0)
		return;
	require(m.n <= DNSSEC_MAX_RECORDS);
	for (size_t i = 0; i < m.n; i++) {
		check_record(&m.records[i]);
		check_set(&m, &m.records[i]);
	}
	check_same(&m);
	message_free(&m);
}

/* The transport */

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* The octets of the query's question: name, type, class. */
static struct span
question_bytes(void)
{
	size_t end = HEADER_LEN;

	require(dname_skip(span_of(play.query, play.query_len), &end) == 0);
	return span_of(play.query + HEADER_LEN, end + 4 - HEADER_LEN);
}

/* What RFC 5452 section 9.1 asks of an answer, by the octets. */
static void
check_belongs(struct span message)
{
	struct span q = question_bytes();

	require(message.n >= HEADER_LEN + q.n);
	require(memcmp(message.p, play.query, 2) == 0);
	require((message.p[2] & 0xfa) == 0x80 && message.p[4] == 0 &&
	    message.p[5] == 1);
	for (size_t i = 0; i < q.n; i++) {
		uint8_t a = message.p[HEADER_LEN + i];

		require(play.mixed ? a == q.p[i] : lower(a) == lower(q.p[i]));
	}
	require(dns_answer_check(message) != DG_ESYNTAX);
}

static void
on_answer(void *arg, const struct transport_answer *answer)
{
	(void)arg;
	require(!play.done);
	play.done = true;
	if (answer->err == 0)
		check_belongs(answer->message);
	else
		require(answer->why != NULL && answer->why[0] != '\0');
}

/* Makes of bytes an answer as far as how says. Returns its length. */
static size_t
fit(uint8_t *out, unsigned how, struct span bytes)
{
	struct span q = question_bytes();
	size_t n = bytes.n;

	if (n > 0)
		memcpy(out, bytes.p, n);
	if (n < HEADER_LEN)
		return n;
	if ((how & FITS_ID) != 0)
		memcpy(out, play.query, 2);
	if ((how & IS_AN_ANSWER) != 0) {
		out[2] = (uint8_t)(0x80 | (out[2] & 0x07));
		wire_put16(out + 4, 1);
	}
	if ((how & FITS_NAME) == 0)
		return n;
	memmove(out + HEADER_LEN + q.n, out + HEADER_LEN, n - HEADER_LEN);
	memcpy(out + HEADER_LEN, q.p, q.n);
	return n + q.n;
}

static void
serve(void *arg, const struct address *server, enum wire_kind kind,
    struct span message, struct network_reply *reply)
{
	unsigned how;
	struct span bytes;

	(void)arg;
	(void)server;
	(void)kind;
	require(message.n <= sizeof(play.query));
	memcpy(play.query, message.p, message.n);
	play.query_len = message.n;
	if (play.rest.n < REPLY_HEAD)
		return;
	how = play.rest.p[0];
	bytes = span_slice(play.rest, REPLY_HEAD,
	    (size_t)REPLY_HEAD + wire_get16(play.rest.p + 1));
	play.rest = span_slice(play.rest, REPLY_HEAD + bytes.n, play.rest.n);
	check_message(bytes);
	if ((how & IS_SILENT) != 0)
		return;
	reply->refused = (how & IS_REFUSED) != 0;
	reply->hangs_up = (how & HANGS_UP) != 0;
	reply->delay_ms = (how & IS_SLOW) != 0 ? 2000 : 0;
	reply->bytes = malloc(2 * (bytes.n + DNS_QUERY_MAX));
	require(reply->bytes != NULL);
	reply->n = fit(reply->bytes, how, bytes);
	if (reply->n > UINT16_MAX)
		reply->n = UINT16_MAX;
	if ((how & COMES_TWICE) != 0) {
		memcpy(reply->bytes + reply->n, reply->bytes, reply->n);
		reply->second = reply->n;
	}
}

static bool
accepts(void *arg, const struct address *server)
{
	(void)arg;
	return (server->bytes[3] & 2) == 0;
}

static void
ask(unsigned circumstances)
{
	static const uint16_t types[] = { DNS_TYPE_A, DNS_TYPE_MX,
		DNS_TYPE_TLSA, DNS_TYPE_DNSKEY };
	struct address servers[4] = { { 0 } };
	struct transport_config config = {
		.servers = servers,
		.nservers = 1 + (circumstances & SERVERS) / 2,
		.mix_case = (circumstances & MIXED_CASE) != 0,
	};
	struct transport_query *query;
	struct transport *t;

	for (size_t i = 0; i < DG_ARRAY_LEN(servers); i++) {
		servers[i].family = ADDRESS_IPV4;
		servers[i].port = 53;
		servers[i].bytes[3] = (uint8_t)i;
	}
	play.question.type = types[(circumstances & TYPES) / 8];
	require(name_parse(&play.question.name,
		    span_text("_25._tcp.mx.example")) == 0);
	play.mixed = config.mix_case;
	play.done = false;
	network_open(serve, accepts, NULL);
	require(transport_new(&t, NULL, &config) == 0);
	require(
	    transport_ask(&query, t, &play.question, 0, on_answer, NULL) == 0);
	while (network_step(END_MS))
		continue;
	require(play.done);
	transport_free(t);
	network_close();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	play.rest = span_of(data + 1, size - 1);
	ask(data[0]);
	return 0;
}
