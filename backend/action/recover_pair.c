/* action/recover_pair.c - a JVM and its Python are one job and end together.
 *
 * A JVM that lives goes first: its Python may be signalled only when it cannot start work on it any
 * more. One that is dead already goes with its Python. A Python that is asked to restart the job
 * stays, with its ports. Then every port that either of them had must be free: a new session would
 * meet it otherwise, and that is what the second attempt of the runbook died of. */
#include "recover.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../include/clock.h"
#include "../../include/url.h"
#include "../failpoint.h"
#include "../jvm/sockets.h"
#include "../own_names.h"
#include "victim_look.h"
#include "victim_plan.h"

enum { FREE_MS = 10000, EVERY_MS = 200 };

/* --- who --- */

void pair_add_port(struct pair *p, int64_t port)
{
	for (size_t i = 0; i < p->nports; i++)
		if (p->ports[i] == port)
			return;
	if (port > 0 && p->nports < PAIR_PORTS)
		p->ports[p->nports++] = port;
}

static void add_ports(struct pair *p, const struct jvm_ports *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		pair_add_port(p, ports->v[i].port);
}

static void keep_digits(struct pair *p, int64_t pid)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRId64, pid);

	snprintf(p->digits, sizeof(p->digits), "%s", text + (n > 4 ? n - 4 : 0));
}

/* --- who is ended --- */

/* The row is copied from before anything looks again. */
struct driver {
	char id[48], parent_id[48];
	int64_t pid;
	bool is_alive;
};

static bool see_driver(struct act *a, const char *jvm, struct pair *p, struct driver *d)
{
	const struct jvm_row *row = start_driver(a);

	if (*jvm && act_jvm_row(a, jvm)) /* a zombie has no port by which its job would know it */
		row = act_jvm_row(a, jvm);
	if (!row)
		return false;
	*d = (struct driver){.pid = row->pid, .is_alive = start_is_alive(row)};
	snprintf(d->id, sizeof(d->id), "%s", text_str(row->id));
	if (row->parent_id)
		snprintf(d->parent_id, sizeof(d->parent_id), "%s", text_str(row->parent_id));
	add_ports(p, &row->listens);
	add_ports(p, &row->child_listens);
	if (!p->keeps_python)
		add_ports(p, &row->parent_listens);
	return true;
}

static int take_python(struct act *a, struct pair *p, struct err *err)
{
	int rc = victim_capture_parent(a, &p->jvm, &p->python, err);

	p->has_python = rc == 0;
	return rc == -ERR_MISSING ? 0 : rc;
}

static int take_pair(struct act *a, struct pair *p, const struct driver *d, struct err *err)
{
	int rc;

	keep_digits(p, d->pid);
	if (d->is_alive) {
		rc = victim_capture(a, d->id, &p->jvm, err);
		p->has_jvm = rc == 0;
		return rc || p->keeps_python ? rc : take_python(a, p, err);
	}
	snprintf(p->dead, sizeof(p->dead), "%" PRId64, d->pid);
	if (p->keeps_python || !d->parent_id[0])
		return 0;
	rc = victim_capture(a, d->parent_id, &p->python, err);
	p->has_python = rc == 0;
	return rc == -ERR_MISSING ? 0 : rc; /* it went with its parent meanwhile */
}

static int elsewhere(struct act *a, struct err *err)
{
	const struct config_job *job = act_job(a);
	const char *url = job ? (job->ui ? job->ui : job->health) : NULL;
	struct arena arena;
	bool is_here;

	arena_init(&arena);
	is_here = !url || url_port_here(url, own_names(&arena)) > 0;
	arena_release(&arena);
	if (is_here)
		return 0;
	url = strstr(url, "://") ? strstr(url, "://") + 3 : url;
	return err_set(err, ERR_REFUSED,
		       "it runs on %.*s: run `sparkops recover --job %.80s` there; B restarts it "
		       "from here",
		       (int)strcspn(url, ":/"), url, act_job_name(a));
}

/* What a Python that was left alone, and is nobody's parent any more, may still hold. */
static void add_known_ports(struct act *a, struct pair *p)
{
	const struct config_job *job = act_job(a);
	struct arena arena;

	if (!job || p->keeps_python)
		return;
	arena_init(&arena);
	pair_add_port(p, url_port_here(job->health, own_names(&arena)));
	arena_release(&arena);
}

int pair_capture(struct act *a, const char *jvm, struct pair *p, struct err *err)
{
	const struct config_job *job = act_job(a);
	struct driver d;

	p->jvm.pidfd = p->python.pidfd = -1;
	p->keeps_python = job && job->restart.http.url;
	if (!see_driver(a, jvm, p, &d)) {
		int rc = victim_is_clear(a, err);

		add_known_ports(a, p);
		return rc < 0 ? rc : elsewhere(a, err);
	}
	add_known_ports(a, p);
	return take_pair(a, p, &d, err);
}

void pair_release(struct pair *p)
{
	if (p->has_jvm)
		victim_release(&p->jvm);
	if (p->has_python)
		victim_release(&p->python);
}

const char *pair_ports_words(const struct pair *p, struct arena *a)
{
	const char *out = "";

	for (size_t i = 0; i < p->nports; i++)
		out = arena_printf(a, "%s%s:%" PRId64, out, *out ? " " : "", p->ports[i]);
	return out;
}

/* --- the end of both --- */

static bool has_ended(const struct victim *v)
{
	struct err err;

	return victim_verify(v, &err) == -ERR_MISSING;
}

static enum action_state end_one(struct act *a, struct victim *v)
{
	if (has_ended(v)) {
		v->ended_at = clock_wall(&clock_real);
		return ACTION_STATE_DONE;
	}
	return victim_end(a, v, VICTIM_TERM_MS);
}

enum action_state pair_end(struct act *a, struct pair *p)
{
	enum action_state state = ACTION_STATE_DONE;

	if (p->has_jvm && !has_ended(&p->jvm) && victim_dump(a, &p->jvm) < 0) {
		act_outcome(a, "stopped before any signal: the audit cannot be written");
		return ACTION_STATE_FAILED;
	}
	if (p->has_jvm && victim_got_well(a, &p->jvm)) {
		act_outcome(a, "it works again: nothing was sent");
		return ACTION_STATE_REFUSED;
	}
	if (p->has_jvm)
		state = end_one(a, &p->jvm);
	failpoint("recover.jvm");
	if (state == ACTION_STATE_DONE && p->has_python)
		state = end_one(a, &p->python);
	failpoint("recover.python");
	return state;
}

/* --- the proof --- */

/* Who listens on one of its ports, in words; NULL: nobody. */
static const char *held(const struct pair *p, struct arena *a)
{
	struct sockets all = {0};
	const char *out = NULL;

	if (!sockets_listening(&all))
		return "the kernel does not say who listens";
	for (size_t i = 0; i < all.n && !out; i++) {
		for (size_t k = 0; k < p->nports && !out; k++) {
			char comm[64] = "somebody else's";
			int64_t pid;

			if (all.v[i].port != p->ports[k])
				continue;
			pid = sight_socket_holder(all.v[i].inode);
			if (pid > 0)
				sight_line(pid, "comm", comm, sizeof(comm));
			out = pid > 0 ? arena_printf(a, ":%" PRId64 " is held by %s %" PRId64,
						     p->ports[k], comm, pid)
				      : arena_printf(a,
						     ":%" PRId64 " is held by a process that "
						     "cannot be seen from here",
						     p->ports[k]);
		}
	}
	sockets_free(&all);
	return out;
}

static enum action_state prove_ports(struct act *a, const struct pair *p, struct arena *arena)
{
	int64_t until = clock_mono(&clock_real) + failpoint_ms(FREE_MS);
	const char *who;

	while ((who = held(p, arena)) && clock_mono(&clock_real) < until) {
		act_says(a, "waits for its ports: %s", who);
		if (!act_sleep(a, EVERY_MS))
			break;
	}
	if (!who)
		return ACTION_STATE_DONE;
	act_outcome(a, "stopped before the restart: %s; end it (`ss -ltnp`), then V continues",
		    who);
	return ACTION_STATE_FAILED;
}

bool pair_is_gone(struct act *a, const struct pair *p)
{
	const struct config_job *job = act_job(a);
	const char *const urls[] = {job ? job->ui : NULL, job ? job->health : NULL};
	struct pair known = {0};
	struct arena arena;
	bool is_here = !p->has_jvm && !p->has_python && !p->dead[0], is_gone;

	arena_init(&arena);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		int64_t port = urls[i] ? url_port_here(urls[i], own_names(&arena)) : 0;

		is_here = is_here && (!urls[i] || port > 0);
		pair_add_port(&known, port);
	}
	is_gone = is_here && known.nports > 0 && !held(&known, &arena);
	arena_release(&arena);
	return is_gone;
}

enum action_state pair_prove(struct act *a, const struct pair *p)
{
	enum action_state state = ACTION_STATE_DONE;
	struct arena arena;

	if (p->has_python)
		state = victim_prove(a, &p->python);
	if (state == ACTION_STATE_DONE && p->has_jvm)
		state = victim_prove(a, &p->jvm);
	if (state != ACTION_STATE_DONE)
		return state;
	arena_init(&arena);
	state = prove_ports(a, p, &arena);
	arena_release(&arena);
	return state;
}
