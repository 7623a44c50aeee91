/* action/kill.c - a JVM is ended, with evidence before and proof after.
 *
 * K on a row names a JVM, on a job the JVM of its driver. Where that JVM is dead already no signal
 * reaches it; what is left of the pair is its Python, which is offered in its place, with its own
 * number to type. What is not possible is said with what would make it so, and, where it is
 * somebody else's or on another host, with the line to run there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../include/url.h"
#include "../own_names.h"
#include "victim_plan.h"

struct kill {
	struct victim v;
	bool is_held;
	bool waits; /* the job's driver is not known yet */
	struct err refused;
	char paste[200]; /* the line to run elsewhere; "" */
};

/* --- who --- */

static const struct jvm_row *driver_of(struct act *a, const char *job)
{
	const struct rowset *rows = dataset_rows(act_look(a)->jvms, &schema_jvm);
	const struct job_row *known = act_job_row(a);
	const struct jvm_row *found = NULL;

	for (size_t i = 0; job && i < rows->n; i++) {
		const struct jvm_row *row = rows->rows[i];
		if (row->role != JVM_DRIVER || !text_is(row->job, job))
			continue;
		if (known && row->pid == known->pid)
			return row;
		if (!found || row->start_ticks > found->start_ticks)
			found = row;
	}
	return found;
}

/* The host in a URL, when it is not this one. */
static bool other_host(const char *url, char *out, size_t size)
{
	const char *host = url ? strstr(url, "://") : NULL, *at;
	struct arena a;
	bool is_here;
	size_t len;

	arena_init(&a);
	is_here = !host || url_port_here(url, own_names(&a));
	arena_release(&a);
	if (is_here)
		return false;
	host += 3;
	len = strcspn(host, "/?#");
	at = memchr(host, '@', len);
	if (at) {
		len -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	len = *host == '[' ? strcspn(host, "]") : min_size(len, strcspn(host, ":"));
	text_clean_to(out, size, host + (*host == '['), len - (*host == '['));
	return *out != '\0';
}

static int no_driver(struct act *a, struct kill *k, struct err *err)
{
	const struct config_job *job = act_job(a);
	const char *name = act_request(a)->job;
	char host[128];

	if (!name)
		return err_set(err, ERR_REFUSED, "kill wants a JVM (PID@START) or a job");
	if (job && (other_host(job->ui, host, sizeof(host)) ||
		    other_host(job->health, host, sizeof(host)))) {
		snprintf(k->paste, sizeof(k->paste), "ssh -t %.60s sparkops kill --job '%.80s'",
			 host, name);
		return err_set(err, ERR_REFUSED, "%.80s runs on %s: run the line below there", name,
			       host);
	}
	if (!victim_has_looked(act_look(a)))
		return err_set(err, ERR_REFUSED,
			       "the JVMs of this host are not known yet: the first look is under "
			       "way");
	if (victim_is_clear(a, err) < 0)
		return -ERR_REFUSED;
	return err_set(err, act_cut(a) ? ERR_MISSING : ERR_REFUSED,
		       "no JVM of %.80s is seen on this host: nothing here could be ended%s", name,
		       act_request(a)->is_yes ? "" : "; this waits for one");
}

/* Its Python stands in for a dead one. What is needed of the row is copied: a look lets it go. */
static int take(struct act *a, struct kill *k, const struct jvm_row *row, const char *id,
		struct err *err)
{
	bool is_dead = row && (row->verdict == JVM_IS_DEAD || row->state == 'Z');
	bool is_over = is_dead && text_is(row->id, id); /* who was meant, not what is left of it */
	int64_t row_pid = row ? row->pid : ABSENT;
	char who[48], user[64] = "";
	int rc;

	if (is_dead && row->parent_id)
		id = text_str(row->parent_id);
	snprintf(who, sizeof(who), "%s", id);
	if (row && row->user && row->uid != (int64_t)geteuid())
		snprintf(user, sizeof(user), "%s", text_str(row->user));
	rc = victim_capture(a, who, &k->v, err);
	if (rc < 0 && is_over && row_pid != k->v.pid) {
		err_prefix(err, "java %" PRId64 " is dead already, and what is left of it stays",
			   row_pid);
		err->code = ERR_MISSING;
	}
	if (rc < 0 && *user)
		snprintf(k->paste, sizeof(k->paste), "sudo -u %s sparkops kill --pid %s", user,
			 who);
	return rc;
}

static void name_target(struct act *a, const struct victim *v)
{
	char name[48];

	if (v->kind == VICTIM_PARENT)
		act_target(a, "%s (of dead java %" PRId64 "%s%s)", victim_name(v, name), v->jvm_pid,
			   *v->job ? ", " : "", v->job);
	else
		act_target(a, "%s (%s%s%s)", victim_name(v, name), v->main_class,
			   *v->name || *v->job ? ", " : "", *v->name ? v->name : v->job);
}

static void hold(struct act *a, struct kill *k)
{
	const struct action_request *r = act_request(a);
	const struct jvm_row *row;
	int rc;

	*k->paste = '\0';
	(void)act_look(a);
	row = r->jvm ? act_jvm_row(a, r->jvm) : driver_of(a, r->job);
	k->waits = !r->jvm && !row;
	if (k->waits)
		rc = no_driver(a, k, &k->refused);
	else
		rc = take(a, k, row, r->jvm ? r->jvm : text_str(row->id), &k->refused);
	k->is_held = rc == 0;
	if (k->is_held)
		name_target(a, &k->v);
}

/* Never fails: what stands in the way is shown with what else the plan knows. */
static int capture(struct act *a, struct err *err)
{
	struct kill *k = act_state(a);

	(void)err;
	k->v.pidfd = -1;
	hold(a, k);
	return 0;
}

/* --- may it, without a person --- */

/* --yes: nobody looks at the evidence, so the verdict must be one that asks for it: of the JVM, or
 * of the job whose driver it is. */
static const struct text *refuse_unasked(struct act *a, const struct victim *v, struct arena *arena)
{
	const struct jvm_row *row = act_jvm_row(a, v->kind == VICTIM_JVM ? v->id : v->jvm);
	const struct job_row *job = act_job_row(a);
	const char *jvm = row && row->verdict >= 0 ? jvm_verdict_names[row->verdict] : "unknown";

	if (!row || row->role != JVM_DRIVER || !*v->job || !job || !text_is(job->name, v->job))
		job = NULL;
	if (act_verdict_ok(a, jvm) || (job && act_verdict_ok(a, verdict_names[job->verdict])))
		return NULL;
	return text_format(arena, "its JVM is %s%s%s%s%s. " VICTIM_UNASKED, jvm,
			   row && row->evidence.n ? ": " : "",
			   row && row->evidence.n ? text_str(row->evidence.v[0]) : "",
			   job ? "; " : "", job ? victim_job_words(job, arena) : "");
}

/* --- the question --- */

static const struct text *to_type(const struct victim *v, struct arena *a)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRId64, v->pid);

	return text_format(a, "%s", digits + (n > 4 ? n - 4 : 0));
}

static struct texts steps(struct act *a, const struct victim *v, struct arena *arena)
{
	const struct jvm_row *row = act_jvm_row(a, v->id);
	bool is_stopped = row && (row->state == 'T' || row->state == 't');
	int64_t force = act_request(a)->force_after_ms;
	const struct text **list = ARENA_ARRAY(arena, const struct text *, 4);
	size_t n = 0;

	if (v->kind == VICTIM_JVM)
		list[n++] = is_stopped ? TEXT("no thread dump: it is stopped")
				       : TEXT("save a thread dump (5 s)");
	list[n++] = is_stopped ? TEXT("SIGTERM, then SIGCONT") : TEXT("SIGTERM");
	list[n++] = is_absent(force) ? TEXT("wait 30 s, then ask again for SIGKILL")
				     : text_format(arena, "wait %s, then SIGKILL",
						   victim_span(arena, force));
	list[n++] = TEXT("prove it: gone, its ports free, nothing came back");
	return (struct texts){n, list};
}

/* Gone already: for a script, and for a kill that was cut off, that is what was wanted; a person is
 * told. */
static bool is_over(struct act *a, const struct kill *k)
{
	return (act_request(a)->is_yes || act_cut(a)) && !k->is_held &&
	       k->refused.code == ERR_MISSING;
}

/* A dry run ends as --yes would. */
static const struct text *refusal(struct act *a, const struct err *err, struct arena *arena)
{
	bool is_done = err->code == ERR_MISSING && act_request(a)->is_dry_run;

	return text_format(arena, "%s%s", is_done ? "nothing to do: " : "", err->message);
}

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct kill *k = act_state(a);
	struct err err = {0};
	int rc;

	if (k->waits)
		hold(a, k);
	if (*k->paste) {
		const struct text **line = ARENA_ARRAY(arena, const struct text *, 1);
		line[0] = text_clean(arena, k->paste, strlen(k->paste));
		p->paste = (struct texts){1, line};
	}
	if (is_over(a, k) && !act_request(a)->is_dry_run)
		return;
	if (!k->is_held) {
		p->refused = refusal(a, &k->refused, arena);
		return;
	}
	victim_describe(a, &k->v, p, arena);
	p->steps = steps(a, &k->v, arena);
	p->to_type = to_type(&k->v, arena);
	if (k->v.kind == VICTIM_PARENT)
		p->title = TEXT("Its JVM is dead. End its Python?");
	rc = victim_verify(&k->v, &err);
	if (rc == -ERR_MISSING && act_request(a)->is_yes && !act_request(a)->is_dry_run)
		return;
	if (rc < 0)
		p->refused = refusal(a, &err, arena);
	else if (act_request(a)->is_yes)
		p->refused = refuse_unasked(a, &k->v, arena);
}

/* --- done --- */

static const char *cut_says(const struct act_cut *cut, struct arena *arena)
{
	(void)cut;
	(void)arena;
	return "K looks at it again and goes on";
}

static enum action_state run(struct act *a)
{
	struct kill *k = act_state(a);
	enum action_state state;
	struct err err = {0};

	if (is_over(a, k) || victim_verify(&k->v, &err) == -ERR_MISSING) {
		act_outcome(a, "nothing to do: %s",
			    is_over(a, k) ? k->refused.message : err.message);
		return ACTION_STATE_DONE;
	}
	if (err.code) {
		act_outcome(a, "%s", err.message);
		return ACTION_STATE_REFUSED;
	}
	if (victim_dump(a, &k->v) < 0) {
		act_outcome(a, "stopped before any signal: the audit cannot be written");
		return ACTION_STATE_FAILED;
	}
	if (victim_got_well(a, &k->v)) {
		act_outcome(a, "it works again: nothing was sent");
		return ACTION_STATE_REFUSED;
	}
	state = victim_end(a, &k->v, act_request(a)->force_after_ms);
	if (state == ACTION_STATE_DONE)
		state = victim_prove(a, &k->v);
	if (state == ACTION_STATE_DONE) {
		char name[48];
		act_outcome(a, "%s ended", victim_name(&k->v, name));
	}
	act_poll_now(a);
	return state;
}

static void release(struct act *a)
{
	struct kill *k = act_state(a);

	victim_release(&k->v);
}

const struct action_ops action_kill = {
	.state_size = sizeof(struct kill),
	.finishes = true,
	.capture = capture,
	.plan = plan,
	.run = run,
	.release = release,
	.cut_says = cut_says,
};
