/* rooms: tls */
/*
 * What a server says in clear while a handshake begins (RFC 8446 5.1: messages
 * may be cut anywhere). The first byte says where the stream is cut: what is
 * known at the end does not depend on it.
 */
#include <stdlib.h>
#include <string.h>

#include "tls/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* In pieces of PIECE bytes, each with a fence of the sanitizer's behind it. */
static void
read_pieces(struct hello *h, const uint8_t *p, size_t n, size_t piece)
{
	while (n > 0) {
		size_t take = piece < n ? piece : n;
		uint8_t *copy = malloc(take);

		if (copy == NULL)
			abort();
		memcpy(copy, p, take);
		hello_read(h, copy, take);
		free(copy);
		p += take;
		n -= take;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hello whole = { 0 }, cut = { 0 };

	if (size < 2)
		return 0;
	read_pieces(&whole, data + 1, size - 1, size - 1);
	read_pieces(&cut, data + 1, size - 1, 1U + data[0]);
	require(whole.group == cut.group && whole.extended == cut.extended &&
	    whole.over == cut.over && whole.retry == cut.retry);
	require(whole.group == 0 ||
	    strcmp(hello_group_text(whole.group), "none") != 0);
	return 0;
}
