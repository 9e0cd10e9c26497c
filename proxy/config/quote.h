/*
 * Texts with blanks in configuration lines: "like this", printable ASCII, in
 * which \" and \\ stand for the signs themselves. A quotation mark begins such
 * a text at the beginning of a word alone. Pure.
 */
#ifndef DG_CONFIG_QUOTE_H
#define DG_CONFIG_QUOTE_H

#include "base/span.h"

/* Where the line's comment begins: the first '#' outside quoted texts, or
 * line.n. */
size_t quote_find_comment(struct span line);

/*
 * Takes one quoted text off the beginning of *rest, without its quotation marks
 * into out of size bytes with a NUL; *word becomes what it was taken from.
 * DG_ESYNTAX when there is none, it has no end, or other bytes; DG_ELIMIT.
 */
DG_MUSTCHECK int quote_take(char *out, size_t size, struct span *word,
    struct span *rest);

/* Writes text in its quotation marks with a NUL; cuts nothing: size is at least
 * twice its length and three. */
void quote_put(char *out, size_t size, const char *text);

#endif
