/*
 * JSON as text (RFC 8259), written in one go: values in the order in which
 * they are to stand, to a stream or into memory of fixed size. Whatever bytes
 * a string holds, what comes out is JSON in plain ASCII. Reads nothing and
 * knows nothing of what the values mean.
 *
 *	struct json j;
 *	json_to_file(&j, stdout);
 *	json_object(&j);
 *	json_key(&j, "answers");
 *	json_array(&j);
 *	json_string(&j, span);
 *	json_close(&j);
 *	json_close(&j);
 *	err = json_end(&j);
 *
 * Calls out of order (a value without its key, a close too many) are bugs of
 * ours and assert.
 */
#ifndef DG_BASE_JSON_H
#define DG_BASE_JSON_H

#include <stdio.h>

#include "base/span.h"

#define JSON_DEPTH_MAX 16 /* objects and arrays inside one another */

/* The fields belong to json.c. */
struct json {
	FILE *file; /* NULL: into memory */
	char *mem;
	size_t size;
	size_t len;
	int err;	   /* the first failure; nothing is written after it */
	unsigned depth;	   /* how many objects and arrays are open */
	uint32_t objects;  /* bits: which of them are objects */
	uint32_t filled;   /* bits: which of them hold something */
	bool key_is_given; /* a key stands and waits for its value */
};

/* Begins a text on a stream, which remains the caller's. */
void json_to_file(struct json *j, FILE *file);

/* Begins a text in mem, always ended by a NUL; size > 0. */
void json_to_memory(struct json *j, char *mem, size_t size);

/* Goes on in this memory, which may be the same: what was written so far has
 * been taken away. For a text that is sent in pieces. size > 0. */
void json_go_on(struct json *j, char *mem, size_t size);

/* Open an object or an array, which is a value of what is open already. */
void json_object(struct json *j);
void json_array(struct json *j);

/* Closes what was opened last. */
void json_close(struct json *j);

/* In an object: the name of the value that comes next. */
void json_key(struct json *j, const char *key);

/*
 * A string of any bytes. Printable ASCII stands for itself; any other byte
 * becomes the character of that number (\u0000 to \u00ff), so that nothing is
 * lost and nothing can be malformed.
 */
void json_string(struct json *j, struct span s);
void json_text(struct json *j, const char *text);

void json_number(struct json *j, int64_t value);
void json_bool(struct json *j, bool value);

/* A member with its name: the common case. n <= INT64_MAX. */
void json_put_text(struct json *j, const char *key, const char *text);
void json_put_number(struct json *j, const char *key, uint64_t n);
void json_put_bool(struct json *j, const char *key, bool value);

/* Bytes that still fit into memory; a list can end before they run out. Without
 * bound (SIZE_MAX) for a stream, and none after a failure. */
size_t json_room(const struct json *j);

/*
 * Ends the text, all closed, with a line feed. DG_ELIMIT when it did not fit
 * into memory (what is there is then cut short), DG_EIO when the stream
 * refused.
 */
DG_MUSTCHECK int json_end(struct json *j);

#endif
