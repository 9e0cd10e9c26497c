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

#endif
