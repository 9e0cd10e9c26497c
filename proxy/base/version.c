#include "base/version.h"

/* The build says it (Makefile). */
#ifndef DG_VERSION
#	define DG_VERSION "unknown"
#endif

const char *
dg_version(void)
{
	return DG_VERSION;
}
