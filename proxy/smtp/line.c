#include "smtp/line.h"

int
smtp_line_next(struct span *line, size_t *used, const struct buf *b, size_t max)
{
	struct span held = buf_peek(b);
	size_t end = span_find(span_slice(held, 0, max), '\n', 0);

	if (end >= max)
		return DG_ELIMIT;
	if (end == held.n)
		return DG_EAGAIN;
	*used = end + 1;
	if (end > 0 && held.p[end - 1] == '\r')
		end--;
	*line = span_slice(held, 0, end);
	return 0;
}
