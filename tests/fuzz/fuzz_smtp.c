/* rooms: smtp */
/*
 * What client and server say, read: commands, replies, the keywords of EHLO,
 * and a message relayed under an oracle. The oracle is a receiver of the most
 * gullible kind: it takes any line end before and behind a lone dot for the end
 * of data, and must see none before the tracker says so.
 */
#include <stdlib.h>

#include "smtp/command.h"
#include "smtp/data.h"
#include "smtp/extensions.h"
#include "smtp/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
try_command(struct span line)
{
	struct smtp_command c;

	if (smtp_command_parse(&c, line) == 0 && c.path.n > 0)
		require(c.path.p >= line.p &&
		    c.path.p + c.path.n <= line.p + line.n);
}

static void
try_reply(struct span text)
{
	static uint8_t memory[2 * SMTP_LINE_MAX];
	struct smtp_reply_reader reader;
	struct smtp_extensions offer;
	struct buf in;

	buf_init(&in, memory, sizeof(memory));
	smtp_reply_start(&reader);
	for (size_t at = 0; at < text.n; at++) {
		int err;

		if (buf_put(&in, text.p + at, 1) != 0)
			return;
		err = smtp_reply_read(&reader, &in);
		if (err == DG_EAGAIN)
			continue;
		if (err == 0) {
			require(reader.reply.code >= 200 &&
			    reader.reply.code <= 599);
			(void)!smtp_extensions_parse(&offer, &reader.reply);
		}
		smtp_reply_start(&reader);
		buf_clear(&in);
	}
}

/* Is there an end of data in the eyes of a receiver that takes CR, LF and CRLF
 * for line ends? `last`: the message's own end, at the very end, is fine. */
static bool
ends_early(const uint8_t *p, size_t n, bool last)
{
	if (last)
		n -= 3;
	for (size_t i = 0; i < n; i++) {
		bool begins = i == 0 || p[i - 1] == '\n' || p[i - 1] == '\r';

		if (begins && p[i] == '.' && i + 1 < n &&
		    (p[i + 1] == '\n' || p[i + 1] == '\r'))
			return true;
	}
	return false;
}

static void
try_data(struct span text, bool reject)
{
	static uint8_t in_memory[64], out_memory[80];
	static uint8_t sent[1 << 16];
	struct smtp_data tracker;
	struct buf in, out;
	size_t n = 0;
	int err = DG_EAGAIN;

	buf_init(&in, in_memory, sizeof(in_memory));
	buf_init(&out, out_memory, sizeof(out_memory));
	smtp_data_start(&tracker,
	    reject ? SMTP_NEWLINE_REJECT : SMTP_NEWLINE_NORMALIZE);
	for (size_t at = 0; at < text.n && err == DG_EAGAIN;) {
		if (buf_put(&in, text.p + at, 1) == 0)
			at++;
		err = smtp_data_relay(&tracker, &in, &out);
		for (size_t i = 0; i < out.len && n < sizeof(sent); i++)
			sent[n++] = buf_peek(&out).p[i];
		buf_clear(&out);
	}
	if (n >= sizeof(sent))
		return;
	require(!ends_early(sent, n, err == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text;

	if (size < 1 || size > 8192)
		return 0;
	text = span_of(data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		try_command(text);
		break;
	case 1:
		try_reply(text);
		break;
	default:
		try_data(text, data[0] % 4 == 3);
	}
	return 0;
}
