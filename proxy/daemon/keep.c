#include "daemon/keep.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/state.h"

/* Beyond this a file that has doubled since it was last whole is written anew:
 * flash is worn by what is written, not by what lies there. */
#define GROWTH_MIN ((size_t)64 << 10)

struct keep {
	struct memory *memory;
	char directory[SETTINGS_PATH_MAX];
	struct event *timer;
	size_t size;  /* bytes of the file */
	size_t whole; /* when it was written anew the last time */
	size_t unfit; /* records that could not be taken in */
};

static void
keep_take(void *arg, const struct record *record)
{
	struct keep *k = arg;

	if (record->kind == MEMORY_RECORD &&
	    memory_restore(k->memory, record->payload) != 0)
		k->unfit++;
}

static void
keep_load(struct keep *k)
{
	struct state_records read;
	int err = state_records_read(&read, k->directory, KEEP_MEMORY_FILE,
	    keep_take, k);

	k->size = read.size;
	if (err == DG_EIO && errno == ENOENT)
		return;
	if (err != 0)
		log_note(LOG_LEVEL_WARNING, "state-unreadable", "%s/%s: %s",
		    k->directory, KEEP_MEMORY_FILE,
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
	else if (read.skipped > 0 || k->unfit > 0)
		log_note(LOG_LEVEL_WARNING, "state-damaged",
		    "%s/%s: %zu of %zu bytes and %zu records are of no use",
		    k->directory, KEEP_MEMORY_FILE, read.skipped, read.size,
		    k->unfit);
	/* What is damaged or cannot be read is replaced. */
	if (err != 0 || read.skipped > 0)
		memory_save_failed(k->memory);
	log_note(LOG_LEVEL_INFO, "downgrade-memory", "%zu hosts",
	    memory_hosts(k->memory));
}

struct keep_writer {
	struct state_file file;
	struct buf buf;
	uint8_t mem[2 * RECORD_MAX];
};

static void
writer_flush(struct keep_writer *w)
{
	state_put(&w->file, buf_peek(&w->buf));
	buf_clear(&w->buf);
}

static void
writer_put(void *arg, struct span payload)
{
	struct keep_writer *w = arg;

	if (record_put(&w->buf, MEMORY_RECORD, payload) == 0)
		return;
	writer_flush(w);
	/* Empty, it has room for any record. */
	if (record_put(&w->buf, MEMORY_RECORD, payload) != 0)
		w->file.error = EINVAL;
}

/* Changes are added as long as that is worth it. */
static enum memory_extent
keep_extent(const struct keep *k)
{
	enum memory_extent extent = memory_unsaved(k->memory);

	if (extent == MEMORY_CHANGES && k->size > GROWTH_MIN &&
	    k->size > 2 * k->whole)
		return MEMORY_ALL;
	return extent;
}

static int
keep_write(struct keep *k, enum memory_extent extent)
{
	struct keep_writer w;
	int err = extent == MEMORY_ALL
	    ? state_begin(&w.file, k->directory, KEEP_MEMORY_FILE)
	    : state_extend(&w.file, k->directory, KEEP_MEMORY_FILE);

	if (err != 0)
		return err;
	buf_init(&w.buf, w.mem, sizeof(w.mem));
	memory_save(k->memory, extent, writer_put, &w);
	writer_flush(&w);
	err = state_end(&w.file, &k->size);
	if (err == 0 && extent == MEMORY_ALL)
		k->whole = k->size;
	return err;
}

void
keep_save(struct keep *k)
{
	enum memory_extent extent = keep_extent(k);
	int err;

	if (extent == MEMORY_NOTHING)
		return;
	err = keep_write(k, extent);
	if (err == 0)
		return;
	memory_save_failed(k->memory);
	log_note(LOG_LEVEL_WARNING, "state-not-kept", "%s/%s: %s", k->directory,
	    KEEP_MEMORY_FILE,
	    err == DG_EIO ? strerror(errno) : dg_err_text(err));
}

static void
keep_on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	keep_save(arg);
}

int
keep_new(struct keep **out, struct event_base *base, const char *directory,
    struct memory *memory)
{
	const struct timeval tv = { .tv_sec = KEEP_SECONDS };
	struct keep *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return DG_ENOMEM;
	k->memory = memory;
	(void)snprintf(k->directory, sizeof(k->directory), "%s", directory);
	k->timer = event_new(base, -1, EV_PERSIST, keep_on_timer, k);
	if (k->timer == NULL || event_add(k->timer, &tv) != 0) {
		if (k->timer != NULL)
			event_free(k->timer);
		free(k);
		return DG_ENOMEM;
	}
	keep_load(k);
	*out = k;
	return 0;
}

void
keep_move(struct keep *k, const char *directory)
{
	if (strcmp(k->directory, directory) == 0)
		return;
	(void)snprintf(k->directory, sizeof(k->directory), "%s", directory);
	k->size = 0;
	k->whole = 0;
	memory_save_failed(k->memory);
}

void
keep_free(struct keep *k)
{
	if (k == NULL)
		return;
	keep_save(k);
	event_free(k->timer);
	free(k);
}
