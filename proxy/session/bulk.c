/*
 * Larger buffers while a message streams through; see struct bulk.
 */
#include <assert.h>
#include <stdlib.h>

#include "session/session.h"

void
bulk_lend(struct session *s)
{
	struct bulk *b;

	if (s->bulk != NULL || buf_room(&s->down_in) > 0 ||
	    budget_take(&s->proxy->bulks, sizeof(*b)) != 0)
		return;
	b = malloc(sizeof(*b));
	if (b == NULL) {
		budget_give(&s->proxy->bulks, sizeof(*b));
		return;
	}
	s->bulk = b;
	buf_move(&s->down_in, b->down_in, sizeof(b->down_in));
	buf_move(&s->upstream.app_out, b->app_out, sizeof(b->app_out));
	buf_move(&s->upstream.wire_out, b->wire_out, sizeof(b->wire_out));
}

void
bulk_return(struct session *s)
{
	struct upstream *u = &s->upstream;
	struct session_memory *m = &s->memory;

	if (s->bulk == NULL || s->down_in.len > sizeof(m->down_in) ||
	    u->app_out.len > sizeof(m->upstream.app_out) ||
	    u->wire_out.len > sizeof(m->upstream.wire_out))
		return;
	buf_move(&s->down_in, m->down_in, sizeof(m->down_in));
	buf_move(&u->app_out, m->upstream.app_out, sizeof(m->upstream.app_out));
	buf_move(&u->wire_out, m->upstream.wire_out,
	    sizeof(m->upstream.wire_out));
	bulk_drop(s);
}

void
bulk_drop(struct session *s)
{
	if (s->bulk == NULL)
		return;
	free(s->bulk);
	s->bulk = NULL;
	budget_give(&s->proxy->bulks, sizeof(struct bulk));
}
