/* jvm/rows.c - from what is known of each JVM to its row. Texts are shared with what was read once;
 * a row costs no copy of a command line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scan_parts.h"

static double window_s(const struct jvm_watch *w, const struct scan *s,
		       const struct watch_step **from)
{
	const struct watch_step *first = NULL;

	for (size_t i = 0; i < w->nsteps; i++) {
		const struct watch_step *one = &w->step[i];

		if (s->at.mono - one->mono <= WATCH_WINDOW_MS &&
		    (!first || one->mono < first->mono))
			first = one;
	}
	*from = first;
	return first && first->mono < s->at.mono ? (double)(s->at.mono - first->mono) / 1000.0
						 : ABSENT_REAL;
}

static struct jvm_ports ports_of(const struct jvm_ports_state *p, struct arena *a)
{
	struct jvm_port *v = ARENA_ARRAY(a, struct jvm_port, p->n ? p->n : 1);

	for (size_t i = 0; i < p->n; i++) {
		size_t at = i;

		for (; at > 0 && v[at - 1].port > p->v[i].port.port; at--)
			v[at] = v[at - 1];
		v[at] = p->v[i].port;
	}
	return (struct jvm_ports){p->n, v};
}

/* One number of two sockets (IPv4 and IPv6) is one port. */
static struct ints numbers_of(const struct jvm_ports *p, struct arena *a)
{
	int64_t *v = ARENA_ARRAY(a, int64_t, p->n ? p->n : 1);
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!n || v[n - 1] != p->v[i].port)
			v[n++] = p->v[i].port;
	}
	return (struct ints){n, v};
}

static void fill_who(const struct jvm *j, struct jvm_row *r)
{
	const struct jvm_identity *w = &j->who;
	const struct command *c = &w->command;

	r->id = w->id;
	r->pid = w->pid;
	r->started_at = w->started_at;
	r->user = w->user;
	r->role = c->role;
	r->main_class = c->main_class;
	r->application_id = c->application_id;
	r->executor_id = c->executor_id;
	r->start_ticks = w->start_ticks;
	r->ppid = j->now.ppid;
	r->uid = w->uid;
	r->ns_pid = w->ns_pid;
	r->is_ours = w->is_ours;
	r->app_name = c->app_name;
	r->command = w->line;
	r->user_class = c->user_class;
	r->script = c->script;
	r->master = c->master;
	r->ui_port = c->ui_port;
	r->driver_port = c->driver_port;
	r->cores = c->cores;
	r->driver_host = c->driver_host;
	r->heap_configured_bytes = c->heap_bytes;
	r->is_pyspark = c->is_pyspark_shell;
	r->unseen = w->unseen;
}

static void fill_near(const struct jvm *j, struct arena *a, struct jvm_row *r)
{
	const struct jvm_near *n = &j->near;
	static const struct jvm_python none = {.pid = ABSENT};
	/* what was read of the half above is of the parent of then */
	bool is_same = j->now.ppid == n->ppid;
	const struct jvm_python *py = is_same ? &n->python : &none;

	r->cwd = n->cwd;
	r->parent_pid = py->pid;
	r->parent_id = py->id;
	r->parent_command = py->line;
	r->parent_cwd = py->cwd;
	r->parent_gone = j->who.command.is_pyspark_shell ? is_absent(py->pid) : TRI_ABSENT;
	if (!r->script)
		r->script = py->script;
	r->listens = ports_of(&n->ports, a);
	if (is_same)
		r->parent_listens = ports_of(&n->python_ports, a);
	r->child_id = n->child;
	r->child_listens = ports_of(&n->child_ports, a);
	r->ports = numbers_of(&r->listens, a);
	r->owner = n->group ? n->group->owner : OWNER_NONE;
	if (n->group && n->group->name[0])
		r->owner_name = text_clean(a, n->group->name, strlen(n->group->name));
	r->is_user_unit = n->group && n->group->is_user_unit;
	r->limit_bytes = n->memory.limit;
	r->cgroup_used_bytes = n->memory.used;
	r->oom_kills = n->memory.oom_kills;
	if (!is_absent(n->memory.oom_kills) && !is_absent(j->watch.oom_kills_first))
		r->oom_kills_seen = n->memory.oom_kills - j->watch.oom_kills_first;
	r->dump_file = n->dump;
	r->dump_bytes = n->dump_bytes;
	r->dump_bytes_per_s = n->dump_per_s;
	r->log_files = n->logs;
	r->dlq_folders = n->dlq;
}

static const struct text *word(struct arena *a, const char *s)
{
	return *s ? text_clean(a, s, strlen(s)) : NULL;
}

static void fill_counters(const struct jvm *j, struct arena *a, struct jvm_row *r)
{
	const struct jvm_watch *w = &j->watch;
	const struct hsperf *c = &w->counters;

	r->heap_max_bytes = j->who.command.heap_bytes;
	if (w->problem)
		r->hsperf_problem = word(a, w->problem);
	if (!w->has_counters)
		return;
	r->heap_used_bytes = c->heap_used;
	r->heap_max_bytes = is_absent(c->heap_max) ? r->heap_max_bytes : c->heap_max;
	r->java_version = word(a, c->java_version);
	r->collector = word(a, c->collector);
	r->gc_cause = word(a, c->gc_cause);
	r->old_used_bytes = c->old_used;
	r->old_max_bytes = c->old_max;
	r->gc_count = c->gc_count;
	r->full_gc_count = c->full_gc_count;
	r->longest_pause_s = c->in_gc_s;
	r->live_bytes = w->live.bytes;
	r->live_at = w->live.at;
	r->is_live_settled = w->live.is_settled;
	r->gc_moved_at = w->moved_at;
}

static void fill_watch(const struct scan *s, const struct jvm *j, struct jvm_row *r)
{
	const struct jvm_watch *w = &j->watch;
	const struct watch_step *from;
	double window = window_s(w, s, &from);

	r->gc_pct = w->gc_pct;
	r->cpu_pct = w->cpu_pct;
	r->rss_bytes = j->is_dead ? ABSENT : j->now.rss_pages * s->proc.page_size;
	r->state = j->now.state;
	r->state_since = w->state_since;
	r->threads = j->now.threads;
	if (!isnan(window)) {
		r->cpu_window_s = window;
		r->cpu_in_window_s =
			(double)(j->now.cpu_ticks - from->cpu_ticks) / (double)s->proc.tick_hz;
		if (w->has_counters && !is_absent(from->full_gcs) &&
		    !is_absent(w->counters.full_gc_count))
			r->full_gc_per_min = (double)(w->counters.full_gc_count - from->full_gcs) *
					     60.0 / window;
	}
	r->cpu_idle_since = w->idle_since;
	r->gc_cpu_pct = w->gc_cpu_pct;
	r->counters_since = w->since;
	r->is_attached = j->who.is_ours ? (int)w->is_attached : TRI_ABSENT;
	/* without rights the kernel says 0, which no dead JVM of ours would be taken for */
	if (j->is_dead && !is_absent(j->now.wait_status) && j->who.is_ours)
		r->exit_code = proc_exit_code(j->now.wait_status);
}

static void clear(struct jvm_row *r)
{
	field_clear_row(&schema_jvm, r);
	r->start_ticks = r->ppid = r->uid = r->ns_pid = r->ui_port = r->driver_port = r->cores =
		ABSENT;
	r->heap_configured_bytes = r->parent_pid = r->state_since = r->cpu_idle_since = ABSENT;
	r->live_at = r->gc_count = r->full_gc_count = r->gc_moved_at = r->counters_since = ABSENT;
	r->cgroup_used_bytes = r->oom_kills = r->oom_kills_seen = r->dump_bytes = ABSENT;
	r->silent_probes = r->silent_ms = ABSENT;
	r->is_ours = r->is_pyspark = r->parent_gone = r->is_attached = TRI_ABSENT;
	r->cpu_window_s = r->cpu_in_window_s = r->gc_cpu_pct = r->full_gc_per_min = ABSENT_REAL;
	r->longest_pause_s = r->dump_bytes_per_s = ABSENT_REAL;
}

static bool has_port(const struct ints *ports, int64_t port)
{
	for (size_t i = 0; i < ports->n; i++) {
		if (ports->v[i] == port)
			return true;
	}
	return false;
}

/* A driver's own command line does not say its application; its executors' does, and they name the
 * driver by one of its ports. What was learned stays when they have ended. */
static void name_application(const struct scan *s, struct jvm_row *rows, size_t at, struct arena *a)
{
	struct jvm_row *driver = &rows[at];
	char *learned = s->jvms[at]->watch.application;

	for (size_t i = 0; i < s->njvms && driver->ports.n; i++) {
		const struct jvm_row *e = &rows[i];

		if (e->role == JVM_EXECUTOR && e->application_id && !is_absent(e->driver_port) &&
		    has_port(&driver->ports, e->driver_port)) {
			snprintf(learned, sizeof(s->jvms[at]->watch.application), "%s",
				 text_str(e->application_id));
			break;
		}
	}
	driver->application_id = word(a, learned);
}

struct dataset *rows_make(struct scan *s)
{
	struct dataset *d = dataset_new();
	struct arena *a = &d->arena;
	struct jvm_row *rows = ARENA_ARRAY(a, struct jvm_row, s->njvms ? s->njvms : 1);

	for (size_t i = 0; i < s->njvms; i++) {
		const struct jvm *j = s->jvms[i];

		clear(&rows[i]);
		fill_who(j, &rows[i]);
		fill_near(j, a, &rows[i]);
		fill_counters(j, a, &rows[i]);
		fill_watch(s, j, &rows[i]);
		dataset_keep(d, j->who.kept);
		if (j->near.kept)
			dataset_keep(d, j->near.kept);
	}
	for (size_t i = 0; i < s->njvms; i++) {
		if (rows[i].role == JVM_DRIVER && !rows[i].application_id)
			name_application(s, rows, i, a);
	}
	dataset_add(d, &schema_jvm, rows, s->njvms);
	return d;
}
