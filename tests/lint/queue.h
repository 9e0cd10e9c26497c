/* What <sys/queue.h> brings, in few words, for cppcheck alone. */
#define TAILQ_FOREACH(v, h, f) \
	for ((v) = (h)->tqh_first; (v) != NULL; (v) = (v)->f.tqe_next)
#define LIST_FOREACH(v, h, f) \
	for ((v) = (h)->lh_first; (v) != NULL; (v) = (v)->f.le_next)
