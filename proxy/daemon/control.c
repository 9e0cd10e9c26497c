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

struct connection {
	QUEUE_LINK(connection) link;
	struct control *control;
	struct endpoint *endpoint;
	struct event *timer;
	enum control_role role;
	uid_t uid;
	bool answered;
	struct buf in;
	struct buf out;
	uint8_t in_mem[CONTROL_REQUEST_MAX];
	uint8_t out_mem[CONTROL_ANSWER_MAX];
};

struct control {
	struct event_base *base;
	int fd;
	char *path;
	bool bound; /* the file at path is ours */
	struct event *accept;
	control_answer_cb *cb;
	void *arg;
	QUEUE(connection) connections;
	size_t nconnections;
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
	if (c->timer != NULL)
		event_free(c->timer);
	endpoint_free(c->endpoint);
	free(c);
}

/* Everybody may know why he gets nothing; nothing else is told. */
static void
refuse(struct connection *c, const char *error, const char *expected)
{
	struct json j;

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
	log_number(&l, "uid", c->uid);
	log_text(&l, "request", row->words);
	if (request->argument.n > 0)
		log_span(&l, "argument", request->argument);
	log_end(&l);
}

static void
answer(struct connection *c, struct span line)
{
	struct control_request request;
	const char *expected;
	struct json j;

	if (control_parse(&request, line, &expected) != 0) {
		refuse(c, "bad request", expected);
		return;
	}
	if (c->role < control_row(request.verb)->role) {
		log_note(LOG_LEVEL_WARNING, "control-refused", "uid %u: %s",
		    (unsigned)c->uid, control_row(request.verb)->words);
		refuse(c, "not allowed",
		    control_row(request.verb)->role == CONTROL_ADMIN
			? "root or a member of group " CONTROL_ADMIN_GROUP
			: "root or a member of group " CONTROL_VIEW_GROUP
			  " or " CONTROL_ADMIN_GROUP);
		return;
	}
	audit(c, &request);
	json_to_memory(&j, (char *)c->out_mem, sizeof(c->out_mem));
	json_object(&j);
	c->control->cb(c->control->arg, &j, &request);
	json_close(&j);
	if (json_end(&j) == 0)
		buf_commit(&c->out, j.len);
	else
		refuse(c, "the answer is too long", NULL);
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

static void
on_bytes(void *arg)
{
	struct connection *c = arg;
	struct span line;

	if (endpoint_error(c->endpoint) != 0 ||
	    (!c->answered && endpoint_eof(c->endpoint) &&
		!has_request(c, &line)) ||
	    (c->answered && c->out.len == 0)) {
		connection_free(c);
		return;
	}
	if (!c->answered && has_request(c, &line)) {
		c->answered = true;
		endpoint_want_read(c->endpoint, false);
		answer(c, line);
		endpoint_update(c->endpoint);
	}
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
	if (c->timer == NULL || event_add(c->timer, &tv) != 0)
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
    control_answer_cb *cb, void *arg)
{
	struct control *c = calloc(1, sizeof(*c));
	int err = DG_ENOMEM;

	if (c == NULL)
		return DG_ENOMEM;
	c->base = base;
	c->fd = -1;
	c->cb = cb;
	c->arg = arg;
	c->path = strdup(path);
	if (c->path == NULL)
		goto out;
	err = listen_at(c);
	if (err != 0)
		goto out;
	err = DG_ENOMEM;
	c->accept = event_new(base, c->fd, EV_READ | EV_PERSIST, on_accept, c);
	if (c->accept == NULL || event_add(c->accept, NULL) != 0)
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
	if (c->fd >= 0)
		(void)close(c->fd);
	if (c->bound)
		(void)unlink(c->path);
	free(c->path);
	free(c);
	errno = error;
}
