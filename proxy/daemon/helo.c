#include "daemon/helo.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"

void
helo_find(char helo[HELO_MAX])
{
	struct name name;

	if (gethostname(helo, HELO_MAX) != 0 ||
	    memchr(helo, '\0', HELO_MAX) == NULL ||
	    name_parse(&name, span_text(helo)) != 0 || name.len == 0)
		(void)snprintf(helo, HELO_MAX, "localhost");
}
