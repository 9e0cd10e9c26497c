/*
 * What libedit's configure would find out on Linux, with glibc or musl. What
 * not both have is libedit's own.
 */
#define HAVE_GETLINE	   1
#define HAVE_SECURE_GETENV 1
#define HAVE_SIZE_MAX	   1
#define HAVE_STDINT_H	   1
#define HAVE_SYS_TYPES_H   1
#define HAVE_TERMCAP_H	   1
#define HAVE_U_INT32_T	   1
#define HAVE_WCSDUP	   1

/* musl's wchar_t is that, and it does not say so. */
#ifndef __STDC_ISO_10646__
#	define __STDC_ISO_10646__ 201103L
#endif

/* No names of versions in the objects. */
#define SCCSID
#define lint

#include "sys.h"
