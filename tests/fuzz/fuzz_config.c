/* rooms: config */
/*
 * Configuration text. Whatever is taken must come back as statements that are
 * taken too and are the same again; whatever is refused must say where.
 */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct shown {
	char *text;
	size_t n;
};

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
add(void *arg, const char *line)
{
	struct shown *s = arg;
	size_t n = strlen(line);
	char *text = realloc(s->text, s->n + n + 1);

	require(text != NULL && n <= CONFIG_LINE_MAX);
	s->text = text;
	memcpy(s->text + s->n, line, n);
	s->n += n;
	s->text[s->n++] = '\n';
}

static struct shown
show(const struct settings *settings)
{
	struct shown s = { NULL, 0 };

	config_show(settings, CONFIG_SHOW_ALL, add, &s);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error error = { 0 };
	struct settings settings;
	struct shown first;
	struct shown second;

	if (config_parse(&settings, span_of(data, size), &error) != 0) {
		require(error.expected[0] != '\0');
		require(error.column == 0 || error.line > 0);
		return 0;
	}
	first = show(&settings);
	settings_free(&settings);
	require(
	    config_parse(&settings, span_of(first.text, first.n), &error) == 0);
	second = show(&settings);
	settings_free(&settings);
	require(first.n == second.n &&
	    memcmp(first.text, second.text, first.n) == 0);
	free(first.text);
	free(second.text);
	return 0;
}
