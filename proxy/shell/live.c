#include "shell/live.h"

#include <stdlib.h>

#include "base/json_read.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/store.h"

static void
tell_statements(const char *config, complete_live_cb *cb, void *arg)
{
	struct candidate c = { 0 };
	struct store s;

	if (store_look(&s, config) != 0)
		return;
	if (store_candidate(&c, &s) == 0)
		for (size_t i = 0; i < c.n; i++) {
			struct span rest = span_text(c.lines[i].text);

			if (span_equal(span_word(&rest), span_text("set")))
				cb(arg, span_trim(rest));
		}
	candidate_free(&c);
}

/* Each member of that name in the daemon's answer. */
static void
tell_members(const char *config, const char *request, const char *key,
    complete_live_cb *cb, void *arg)
{
	char path[SETTINGS_PATH_MAX];
	struct json_reader r;
	struct json_token t;
	uint8_t *answer = NULL;
	size_t n;

	cli_socket_path(path, config);
	if (client_ask(&answer, &n, path, request) != 0)
		return;
	r = json_reader(span_of(answer, n));
	while (json_next(&r, &t) == 0 && t.type != JSON_END)
		if (t.type != JSON_CLOSE && span_equal(t.key, span_text(key)))
			cb(arg, t.text);
	free(answer);
}

void
live_tell(const char *config, enum complete_live what, complete_live_cb *cb,
    void *arg)
{
	switch (what) {
	case COMPLETE_STATEMENTS:
		tell_statements(config, cb, arg);
		break;
	case COMPLETE_SESSIONS:
		tell_members(config, "show sessions", "id", cb, arg);
		break;
	case COMPLETE_HOSTS:
		tell_members(config, "show downgrade-memory", "host", cb, arg);
		break;
	}
}
