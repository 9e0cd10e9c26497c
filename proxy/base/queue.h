/*
 * A doubly linked list inside the structures that it holds: nothing is
 * allocated, taking out is O(1). <sys/queue.h> is no part of every C library
 * (musl has none). Knows nothing of what it links.
 *
 *	struct item { QUEUE_LINK(item) link; };
 *	QUEUE(item) items;
 */
#ifndef DG_BASE_QUEUE_H
#define DG_BASE_QUEUE_H

#include <stddef.h>

/* A structure's place in one list. */
#define QUEUE_LINK(type)           \
	struct {                   \
		struct type *prev; \
		struct type *next; \
	}

/* A list; all zero is an empty one. */
#define QUEUE(type)                 \
	struct {                    \
		struct type *first; \
		struct type *last;  \
	}

/* Puts e at the end. It must not be in the list. */
#define QUEUE_APPEND(q, e, link)                    \
	do {                                        \
		(e)->link.next = NULL;              \
		(e)->link.prev = (q)->last;         \
		if ((q)->last != NULL)              \
			(q)->last->link.next = (e); \
		else                                \
			(q)->first = (e);           \
		(q)->last = (e);                    \
	} while (0)

/* Takes e out. It must be in the list. */
#define QUEUE_REMOVE(q, e, link)                                    \
	do {                                                        \
		if ((e)->link.next != NULL)                         \
			(e)->link.next->link.prev = (e)->link.prev; \
		else                                                \
			(q)->last = (e)->link.prev;                 \
		if ((e)->link.prev != NULL)                         \
			(e)->link.prev->link.next = (e)->link.next; \
		else                                                \
			(q)->first = (e)->link.next;                \
	} while (0)

#endif
