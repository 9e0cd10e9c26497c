#include "daemon/logbook.h"

#include <string.h>

_Static_assert(LOG_LINE_MAX <= UINT16_MAX, "a line's length has room");
_Static_assert(LOG_LINE_MAX <= LOGBOOK_BYTES, "a line has room");

void
logbook_add(struct logbook *b, enum log_level level, const char *text,
    int64_t now)
{
	struct logbook_entry *e = &b->entries[b->lines % LOGBOOK_LINES];
	size_t n = strlen(text);
	size_t at = (size_t)(b->written % LOGBOOK_BYTES);

	if (n > LOG_LINE_MAX)
		n = LOG_LINE_MAX;
	/* A line stands in one piece. */
	if (n > LOGBOOK_BYTES - at)
		b->written += LOGBOOK_BYTES - at;
	*e = (struct logbook_entry){
		.start = b->written,
		.time = now,
		.n = (uint16_t)n,
		.level = (uint8_t)level,
	};
	memcpy(b->text + b->written % LOGBOOK_BYTES, text, n);
	b->written += n;
	b->lines++;
}

static const struct logbook_entry *
entry_at(const struct logbook *b, uint64_t number)
{
	return &b->entries[(number - 1) % LOGBOOK_LINES];
}

/* Nothing has been written over it. */
static bool
is_kept(const struct logbook *b, uint64_t number)
{
	return number > 0 && number <= b->lines &&
	    b->lines - number < LOGBOOK_LINES &&
	    b->written - entry_at(b, number)->start <= LOGBOOK_BYTES;
}

uint64_t
logbook_oldest(const struct logbook *b)
{
	uint64_t low = b->lines > LOGBOOK_LINES ? b->lines - LOGBOOK_LINES + 1
						: 1;
	uint64_t high = b->lines + 1;

	/* Kept are the latest without a gap. */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (is_kept(b, middle))
			high = middle;
		else
			low = middle + 1;
	}
	return high;
}

bool
logbook_line(struct logbook_line *out, const struct logbook *b, uint64_t number)
{
	const struct logbook_entry *e;

	if (!is_kept(b, number))
		return false;
	e = entry_at(b, number);
	*out = (struct logbook_line){
		.number = number,
		.time = e->time,
		.level = (enum log_level)e->level,
		.text = span_of((const uint8_t *)b->text +
			e->start % LOGBOOK_BYTES,
		    e->n),
	};
	return true;
}

bool
logbook_has(struct span text, struct span part)
{
	return part.n == 0 || memmem(text.p, text.n, part.p, part.n) != NULL;
}
