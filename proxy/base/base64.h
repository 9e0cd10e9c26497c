/*
 * Bytes as base64 (RFC 4648 4), in lines of 76 letters (RFC 2045 6.8). Pure.
 */
#ifndef DG_BASE_BASE64_H
#define DG_BASE_BASE64_H

#include <stdio.h>

#include "base/span.h"

/* Every line gets the end, the last one too; no bytes are no line. */
void base64_write(FILE *to, struct span bytes, const char *line_end);

#endif
