#include "daemon/control.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/queue.h"
#include "net/endpoint.h"

#define GROUPS_MAX 64 /* of a peer that are looked at */
#define BACKLOG	   8

enum phase {
	PHASE_REQUEST = 0, /* to come */
	PHASE_MORE,	   /* of the answer is to be made */
	PHASE_LAST,	   /* all of it is made */
	PHASE_FOLLOW,
};

struct connection {
	QUEUE_LINK(connection) link;
	struct control *control;
	struct endpoint *endpoint;
	struct event *timer; /* the end of patience */
	struct event *turn;  /* the next slice */
	enum control_role role;
	uid_t uid;
	enum phase phase;
	struct control_request request; /* points into line */
	struct control_cursor at;
	struct json json; /* of an answer in slices */
	struct buf in;
	struct buf out;
	uint8_t line[CONTROL_REQUEST_MAX];
	uint8_t in_mem[CONTROL_REQUEST_MAX];
	uint8_t out_mem[CONTROL_SLICE];
};

struct control {
	struct event_base *base;
	int fd;
	char *path;
	bool bound; /* the file at path is ours */
	struct event *accept;
	struct control_source source;
	struct event *news;
	QUEUE(connection) connections;
	size_t nconnections;
	size_t nfollowers;
};

static bool
has_group(const gid_t *groups, size_t n, gid_t wanted)
{
	if (wanted == (gid_t)-1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

enum control_role
control_role_of(uid_t uid, uid_t own, const gid_t *groups, size_t ngroups,
    gid_t view, gid_t admin)
{
	if (uid == 0 || uid == own || has_group(groups, ngroups, admin))
		return CONTROL_ADMIN;
	return has_group(groups, ngroups, view) ? CONTROL_VIEW : CONTROL_NOBODY;
}

static gid_t
group_id(const char *name)
{
	const struct group *g = getgrnam(name);

	return g != NULL ? g->gr_gid : (gid_t)-1;
}

/* Who is at the other end, as the kernel saw it when it connected. */
static enum control_role
peer_role(uid_t *uid, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	gid_t groups[GROUPS_MAX + 1];
	size_t n = 0;

	*uid = (uid_t)-1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return CONTROL_NOBODY;
	*uid = peer.uid;
	len = (socklen_t)(GROUPS_MAX * sizeof(groups[0]));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
		n = len / sizeof(groups[0]);
	groups[n] = peer.gid;
	return control_role_of(peer.uid, geteuid(), groups, n + 1,
	    group_id(CONTROL_VIEW_GROUP), group_id(CONTROL_ADMIN_GROUP));
}

static void
connection_free(struct connection *c)
{
	QUEUE_REMOVE(&c->control->connections, c, link);
	c->control->nconnections--;
	if (c->phase == PHASE_FOLLOW)
		c->control->nfollowers--;
	if (c->timer != NULL)
		event_free(c->timer);
	if (c->turn != NULL)
		event_free(c->turn);
	endpoint_free(c->endpoint);
	free(c);
}

/* Everybody may know why he gets nothing; nothing else is told. */
static void
refuse(struct connection *c, const char *error, const char *expected)
{
	struct json j;

	c->phase = PHASE_LAST;
	json_to_memory(&j, (char *)c->out_mem, sizeof(c->out_mem));
	json_object(&j);
	json_key(&j, "error");
	json_text(&j, error);
	if (expected != NULL) {
		json_key(&j, "expected");
		json_text(&j, expected);
	}
	json_close(&j);
	if (json_end(&j) == 0)
		buf_commit(&c->out, j.len);
}

/* One line for each request that changes something: who, and what. */
static void
audit(const struct connection *c, const struct control_request *request)
{
	const struct control_row *row = control_row(request->verb);
	struct log_line l;

	log_begin(&l,
	    row->role == CONTROL_ADMIN ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	    "control");
	log_user(&l, c->uid);
	log_text(&l, "request", row->words);
	if (request->argument.n > 0)
		log_span(&l, "argument", request->argument);
	log_end(&l);
}

/*
 * The next slice, when the one before has gone. What overruns a slice is a bug
 * of the callback's: in the first it is an error, later the answer ends short,
 * which its reader cannot take for a whole one.
 */
static void
answer_go_on(struct connection *c)
{
	const struct control_source *source = &c->control->source;
	struct json *j = &c->json;
	bool first = c->phase == PHASE_REQUEST;
	bool more;

	if (first) {
		json_to_memory(j, (char *)c->out_mem, sizeof(c->out_mem));
		json_object(j);
	} else {
		json_go_on(j, (char *)c->out_mem, sizeof(c->out_mem));
	}
	more = source->answer(source->arg, j, &c->request, &c->at);
	if (!more)
		json_close(j);
	c->phase = more ? PHASE_MORE : PHASE_LAST;
	if (more ? json_room(j) == 0 : json_end(j) != 0) {
		c->phase = PHASE_LAST;
		if (first)
			refuse(c, "the answer is too long", NULL);
		return;
	}
	buf_commit(&c->out, j->len);
}

/* Lines as far as there is room for them. */
static void
follow_go_on(struct connection *c)
{
	const struct control_source *source = &c->control->source;

	while (buf_room(&c->out) >= CONTROL_ENTRY_MAX) {
		struct json j;
		size_t room;
		char *tail = (char *)buf_tail(&c->out, &room);

		json_to_memory(&j, tail, room);
		json_object(&j);
		if (!source->follow(source->arg, &j, &c->request, &c->at))
			return;
		json_close(&j);
		if (json_end(&j) != 0)
			return;
		buf_commit(&c->out, j.len);
	}
}

/* Whoever follows stays, and so does his place among the few. */
static void
follow_begin(struct connection *c)
{
	if (c->control->nfollowers == CONTROL_FOLLOWERS_MAX) {
		refuse(c, "too many follow the log already", NULL);
		return;
	}
	c->control->nfollowers++;
	c->phase = PHASE_FOLLOW;
	(void)event_del(c->timer);
	follow_go_on(c);
}

static void
answer(struct connection *c, struct span line)
{
	const char *expected;

	/* What stands behind it is nobody's. */
	if (line.n > 0)
		memcpy(c->line, line.p, line.n);
	line.p = c->line;
	buf_clear(&c->in);
	if (control_parse(&c->request, line, &expected) != 0) {
		refuse(c, "bad request", expected);
		return;
	}
	if (c->role < control_row(c->request.verb)->role) {
		log_note(LOG_LEVEL_WARNING, "control-refused", "uid %u: %s",
		    (unsigned)c->uid, control_row(c->request.verb)->words);
		refuse(c, "not allowed",
		    control_row(c->request.verb)->role == CONTROL_ADMIN
			? "root or a member of group " CONTROL_ADMIN_GROUP
			: "root or a member of group " CONTROL_VIEW_GROUP
			  " or " CONTROL_ADMIN_GROUP);
		return;
	}
	audit(c, &c->request);
	if (c->request.follow)
		follow_begin(c);
	else
		answer_go_on(c);
}

/* A whole line, or more than a line may have. */
static bool
has_request(const struct connection *c, struct span *line)
{
	struct span all = buf_peek(&c->in);
	size_t end = span_find(all, '\n', 0);

	*line = span_slice(all, 0, end);
	return end < all.n || all.n == CONTROL_REQUEST_MAX;
}

/* Nothing more can come of it. */
static bool
is_over(const struct connection *c)
{
	struct span line;

	if (endpoint_error(c->endpoint) != 0)
		return true;
	switch (c->phase) {
	case PHASE_REQUEST:
		return endpoint_eof(c->endpoint) && !has_request(c, &line);
	case PHASE_MORE:
		return false;
	case PHASE_LAST:
		return c->out.len == 0;
	case PHASE_FOLLOW:
		return endpoint_eof(c->endpoint);
	}
	return true;
}

/* Not at once: between two slices everybody else has his turn. */
static bool
turn_soon(struct connection *c)
{
	const struct timeval now = { 0 };

	return event_add(c->turn, &now) == 0;
}

static void
on_bytes(void *arg)
{
	struct connection *c = arg;
	struct span line;

	if (is_over(c) ||
	    (c->phase == PHASE_MORE && c->out.len == 0 && !turn_soon(c))) {
		connection_free(c);
		return;
	}
	if (c->phase == PHASE_REQUEST && has_request(c, &line)) {
		answer(c, line);
		/* Only who follows is watched for his going. */
		if (c->phase != PHASE_FOLLOW)
			endpoint_want_read(c->endpoint, false);
		endpoint_update(c->endpoint);
	} else if (c->phase == PHASE_FOLLOW) {
		buf_clear(&c->in);
		follow_go_on(c);
		endpoint_update(c->endpoint);
	}
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	(void)what;
	answer_go_on(c);
	if (c->out.len == 0 && c->phase == PHASE_LAST)
		connection_free(c);
	else
		endpoint_update(c->endpoint);
}

static void
on_news(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;
	struct connection *c;

	(void)fd;
	(void)what;
	for (c = control->connections.first; c != NULL; c = c->link.next)
		if (c->phase == PHASE_FOLLOW) {
			follow_go_on(c);
			endpoint_update(c->endpoint);
		}
}

void
control_news(struct control *c)
{
	const struct timeval tv = { .tv_usec = CONTROL_FOLLOW_MS * 1000L };

	if (c == NULL || c->nfollowers == 0 ||
	    event_pending(c->news, EV_TIMEOUT, NULL))
		return;
	/* Without memory the next line tries again. */
	(void)event_add(c->news, &tv);
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	connection_free(arg);
}

static void
accept_one(struct control *control, int fd)
{
	const struct timeval tv = { .tv_sec = CONTROL_TIMEOUT };
	struct connection *c;

	if (control->nconnections == CONTROL_CONNECTIONS_MAX ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		(void)close(fd);
		return;
	}
	c->control = control;
	c->role = peer_role(&c->uid, fd);
	buf_init(&c->in, c->in_mem, sizeof(c->in_mem));
	buf_init(&c->out, c->out_mem, sizeof(c->out_mem));
	if (endpoint_new(&c->endpoint, control->base, fd, false, &c->in,
		&c->out, on_bytes, c) != 0) {
		free(c);
		return;
	}
	QUEUE_APPEND(&control->connections, c, link);
	control->nconnections++;
	c->timer = evtimer_new(control->base, on_timeout, c);
	c->turn = evtimer_new(control->base, on_turn, c);
	if (c->timer == NULL || c->turn == NULL ||
	    event_add(c->timer, &tv) != 0)
		connection_free(c);
}

static void
on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct control *control = arg;
	int fd;

	(void)what;
	fd = accept4((int)listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		accept_one(control, fd);
}

/* The last folder of the path: /run is empty after each start of a machine. */
static void
make_folder(const struct sockaddr_un *address)
{
	char folder[sizeof(address->sun_path)];
	char *slash;

	memcpy(folder, address->sun_path, sizeof(folder));
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return;
	*slash = '\0';
	(void)mkdir(folder, 0755);
}

static int
listen_at(struct control *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;

	if (span_copy_text(address.sun_path, sizeof(address.sun_path),
		span_text(c->path)) != 0)
		return DG_ELIMIT;
	make_folder(&address);
	/* Nothing but a socket is ever removed. */
	if (lstat(c->path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(c->path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 ||
	    bind(c->fd, (const struct sockaddr *)&address, sizeof(address)) !=
		0)
		return DG_EIO;
	c->bound = true;
	if (chmod(c->path, 0666) != 0 || listen(c->fd, BACKLOG) != 0)
		return DG_EIO;
	return 0;
}

int
control_open(struct control **out, struct event_base *base, const char *path,
    const struct control_source *source)
{
	struct control *c = calloc(1, sizeof(*c));
	int err = DG_ENOMEM;

	if (c == NULL)
		return DG_ENOMEM;
	c->base = base;
	c->fd = -1;
	c->source = *source;
	c->path = strdup(path);
	if (c->path == NULL)
		goto out;
	err = listen_at(c);
	if (err != 0)
		goto out;
	err = DG_ENOMEM;
	c->news = evtimer_new(base, on_news, c);
	c->accept = event_new(base, c->fd, EV_READ | EV_PERSIST, on_accept, c);
	if (c->news == NULL || c->accept == NULL ||
	    event_add(c->accept, NULL) != 0)
		goto out;
	*out = c;
	c = NULL;
	err = 0;
out:
	control_free(c);
	return err;
}

void
control_free(struct control *c)
{
	struct connection *at;
	struct connection *next;
	int error = errno;

	if (c == NULL)
		return;
	for (at = c->connections.first; at != NULL; at = next) {
		next = at->link.next;
		connection_free(at);
	}
	if (c->accept != NULL)
		event_free(c->accept);
	if (c->news != NULL)
		event_free(c->news);
	if (c->fd >= 0)
		(void)close(c->fd);
	if (c->bound)
		(void)unlink(c->path);
	free(c->path);
	free(c);
	errno = error;
}
