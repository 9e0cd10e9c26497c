#include "base/log.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

static enum log_destination destination = LOG_TO_STDERR;
static enum log_level threshold = LOG_LEVEL_INFO;

static log_tap_cb *tap;
static void *tap_arg;
static enum log_level tap_level;

static const int syslog_levels[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

void
log_open(enum log_destination to, enum log_level level)
{
	destination = to;
	threshold = level;
	if (to == LOG_TO_SYSLOG)
		openlog("danegated", LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
log_tap(log_tap_cb *cb, void *arg, enum log_level level)
{
	tap = cb;
	tap_arg = arg;
	tap_level = level;
}

const char *
log_level_text(enum log_level level)
{
	static const char *const texts[] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
	};

	return texts[level];
}

static bool
is_logged(enum log_level level)
{
	return level <= threshold;
}

static bool
is_tapped(enum log_level level)
{
	return tap != NULL && (level <= threshold || level <= tap_level);
}

/*
 * One byte as it may stand in a log: printable ASCII as it is, quote and
 * backslash escaped, the rest as \xNN. Returns the number of bytes written.
 */
static size_t
escape_byte(char out[5], uint8_t c)
{
	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c >= 0x20 && c < 0x7f) {
		out[0] = (char)c;
		return 1;
	}
	return (size_t)snprintf(out, 5, "\\x%02x", (unsigned)c);
}

void
log_escape(char *dst, size_t size, struct span s)
{
	size_t len = 0;

	for (size_t i = 0; i < s.n; i++) {
		char piece[5];
		size_t n = escape_byte(piece, s.p[i]);

		if (len + n + 1 > size)
			break;
		memcpy(dst + len, piece, n);
		len += n;
	}
	if (size > 0)
		dst[len] = '\0';
}

static void
append(struct log_line *l, const char *text, size_t n)
{
	static const char cut[] = "...";
	size_t room = sizeof(l->text) - sizeof(cut) - l->len;

	if (!l->on)
		return;
	if (n > room) {
		memcpy(l->text + l->len, cut, sizeof(cut));
		l->len += sizeof(cut) - 1;
		l->on = false;
		return;
	}
	memcpy(l->text + l->len, text, n);
	l->len += n;
}

static void
append_text(struct log_line *l, const char *text)
{
	append(l, text, strlen(text));
}

void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	l->level = level;
	l->on = is_logged(level) || is_tapped(level);
	l->len = 0;
	append_text(l, event);
}

static void
append_key(struct log_line *l, const char *key)
{
	append(l, " ", 1);
	append_text(l, key);
	append(l, "=", 1);
}

static bool
needs_quotes(struct span value)
{
	for (size_t i = 0; i < value.n; i++) {
		uint8_t c = value.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '"' || c == '=' || c == '\\')
			return true;
	}
	return value.n == 0;
}

void
log_span(struct log_line *l, const char *key, struct span value)
{
	bool quotes;
	bool cut = value.n > LOG_VALUE_MAX;

	if (!l->on)
		return;
	value = span_slice(value, 0, LOG_VALUE_MAX);
	quotes = needs_quotes(value);
	append_key(l, key);
	if (quotes)
		append(l, "\"", 1);
	for (size_t i = 0; i < value.n; i++) {
		char piece[5];

		append(l, piece, escape_byte(piece, value.p[i]));
	}
	if (cut)
		append_text(l, "...");
	if (quotes)
		append(l, "\"", 1);
}

void
log_text(struct log_line *l, const char *key, const char *value)
{
	log_span(l, key, span_text(value));
}

void
log_number(struct log_line *l, const char *key, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	log_text(l, key, text);
}

void
log_address(struct log_line *l, const char *key, const struct address *value)
{
	char text[ADDRESS_TEXT_MAX];

	log_text(l, key, address_port_text(value, text));
}

void
log_user(struct log_line *l, unsigned uid)
{
	const struct passwd *pw;

	log_number(l, "uid", uid);
	pw = l->on ? getpwuid(uid) : NULL;
	if (pw != NULL)
		log_text(l, "user", pw->pw_name);
}

void
log_end(struct log_line *l)
{
	if (!is_logged(l->level) && !is_tapped(l->level))
		return;
	l->text[l->len] = '\0';
	if (is_tapped(l->level))
		tap(tap_arg, l->level, l->text);
	if (!is_logged(l->level))
		return;
	if (destination == LOG_TO_SYSLOG)
		syslog(syslog_levels[l->level], "%s", l->text);
	else
		(void)fprintf(stderr, "%s\n", l->text);
}

void
log_note(enum log_level level, const char *event, const char *format, ...)
{
	char text[LOG_VALUE_MAX];
	struct log_line l;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_begin(&l, level, event);
	log_text(&l, "text", text);
	log_end(&l);
}
