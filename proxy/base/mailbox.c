#include "base/mailbox.h"

#include <string.h>

#include "base/name.h"

#define LOCAL_MAX 64 /* RFC 5321 4.5.3.1.1 */

static bool
is_atext(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_dot_atom(struct span s)
{
	if (s.n == 0 || s.n > LOCAL_MAX || s.p[0] == '.' || s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_atext(s.p[i]) && (s.p[i] != '.' || s.p[i - 1] == '.'))
			return false;
	return true;
}

int
mailbox_check(struct span text)
{
	size_t at = span_find(text, '@', 0);
	struct name domain;

	if (text.n >= MAILBOX_MAX)
		return DG_ELIMIT;
	if (at >= text.n || !is_dot_atom(span_slice(text, 0, at)))
		return DG_ESYNTAX;
	if (name_parse(&domain, span_slice(text, at + 1, text.n)) != 0 ||
	    domain.len == 0)
		return DG_ESYNTAX;
	return 0;
}
