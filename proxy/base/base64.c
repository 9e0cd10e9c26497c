#include "base/base64.h"

#define LINE 57 /* bytes of a line: 76 letters */

void
base64_write(FILE *to, struct span bytes, const char *line_end)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		uint32_t word = (uint32_t)bytes.p[i] << 16 |
		    (left > 1 ? (uint32_t)bytes.p[i + 1] << 8 : 0) |
		    (left > 2 ? (uint32_t)bytes.p[i + 2] : 0);

		(void)fputc(alphabet[word >> 18], to);
		(void)fputc(alphabet[word >> 12 & 63], to);
		(void)fputc(left > 1 ? alphabet[word >> 6 & 63] : '=', to);
		(void)fputc(left > 2 ? alphabet[word & 63] : '=', to);
		if (left <= 3 || (i + 3) % LINE == 0)
			(void)fputs(line_end, to);
	}
}
