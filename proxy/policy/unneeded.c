#include "policy/unneeded.h"

#include "base/date.h"

int
unneeded_put(struct buf *b, const struct unneeded *u)
{
	char date[DATE_TEXT_MAX];

	return buf_printf(b, "%s %s %s\n", date_text(u->day, date),
	    u->domain.text, auth_text(u->auth));
}

static int
read_auth(enum auth *out, struct span word)
{
	for (enum auth a = AUTH_NONE; a <= AUTH_PKIX; a++)
		if (span_equal(word, span_text(auth_text(a)))) {
			*out = a;
			return 0;
		}
	return DG_ESYNTAX;
}

static int
read_line(struct unneeded *u, struct span line)
{
	int err = date_parse(&u->day, span_word(&line));

	if (err == 0)
		err = name_parse(&u->domain, span_word(&line));
	if (err == 0)
		err = read_auth(&u->auth, span_word(&line));
	return err == 0 && line.n > 0 ? DG_ESYNTAX : err;
}

int
unneeded_find(struct unneeded *out, struct span text, const struct name *domain)
{
	while (text.n > 0) {
		size_t end = span_find(text, '\n', 0);
		struct unneeded u;

		if (read_line(&u, span_slice(text, 0, end)) == 0 &&
		    name_equal(&u.domain, domain)) {
			*out = u;
			return 0;
		}
		text = span_slice(text, end + 1, text.n);
	}
	return DG_ENOTFOUND;
}
