/* rooms: tlsrpt */
/*
 * The RDATA of a TXT record at _smtp._tls: what is taken can stand in a command
 * as it is (RFC 5321 4.1.2), and no more mailboxes than there is room for.
 */
#include <stdlib.h>
#include <string.h>

#include "tlsrpt/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span rdata = span_of(data, size);
	struct tlsrpt_record r;

	if (tlsrpt_record_find(&r, &rdata, 1) != 0)
		return 0;
	require(r.nmailboxes <= TLSRPT_RUA_MAX);
	require(r.nmailboxes + r.unused > 0);
	for (size_t i = 0; i < r.nmailboxes; i++) {
		require(mailbox_check(span_text(r.mailboxes[i])) == 0);
		require(strpbrk(r.mailboxes[i], "<> \r\n\t\"") == NULL);
	}
	return 0;
}
