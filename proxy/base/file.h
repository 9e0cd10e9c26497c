/*
 * Whole small files into memory, bounded. Knows nothing of what they hold.
 */
#ifndef DG_BASE_FILE_H
#define DG_BASE_FILE_H

#include "base/span.h"

/*
 * Reads at most max bytes of path; *out is to be freed by the caller. DG_EIO
 * with errno set, DG_ELIMIT, DG_ENOMEM.
 */
DG_MUSTCHECK int file_read(uint8_t **out, size_t *n, const char *path,
    size_t max);

#endif
