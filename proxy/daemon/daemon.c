#include "daemon/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confirm.h"
#include "base/file.h"
#include "config/config.h"
#include "daemon/blocks.h"
#include "daemon/control.h"
#include "daemon/exceptions.h"
#include "daemon/footprint.h"
#include "daemon/insight.h"
#include "daemon/keep.h"
#include "daemon/ledger.h"
#include "daemon/privileges.h"
#include "daemon/remote.h"
#include "daemon/retry.h"
#include "daemon/sums.h"
#include "daemon/tlsreports.h"
#include "dns/system.h"
#include "net/listener.h"
#include "session/proxy.h"
#include "session/watch.h"

#define ANCHORS_MAX  ((size_t)1 << 16)
#define ACCEPT_MAX   64 /* connections taken per turn of the loop */
#define ACCEPT_PAUSE 1	/* seconds, when descriptors have run out */

enum {
	LISTEN_IPV4,
	LISTEN_IPV6,
	LISTENERS
};

enum {
	SIGNAL_TERM,
	SIGNAL_INT,
	SIGNAL_HUP,
	SIGNALS
};

/*
 * settings and resolver are replaced by SIGHUP; sessions look at the proxy's
 * each time, so the old ones can go at once.
 */
struct daemon {
	const char *path;
	struct settings settings;
	struct event_base *base;
	struct resolver *resolver;
	struct tls_context *tls;
	struct pkix_store *authorities; /* NULL: no level wants them */
	struct proxy *proxy;
	int fds[LISTENERS];
	struct event *listeners[LISTENERS];
	struct event *signals[SIGNALS];
	struct event *again; /* accept again after a pause */
	struct event *drained;
	struct event *unconfirmed; /* the time of a trial is over */
	struct keep *keep;
	struct control *control;
	struct logbook *logbook;
	uint64_t started; /* monotonic, milliseconds */
	size_t at_start;  /* bytes; see footprint.h */
	struct exceptions *exceptions;
	struct sums *sums;
	struct ledger *ledger;
	struct blocks *blocks;
	struct remote *remote;
	struct retry *retry;
	struct tlsreports *tlsreports;
	uint64_t lookups[COUNTS_STATUSES]; /* of resolvers before this one */
	bool foreground;		   /* somebody looks after it */
	bool again_wanted;
	bool stopping;
};

/* Seconds since 1970; 0: not known. */
static int64_t
daemon_time(void)
{
	return clock_wall_trusted() ? clock_wall() : 0;
}

/* The authorities that level `verify` trusts; NULL where no rule has it. What
 * is wrong goes to *error. */
static int
daemon_authorities(struct pkix_store **out, const struct settings *s,
    struct config_error *error)
{
	uint8_t *text = NULL;
	size_t n = 0;
	int err = 0;

	*out = NULL;
	if (!settings_want_authorities(s))
		return 0;
	err = file_read(&text, &n, s->ca_file, PKIX_FILE_MAX);
	error->line = 0;
	(void)snprintf(error->expected, sizeof(error->expected),
	    "a tls ca-file for level verify: %s",
	    err == DG_EIO ? strerror(errno) : "no certificates in it");
	if (err == 0)
		err = pkix_store_new(out, span_of(text, n));
	free(text);
	return err;
}

/* What a level needs is there: found out before anything is opened. */
static int
daemon_check(const struct settings *s, struct config_error *error)
{
	struct pkix_store *authorities;
	int err = daemon_authorities(&authorities, s, error);

	pkix_store_free(authorities);
	return err;
}

/* The same, with what is wrong for whoever asked. */
static int
read_and_say(struct settings *out, const char *path, struct config_error *error)
{
	uint8_t *text = NULL;
	size_t n = 0;
	int err = file_read(&text, &n, confirm_file(path).text,
	    CONFIG_TEXT_MAX);

	if (err != 0) {
		error->line = 0;
		(void)snprintf(error->expected, sizeof(error->expected),
		    "a file that can be read: %s",
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
		log_note(LOG_LEVEL_ERROR, "config-unreadable", "%s: %s", path,
		    err == DG_EIO ? strerror(errno) : dg_err_text(err));
		return err;
	}
	err = config_parse(out, span_of(text, n), error);
	free(text);
	if (err == 0 && (err = daemon_check(out, error)) != 0)
		settings_free(out);
	if (err != 0)
		log_note(LOG_LEVEL_ERROR, "config-bad", "%s:%u: expected %s",
		    path, error->line, error->expected);
	return err;
}

int
daemon_read(struct settings *out, const char *path)
{
	struct config_error error;

	return read_and_say(out, path, &error);
}

/* What was counted since the start, over all resolvers. */
static void
daemon_counts(void *arg, struct counts *out)
{
	const struct daemon *d = arg;
	struct resolver_counts dns;

	*out = proxy_watch(d->proxy)->counts;
	resolver_count(&dns, d->resolver);
	for (size_t i = 0; i < COUNTS_STATUSES; i++)
		out->dns[i] = d->lookups[i] + dns.lookups[i];
}

/* A resolver for these settings: the one that is there where it was made for the
 * same (NULL: none is), since it knows what to make another one ask again. */
static int
daemon_resolver(struct resolver **out, struct event_base *base,
    const struct settings *s, struct resolver *present)
{
	struct resolver_config config = {
		.servers = s->servers,
		.nservers = s->nservers,
		.cache_bytes = (size_t)s->memory_limit / 8,
		.state_directory = s->state_directory,
		.mix_case = s->case_randomization == SWITCH_ON,
	};
	struct address system[SETTINGS_SERVERS_MAX];
	uint8_t *anchors = NULL;
	int err = 0;

	if (config.nservers == 0) {
		config.servers = system;
		config.nservers = system_servers_read(system,
		    SETTINGS_SERVERS_MAX);
	}
	if (config.nservers == 0) {
		log_note(LOG_LEVEL_ERROR, "resolver-failed",
		    "no dns server is configured, and none in %s",
		    SYSTEM_RESOLV_CONF);
		return DG_EINVAL;
	}
	clock_set_trust(s->clock_trust);
	if (s->trust_anchor_file[0] != '\0') {
		size_t n;

		err = file_read(&anchors, &n, s->trust_anchor_file,
		    ANCHORS_MAX);
		if (err == 0)
			config.anchors = span_of(anchors, n);
	}
	if (err == 0 && present != NULL && resolver_is_for(present, &config))
		*out = present;
	else if (err == 0)
		err = resolver_new(out, base, &config);
	if (err != 0)
		log_note(LOG_LEVEL_ERROR, "resolver-failed", "%s (%s)",
		    dg_err_text(err), s->trust_anchor_file);
	free(anchors);
	return err;
}

static void
daemon_listen(struct daemon *d, bool on)
{
	for (size_t i = 0; i < LISTENERS; i++) {
		if (d->listeners[i] == NULL)
			continue;
		if (!on)
			(void)event_del(d->listeners[i]);
		else if (event_add(d->listeners[i], NULL) != 0)
			log_note(LOG_LEVEL_ERROR, "listen-failed", "no memory");
	}
}

static void
daemon_on_again(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	if (!d->stopping)
		daemon_listen(d, true);
}

/* Descriptors ran out: a ready listener would spin the loop. */
static void
daemon_pause(struct daemon *d)
{
	const struct timeval tv = { .tv_sec = ACCEPT_PAUSE };

	log_note(LOG_LEVEL_WARNING, "accept-failed", "%s", strerror(errno));
	daemon_listen(d, false);
	if (event_add(d->again, &tv) != 0)
		daemon_listen(d, true);
}

static void
daemon_on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct daemon *d = arg;
	struct address client;
	struct address server;

	(void)what;
	for (size_t i = 0; i < ACCEPT_MAX; i++) {
		int fd;
		int err = socket_accept(&fd, &client, &server, (int)listener);

		if (err == DG_EAGAIN)
			return;
		if (err != 0) {
			daemon_pause(d);
			return;
		}
		if (socket_is_self(&server)) {
			/* Not intercepted: it would come back to us. */
			log_note(LOG_LEVEL_WARNING, "not-intercepted",
			    "a connection to this machine itself");
			socket_reset(fd);
			continue;
		}
		proxy_accept(d->proxy, fd, &client, &server);
	}
}

static void
daemon_on_drained(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	(void)event_base_loopbreak(d->base);
}

static void
daemon_on_idle(void *arg)
{
	struct daemon *d = arg;

	(void)event_base_loopbreak(d->base);
}

static void
daemon_stop(struct daemon *d)
{
	const struct timeval tv = { .tv_sec = d->settings.drain_seconds };

	if (d->stopping) {
		(void)event_base_loopbreak(d->base);
		return;
	}
	d->stopping = true;
	daemon_listen(d, false);
	log_note(LOG_LEVEL_INFO, "stopping", "%zu sessions",
	    proxy_sessions(d->proxy));
	proxy_on_idle(d->proxy, daemon_on_idle, d);
	proxy_drain(d->proxy);
	if (event_add(d->drained, &tv) != 0)
		(void)event_base_loopbreak(d->base);
}

static void
daemon_set_tls(struct daemon *d)
{
	static const enum tls_grade grades[] = {
		[TLS_MINIMUM_PHASE_OUT] = TLS_GRADE_PHASE_OUT,
		[TLS_MINIMUM_SUFFICIENT] = TLS_GRADE_SUFFICIENT,
		[TLS_MINIMUM_GOOD] = TLS_GRADE_GOOD,
	};

	tls_context_set_minimum(d->tls, grades[d->settings.tls_minimum]);
	tls_context_set_resumption(d->tls,
	    d->settings.tls_resumption == SWITCH_ON);
}

/* What a running daemon cannot change any more without its rights. */
static bool
daemon_fixed_same(const struct settings *a, const struct settings *b)
{
	return a->listen_port == b->listen_port &&
	    strcmp(a->user, b->user) == 0 &&
	    a->memory_limit == b->memory_limit &&
	    strcmp(a->control_socket, b->control_socket) == 0;
}

/* A configuration on trial goes when its time is over. */
static void
daemon_watch_trial(struct daemon *d)
{
	struct timeval tv = { 0 };
	uint64_t left;

	(void)event_del(d->unconfirmed);
	switch (confirm_state(d->path, &left)) {
	case CONFIRM_NONE:
		return;
	case CONFIRM_PENDING:
		tv.tv_sec = (time_t)left;
		break;
	case CONFIRM_DUE:
		log_note(LOG_LEVEL_WARNING, "commit-unconfirmed",
		    "the configuration before holds");
		return;
	}
	if (event_add(d->unconfirmed, &tv) != 0)
		log_note(LOG_LEVEL_ERROR, "trial-unwatched", "no memory");
}

/* What exceptions are tried again with. */
static struct probe_means
daemon_means(const struct daemon *d)
{
	return (struct probe_means){
		.settings = &d->settings,
		.resolver = d->resolver,
		.tls = d->tls,
		.authorities = d->authorities,
	};
}

/* From now on all ask this one; what was counted goes on. */
static void
daemon_use_resolver(struct daemon *d, struct resolver *next)
{
	struct counts counts;

	proxy_reconfigure(d->proxy, &d->settings, next);
	if (next == d->resolver)
		return;
	daemon_counts(d, &counts);
	memcpy(d->lookups, counts.dns, sizeof(d->lookups));
	resolver_free(d->resolver);
	d->resolver = next;
}

/* All of it is taken, or none: then *error says why. */
static int
daemon_reload(struct daemon *d, struct config_error *error, bool *restart)
{
	struct settings next;
	struct pkix_store *authorities;
	struct resolver *resolver;
	struct probe_means means;
	int err = read_and_say(&next, d->path, error);

	if (err == 0 &&
	    (err = daemon_authorities(&authorities, &next, error)) != 0) {
		settings_free(&next);
	} else if (err == 0 &&
	    (err = daemon_resolver(&resolver, d->base, &next, d->resolver)) !=
		0) {
		pkix_store_free(authorities);
		settings_free(&next);
		error->line = 0;
		(void)snprintf(error->expected, sizeof(error->expected),
		    "resolvers and trust anchors that can be used");
	}
	if (err != 0) {
		log_note(LOG_LEVEL_ERROR, "reload-refused",
		    "%s: the old configuration stays", d->path);
		return err;
	}
	*restart = !daemon_fixed_same(&d->settings, &next);
	if (*restart)
		log_note(LOG_LEVEL_WARNING, "restart-needed",
		    "proxy listen-port, user, memory-limit and the control "
		    "socket change with the next start");
	retry_stop(d->retry);
	tlsreports_stop(d->tlsreports);
	settings_free(&d->settings);
	d->settings = next;
	daemon_set_tls(d);
	daemon_use_resolver(d, resolver);
	proxy_trust(d->proxy, authorities);
	keep_move(d->keep, d->settings.state_directory);
	pkix_store_free(d->authorities);
	d->authorities = authorities;
	means = daemon_means(d);
	retry_begin(d->retry, &means);
	tlsreports_begin(d->tlsreports, &d->settings, d->resolver);
	exceptions_settings(d->exceptions, &d->settings);
	sums_move(d->sums, d->settings.state_directory);
	ledger_settings(d->ledger, &d->settings, daemon_time());
	log_open(d->settings.log_destination, d->settings.log_level);
	remote_settings(d->remote, &d->settings);
	log_note(LOG_LEVEL_INFO, "reloaded", "%s", d->path);
	daemon_watch_trial(d);
	return 0;
}

static void
daemon_answer_reload(struct daemon *d, struct json *j)
{
	struct config_error error = { 0 };
	bool restart = false;
	uint64_t left;

	if (daemon_reload(d, &error, &restart) == 0) {
		json_put_bool(j, "reloaded", true);
		json_put_bool(j, "restart_needed", restart);
		if (confirm_state(d->path, &left) == CONFIRM_DUE)
			json_put_text(j, "note",
			    "a commit was not confirmed in time, and what was "
			    "before it holds, not what the file says now: the "
			    "next `danegate compare` puts it back");
		return;
	}
	json_put_text(j, "error", "the old configuration stays");
	json_put_text(j, "file", d->path);
	json_put_number(j, "line", error.line);
	json_put_text(j, "expected", error.expected);
}

static struct insight
daemon_insight(const struct daemon *d, const struct counts *counts,
    const struct counts *today)
{
	return (struct insight){
		.counts = counts,
		.today = today,
		.log_dropped = remote_dropped(d->remote),
		.settings = &d->settings,
		.proxy = d->proxy,
		.resolver = d->resolver,
		.tls = d->tls,
		.logbook = d->logbook,
		.tlsreports = d->tlsreports,
		.started = d->started,
		.at_start = d->at_start,
		.stopping = d->stopping,
	};
}

/* A resolver that knows nothing yet takes the place of the one there is. */
static void
daemon_clear_cache(struct daemon *d, struct json *j)
{
	struct probe_means means;
	struct resolver *fresh;

	if (daemon_resolver(&fresh, d->base, &d->settings, NULL) != 0) {
		json_put_text(j, "error", "the cache stays as it is");
		return;
	}
	retry_stop(d->retry);
	tlsreports_stop(d->tlsreports);
	daemon_use_resolver(d, fresh);
	means = daemon_means(d);
	retry_begin(d->retry, &means);
	tlsreports_begin(d->tlsreports, &d->settings, d->resolver);
	json_put_bool(j, "cleared", true);
}

static void
daemon_answer_tlsrpt(struct daemon *d, struct json *j)
{
	if (tlsreports_send(d->tlsreports, daemon_time()))
		json_put_bool(j, "begun", true);
	else
		json_put_text(j, "error",
		    "no tlsrpt relay is set, the time is not known, or others "
		    "are still on their way");
}

/* What a request over the control socket asks for. */
static bool
daemon_answer(void *arg, struct json *j, const struct control_request *request,
    struct control_cursor *at)
{
	struct daemon *d = arg;
	struct counts counts;
	struct counts today;
	const struct insight in = daemon_insight(d, &counts, &today);

	daemon_counts(d, &counts);
	sums_today(&today, d->sums);
	if (request->verb == CONTROL_REQUEST_RELOAD) {
		daemon_answer_reload(d, j);
	} else if (request->verb == CONTROL_CLEAR_DNS_CACHE) {
		daemon_clear_cache(d, j);
	} else if (request->verb == CONTROL_CLEAR_DOWNGRADE_MEMORY) {
		json_put_bool(j, "cleared",
		    memory_forget(proxy_memory(d->proxy), request->argument) ==
			0);
		keep_save(d->keep);
	} else if (request->verb == CONTROL_REQUEST_TLSRPT) {
		daemon_answer_tlsrpt(d, j);
	} else if (request->verb == CONTROL_REQUEST_RESTART && !d->foreground) {
		json_put_text(j, "error",
		    "started without -f: nobody would start it again");
	} else if (request->verb == CONTROL_REQUEST_SHUTDOWN ||
	    request->verb == CONTROL_REQUEST_RESTART) {
		d->again_wanted = request->verb == CONTROL_REQUEST_RESTART;
		json_put_bool(j, "stopping", true);
		json_put_number(j, "sessions", proxy_sessions(d->proxy));
		event_active(d->signals[SIGNAL_TERM], EV_SIGNAL, 1);
	} else {
		return insight_show(j, &in, request, at);
	}
	return false;
}

static bool
daemon_follow(void *arg, struct json *j, const struct control_request *request,
    struct control_cursor *at)
{
	const struct insight in = daemon_insight(arg, NULL, NULL);

	return insight_follow(j, &in, request, at);
}

/* Every line of the log, for who looks and who follows. */
static void
daemon_on_line(void *arg, enum log_level level, const char *text)
{
	struct daemon *d = arg;

	logbook_add(d->logbook, level, text, clock_wall());
	control_news(d->control);
	remote_take(d->remote, level, text);
}

static void
daemon_on_unconfirmed(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;
	struct config_error error;
	bool restart;
	uint64_t left;

	(void)fd;
	(void)what;
	if (confirm_state(d->path, &left) != CONFIRM_DUE)
		daemon_watch_trial(d);
	else
		(void)daemon_reload(d, &error, &restart);
}

static void
daemon_on_signal(evutil_socket_t number, short what, void *arg)
{
	struct config_error error;
	bool restart;

	(void)what;
	/* What goes wrong is in the log. */
	if (number == SIGHUP)
		(void)daemon_reload(arg, &error, &restart);
	else
		daemon_stop(arg);
}

static int
daemon_open_listeners(struct daemon *d)
{
	static const enum address_family families[LISTENERS] = { ADDRESS_IPV4,
		ADDRESS_IPV6 };

	for (size_t i = 0; i < LISTENERS; i++) {
		if (listener_open(&d->fds[i], families[i],
			d->settings.listen_port) != 0) {
			log_note(LOG_LEVEL_ERROR, "listen-failed", "IPv%d: %s",
			    families[i], strerror(errno));
			return DG_EIO;
		}
	}
	return 0;
}

static int
daemon_events(struct daemon *d)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < LISTENERS; i++) {
		d->listeners[i] = event_new(d->base, d->fds[i],
		    EV_READ | EV_PERSIST, daemon_on_accept, d);
		if (d->listeners[i] == NULL)
			return DG_ENOMEM;
	}
	for (size_t i = 0; i < SIGNALS; i++) {
		d->signals[i] = evsignal_new(d->base, numbers[i],
		    daemon_on_signal, d);
		if (d->signals[i] == NULL ||
		    event_add(d->signals[i], NULL) != 0)
			return DG_ENOMEM;
	}
	d->again = evtimer_new(d->base, daemon_on_again, d);
	d->drained = evtimer_new(d->base, daemon_on_drained, d);
	d->unconfirmed = evtimer_new(d->base, daemon_on_unconfirmed, d);
	if (d->again == NULL || d->drained == NULL || d->unconfirmed == NULL)
		return DG_ENOMEM;
	daemon_watch_trial(d);
	daemon_listen(d, true);
	return 0;
}

/* Mail goes on without a console, so that want of one stops nothing. */
static int
daemon_control(struct daemon *d)
{
	const struct control_source source = { daemon_answer, daemon_follow,
		d };
	int err = control_open(&d->control, d->base, d->settings.control_socket,
	    &source);

	if (err == 0 || err == DG_ENOMEM)
		return err;
	log_note(LOG_LEVEL_WARNING, "control-failed", "%s: %s",
	    d->settings.control_socket,
	    err == DG_EIO ? strerror(errno) : dg_err_text(err));
	return 0;
}

/* Two descriptors for each session: as many as the system lets us have. */
static void
daemon_raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &r) != 0)
			log_note(LOG_LEVEL_WARNING, "descriptors-few", "%s",
			    strerror(errno));
	}
}

static void
daemon_on_decided(void *arg, const struct proxy_decided *decided)
{
	struct daemon *d = arg;

	const struct watch_decision *w = decided->decision;

	ledger_note(d->ledger, decided, daemon_time());
	tlsreports_note(d->tlsreports, decided, daemon_time());
	if (watch_is_held(w) && !w->passed)
		blocks_note(d->blocks, &w->domain, w->judgement.reason,
		    clock_monotonic_ms());
}

/* What reads and writes files that somebody may have damaged: when the rights
 * have been given up. */
static int
daemon_state(struct daemon *d)
{
	struct keep_table memory = keep_memory(proxy_memory(d->proxy));
	struct probe_means means = daemon_means(d);
	int err = remote_new(&d->remote, d->base, &d->settings);

	if (err == 0)
		err = blocks_new(&d->blocks, d->base);
	if (err == 0)
		err = keep_new(&d->keep, d->base, d->settings.state_directory,
		    KEEP_MEMORY_FILE, &memory);

	if (err == 0)
		err = exceptions_new(&d->exceptions, d->base, &d->settings);
	if (err == 0)
		err = sums_new(&d->sums, d->base, d->settings.state_directory,
		    daemon_counts, d, daemon_time());
	if (err == 0)
		err = ledger_new(&d->ledger, d->base, &d->settings,
		    daemon_time());
	if (err == 0)
		err = retry_new(&d->retry, d->base, &means);
	if (err == 0)
		err = tlsreports_new(&d->tlsreports, d->base, &d->settings,
		    d->resolver);
	if (err == 0)
		proxy_on_decided(d->proxy, daemon_on_decided, d);
	return err;
}

static int
daemon_start(struct daemon *d)
{
	struct config_error error;
	int err = daemon_open_listeners(d);

	if (err != 0)
		return err;
	daemon_raise_descriptors();
	d->base = event_base_new();
	if (d->base == NULL)
		return DG_ENOMEM;
	err = daemon_resolver(&d->resolver, d->base, &d->settings, NULL);
	if (err != 0)
		return err;
	/* At most half for TLS, an eighth for DNS; sessions are let in as far
	 * as they and their TLS fit beside that. */
	err = tls_context_new(&d->tls, (size_t)d->settings.memory_limit / 2);
	if (err == 0)
		daemon_set_tls(d);
	if (err == 0)
		err = proxy_new(&d->proxy, d->base, &d->settings, d->resolver,
		    d->tls);
	if (err == 0)
		err = daemon_authorities(&d->authorities, &d->settings, &error);
	if (err == 0) {
		proxy_trust(d->proxy, d->authorities);
		err = daemon_events(d);
	}
	if (err == 0)
		err = daemon_control(d);
	if (err == 0)
		err = privileges_drop(d->settings.user);
	if (err == 0)
		err = daemon_state(d);
	if (err != 0)
		log_note(LOG_LEVEL_ERROR, "start-failed", "%s",
		    dg_err_text(err));
	return err;
}

static void
daemon_free(struct daemon *d)
{
	control_free(d->control);
	retry_free(d->retry);
	tlsreports_free(d->tlsreports);
	d->control = NULL;
	exceptions_free(d->exceptions);
	sums_free(d->sums, daemon_time());
	ledger_free(d->ledger);
	blocks_free(d->blocks);
	keep_free(d->keep);
	proxy_free(d->proxy);
	tls_context_free(d->tls);
	resolver_free(d->resolver);
	pkix_store_free(d->authorities);
	for (size_t i = 0; i < LISTENERS; i++) {
		if (d->listeners[i] != NULL)
			event_free(d->listeners[i]);
		if (d->fds[i] >= 0)
			(void)close(d->fds[i]);
	}
	for (size_t i = 0; i < SIGNALS; i++)
		if (d->signals[i] != NULL)
			event_free(d->signals[i]);
	if (d->again != NULL)
		event_free(d->again);
	if (d->drained != NULL)
		event_free(d->drained);
	if (d->unconfirmed != NULL)
		event_free(d->unconfirmed);
	remote_free(d->remote);
	d->remote = NULL;
	if (d->base != NULL)
		event_base_free(d->base);
	log_tap(NULL, NULL, LOG_LEVEL_ERROR);
	free(d->logbook);
	settings_free(&d->settings);
}

static void
daemon_report_tls(const struct daemon *d)
{
	struct tls_counts counts;
	struct log_line l;

	tls_context_counts(d->tls, &counts);
	log_begin(&l, LOG_LEVEL_INFO, "tls-handshakes");
	log_number(&l, "full", counts.full);
	log_number(&l, "resumed", counts.resumed);
	log_number(&l, "tickets", counts.tickets);
	log_end(&l);
}

int
daemon_run(struct settings *settings, const char *path, bool foreground)
{
	struct daemon d = { .path = path,
		.settings = *settings,
		.fds = { -1, -1 },
		.logbook = calloc(1, sizeof(*d.logbook)),
		.foreground = foreground,
		.started = clock_monotonic_ms() };
	int err;

	log_open(foreground ? LOG_TO_STDERR : d.settings.log_destination,
	    d.settings.log_level);
	if (!foreground && daemon(0, 0) != 0) {
		log_note(LOG_LEVEL_ERROR, "start-failed", "%s",
		    strerror(errno));
		daemon_free(&d);
		return DG_EIO;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (d.logbook != NULL)
		log_tap(daemon_on_line, &d, LOG_LEVEL_INFO);
	err = d.logbook != NULL ? daemon_start(&d) : DG_ENOMEM;
	if (err == 0) {
		const struct insight in = daemon_insight(&d, NULL, NULL);

		d.at_start = footprint_at_start(&in);
		log_note(LOG_LEVEL_INFO, "listening", "port %u",
		    (unsigned)d.settings.listen_port);
		if (event_base_dispatch(d.base) < 0)
			err = DG_EIO;
		daemon_report_tls(&d);
		log_note(LOG_LEVEL_INFO, "stopped", "%zu sessions ended",
		    proxy_sessions(d.proxy));
	}
	daemon_free(&d);
	return err == 0 && d.again_wanted ? DAEMON_AGAIN : err;
}
