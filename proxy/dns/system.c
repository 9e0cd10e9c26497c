#include "dns/system.h"

#include <stdlib.h>

#include "base/file.h"

#define RESOLV_CONF_MAX 65536 /* bytes */
#define PORT_DOMAIN	53

size_t
system_servers(struct address *out, size_t max, struct span text)
{
	size_t n = 0;

	for (size_t at = 0; at < text.n && n < max;) {
		size_t end = span_find(text, '\n', at);
		struct span rest = span_slice(text, at, end);

		if (span_equal(span_word(&rest), span_text("nameserver")) &&
		    address_parse(&out[n], span_word(&rest)) == 0)
			out[n++].port = PORT_DOMAIN;
		at = end + 1;
	}
	return n;
}

size_t
system_servers_read(struct address *out, size_t max)
{
	uint8_t *text;
	size_t n;

	if (file_read(&text, &n, SYSTEM_RESOLV_CONF, RESOLV_CONF_MAX) != 0)
		return 0;
	n = system_servers(out, max, span_of(text, n));
	free(text);
	return n;
}
