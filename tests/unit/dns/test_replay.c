/*
 * Plays the scenarios in tests/unit/dns/scenarios/: the real resolver,
 * transport, cache and validator over a network and a clock that are not
 * there, and over zones that are signed on the spot. One file is one test;
 * each says which RFC it holds. tests/unit/dns/scenarios/README.md has the
 * language.
 */
/* with: dnssec/support/world.c */
/* with: dns/support/network.c */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "dns/resolver.h"
#include "dns/support/network.h"
#include "dnssec/dname.h"
#include "dnssec/message.h"
#include "dnssec/support/world.h"

#define FOLDER	    "tests/unit/dns/scenarios"
#define FILES_MAX   256
#define SERVERS	    3
#define ASKS_MAX    16
#define RULES_MAX   32
#define WORDS_MAX   24
#define TEXT_MAX    512
#define ANSWERS_MAX 8
#define PATIENCE    (RESOLVER_TOTAL_MS + 1000)
#define OPT_LEN	    11
#define HEADER_LEN  12

struct line {
	char text[TEXT_MAX];
	char *words[WORDS_MAX];
	size_t n;
};

/* What a forwarder does, or what becomes of an answer, from now on. */
struct rule {
	size_t server; /* SERVERS: any */
	char name[NAME_TEXT_MAX + 1];
	unsigned type;	/* 0: any */
	unsigned times; /* 0: always */
	struct line line;
	size_t verb; /* its word */
};

struct asked {
	struct resolver_query *query;
	bool done;
	unsigned answers;
	struct dnssec_result result;
	struct span answer[ANSWERS_MAX];
	uint8_t bytes[ANSWERS_MAX][64];
};

static struct {
	const char *path;
	unsigned number; /* of the line */
	struct world world;
	struct resolver *resolver;
	size_t nservers;
	struct address servers[SERVERS];
	struct rule rules[RULES_MAX];
	size_t nrules;
	struct asked asks[ASKS_MAX];
	size_t nasks;
	size_t expected;
	unsigned udp[SERVERS];
	unsigned tcp[SERVERS];
	unsigned connections;
	bool signed_already;
	bool clock_unset;
	bool mix_case;
	char folder[32]; /* of what is kept; empty: nothing is */
	unsigned try_ms;
} play;

static void
complain(const char *what)
{
	print_message("%s:%u: %s\n", play.path, play.number, what);
	fail();
}

static int64_t
now(void)
{
	return play.clock_unset ? 0
				: WORLD_NOW + (int64_t)(wire_now_ms() / 1000);
}

/* Words of a line, by blanks; "..." is one word, ';' begins a comment. */
static void
split(struct line *l)
{
	char *p = l->text;

	l->n = 0;
	for (;;) {
		char end = ' ';

		while (isspace((unsigned char)*p))
			p++;
		if (*p == '\0' || *p == ';' || l->n == WORDS_MAX)
			return;
		if (*p == '"') {
			end = '"';
			p++;
		}
		l->words[l->n++] = p;
		while (*p != '\0' &&
		    (end == '"' ? *p != '"' : !isspace((unsigned char)*p)))
			p++;
		if (*p != '\0')
			*p++ = '\0';
	}
}

static void
copy_line(struct line *to, const struct line *from)
{
	*to = *from;
	for (size_t i = 0; i < from->n; i++)
		to->words[i] = to->text + (from->words[i] - from->text);
}

static unsigned
number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0')
		complain("a number");
	return (unsigned)n;
}

static unsigned
type_of(const char *text)
{
	return strcmp(text, "ANY") == 0
	    ? 0
	    : (unsigned)ldns_get_rr_type_by_name(text);
}

/* Words i and on, in one text. */
static const char *
rest_of(const struct line *l, size_t i)
{
	static char text[TEXT_MAX];

	text[0] = '\0';
	for (; i < l->n; i++) {
		strcat(text, l->words[i]);
		strcat(text, " ");
	}
	return text;
}

/* The zones */

#define BEGIN (WORLD_NOW + 1000) /* when the clock of a scenario starts */

/* zone NAME nsec|nsec3|unsigned [opt-out] [iterations=N] [ds=RDATA]
 * [expires=SECONDS] [begins=SECONDS]: after the start. */
static void
read_zone(const struct line *l)
{
	enum world_denial denial = WORLD_UNSIGNED;
	struct world_zone *z;

	if (strcmp(l->words[2], "nsec") == 0)
		denial = WORLD_NSEC;
	else if (strcmp(l->words[2], "nsec3") == 0)
		denial = WORLD_NSEC3;
	z = world_zone(&play.world, l->words[1], denial);
	for (size_t i = 3; i < l->n; i++) {
		const char *value = strchr(l->words[i], '=');

		if (strcmp(l->words[i], "opt-out") == 0)
			z->opt_out = true;
		else if (strncmp(l->words[i], "iterations=", 11) == 0)
			z->iterations = number(value + 1);
		else if (strncmp(l->words[i], "expires=", 8) == 0)
			z->signing.expires = BEGIN + (int64_t)number(value + 1);
		else if (strncmp(l->words[i], "begins=", 7) == 0)
			z->signing.begins = BEGIN + (int64_t)number(value + 1);
		else if (strncmp(l->words[i], "ds=", 3) == 0)
			z->ds = strdup(value + 1);
		else
			complain("an option of a zone");
	}
}

static struct world_zone *
zone_of_name(const char *name)
{
	struct world_zone *best = NULL;

	for (size_t i = 0; i < play.world.n; i++) {
		struct world_zone *z = &play.world.zones[i];
		size_t n = strlen(name);
		size_t k = strlen(z->origin);

		if (strcmp(z->origin, ".") != 0 &&
		    (n < k || strcmp(name + n - k, z->origin) != 0 ||
			(n > k && name[n - k - 1] != '.')))
			continue;
		if (best == NULL || k > strlen(best->origin) ||
		    strcmp(best->origin, ".") == 0)
			best = z;
	}
	if (best == NULL)
		complain("a record of a zone that is there");
	return best;
}

/* Forwarders */

/* A bit of the first record of that type. */
static void
flip_record(ldns_rr_list *list, unsigned type)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		ldns_rr *rr = ldns_rr_list_rr(list, i);
		ldns_rdf *last = ldns_rr_rdf(rr, ldns_rr_rd_count(rr) - 1);

		if (ldns_rr_get_type(rr) != type)
			continue;
		ldns_rdf_data(last)[ldns_rdf_size(last) - 1] ^= 1;
		return;
	}
}

/* An RRset of those words, signed by a zone, into the list. */
static void
add_signed(ldns_rr_list *list, const char *zone, const char *text)
{
	ldns_rr_list *set = ldns_rr_list_new();

	ldns_rr_list_push_rr(set, world_rr(text));
	world_sign_set(set, world_find(&play.world, zone), set,
	    &(struct world_signing){ 0 });
	ldns_rr_list_push_rr_list(list, set);
	ldns_rr_list_free(set);
}

/* The answer to another question in the place of this one's. */
static void
answer_as(struct world_reply *reply, const struct line *l, size_t i)
{
	struct dnssec_question other;

	assert_int_equal(name_parse(&other.name, span_text(l->words[i])), 0);
	other.type = (uint16_t)type_of(l->words[i + 1]);
	ldns_rr_list_deep_free(reply->answer);
	ldns_rr_list_deep_free(reply->authority);
	world_answer(&play.world, &other, reply);
}

static void
strip(struct world_reply *reply)
{
	world_remove(reply->answer, LDNS_RR_TYPE_RRSIG, 0);
	world_remove(reply->authority, LDNS_RR_TYPE_RRSIG, 0);
	world_remove(reply->authority, LDNS_RR_TYPE_NSEC, 0);
	world_remove(reply->authority, LDNS_RR_TYPE_NSEC3, 0);
}

/* Records change; false when the verb is about the message instead. */
static bool
change_records(struct world_reply *reply, const struct rule *r)
{
	const struct line *l = &r->line;
	const char *verb = l->words[r->verb];
	size_t i = r->verb + 1;

	if (strcmp(verb, "strip") == 0) {
		strip(reply);
	} else if (strcmp(verb, "empty") == 0) {
		world_remove(reply->answer, 0, 0);
		world_remove(reply->authority, 0, 0);
	} else if (strcmp(verb, "drop") == 0) {
		unsigned covered = l->n > i + 1 ? type_of(l->words[i + 1]) : 0;

		world_remove(reply->answer, type_of(l->words[i]), covered);
		world_remove(reply->authority, type_of(l->words[i]), covered);
	} else if (strcmp(verb, "flip") == 0) {
		flip_record(reply->answer, type_of(l->words[i]));
		flip_record(reply->authority, type_of(l->words[i]));
	} else if (strcmp(verb, "add") == 0) {
		ldns_rr_list_push_rr(reply->answer, world_rr(rest_of(l, i)));
	} else if (strcmp(verb, "sign") == 0) {
		add_signed(reply->answer, l->words[i], rest_of(l, i + 1));
	} else if (strcmp(verb, "deny") == 0) {
		add_signed(reply->authority, l->words[i], rest_of(l, i + 1));
	} else if (strcmp(verb, "copy") == 0) {
		world_copy(reply->authority,
		    world_find(&play.world, l->words[i]),
		    type_of(l->words[i + 1]));
	} else if (strcmp(verb, "as") == 0) {
		answer_as(reply, l, i);
	} else if (strcmp(verb, "rcode") == 0) {
		reply->rcode = number(l->words[i]);
	} else {
		return false;
	}
	return true;
}

static bool
rule_fits(struct rule *r, size_t server, const struct dnssec_question *q)
{
	if (r->line.n == 0 || (r->server != SERVERS && r->server != server) ||
	    (r->type != 0 && r->type != q->type) ||
	    (strcmp(r->name, "*") != 0 &&
		strcmp(r->name, q->name.len > 0 ? q->name.text : ".") != 0))
		return false;
	return true;
}

static bool
is_verb(const struct rule *r, const char *verb)
{
	return strcmp(r->line.words[r->verb], verb) == 0;
}

/* The message as a whole changes, or does not even come. */
static void
change_message(struct network_reply *reply, const struct rule *r,
    enum wire_kind kind)
{
	const struct line *l = &r->line;

	if (is_verb(r, "silent")) {
		reply->n = 0;
	} else if (is_verb(r, "unreachable")) {
		reply->n = 0;
		reply->refused = true;
	} else if (is_verb(r, "delay")) {
		reply->delay_ms = number(l->words[r->verb + 1]);
	} else if (is_verb(r, "truncate")) {
		if (kind == WIRE_DATAGRAM)
			reply->bytes[2] |= 0x02;
	} else if (is_verb(r, "no-edns")) {
		reply->n -= OPT_LEN;
		reply->bytes[11] = 0;
	} else if (is_verb(r, "malformed")) {
		/* More than there are, the OPT record counted in. */
		reply->bytes[7] += 2;
	} else if (is_verb(r, "wrong-id")) {
		reply->bytes[1] ^= 1;
	} else if (is_verb(r, "wrong-name")) {
		reply->bytes[HEADER_LEN + 1] ^= 1;
	} else if (is_verb(r, "lower-case")) {
		for (size_t i = HEADER_LEN; reply->bytes[i] != 0; i++)
			reply->bytes[i] = (uint8_t)tolower(reply->bytes[i]);
	} else if (is_verb(r, "hang-up")) {
		reply->hangs_up = true;
	} else if (is_verb(r, "hang-up-early")) {
		reply->hangs_up = true;
		reply->n = kind == WIRE_STREAM ? 0 : reply->n;
	} else if (is_verb(r, "forged-first")) {
		reply->bytes = realloc(reply->bytes, 2 * reply->n);
		assert_non_null(reply->bytes);
		memcpy(reply->bytes + reply->n, reply->bytes, reply->n);
		reply->bytes[1] ^= 1;
		reply->second = reply->n;
	} else if (!is_verb(r, "no-tcp")) {
		complain("something that a forwarder can do");
	}
}

/* What the world says, with the query's id and name, and OPT. */
static void
write_reply(struct network_reply *out, struct span query,
    const struct dnssec_question *q, const struct world_reply *reply)
{
	static uint8_t message[65536];
	size_t n = world_write(message, sizeof(message), q, reply);
	size_t end = HEADER_LEN;

	assert_int_equal(dname_skip(query, &end), 0);
	memcpy(message, query.p, 2);
	memcpy(message + HEADER_LEN, query.p + HEADER_LEN, end - HEADER_LEN);
	message[11] = 1;
	memcpy(message + n, "\0\0\51\4\320\0\0\200\0\0\0", OPT_LEN);
	out->n = n + OPT_LEN;
	out->bytes = malloc(out->n);
	assert_non_null(out->bytes);
	memcpy(out->bytes, message, out->n);
}

static size_t
server_index(const struct address *a)
{
	for (size_t i = 0; i < play.nservers; i++)
		if (play.servers[i].port == a->port)
			return i;
	complain("a known forwarder");
	return 0;
}

static void
use_up(struct rule *r)
{
	if (r->times > 0 && --r->times == 0)
		r->line.n = 0;
}

static void
serve(void *arg, const struct address *server, enum wire_kind kind,
    struct span message, struct network_reply *out)
{
	size_t index = server_index(server);
	struct world_reply reply;
	struct dnssec_question q;
	struct dname name;
	size_t pos = HEADER_LEN;
	bool used[RULES_MAX] = { false };

	(void)arg;
	assert_int_equal(dname_read(&name, message, &pos), 0);
	assert_int_equal(dname_to_name(&q.name, &name), 0);
	q.type = (uint16_t)(message.p[pos] << 8 | message.p[pos + 1]);
	play.udp[index] += kind == WIRE_DATAGRAM ? 1 : 0;
	play.tcp[index] += kind == WIRE_STREAM ? 1 : 0;
	world_answer(&play.world, &q, &reply);
	for (size_t i = 0; i < play.nrules; i++)
		if (rule_fits(&play.rules[i], index, &q))
			used[i] = change_records(&reply, &play.rules[i]);
	write_reply(out, message, &q, &reply);
	for (size_t i = 0; i < play.nrules; i++) {
		if (!rule_fits(&play.rules[i], index, &q))
			continue;
		if (!used[i])
			change_message(out, &play.rules[i], kind);
		use_up(&play.rules[i]);
	}
	ldns_rr_list_deep_free(reply.answer);
	ldns_rr_list_deep_free(reply.authority);
}

static bool
accepts(void *arg, const struct address *server)
{
	size_t index = server_index(server);

	(void)arg;
	play.connections++;
	for (size_t i = 0; i < play.nrules; i++)
		if (play.rules[i].line.n > 0 &&
		    is_verb(&play.rules[i], "no-tcp") &&
		    (play.rules[i].server == SERVERS ||
			play.rules[i].server == index))
			return false;
	return true;
}

/* The steps */

static void
make_resolver(void)
{
	struct resolver_config config = {
		.servers = play.servers,
		.nservers = play.nservers,
		.cache_bytes = 65536,
		.now = now,
		.try_ms = play.try_ms,
		.mix_case = play.mix_case,
		.state_directory = play.folder[0] != '\0' ? play.folder : NULL,
	};
	struct world_zone *root = world_find(&play.world, ".");

	for (size_t i = 0; i < SERVERS; i++) {
		char text[32];

		snprintf(text, sizeof(text), "192.0.2.53@%zu", 5301 + i);
		assert_int_equal(address_parse_port(&play.servers[i],
				     span_text(text), 53),
		    0);
	}
	world_sign(&play.world);
	for (size_t i = 0; i < ldns_rr_list_rr_count(root->rrs); i++) {
		ldns_rr *rr = ldns_rr_list_rr(root->rrs, i);
		char *text;

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_DNSKEY)
			continue;
		text = ldns_rr2str(rr);
		config.anchors = span_text(text);
		assert_int_equal(resolver_new(&play.resolver, NULL, &config),
		    0);
		free(text);
		return;
	}
}

static void
on_result(void *arg, const struct dnssec_result *result)
{
	struct asked *a = arg;

	assert_false(a->done);
	a->done = true;
	a->query = NULL;
	a->result = *result;
	a->answers = (unsigned)result->nanswers;
	for (size_t i = 0; i < result->nanswers && i < ANSWERS_MAX; i++) {
		size_t n = result->answers[i].n < sizeof(a->bytes[i])
		    ? result->answers[i].n
		    : sizeof(a->bytes[i]);

		memcpy(a->bytes[i], result->answers[i].p, n);
		a->answer[i] = span_of(a->bytes[i], n);
	}
}

static void
step_ask(const struct line *l)
{
	struct asked *a = &play.asks[play.nasks++];
	struct name name;

	if (l->n != 3 || play.nasks > ASKS_MAX)
		complain("ask NAME TYPE");
	if (play.resolver == NULL)
		make_resolver();
	assert_int_equal(name_parse(&name, span_text(l->words[1])), 0);
	assert_int_equal(resolver_lookup(&a->query, play.resolver, &name,
			     (uint16_t)type_of(l->words[2]), on_result, a),
	    0);
}

/* One "key=value" or word of what is expected. */
static bool
is_as_expected(const struct asked *a, const char *word)
{
	const struct dnssec_result *r = &a->result;
	const char *value = strchr(word, '=');

	if (value == NULL) {
		if (strcmp(word, "nxdomain") == 0)
			return r->nxdomain && a->answers == 0;
		if (strcmp(word, "nodata") == 0)
			return !r->nxdomain && a->answers == 0;
		if (strcmp(word, "aliased") == 0)
			return r->aliased;
		if (strcmp(word, "broken") == 0)
			return r->resolver_broken;
		if (strcmp(word, "blameless") == 0)
			return !r->resolver_broken;
		return strcmp(word, dnssec_status_text(r->status)) == 0;
	}
	value++;
	if (strncmp(word, "answers=", 8) == 0)
		return a->answers == number(value);
	if (strncmp(word, "ttl=", 4) == 0)
		return r->ttl == number(value);
	if (strncmp(word, "signatures=", 11) == 0)
		return r->signatures == number(value);
	if (strncmp(word, "questions=", 10) == 0)
		return r->questions == number(value);
	if (strncmp(word, "canonical=", 10) == 0)
		return strcmp(r->canonical.text, value) == 0;
	return false;
}

static void
explain(const struct asked *a)
{
	print_message("  %s%s, %u answers, canonical %s, ttl %u, %u "
		      "signatures, %u questions%s: %s\n",
	    dnssec_status_text(a->result.status),
	    a->result.nxdomain ? " nxdomain" : "", a->answers,
	    a->result.canonical.text, (unsigned)a->result.ttl,
	    a->result.signatures, a->result.questions,
	    a->result.resolver_broken ? ", broken" : "", a->result.reason);
}

/* expect STATUS WORD...: of the next lookup that was begun; "reason TEXT" takes
 * what follows. */
static void
step_expect(const struct line *l)
{
	struct asked *a = &play.asks[play.expected++];
	uint64_t limit = wire_now_ms() + PATIENCE;

	if (play.expected > play.nasks)
		complain("something asked before");
	while (!a->done)
		if (!network_step(limit))
			complain("a lookup that ends in time");
	for (size_t i = 1; i < l->n; i++) {
		bool good;

		if (strcmp(l->words[i], "reason") == 0)
			good = strstr(a->result.reason, l->words[++i]) != NULL;
		else
			good = is_as_expected(a, l->words[i]);
		if (!good) {
			explain(a);
			complain(l->words[i]);
		}
	}
}

static unsigned
sum(const unsigned of[SERVERS])
{
	unsigned n = 0;

	for (size_t i = 0; i < SERVERS; i++)
		n += of[i];
	return n;
}

/* count WHAT=N...: since the last count. */
static void
step_count(const struct line *l)
{
	for (size_t i = 1; i < l->n; i++) {
		const char *word = l->words[i];
		unsigned got = 0;

		if (strncmp(word, "udp=", 4) == 0)
			got = sum(play.udp);
		else if (strncmp(word, "tcp=", 4) == 0)
			got = sum(play.tcp);
		else if (strncmp(word, "connections=", 12) == 0)
			got = play.connections;
		else if (strncmp(word, "udp1=", 5) == 0)
			got = play.udp[0];
		else if (strncmp(word, "udp2=", 5) == 0)
			got = play.udp[1];
		else if (strncmp(word, "udp3=", 5) == 0)
			got = play.udp[2];
		else
			complain("something that is counted");
		if (got != number(strchr(word, '=') + 1)) {
			print_message("  it is %u\n", got);
			complain(word);
		}
	}
	memset(play.udp, 0, sizeof(play.udp));
	memset(play.tcp, 0, sizeof(play.tcp));
	play.connections = 0;
}

static void
step_cache(const struct line *l)
{
	struct resolver_counts c;

	resolver_count(&c, play.resolver);
	for (size_t i = 1; i < l->n; i++) {
		unsigned want = number(strchr(l->words[i], '=') + 1);

		if (strncmp(l->words[i], "hits=", 5) == 0 ? c.hits != want
							  : c.misses != want)
			complain(l->words[i]);
	}
}

/* server N VERB [for NAME TYPE] [times N]; N may be all. The answer's NAME and
 * TYPE come first in: tamper NAME TYPE VERB... */
static void
step_rule(const struct line *l)
{
	struct rule *r = &play.rules[play.nrules++];

	if (play.nrules > RULES_MAX || l->n < 3)
		complain("at most 32 rules");
	memset(r, 0, sizeof(*r));
	copy_line(&r->line, l);
	r->server = SERVERS;
	strcpy(r->name, "*");
	if (strcmp(l->words[0], "tamper") == 0) {
		snprintf(r->name, sizeof(r->name), "%s", l->words[1]);
		r->type = type_of(l->words[2]);
		r->verb = 3;
	} else {
		if (strcmp(l->words[1], "all") != 0)
			r->server = number(l->words[1]) - 1;
		r->verb = 2;
	}
	if (l->n > r->verb + 2 && strcmp(l->words[l->n - 2], "times") == 0) {
		r->times = number(l->words[l->n - 1]);
		r->line.n -= 2;
	}
	if (l->n > r->verb + 3 && strcmp(l->words[r->verb + 1], "for") == 0) {
		snprintf(r->name, sizeof(r->name), "%s", l->words[r->verb + 2]);
		r->type = type_of(l->words[r->verb + 3]);
	}
}

static void
keep_state(void)
{
	strcpy(play.folder, "/tmp/dg-replay-XXXXXX");
	assert_non_null(mkdtemp(play.folder));
}

static void
drop_state(void)
{
	char path[64];

	if (play.folder[0] == '\0')
		return;
	snprintf(path, sizeof(path), "%s/root-anchors", play.folder);
	(void)unlink(path);
	assert_int_equal(rmdir(play.folder), 0);
}

static void
step_set(const struct line *l)
{
	const char *what = l->words[1];

	if (strcmp(what, "servers") == 0)
		play.nservers = number(l->words[2]);
	else if (strcmp(what, "mix-case") == 0)
		play.mix_case = true;
	else if (strcmp(what, "keep") == 0)
		keep_state();
	else if (strcmp(what, "clock") == 0)
		play.clock_unset = strcmp(l->words[2], "unset") == 0;
	else
		complain("something that can be set");
}

static void
step_cancel(void)
{
	struct asked *a = &play.asks[play.expected++];

	assert_non_null(a->query);
	resolver_cancel(a->query);
	a->query = NULL;
}

static void
step(const struct line *l)
{
	const char *verb = l->words[0];

	if (strcmp(verb, "zone") == 0)
		read_zone(l);
	else if (strcmp(verb, "record") == 0)
		world_add(zone_of_name(l->words[1]), rest_of(l, 1));
	else if (strcmp(verb, "set") == 0)
		step_set(l);
	else if (strcmp(verb, "server") == 0 || strcmp(verb, "tamper") == 0)
		step_rule(l);
	else if (strcmp(verb, "forget-rules") == 0)
		play.nrules = 0;
	else if (strcmp(verb, "ask") == 0)
		step_ask(l);
	else if (strcmp(verb, "expect") == 0)
		step_expect(l);
	else if (strcmp(verb, "cancel") == 0)
		step_cancel();
	else if (strcmp(verb, "count") == 0)
		step_count(l);
	else if (strcmp(verb, "cache") == 0)
		step_cache(l);
	else if (strcmp(verb, "hang-up") == 0)
		network_hang_up();
	else if (strcmp(verb, "wait") == 0)
		network_wait(
		    wire_now_ms() + (uint64_t)number(l->words[1]) * 1000);
	else
		complain("a step");
}

static void
play_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct line l;
	const char *outer = play.path;
	unsigned outer_number = play.number;

	assert_non_null(f);
	play.path = path;
	play.number = 0;
	while (fgets(l.text, sizeof(l.text), f) != NULL) {
		play.number++;
		split(&l);
		if (l.n > 0 && strcmp(l.words[0], "own-world") != 0)
			step(&l);
	}
	fclose(f);
	play.path = outer;
	play.number = outer_number;
}

/* The file begins with "own-world": it brings its own zones. */
static bool
has_own_world(const char *path)
{
	FILE *f = fopen(path, "r");
	char text[TEXT_MAX];
	bool own = false;

	assert_non_null(f);
	while (fgets(text, sizeof(text), f) != NULL)
		own |= strncmp(text, "own-world", 9) == 0;
	fclose(f);
	return own;
}

static void
test_scenario(void **state)
{
	char path[512];

	snprintf(path, sizeof(path), FOLDER "/%s", (const char *)*state);
	memset(&play, 0, sizeof(play));
	play.nservers = 1;
	world_open(&play.world);
	network_open(serve, accepts, NULL);
	if (!has_own_world(path))
		play_file(FOLDER "/world");
	play_file(path);
	play.path = path;
	/* A scenario that expects nothing could not fail. */
	assert_int_not_equal(play.expected, 0);
	assert_int_equal(play.expected, play.nasks);
	resolver_free(play.resolver);
	network_close();
	drop_state();
	for (size_t i = 0; i < play.world.n; i++)
		free((void *)(uintptr_t)play.world.zones[i].ds);
	world_close(&play.world);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct CMUnitTest *)a)->name,
	    ((const struct CMUnitTest *)b)->name);
}

int
main(void)
{
	static struct CMUnitTest tests[FILES_MAX];
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	size_t n = 0;
	int failed;

	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	while (folder != NULL && n < FILES_MAX &&
	    (entry = readdir(folder)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (length < 5 || strcmp(entry->d_name + length - 4, ".txt"))
			continue;
		tests[n].name = strdup(entry->d_name);
		tests[n].initial_state = strdup(entry->d_name);
		tests[n++].test_func = test_scenario;
	}
	if (folder == NULL || n == 0)
		return 1;
	closedir(folder);
	qsort(tests, n, sizeof(tests[0]), by_name);
	failed = _cmocka_run_group_tests("scenarios", tests, n, NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		free((void *)(uintptr_t)tests[i].name);
		free(tests[i].initial_state);
	}
	return failed;
}
