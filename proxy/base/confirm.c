#include "base/confirm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/state.h"

#define BEFORE	 ".before"
#define CONFIRM	 ".confirm"
#define BOOT_ID	 "/proc/sys/kernel/random/boot_id"
#define TEXT_MAX 128

static int
make_path(struct confirm_path *out, const char *path, const char *suffix)
{
	int n = snprintf(out->text, sizeof(out->text), "%s%s", path, suffix);

	return n < 0 || (size_t)n >= sizeof(out->text) ? DG_ELIMIT : 0;
}

/* Seconds since the machine was switched on, sleep included. */
static uint64_t
since_boot(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec;
}

/* What tells this boot from others; a machine that cannot say has "-". */
static void
boot_id(char out[TEXT_MAX])
{
	uint8_t *text = NULL;
	size_t n;

	(void)snprintf(out, TEXT_MAX, "-");
	if (file_read(&text, &n, BOOT_ID, TEXT_MAX - 1) != 0)
		return;
	if (span_copy_text(out, TEXT_MAX,
		span_slice(span_of(text, n), 0,
		    span_find(span_of(text, n), '\n', 0))) != 0)
		(void)snprintf(out, TEXT_MAX, "-");
	free(text);
}

/* A file that makes no sense says that the time is over: what worked before
 * is the safe choice. */
static enum confirm_state
judge(struct span text, uint64_t *left)
{
	char boot[TEXT_MAX];
	uint64_t until;
	uint64_t now = since_boot();

	text = span_slice(text, 0, span_find(text, '\n', 0));
	boot_id(boot);
	if (!span_equal(span_word(&text), span_text(boot)) ||
	    span_number(&until, span_word(&text), INT64_MAX) != 0 ||
	    until <= now)
		return CONFIRM_DUE;
	*left = until - now;
	return CONFIRM_PENDING;
}

enum confirm_state
confirm_state(const char *path, uint64_t *left)
{
	struct confirm_path confirm = { "" };
	struct confirm_path before = { "" };
	enum confirm_state state;
	uint8_t *text = NULL;
	size_t n = 0;
	int err;

	if (make_path(&confirm, path, CONFIRM) != 0 ||
	    make_path(&before, path, BEFORE) != 0 ||
	    access(before.text, R_OK) != 0)
		return CONFIRM_NONE;
	err = file_read(&text, &n, confirm.text, TEXT_MAX);
	if (err == DG_EIO && errno == ENOENT)
		return CONFIRM_NONE;
	state = err == 0 ? judge(span_of(text, n), left) : CONFIRM_DUE;
	free(text);
	return state;
}

struct confirm_path
confirm_file(const char *path)
{
	struct confirm_path out = { "" };
	uint64_t left;
	bool due = confirm_state(path, &left) == CONFIRM_DUE;

	if (make_path(&out, path, due ? BEFORE : "") != 0)
		out.text[0] = '\0';
	return out;
}

/* The folder and the name of a file, for state_write(). */
static int
write_beside(const char *path, const char *suffix, struct span text)
{
	struct confirm_path folder;
	struct confirm_path whole = { "" };
	struct state_file f;
	char *slash;
	size_t size;
	int err = make_path(&whole, path, suffix);

	if (err != 0)
		return err;
	folder = whole;
	slash = strrchr(folder.text, '/');
	if (slash != NULL)
		*slash = '\0';
	err = state_begin(&f,
	    slash == NULL		 ? "."
		: folder.text[0] == '\0' ? "/"
					 : folder.text,
	    slash == NULL ? whole.text
			  : whole.text + (slash - folder.text) + 1);
	if (err != 0)
		return err;
	/* The daemon reads it without rights. */
	if (fchmod(f.fd, 0644) != 0)
		f.error = errno;
	state_put(&f, text);
	return state_end(&f, &size);
}

int
confirm_begin(const char *path, struct span text, unsigned minutes)
{
	char boot[TEXT_MAX];
	char until[TEXT_MAX * 2];
	int err = confirm_end(path);

	if (err == 0)
		err = write_beside(path, BEFORE, text);
	if (err != 0)
		return err;
	boot_id(boot);
	(void)snprintf(until, sizeof(until), "%s %" PRIu64 "\n", boot,
	    since_boot() + (uint64_t)minutes * 60);
	return write_beside(path, CONFIRM, span_text(until));
}

int
confirm_end(const char *path)
{
	static const char *const suffixes[] = { CONFIRM, BEFORE };

	/* In this order: one without the other means nothing. */
	for (size_t i = 0; i < DG_ARRAY_LEN(suffixes); i++) {
		struct confirm_path p = { "" };

		if (make_path(&p, path, suffixes[i]) != 0)
			return DG_ELIMIT;
		if (unlink(p.text) != 0 && errno != ENOENT)
			return DG_EIO;
	}
	return 0;
}
