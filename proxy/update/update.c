#include "update/update.h"

#include <string.h>

#include <ed25519.h>

/* The rest of the line that begins with this word and a blank. */
static int
line_take(struct span *out, struct span *text, const char *word)
{
	size_t end = span_find(*text, '\n', 0);
	struct span line = span_slice(*text, 0, end);
	size_t n = strlen(word);

	if (end >= text->n || line.n <= n + 1 || line.p[n] != ' ' ||
	    !span_equal(span_slice(line, 0, n), span_text(word)))
		return DG_ESYNTAX;
	*out = span_slice(line, n + 1, line.n);
	*text = span_slice(*text, end + 1, text->n);
	return 0;
}

static int
text_take(char out[UPDATE_TEXT_MAX], struct span *text, const char *word)
{
	struct span value;

	if (line_take(&value, text, word) != 0)
		return DG_ESYNTAX;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < 0x20 || value.p[i] > 0x7e)
			return DG_ESYNTAX;
	return span_copy_text(out, UPDATE_TEXT_MAX, value);
}

static int
number_take(uint64_t *out, struct span *text, const char *word)
{
	struct span value;

	if (line_take(&value, text, word) != 0)
		return DG_ESYNTAX;
	return span_number(out, value, UINT64_MAX / 2);
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
part_take(struct update_part *out, struct span *text, const char *word,
    uint64_t max)
{
	struct span value;
	struct span digest;
	size_t blank;

	if (line_take(&value, text, word) != 0)
		return DG_ESYNTAX;
	blank = span_find(value, ' ', 0);
	digest = span_slice(value, blank < value.n ? blank + 1 : value.n,
	    value.n);
	if (span_number(&out->size, span_slice(value, 0, blank), max) != 0 ||
	    out->size == 0 || digest.n != 2 * sizeof(out->sha256))
		return DG_ESYNTAX;
	for (size_t i = 0; i < sizeof(out->sha256); i++) {
		int high = hex_digit(digest.p[2 * i]);
		int low = hex_digit(digest.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return DG_ESYNTAX;
		out->sha256[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static bool
all_zero(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0)
			return false;
	return true;
}

int
update_parse(struct update *out, const uint8_t header[UPDATE_HEADER],
    const uint8_t key[UPDATE_KEY])
{
	struct span text = span_of(header, UPDATE_SIGNED);
	struct update u = { 0 };
	struct span format;

	if (ed25519_verify(header + UPDATE_SIGNED, header, UPDATE_SIGNED,
		key) != 0)
		return DG_EPROTO;
	if (line_take(&format, &text, "danegate-update") != 0 ||
	    !span_equal(format, span_text("1")) ||
	    text_take(u.board, &text, "board") != 0 ||
	    text_take(u.version, &text, "version") != 0 ||
	    number_take(&u.number, &text, "number") != 0 ||
	    number_take(&u.minimum, &text, "minimum") != 0 ||
	    part_take(&u.kernel, &text, "kernel", UPDATE_KERNEL_MAX) != 0 ||
	    part_take(&u.root, &text, "root", UPDATE_ROOT_MAX) != 0 ||
	    !all_zero(text) || u.minimum > u.number)
		return DG_ESYNTAX;
	*out = u;
	return 0;
}

const char *
update_unfit(const struct update *u, const char *board, uint64_t minimum)
{
	if (strcmp(u->board, board) != 0)
		return "it is for another board";
	if (u->number < minimum)
		return "it is older than the oldest that is allowed";
	return NULL;
}
