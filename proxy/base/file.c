#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int
file_read(uint8_t **out, size_t *n, const char *path, size_t max)
{
	FILE *f = fopen(path, "re");
	uint8_t *p = NULL;
	size_t got = 0;
	int err = DG_EIO;

	if (f == NULL)
		return DG_EIO;
	p = malloc(max + 1);
	if (p == NULL) {
		err = DG_ENOMEM;
		goto out;
	}
	got = fread(p, 1, max + 1, f);
	if (ferror(f) != 0)
		goto out;
	if (got > max) {
		err = DG_ELIMIT;
		goto out;
	}
	*out = p;
	*n = got;
	p = NULL;
	err = 0;
out:
	free(p);
	(void)fclose(f);
	return err;
}
