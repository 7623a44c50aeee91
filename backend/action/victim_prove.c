/* action/victim_prove.c - that it ended: gone, or a zombie that is named with its parent; its ports
 * free; and nothing of the same name came back, which is where a manager shows that it starts
 * things again. Looked at for up to 10 s, and for 3 s where nothing is known to start it again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../include/clock.h"
#include "../failpoint.h"
#include "victim_ports.h"

enum { LOOK_MS = 10000, SHORT_LOOK_MS = 3000, EVERY_MS = 200 };

struct proof {
	struct act *a;
	const struct victim *v;
	struct arena arena;
	int64_t until, began; /* mono ms */
};

/* --- who came back --- */

static bool is_same_name(const struct victim *v, const struct jvm_row *row)
{
	char folder[sizeof(v->folder)];
	struct proc_stat stat;

	/* Two instances of one program are told apart by where they run. A row may be too young to
	 * say it, and one that has ended again has nothing to say. */
	sight_folder(row->pid, folder, sizeof(folder));
	if (*v->folder && *folder && strcmp(folder, v->folder) != 0)
		return false;
	if (!proc_stat(sight_proc(), row->pid, &stat) || stat.state == 'Z')
		return false;
	if (*v->job && text_is(row->job, v->job) && row->role == JVM_DRIVER)
		return true;
	return *v->name && (text_is(row->app_name, v->name) || text_is(row->script, v->name)) &&
	       row->role == JVM_DRIVER;
}

static bool is_newer(const struct victim *v, const struct jvm_row *row)
{
	return !text_is(row->id, v->id) && !text_is(row->id, v->jvm) && row->state != 'Z' &&
	       row->start_ticks >= max_i64(v->signalled, v->start_ticks + 1);
}

/* Of a driver by its job or name; of all others (workers, executors) by the very command line. */
static int64_t who_came_back(struct proof *p)
{
	const struct victim *v = p->v;
	const struct rowset *rows = dataset_rows(act_look(p->a)->jvms, &schema_jvm);

	for (size_t i = 0; i < rows->n; i++) {
		const struct jvm_row *row = rows->rows[i];
		if (is_newer(v, row) && is_same_name(v, row))
			return row->pid;
	}
	return sight_likeness(&(struct likeness){
		v->arguments, v->folder, max_i64(v->signalled, v->start_ticks + 1), v->pid});
}

static enum action_state came_back(struct proof *p, int64_t pid)
{
	const struct victim *v = p->v;
	char name[48];

	act_outcome(p->a, "%s ended, and it came back as %" PRId64 "%s%s%s%s", victim_name(v, name),
		    pid, *v->owner ? ": started again by " : ", by whom is not known", v->owner,
		    *v->instead ? "; its own way is " : "", v->instead);
	return ACTION_STATE_FAILED;
}

/* --- gone --- */

/* How it is gone, NULL: it is not (it never ended). */
static const char *how_gone(struct proof *p)
{
	const struct victim *v = p->v;
	struct proc_stat stat, parent;
	int64_t code;

	if (!proc_stat(sight_proc(), v->pid, &stat) || stat.start_ticks != v->start_ticks)
		return "process gone";
	if (stat.state != 'Z')
		return NULL;
	code = is_absent(stat.wait_status) ? ABSENT : proc_exit_code(stat.wait_status);
	if (!proc_stat(sight_proc(), stat.ppid, &parent))
		snprintf(parent.comm, sizeof(parent.comm), "its parent");
	return arena_printf(
		&p->arena, "process dead: a zombie (exit code %s) until %s %" PRId64 " fetches it",
		is_absent(code) ? "not known" : arena_printf(&p->arena, "%" PRId64, code),
		parent.comm, stat.ppid);
}

static int64_t now(void)
{
	return clock_mono(&clock_real);
}

/* Until the end is seen to be whole, or the time is over: what is in the way then, or NULL. */
static const char *wait_free(struct proof *p)
{
	char name[48];

	for (;;) {
		const char *held = how_gone(p) ? victim_ports_held(p->v, &p->arena)
					       : arena_printf(&p->arena, "%s is still there",
							      victim_name(p->v, name));
		if (!held || now() >= p->until || who_came_back(p) || act_is_cancelled(p->a))
			return held;
		act_says(p->a, "proving it: %s", held);
		(void)!act_sleep(p->a, EVERY_MS);
	}
}

static enum action_state proved(struct proof *p)
{
	const char *ports = victim_ports_text(p->v, &p->arena), *says;

	if (p->v->has_own_net)
		ports = "its ports (in another network namespace) not looked at";
	else
		ports = *ports ? arena_printf(&p->arena, "%s free", ports) : "it had no port";
	says = arena_printf(&p->arena, "%s, %s, nothing came back in %.1f s", how_gone(p), ports,
			    (double)(now() - p->began) / 1000);
	act_proof(p->a, "%s", says);
	(void)!act_step(p->a, "proof", "%s", says);
	return ACTION_STATE_DONE;
}

static enum action_state prove(struct proof *p)
{
	const char *held = wait_free(p);
	int64_t look = failpoint_ms(p->v->is_managed ? LOOK_MS : SHORT_LOOK_MS), back;

	while (!(back = who_came_back(p)) && !held && now() - p->began < look &&
	       !act_is_cancelled(p->a)) {
		act_says(p->a, "its ports are free; looks whether anything comes back");
		(void)!act_sleep(p->a, EVERY_MS);
	}
	if (back)
		return came_back(p, back);
	if (held) {
		act_outcome(p->a, "it ended, but %s", held);
		return ACTION_STATE_FAILED;
	}
	return proved(p);
}

enum action_state victim_prove(struct act *a, const struct victim *v)
{
	struct proof p = {.a = a, .v = v, .began = now()};
	enum action_state state;

	p.until = p.began + failpoint_ms(LOOK_MS);
	arena_init(&p.arena);
	state = prove(&p);
	arena_release(&p.arena);
	return state;
}
