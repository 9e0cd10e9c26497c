/*
 * danegate metrics.
 */
#include "cli/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "cli/cli.h"
#include "cli/client.h"

#define NAME_MAX_BYTES 64

/* A member's name as a metric's may be: letters, digits, underscore. */
static int
take_name(char out[NAME_MAX_BYTES], struct span key)
{
	for (size_t i = 0; i < key.n; i++) {
		bool letter = (key.p[i] >= 'a' && key.p[i] <= 'z') ||
		    (key.p[i] >= '0' && key.p[i] <= '9');

		if (!letter && key.p[i] != '_')
			return DG_ESYNTAX;
	}
	return span_copy_text(out, NAME_MAX_BYTES, key);
}

/* The object's numbers, one line each. Its words are ours, and plain. */
static int
print_group(FILE *to, struct json_reader *r, const char *name)
{
	char word[NAME_MAX_BYTES];
	struct json_token t;

	for (;;) {
		if (json_next(r, &t) != 0)
			return DG_ESYNTAX;
		if (t.type == JSON_CLOSE)
			return 0;
		if (t.type != JSON_NUMBER)
			return DG_ESYNTAX;
		(void)json_print(word, sizeof(word), t.key);
		(void)fprintf(to, "danegate_%s_total{kind=\"%s\"} %.*s\n", name,
		    word, (int)t.text.n, (const char *)t.text.p);
	}
}

int
metrics_print(FILE *to, struct span answer)
{
	struct json_reader r = json_reader(answer);
	char name[NAME_MAX_BYTES];
	struct json_token t;

	if (json_next(&r, &t) != 0 || t.type != JSON_OBJECT)
		return DG_ESYNTAX;
	while (json_next(&r, &t) == 0) {
		if (t.type == JSON_CLOSE) {
			(void)fputs("# EOF\n", to);
			return 0;
		}
		if (take_name(name, t.key) != 0)
			return DG_ESYNTAX;
		(void)fprintf(to, "# TYPE danegate_%s counter\n", name);
		if (t.type == JSON_NUMBER)
			(void)fprintf(to, "danegate_%s_total %.*s\n", name,
			    (int)t.text.n, (const char *)t.text.p);
		else if (t.type != JSON_OBJECT ||
		    print_group(to, &r, name) != 0)
			return DG_ESYNTAX;
	}
	return DG_ESYNTAX;
}

int
metrics_run(int argc, char **argv)
{
	const char *config = CLI_CONFIG;
	uint8_t *answer = NULL;
	size_t n = 0;
	int code;

	if (!cli_config_path(&config, argc, argv))
		return CLI_USAGE;
	code = cli_ask(&answer, &n, config, "show statistics");
	if (code == CLI_FINE &&
	    metrics_print(stdout, span_of(answer, n)) != 0) {
		(void)fputs("the answer cannot be understood\n", stderr);
		code = CLI_FAILED;
	}
	free(answer);
	return code;
}
