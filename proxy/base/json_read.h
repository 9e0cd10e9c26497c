/*
 * Reads JSON (RFC 8259) token by token, in place and without memory of its
 * own: a reader is a plain value, so that a place can be kept and gone back to.
 * Knows nothing of what the values mean.
 *
 *	struct json_reader r = json_reader(text);
 *	while ((err = json_next(&r, &token)) == 0 && token.type != JSON_END)
 *		...
 */
#ifndef DG_BASE_JSON_READ_H
#define DG_BASE_JSON_READ_H

#include "base/json.h"

enum json_type {
	JSON_END = 0, /* the text is over */
	JSON_OBJECT,  /* opens; its members follow, then JSON_CLOSE */
	JSON_ARRAY,
	JSON_CLOSE,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

struct json_token {
	enum json_type type;
	struct span key;  /* of a member of an object, as it is written */
	struct span text; /* of a string without its quotes, of a number */
};

/* The fields belong to json_read.c. */
struct json_reader {
	struct span text;
	size_t at;
	unsigned depth;
	uint32_t objects; /* bits: which of the open ones are objects */
	bool filled;	  /* what is open has a member already */
	bool over;	  /* the one value has been read */
};

struct json_reader json_reader(struct span text);

/* The next token. DG_ESYNTAX; DG_ELIMIT for more than JSON_DEPTH_MAX levels.
 * After a failure the reader is of no more use. */
DG_MUSTCHECK int json_next(struct json_reader *r, struct json_token *out);

/* Goes on behind the object or array that was just opened. */
DG_MUSTCHECK int json_skip(struct json_reader *r);

/*
 * A string as it was before it was written, cut where out is full, with a NUL.
 * What is not printable ASCII is shown as \xNN (\uNNNN past ff), so that it can
 * go to any terminal. Returns its length.
 */
size_t json_print(char *out, size_t size, struct span text);

#endif
