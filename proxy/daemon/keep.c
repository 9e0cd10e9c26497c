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

#define KEEP_FILE_MAX 32

static enum record_extent
memory_is_unsaved(const void *table)
{
	return memory_unsaved(table);
}

static void
memory_give(void *table, enum record_extent extent, record_payload_cb *cb,
    void *arg)
{
	memory_save(table, extent, cb, arg);
}

static void
memory_failed(void *table)
{
	memory_save_failed(table);
}

static int
memory_take(void *table, struct span payload)
{
	return memory_restore(table, payload);
}

struct keep_table
keep_memory(struct memory *memory)
{
	return (struct keep_table){ memory, MEMORY_RECORD, memory_is_unsaved,
		memory_give, memory_failed, memory_take };
}

static enum record_extent
evidence_is_unsaved(const void *table)
{
	return evidence_unsaved(table);
}

static void
evidence_give(void *table, enum record_extent extent, record_payload_cb *cb,
    void *arg)
{
	evidence_save(table, extent, cb, arg);
}

static void
evidence_failed(void *table)
{
	evidence_save_failed(table);
}

static int
evidence_take(void *table, struct span payload)
{
	return evidence_restore(table, payload);
}

struct keep_table
keep_evidence(struct evidence *evidence)
{
	return (struct keep_table){ evidence, EVIDENCE_RECORD,
		evidence_is_unsaved, evidence_give, evidence_failed,
		evidence_take };
}

struct keep {
	struct keep_table t;
	char directory[SETTINGS_PATH_MAX];
	char file[KEEP_FILE_MAX];
	struct event *timer;
	size_t size;	/* bytes of the file */
	size_t whole;	/* when it was written anew the last time */
	size_t records; /* that were read */
	size_t unfit;	/* of them that could not be taken in */
};

static void
keep_take(void *arg, const struct record *record)
{
	struct keep *k = arg;

	if (record->kind != k->t.kind)
		return;
	k->records++;
	if (k->t.restore(k->t.table, record->payload) != 0)
		k->unfit++;
}

static void
keep_load(struct keep *k)
{
	struct state_records read;
	int err = state_records_read(&read, k->directory, k->file, keep_take,
	    k);

	k->size = read.size;
	if (err == DG_EIO && errno == ENOENT)
		return;
	if (err != 0)
		log_note(LOG_LEVEL_WARNING, "state-unreadable", "%s/%s: %s",
		    k->directory, k->file,
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
	else if (read.skipped > 0 || k->unfit > 0)
		log_note(LOG_LEVEL_WARNING, "state-damaged",
		    "%s/%s: %zu of %zu bytes and %zu records are of no use",
		    k->directory, k->file, read.skipped, read.size, k->unfit);
	/* What is damaged or cannot be read is replaced. */
	if (err != 0 || read.skipped > 0)
		k->t.save_failed(k->t.table);
	log_note(LOG_LEVEL_INFO, "state-read", "%s/%s: %zu records",
	    k->directory, k->file, k->records);
}

struct keep_writer {
	struct state_file file;
	uint8_t kind;
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

	if (record_put(&w->buf, w->kind, payload) == 0)
		return;
	writer_flush(w);
	/* Empty, it has room for any record. */
	if (record_put(&w->buf, w->kind, payload) != 0)
		w->file.error = EINVAL;
}

/* Changes are added as long as that is worth it. */
static enum record_extent
keep_extent(const struct keep *k)
{
	enum record_extent extent = k->t.unsaved(k->t.table);

	if (extent == RECORD_CHANGES && k->size > GROWTH_MIN &&
	    k->size > 2 * k->whole)
		return RECORD_ALL;
	return extent;
}

static int
keep_write(struct keep *k, enum record_extent extent)
{
	struct keep_writer w;
	int err = extent == RECORD_ALL
	    ? state_begin(&w.file, k->directory, k->file)
	    : state_extend(&w.file, k->directory, k->file);

	if (err != 0)
		return err;
	buf_init(&w.buf, w.mem, sizeof(w.mem));
	w.kind = k->t.kind;
	k->t.save(k->t.table, extent, writer_put, &w);
	writer_flush(&w);
	err = state_end(&w.file, &k->size);
	if (err == 0 && extent == RECORD_ALL)
		k->whole = k->size;
	return err;
}

void
keep_save(struct keep *k)
{
	enum record_extent extent = keep_extent(k);
	int err;

	if (extent == RECORD_NOTHING)
		return;
	err = keep_write(k, extent);
	if (err == 0)
		return;
	k->t.save_failed(k->t.table);
	log_note(LOG_LEVEL_WARNING, "state-not-kept", "%s/%s: %s", k->directory,
	    k->file, err == DG_EIO ? strerror(errno) : dg_err_text(err));
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
    const char *file, const struct keep_table *table)
{
	const struct timeval tv = { .tv_sec = KEEP_SECONDS };
	struct keep *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return DG_ENOMEM;
	k->t = *table;
	(void)snprintf(k->file, sizeof(k->file), "%s", file);
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
	k->t.save_failed(k->t.table);
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
