#include "config/level.h"

const char *
level_text(enum level level)
{
	switch (level) {
	case LEVEL_UNSET:
		break;
	case LEVEL_NONE:
		return "none";
	case LEVEL_MAY:
		return "may";
	case LEVEL_ENCRYPT:
		return "encrypt";
	case LEVEL_DANE:
		return "dane";
	case LEVEL_DANE_ONLY:
		return "dane-only";
	case LEVEL_VERIFY:
		return "verify";
	case LEVEL_BLOCK:
		return "block";
	}
	return "unset";
}
