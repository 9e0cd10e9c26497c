/*
 * Two layers: records (RFC 8446 5.1), whose bodies make one stream of handshake
 * messages (RFC 8446 4), however they are cut.
 */
#include "tls/hello.h"

#include <string.h>

#include "base/err.h"

#define RECORD_CCS	 20
#define RECORD_ALERT	 21
#define RECORD_HANDSHAKE 22

#define MESSAGE_HEADER	    4
#define SERVER_HELLO	    2
#define SERVER_KEY_EXCHANGE 12

#define EXTENSION_EXTENDED_MASTER_SECRET 23
#define EXTENSION_SUPPORTED_VERSIONS	 43
#define EXTENSION_KEY_SHARE		 51

#define NAMED_CURVE 3 /* RFC 8422 5.4 */

static const struct {
	uint16_t group;
	const char *name;
} groups[] = {
	{ 29, "x25519" },
	{ 23, "secp256r1" },
	{ 24, "secp384r1" },
	{ 25, "secp521r1" },
};

const char *
hello_group_text(uint16_t group)
{
	for (size_t i = 0; i < DG_ARRAY_LEN(groups); i++)
		if (groups[i].group == group)
			return groups[i].name;
	return "none";
}

static uint16_t
two(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* One that we offer, or 0: what stands there may be something else. */
static uint16_t
known_group(const uint8_t *p)
{
	uint16_t group = two(p);

	for (size_t i = 0; i < DG_ARRAY_LEN(groups); i++)
		if (groups[i].group == group)
			return group;
	return 0;
}

/* RFC 8446 4.1.3, RFC 5246 7.4.1.3 */
static void
read_server_hello(struct hello *h, const uint8_t *p, size_t n)
{
	bool modern = false, key = false;
	size_t at = 2 + 32; /* version, random */

	if (n < at + 1 || n < at + 1 + p[at] + 5U)
		return;
	at += 1U + p[at] + 3; /* session id, suite, compression */
	if (n - at - 2 < two(p + at))
		return;
	n = at + 2 + two(p + at);
	at += 2;
	h->extended = false;
	while (n - at >= 4 && n - at - 4 >= two(p + at + 2)) {
		uint16_t type = two(p + at), length = two(p + at + 2);

		at += 4;
		if (type == EXTENSION_EXTENDED_MASTER_SECRET)
			h->extended = true;
		else if (type == EXTENSION_SUPPORTED_VERSIONS)
			modern = true;
		else if (type == EXTENSION_KEY_SHARE && length >= 2)
			h->group = known_group(p + at);
		/* HelloRetryRequest names a group and has no key. */
		if (type == EXTENSION_KEY_SHARE && length > 2)
			key = true;
		at += length;
	}
	/* In TLS 1.3 the rest is encrypted, except after a retry. */
	h->over = modern && key;
	h->retry = modern && !key;
}

/* A message has come to its end; of a long one the beginning is there. */
static void
read_message(struct hello *h)
{
	const uint8_t *body = h->message + MESSAGE_HEADER;
	bool whole = h->n <= HELLO_MAX;
	size_t n = (whole ? h->n : HELLO_MAX) - MESSAGE_HEADER;

	if (h->message[0] == SERVER_HELLO && whole) {
		read_server_hello(h, body, n);
	} else if (h->message[0] == SERVER_HELLO) {
		h->over = true;
	} else if (h->message[0] == SERVER_KEY_EXCHANGE) {
		/* RFC 8422 5.4; with DHE another thing stands there. */
		if (n >= 3 && body[0] == NAMED_CURVE)
			h->group = known_group(body + 1);
		h->over = true;
	}
}

/* With its header; as long as that has not come, of it alone. */
static size_t
message_length(const struct hello *h)
{
	if (h->n < MESSAGE_HEADER)
		return MESSAGE_HEADER;
	return MESSAGE_HEADER +
	    ((size_t)h->message[1] << 16 | two(h->message + 2));
}

/* Bytes of the stream of messages. */
static void
read_stream(struct hello *h, const uint8_t *p, size_t n)
{
	while (n > 0 && !h->over) {
		size_t take = message_length(h) - h->n;
		size_t room = h->n < HELLO_MAX ? HELLO_MAX - h->n : 0;

		if (take > n)
			take = n;
		if (room > 0)
			memcpy(h->message + h->n, p, take < room ? take : room);
		h->n += take;
		p += take;
		n -= take;
		if (h->n < message_length(h))
			continue;
		read_message(h);
		h->n = 0;
	}
}

/* A record's header is whole. */
static void
begin_record(struct hello *h)
{
	uint8_t type = h->header[0];

	h->nheader = 0;
	h->left = two(h->header + 3);
	/* Behind ChangeCipherSpec all is encrypted, but for the one that may
	 * follow a HelloRetryRequest (RFC 8446 D.4). */
	if (type != RECORD_HANDSHAKE && type != RECORD_ALERT &&
	    !(type == RECORD_CCS && h->retry))
		h->over = true;
}

void
hello_read(struct hello *h, const uint8_t *p, size_t n)
{
	while (n > 0 && !h->over) {
		size_t take = h->left < n ? h->left : n;

		if (take == 0) {
			h->header[h->nheader++] = *p++;
			n--;
			if (h->nheader == sizeof(h->header))
				begin_record(h);
			continue;
		}
		if (h->header[0] == RECORD_HANDSHAKE)
			read_stream(h, p, take);
		h->left = (uint16_t)(h->left - take);
		p += take;
		n -= take;
	}
}
