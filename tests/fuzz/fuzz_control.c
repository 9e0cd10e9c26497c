/* rooms: control cli */
/*
 * Both ends of the control socket: a request line, and the answer as the
 * command shows it. What goes to the terminal is printable, whatever came.
 */
#include <stdlib.h>

#include "base/json_read.h"
#include "cli/log.h"
#include "cli/render.h"
#include "control/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
try_request(struct span line)
{
	struct control_request r;
	const char *why = NULL;

	if (control_parse(&r, line, &why) != 0) {
		require(why != NULL);
		return;
	}
	require(line.n < CONTROL_REQUEST_MAX && r.verb < CONTROL_VERBS);
	require(r.argument.n == 0 ||
	    (r.argument.p >= line.p &&
		r.argument.p + r.argument.n <= line.p + line.n));
}

static void
try_answer(struct span answer)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	require(f != NULL);
	(void)render_answer(f, answer);
	(void)log_print(f, answer);
	(void)log_print_one(f, answer, false);
	(void)log_print_one(f, answer, true);
	require(fclose(f) == 0);
	for (size_t i = 0; i < n; i++)
		require(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size);

	/* Tables are measured column by column. */
	if (size > 4096)
		return 0;
	try_request(input);
	try_answer(input);
	return 0;
}
