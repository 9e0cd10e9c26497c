/*
 * An answer of the control socket (one JSON object) as text for a person at
 * 24x80: members as lines, arrays of objects as a table where that fits into
 * the width and as blocks where not. Knows JSON and the endings of names
 * (_bytes, _seconds, time, since); nothing of what the answers mean.
 */
#ifndef DG_CLI_RENDER_H
#define DG_CLI_RENDER_H

#include <stdio.h>

#include "base/span.h"

#define RENDER_WIDTH 79

/* DG_ESYNTAX when it is no JSON object; part of it may then be written. */
DG_MUSTCHECK int render_answer(FILE *to, struct span answer);

#endif
