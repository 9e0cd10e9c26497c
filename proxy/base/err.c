#include "base/err.h"

const char *
dg_err_text(int err)
{
	switch ((enum dg_err)err) {
	case DG_OK:
		return "no error";
	case DG_ENOMEM:
		return "out of memory";
	case DG_EINVAL:
		return "invalid argument";
	case DG_ESYNTAX:
		return "syntax error";
	case DG_ELIMIT:
		return "limit exceeded";
	case DG_EAGAIN:
		return "not yet";
	case DG_ECLOSED:
		return "closed by the other side";
	case DG_EIO:
		return "input/output error";
	case DG_EPROTO:
		return "protocol error";
	case DG_ENOTFOUND:
		return "not found";
	case DG_ETIMEDOUT:
		return "timed out";
	case DG_EUNSUPPORTED:
		return "not supported";
	}
	return "unknown error";
}
