/* action/victim_plan.c - what the question says of a victim: who it is, why it, what is lost and
 * what stays.
 *
 * DESIGN. Who is frozen, why is live: the evidence that was first shown is remembered, and a sign
 * that the newest snapshot no longer has is shown struck out. A sign is the same as long as only
 * its numbers move. Another verdict than the first is said; when it is one that needs no help the
 * row's `changes` grows, by which the front end takes back what was typed. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../../include/row/executor.h"
#include "../../include/row/spark.h"
#include "victim_plan.h"
#include "victim_ports.h"

enum { SIGN_MISSED = 2 }; /* looks without a sign after which it has ended */

/* --- small words --- */

const char *victim_span(struct arena *a, int64_t ms)
{
	int64_t s = max_i64(ms, 0) / 1000;

	if (s < 180)
		return arena_printf(a, "%" PRId64 " s", s);
	if (s < 3600)
		return arena_printf(a, "%" PRId64 " min", s / 60);
	if (s < 86400)
		return arena_printf(a, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
	return arena_printf(a, "%" PRId64 "d", s / 86400);
}

static const char *clock_text(struct arena *a, int64_t wall_ms, int64_t now)
{
	time_t at = (time_t)(wall_ms / 1000);
	struct tm local;
	char text[32];

	localtime_r(&at, &local);
	strftime(text, sizeof(text), now - wall_ms > 86400000 ? "%Y-%m-%d %H:%M" : "%H:%M:%S",
		 &local);
	return arena_strdup(a, text);
}

static const struct text *clean(struct arena *a, const char *s)
{
	return text_clean(a, s, strlen(s));
}

static struct texts list_of(struct arena *a, const char *const *v, size_t n)
{
	const struct text **list = ARENA_ARRAY(a, const struct text *, n + 1);
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i] && *v[i])
			list[kept++] = clean(a, v[i]);
	return (struct texts){kept, list};
}

static const char *or_empty(const struct text *t)
{
	return t ? text_str(t) : "";
}

static bool in_trouble(int verdict)
{
	return verdict == JVM_IS_THRASHING || verdict == JVM_IS_HUNG || verdict == JVM_IS_STOPPED ||
	       verdict == JVM_IS_STRANDED || verdict == JVM_IS_ORPHAN || verdict == JVM_IS_DEAD;
}

/* --- who --- */

static const char *who_line(const struct victim *v, struct arena *a)
{
	char host[256] = "", user[64], name[48];
	int64_t now = clock_wall(&clock_real);

	(void)!gethostname(host, sizeof(host) - 1);
	sight_user(v->uid, user, sizeof(user));
	if (is_absent(v->started_at))
		return arena_printf(a, "%s   user %s   host %s", victim_name(v, name), user, host);
	return arena_printf(a, "%s   user %s   started %s (%s ago)   host %s", victim_name(v, name),
			    user, clock_text(a, v->started_at, now),
			    victim_span(a, now - v->started_at), host);
}

static const char *jvm_line(const struct victim *v, const struct jvm_row *row, struct arena *a)
{
	return arena_printf(a, "%s%s%s%s   %s   %s", row ? or_empty(row->main_class) : "",
			    *v->name ? "   “" : "", v->name, *v->name ? "”" : "", v->application_id,
			    victim_ports_text(v, a));
}

static const char *python_line(const struct jvm_row *row, struct arena *a)
{
	if (!row)
		return "";
	return arena_printf(a, "%s", or_empty(row->parent_command));
}

static const char *dead_line(const struct victim *v, const struct jvm_row *row, struct arena *a)
{
	const char *code = row && !is_absent(row->exit_code)
				   ? arena_printf(a, " with exit code %" PRId64, row->exit_code)
				   : "";

	return arena_printf(a, "parent of java %" PRId64 ", which is dead%s", v->jvm_pid, code);
}

static void say_who(const struct victim *v, const struct jvm_row *row, struct plan_row *p,
		    struct arena *a)
{
	const char *lines[4] = {who_line(v, a)};

	if (v->kind == VICTIM_JVM) {
		lines[1] = jvm_line(v, row, a);
	} else {
		lines[1] = python_line(row, a);
		lines[2] = dead_line(v, row, a);
	}
	if (v->is_managed)
		lines[3] = arena_printf(a, "runs in %s", v->owner);
	p->target = list_of(a, lines, ARRAY_LEN(lines));
}

/* --- why --- */

/* A number, a port, or a unit that comes and goes with the number. */
static bool is_number(const char *word, size_t len)
{
	static const char *const units[] = {"s",  "min", "h",  "d",  "ms", "%",
					    "kB", "KB",  "MB", "GB", "TB", "B"};

	while (len && strchr(",.;)", word[len - 1]))
		len--;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strlen(units[i]) == len && memcmp(word, units[i], len) == 0)
			return true;
	return !len || isdigit((unsigned char)word[word[0] == ':' || word[0] == '(']);
}

/* The next word that is none; its length, 0 at the end. */
static size_t next_word(const char **s)
{
	for (;;) {
		size_t len;

		*s += strspn(*s, " ");
		len = strcspn(*s, " ");
		if (!len || !is_number(*s, len))
			return len;
		*s += len;
	}
}

/* But for digits, and an s at the end: one waits, two wait. */
static bool is_same_word(const char *x, size_t n, const char *y, size_t m)
{
	size_t i = 0, k = 0;

	n -= n > 1 && x[n - 1] == 's';
	m -= m > 1 && y[m - 1] == 's';
	for (;; i++, k++) {
		while (i < n && isdigit((unsigned char)x[i]))
			i++;
		while (k < m && isdigit((unsigned char)y[k]))
			k++;
		if (i == n || k == m)
			return i == n && k == m;
		if (x[i] != y[k])
			return false;
	}
}

/* Does the text differ in its numbers only? */
static bool is_same_sign(const char *x, const char *y)
{
	for (;;) {
		size_t n = next_word(&x), m = next_word(&y);

		if (!n || !m)
			return n == m;
		if (!is_same_word(x, n, y, m))
			return false;
		x += n;
		y += m;
	}
}

static const struct text *find_sign(const struct texts *list, const char *sign)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_same_sign(text_str(list->v[i]), sign))
			return list->v[i];
	return NULL;
}

static void keep_sign(struct victim *v, const char *text)
{
	for (size_t i = 0; i < v->nsigns; i++)
		if (is_same_sign(v->signs[i].text, text))
			return;
	if (v->nsigns < VICTIM_SIGNS)
		text_clean_to(v->signs[v->nsigns].text, sizeof(v->signs[0].text), text,
			      strlen(text)),
			v->nsigns++;
}

static void say_signs(struct victim *v, const struct texts *evidence, struct plan_row *p,
		      struct arena *a)
{
	struct plan_sign *signs;

	for (size_t i = 0; i < evidence->n; i++)
		keep_sign(v, text_str(evidence->v[i]));
	signs = ARENA_ARRAY(a, struct plan_sign, v->nsigns + 1);
	for (size_t i = 0; i < v->nsigns; i++) {
		const struct text *now = find_sign(evidence, v->signs[i].text);

		v->signs[i].missed = now ? 0 : v->signs[i].missed + 1;
		signs[i].has_ended = v->signs[i].missed >= SIGN_MISSED;
		signs[i].what = now ? text_copy(a, now) : clean(a, v->signs[i].text);
		if (now)
			snprintf(v->signs[i].text, sizeof(v->signs[i].text), "%s", text_str(now));
	}
	p->nsigns = v->nsigns;
	p->signs = signs;
}

/* When the driver's UI last answered, ABSENT. */
static int64_t answered_at(const struct snapshot *s, const struct victim *v)
{
	int64_t at = ABSENT;

	for (size_t i = 0; i < s->nsections; i++) {
		const struct section *one = s->sections[i];
		if (one->source == SOURCE_SPARK && one->state == SECTION_OK && one->job &&
		    *v->job && strcmp(one->job, v->job) == 0 && !is_absent(one->good_at))
			at = max_i64(at, one->good_at);
	}
	return at;
}

static const struct text *what_changed(const struct snapshot *s, const struct victim *v,
				       const struct jvm_row *row, struct arena *a)
{
	int64_t at = answered_at(s, v);

	if (!row)
		return TEXT("it is not seen any more");
	if (in_trouble(v->now))
		return text_format(a, "it is %s now, no longer %s", jvm_verdict_names[v->now],
				   jvm_verdict_names[v->shown]);
	if (!is_absent(at) && row->silent_probes <= 0)
		return text_format(a, "answered %s ago", victim_span(a, s->at - at));
	return text_format(a, "it is %s now, no longer %s%s%s", jvm_verdict_names[v->now],
			   jvm_verdict_names[v->shown], row->evidence.n ? ": " : "",
			   row->evidence.n ? text_str(row->evidence.v[0]) : "");
}

/* It works: a look says what it does, and where it has a UI that answers. A hung one that uses CPU
 * for a moment is not well, neither is one that a tool looks into. A heap dump is work. */
static bool is_well(const struct jvm_row *row)
{
	if (row->verdict != JVM_IS_BUSY && row->verdict != JVM_IS_IDLE)
		return false;
	return row->dump_file || (row->silent_probes <= 0 && row->is_attached != TRI_TRUE);
}

/* What was typed is cleared only for one that was in trouble and works again: from hung to stopped,
 * or to one sign fewer than a proof, is trouble still. Who has gone is the
 * verification's matter. */
static void say_why(const struct snapshot *s, struct victim *v, const struct jvm_row *row,
		    struct plan_row *p, struct arena *a)
{
	static const struct texts none;

	v->now = row ? row->verdict : -1;
	if (v->shown < 0)
		v->shown = v->now;
	say_signs(v, row ? &row->evidence : &none, p, a);
	if (v->shown >= 0)
		p->verdict = clean(a, jvm_verdict_names[v->shown]);
	if (in_trouble(v->now)) {
		v->is_well = false;
	} else if (row && in_trouble(v->shown) && is_well(row) && !v->is_well) {
		v->is_well = true;
		v->changes++;
	}
	p->changes = v->changes;
	if (in_trouble(v->shown) && v->now != v->shown)
		p->says = what_changed(s, v, row, a);
}

bool victim_got_well(struct act *a, struct victim *v)
{
	const struct jvm_row *row;

	(void)act_look(a);
	row = act_jvm_row(a, v->kind == VICTIM_JVM ? v->id : v->jvm);
	return row && in_trouble(v->shown) && v->kind == VICTIM_JVM && is_well(row);
}

/* --- what is lost, what stays --- */

/* Two of our jobs may look at one application. */
static bool is_told(const struct rowset *rows, size_t at)
{
	const struct spark_job_row *job = rows->rows[at];

	for (size_t i = 0; i < at; i++) {
		const struct spark_job_row *one = rows->rows[i];
		if (one->job_id == job->job_id && text_is(one->status, "RUNNING") &&
		    text_cmp(one->application_id, job->application_id) == 0)
			return true;
	}
	return false;
}

static const char *jobs_lost(const struct snapshot *s, const struct victim *v, struct arena *a)
{
	struct rowset rows = snapshot_rows(s, &schema_spark_job, a);
	const char *text = "";

	for (size_t i = 0; *v->application_id && i < rows.n; i++) {
		const struct spark_job_row *job = rows.rows[i];
		if (!text_is(job->application_id, v->application_id) ||
		    !text_is(job->status, "RUNNING") || is_told(&rows, i))
			continue;
		text = arena_printf(a, "%s%sjob %" PRId64, text, *text ? ", " : "", job->job_id);
		if (job->num_tasks > 0 && job->num_completed_tasks >= 0)
			text = arena_printf(
				a, "%s at %" PRId64 " %%", text,
				min_i64(100, job->num_completed_tasks * 100 / job->num_tasks));
	}
	return text;
}

static const char *executors_lost(const struct snapshot *s, const struct victim *v, struct arena *a)
{
	const struct rowset *rows = dataset_rows(s->executors, &schema_executor);
	int64_t n = 0;

	for (size_t i = 0; *v->application_id && i < rows->n; i++) {
		const struct executor_row *e = rows->rows[i];
		n += text_is(e->application_id, v->application_id) && e->active == TRI_TRUE &&
		     !text_is(e->executor_id, "driver");
	}
	return n ? arena_printf(a, "%" PRId64 " executor%s", n, n == 1 ? "" : "s") : "";
}

static const char *role_lost(const struct jvm_row *row)
{
	switch (row->role) {
	case JVM_EXECUTOR:
		return "its running tasks, which Spark runs again elsewhere";
	case JVM_MASTER:
		return "the master: no new application starts until it is back";
	case JVM_WORKER:
		return "the worker with all its executors";
	case JVM_HISTORY:
		return "the history server's pages";
	case JVM_LIVY:
		return "Livy: all its sessions are out of reach";
	default:
		return "";
	}
}

static const char *ports_of(const struct jvm_ports *ports, struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < ports->n && i < 4; i++)
		text = arena_printf(a, "%s, :%" PRId64, text, ports->v[i].port);
	return text;
}

static void say_losses(const struct snapshot *s, const struct victim *v, const struct jvm_row *row,
		       struct plan_row *p, struct arena *a)
{
	const char *lost[3] = {"", "", ""}, *stays = "";

	if (v->kind == VICTIM_PARENT) {
		lost[0] = arena_printf(a, "the job's own process%s: what it still had in memory",
				       row ? ports_of(&row->parent_listens, a) : "");
	} else if (row) {
		lost[0] = row->role == JVM_DRIVER ? jobs_lost(s, v, a) : role_lost(row);
		lost[1] = row->role == JVM_DRIVER ? executors_lost(s, v, a) : "";
		if (!is_absent(row->parent_pid) && row->parent_pid > 1)
			stays = arena_printf(a, "python %" PRId64 "%s, which %s", row->parent_pid,
					     ports_of(&row->parent_listens, a),
					     row->is_pyspark == TRI_TRUE ? "will retry"
									 : "began it");
	}
	p->loses = list_of(a, lost, ARRAY_LEN(lost));
	p->stays = list_of(a, &stays, 1);
}

/* --- one bright line --- */

static const char *health(struct act *act, const struct victim *v, const struct jvm_row *row,
			  struct arena *a)
{
	const struct job_row *job = act_job_row(act);

	if (!row || in_trouble(v->shown) || v->kind != VICTIM_JVM)
		return "";
	if (job && job->name && *v->job && text_is(job->name, v->job) &&
	    (job->verdict == VERDICT_HEALTHY || job->verdict == VERDICT_INITIALIZING))
		return isnan(job->last_batch_age_s)
			       ? arena_printf(a, "this job is %s", verdict_names[job->verdict])
			       : arena_printf(
					 a, "this job is %s: last batch %s ago",
					 verdict_names[job->verdict],
					 victim_span(a, (int64_t)(job->last_batch_age_s * 1000)));
	return arena_printf(a, "this JVM is not in trouble: %s%s%s",
			    v->now < 0 ? "not judged yet" : jvm_verdict_names[v->now],
			    row->evidence.n ? ", " : "",
			    row->evidence.n ? text_str(row->evidence.v[0]) : "");
}

const char *victim_job_words(const struct job_row *job, struct arena *a)
{
	if (isnan(job->last_batch_age_s))
		return arena_printf(a, "its job is %s", verdict_names[job->verdict]);
	return arena_printf(a, "its job is %s, last batch %s ago", verdict_names[job->verdict],
			    victim_span(a, (int64_t)(job->last_batch_age_s * 1000)));
}

static void say_warning(struct act *act, const struct victim *v, const struct jvm_row *row,
			struct plan_row *p, struct arena *a)
{
	const char *well = health(act, v, row, a), *managed = "";

	if (v->is_managed)
		managed = arena_printf(a, "%s may start it again%s%s", v->owner,
				       *v->instead ? "; its own way: " : "", v->instead);
	else if (*v->owner)
		managed = arena_printf(a, "it belongs to %s: %s", v->owner, v->instead);
	if (*managed || *well)
		p->warning = clean(a, arena_printf(a, "%s%s%s", managed,
						   *managed && *well ? " · " : "", well));
}

void victim_describe(struct act *act, struct victim *v, struct plan_row *p, struct arena *a)
{
	const struct snapshot *s = act_look(act); /* one look: the next one lets this one go */
	const struct jvm_row *row = act_jvm_row(act, v->kind == VICTIM_JVM ? v->id : v->jvm);
	say_who(v, row, p, a);
	say_why(s, v, row, p, a);
	say_losses(s, v, row, p, a);
	say_warning(act, v, row, p, a);
}
