/*
 * What goes into a support bundle, made fit to be handed on. Pure.
 */
#ifndef DG_CLI_BUNDLE_H
#define DG_CLI_BUNDLE_H

#include <stdio.h>

#include "base/span.h"

#define BUNDLE_MAX ((size_t)2 << 20) /* bytes of one */

/* Text with the local part of each mail address hidden: *@example.nl. */
void bundle_hide(FILE *to, struct span text);

/* RFC 4648 4, in lines of 76 characters, so that it passes over a console. */
void bundle_base64(FILE *to, struct span bytes);

#endif
