#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static void
put(struct json *j, const char *p, size_t n)
{
	if (j->err != 0)
		return;
	if (j->file != NULL) {
		if (fwrite(p, 1, n, j->file) != n)
			j->err = DG_EIO;
		return;
	}
	/* One byte is kept for the NUL. */
	if (n >= j->size - j->len) {
		j->err = DG_ELIMIT;
		return;
	}
	memcpy(j->mem + j->len, p, n);
	j->len += n;
	j->mem[j->len] = '\0';
}

static void
put_text(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

static uint32_t
innermost(const struct json *j)
{
	assert(j->depth > 0);
	return (uint32_t)1 << (j->depth - 1);
}

/* The comma between two members of what is open. */
static void
separate(struct json *j)
{
	if (j->depth == 0)
		return;
	if ((j->filled & innermost(j)) != 0)
		put_text(j, ",");
	j->filled |= innermost(j);
}

/* A value is about to stand here. */
static void
begin_value(struct json *j)
{
	bool in_object = j->depth > 0 && (j->objects & innermost(j)) != 0;

	assert(j->key_is_given == in_object);
	if (!in_object)
		separate(j);
	j->key_is_given = false;
}

static void
open_one(struct json *j, bool object)
{
	begin_value(j);
	assert(j->depth < JSON_DEPTH_MAX);
	j->depth++;
	j->filled &= ~innermost(j);
	if (object)
		j->objects |= innermost(j);
	else
		j->objects &= ~innermost(j);
	put_text(j, object ? "{" : "[");
}

static void
put_string(struct json *j, struct span s)
{
	put_text(j, "\"");
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)s.p[i];
		char escape[sizeof("\\u0000")];

		if (c == '"' || c == '\\') {
			put_text(j, "\\");
			put(j, &c, 1);
		} else if (s.p[i] >= 0x20 && s.p[i] < 0x7f) {
			put(j, &c, 1);
		} else {
			(void)snprintf(escape, sizeof(escape), "\\u%04x",
			    (unsigned)s.p[i]);
			put_text(j, escape);
		}
	}
	put_text(j, "\"");
}

void
json_to_file(struct json *j, FILE *file)
{
	*j = (struct json){ .file = file };
}

void
json_to_memory(struct json *j, char *mem, size_t size)
{
	assert(size > 0);
	*j = (struct json){ .mem = mem, .size = size };
	mem[0] = '\0';
}

void
json_go_on(struct json *j, char *mem, size_t size)
{
	assert(j->file == NULL && size > 0);
	j->mem = mem;
	j->size = size;
	j->len = 0;
	mem[0] = '\0';
}

void
json_object(struct json *j)
{
	open_one(j, true);
}

void
json_array(struct json *j)
{
	open_one(j, false);
}

void
json_close(struct json *j)
{
	assert(!j->key_is_given);
	put_text(j, (j->objects & innermost(j)) != 0 ? "}" : "]");
	j->depth--;
}

void
json_key(struct json *j, const char *key)
{
	assert((j->objects & innermost(j)) != 0 && !j->key_is_given);
	separate(j);
	put_string(j, span_text(key));
	put_text(j, ":");
	j->key_is_given = true;
}

void
json_string(struct json *j, struct span s)
{
	begin_value(j);
	put_string(j, s);
}

void
json_text(struct json *j, const char *text)
{
	json_string(j, span_text(text));
}

void
json_number(struct json *j, int64_t value)
{
	char text[sizeof("-9223372036854775808")];

	begin_value(j);
	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	put_text(j, text);
}

void
json_bool(struct json *j, bool value)
{
	begin_value(j);
	put_text(j, value ? "true" : "false");
}

void
json_put_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_text(j, text);
}

void
json_put_number(struct json *j, const char *key, uint64_t n)
{
	json_key(j, key);
	json_number(j, (int64_t)n);
}

void
json_put_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}

size_t
json_room(const struct json *j)
{
	if (j->err != 0)
		return 0;
	return j->file != NULL ? SIZE_MAX : j->size - j->len - 1;
}

int
json_end(struct json *j)
{
	assert(j->depth == 0);
	put_text(j, "\n");
	if (j->file != NULL && j->err == 0 && fflush(j->file) != 0)
		j->err = DG_EIO;
	return j->err;
}
