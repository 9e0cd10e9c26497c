#include "session/watch.h"

#include <string.h>

bool
watch_is_held(const struct watch_decision *d)
{
	return d->judgement.verdict != VERDICT_RELAY;
}

/* The entry of this server, or the one that is longest unused. */
static struct watch_destination *
destination_get(struct watch *w, const struct address *server)
{
	struct watch_destination *oldest = &w->destinations[0];

	for (size_t i = 0; i < WATCH_DESTINATIONS; i++) {
		struct watch_destination *at = &w->destinations[i];

		if (at->last > 0 && address_same_host(&at->server, server))
			return at;
		if (at->last < oldest->last)
			oldest = at;
	}
	*oldest = (struct watch_destination){ .server = *server };
	return oldest;
}

void
watch_decide(struct watch *w, const struct watch_decision *d)
{
	struct watch_decision *kept =
	    &w->decisions[w->decided % WATCH_DECISIONS];
	struct watch_destination *to = destination_get(w, &d->server);

	*kept = *d;
	kept->number = ++w->decided;
	counts_decide(&w->counts, &kept->judgement, kept->passed);
	if (watch_is_held(kept)) {
		w->held_any = true;
		w->last_held = *kept;
		to->held++;
	} else {
		to->relayed++;
	}
	to->last = kept->number;
	to->time = kept->time;
	to->server = kept->server;
	to->mx = kept->mx;
	to->judgement = kept->judgement;
	to->tlsa = kept->tlsa;
	memcpy(to->tls, kept->tls, sizeof(to->tls));
}

uint64_t
watch_oldest(const struct watch *w)
{
	if (w->decided > WATCH_DECISIONS)
		return w->decided - WATCH_DECISIONS + 1;
	return w->decided > 0 ? 1 : 0;
}

const struct watch_decision *
watch_decision(const struct watch *w, uint64_t number)
{
	if (number == 0 || number > w->decided || number < watch_oldest(w))
		return NULL;
	return &w->decisions[(number - 1) % WATCH_DECISIONS];
}

const struct watch_destination *
watch_destination_before(const struct watch *w, uint64_t number)
{
	const struct watch_destination *best = NULL;

	for (size_t i = 0; i < WATCH_DESTINATIONS; i++) {
		const struct watch_destination *at = &w->destinations[i];

		if (at->last > 0 && at->last < number &&
		    (best == NULL || at->last > best->last))
			best = at;
	}
	return best;
}
