/* jvm.c - a JVM in words: its verdict's mark, what names it, and all that is known of it as
 * labelled lines. What is not known is left out, unless somebody would look for it: then the line
 * says why it is missing. */
#include "jvm.h"

#include <stdio.h>
#include <string.h>

static int like_verdict(int verdict)
{
	switch (verdict) {
	case JVM_IS_BUSY:
	case JVM_IS_IDLE:
		return VERDICT_HEALTHY;
	case JVM_IS_THRASHING:
		return VERDICT_DEGRADED;
	case JVM_IS_HUNG:
	case JVM_IS_STOPPED:
		return VERDICT_HUNG;
	case JVM_IS_STRANDED:
	case JVM_IS_ORPHAN:
	case JVM_IS_DEAD:
		return VERDICT_CRASHED;
	default:
		return VERDICT_UNKNOWN;
	}
}

const char *jvm_mark(const struct glyphs *g, int verdict)
{
	return verdict_mark(g, like_verdict(verdict));
}

enum style jvm_style(int verdict)
{
	return verdict_style(like_verdict(verdict));
}

const char *jvm_word(int verdict)
{
	return verdict < 0 || verdict > JVM_IS_UNKNOWN ? "-" : jvm_verdict_names[verdict];
}

int jvm_rank(int verdict)
{
	static const int order[] = {JVM_IS_DEAD,     JVM_IS_HUNG,    JVM_IS_ORPHAN,
				    JVM_IS_STRANDED, JVM_IS_STOPPED, JVM_IS_THRASHING,
				    JVM_IS_UNKNOWN,  JVM_IS_BUSY,    JVM_IS_IDLE};
	int rank = 0;

	while (rank < (int)ARRAY_LEN(order) && order[rank] != verdict)
		rank++;
	return rank;
}

static const char *str(const struct text *t)
{
	return t ? text_str(t) : "";
}

void jvm_role(const struct jvm_row *j, char *out, size_t size)
{
	snprintf(out, size, "%s%s%.20s", j->role < 0 ? "-" : jvm_role_names[j->role],
		 j->executor_id ? " " : "", str(j->executor_id));
}

const char *jvm_whose(const struct jvm_row *j)
{
	bool is_known = j->role >= 0 && j->role != JVM_OTHER && j->role != JVM_GATEWAY;
	const struct text *const names[] = {
		j->job,    j->app_name,   j->application_id,
		j->script, j->user_class, is_known ? NULL : j->main_class};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i])
			return text_str(names[i]);
	return "-";
}

const struct jvm_row *jvm_by_id(const struct ui *ui, const char *id)
{
	const struct rowset *all = ui->snap ? dataset_rows(ui->snap->jvms, &schema_jvm) : NULL;

	for (size_t i = 0; all && i < all->n; i++) {
		const struct jvm_row *j = all->rows[i];

		if (j->id && text_is(j->id, id))
			return j;
	}
	return NULL;
}

static int64_t pid_of_job(const struct ui *ui, const char *job)
{
	const struct job_row *j = ui_job_row(ui, job);

	return j && *job ? j->pid : ABSENT;
}

bool jvm_is_earlier(const struct jvm_row *j)
{
	return j->belongs && !strncmp(text_str(j->belongs), "earlier ", 8);
}

/* How surely it is the driver of its job: by the pid the job has, then living before dead. */
static int driver_worth(const struct jvm_row *j, int64_t pid)
{
	bool is_its = !is_absent(pid) && (j->pid == pid || j->parent_pid == pid);

	return is_its ? 3 : jvm_is_earlier(j) ? 0 : j->verdict == JVM_IS_DEAD ? 1 : 2;
}

const struct jvm_row *jvm_driver_of(const struct ui *ui, const char *job)
{
	const struct rowset *all = ui->snap ? dataset_rows(ui->snap->jvms, &schema_jvm) : NULL;
	const struct jvm_row *best = NULL;
	int64_t pid = pid_of_job(ui, job);
	int most = -1;

	for (size_t i = 0; all && i < all->n; i++) {
		const struct jvm_row *j = all->rows[i];
		int worth = driver_worth(j, pid);

		if (j->role == JVM_EXECUTOR || !j->job || !text_is(j->job, job))
			continue;
		if (worth > most || (worth == most && j->started_at > best->started_at)) {
			best = j;
			most = worth;
		}
	}
	return best;
}

/* --- what is told --- */

enum { LABEL_W = 10, MAX_TOLD = 64 };

struct telling {
	const struct ui *ui;
	struct view_state *v;
	const struct jvm_row *j;
	struct line *lines;
	size_t n;
};

/* Facts of one line, joined by dots; nothing joins to nothing. */
struct facts {
	char text[1024];
	const char *dot;
};

static struct facts no_facts(const struct telling *t)
{
	return (struct facts){"", t->ui->glyphs->dot};
}

static void ATTR_PRINTF(2, 3) fact(struct facts *f, const char *fmt, ...)
{
	size_t n = strlen(f->text);
	va_list ap;

	if (n)
		n += (size_t)snprintf(f->text + n, sizeof(f->text) - n, " %s ", f->dot);
	if (n >= sizeof(f->text))
		return;
	va_start(ap, fmt);
	vsnprintf(f->text + n, sizeof(f->text) - n, fmt, ap);
	va_end(ap);
}

static void tell_text(struct telling *t, const char *label, enum style st, const struct text *said)
{
	struct span *spans;

	if (!said || t->n == MAX_TOLD)
		return;
	spans = ARENA_ARRAY(&t->v->arena, struct span, 2);
	spans[0] = view_span(t->v, STYLE_DIM, "%-*s", LABEL_W, label);
	spans[1] = (struct span){st, said};
	t->lines[t->n++] = (struct line){2, spans, false};
}

static void tell(struct telling *t, const char *label, enum style st, const struct facts *f)
{
	if (*f->text)
		tell_text(t, label, st, view_span(t->v, st, "%s", f->text).text);
}

static void tell_all(struct telling *t, const char *label, enum style st, const struct texts *all)
{
	for (size_t i = 0; i < all->n; i++)
		tell_text(t, i ? "" : label, st, all->v[i]);
}

static const char *bytes(int64_t n, char out[static 16])
{
	format_number(is_absent(n) ? ABSENT_REAL : (double)n, UNIT_BYTES, out, 16);
	return out;
}

static const char *ago(const struct telling *t, int64_t at, char out[static 24])
{
	format_age(((double)t->ui->now - (double)at) / 1000, out, 24);
	return out;
}

static const char *at(const struct telling *t, int64_t when, char out[static 32])
{
	ui_time(t->ui, when, out, 32);
	return out;
}

static void tell_busy_with(struct telling *t)
{
	const struct jvm_row *j = t->j;
	struct facts f = no_facts(t);
	char n[16], speed[16] = "";

	if (j->dump_file) {
		if (j->dump_bytes_per_s > 0)
			format_number(j->dump_bytes_per_s, UNIT_BYTES, speed, sizeof(speed));
		fact(&f, "writes a heap dump, %.200s, %s so far%s%s%s", text_str(j->dump_file),
		     bytes(j->dump_bytes, n), *speed ? ", " : "", speed, *speed ? " a second" : "");
	}
	if (j->is_attached == TRI_TRUE)
		fact(&f, "a tool is attaching to it");
	tell(t, "does", STYLE_INFO, &f);
}

static void tell_heap(struct telling *t)
{
	const struct jvm_row *j = t->j;
	struct facts f = no_facts(t);
	char n1[16], n2[16], when[24];

	if (!is_absent(j->heap_used_bytes))
		fact(&f, "%s of %s", bytes(j->heap_used_bytes, n1), bytes(j->heap_max_bytes, n2));
	else if (!is_absent(j->heap_max_bytes))
		fact(&f, "use not collected, at most %s", bytes(j->heap_max_bytes, n2));
	if (!is_absent(j->live_bytes))
		fact(&f, "%s live after the last collection%s%s%s", bytes(j->live_bytes, n1),
		     is_absent(j->live_at) ? "" : ", ",
		     is_absent(j->live_at) ? "" : ago(t, j->live_at, when),
		     is_absent(j->live_at) ? "" : " ago");
	if (!is_absent(j->old_used_bytes) && !is_absent(j->old_max_bytes))
		fact(&f, "old generation %s of %s", bytes(j->old_used_bytes, n1),
		     bytes(j->old_max_bytes, n2));
	if (j->hsperf_problem)
		fact(&f, "%s%.300s",
		     !strncmp(text_str(j->hsperf_problem), "no counters", 11) ? ""
									      : "no counters: ",
		     text_str(j->hsperf_problem));
	tell(t, "heap", STYLE_TEXT, &f);
}

static void tell_gc(struct telling *t)
{
	const struct jvm_row *j = t->j;
	struct facts f = no_facts(t);
	char n[32];

	if (j->collector)
		fact(&f, "%.40s", text_str(j->collector));
	if (!isnan(j->gc_pct))
		fact(&f, "%.0f%% of the time", j->gc_pct);
	if (j->full_gc_per_min > 0)
		fact(&f, "%.3g full collections a minute", j->full_gc_per_min);
	if (j->longest_pause_s > 0) {
		format_age(j->longest_pause_s, n, sizeof(n));
		fact(&f, "inside a collection for %s%s%.60s", n, j->gc_cause ? ": " : "",
		     str(j->gc_cause));
	} else if (j->gc_cause) {
		fact(&f, "collects now: %.60s", text_str(j->gc_cause));
	}
	if (!isnan(j->gc_cpu_pct))
		fact(&f, "its GC threads use %.0f%% of its CPU", j->gc_cpu_pct);
	tell(t, "garbage", STYLE_TEXT, &f);
}

/* Only states that say something: R and S are how every thread of Java lives. */
static const char *state_means(int64_t state)
{
	switch (state) {
	case 'T':
		return "stopped by a signal";
	case 't':
		return "stopped by a debugger";
	case 'D':
		return "waits for the disk or the network inside the kernel";
	case 'Z':
		return "dead, and its parent has not taken its exit status";
	default:
		return NULL;
	}
}

static void tell_runs(struct telling *t)
{
	const struct jvm_row *j = t->j;
	struct facts f = no_facts(t);
	char when[32];

	if (state_means(j->state))
		fact(&f, "%s%s%s", state_means(j->state),
		     is_absent(j->state_since) ? "" : " since ",
		     is_absent(j->state_since) ? "" : at(t, j->state_since, when));
	if (!is_absent(j->exit_code))
		fact(&f, "exit code %lld", (long long)j->exit_code);
	if (!isnan(j->cpu_in_window_s) && j->cpu_window_s > 0)
		fact(&f, "%.1f s of CPU in the last %.0f s", j->cpu_in_window_s, j->cpu_window_s);
	if (!is_absent(j->cpu_idle_since))
		fact(&f, "<1%% CPU since %s", at(t, j->cpu_idle_since, when));
	if (!is_absent(j->threads) && j->threads > 0)
		fact(&f, "%lld threads", (long long)j->threads);
	tell(t, "runs", state_means(j->state) ? STYLE_WARN : STYLE_TEXT, &f);
}

static void tell_memory(struct telling *t)
{
	const struct jvm_row *j = t->j;
	struct facts f = no_facts(t);
	char n1[16], n2[16];

	if (!is_absent(j->rss_bytes))
		fact(&f, "%s resident", bytes(j->rss_bytes, n1));
	if (!is_absent(j->limit_bytes))
		fact(&f, "its control group may take %s%s%s", bytes(j->limit_bytes, n1),
		     is_absent(j->cgroup_used_bytes) ? "" : " and has ",
		     is_absent(j->cgroup_used_bytes) ? "" : bytes(j->cgroup_used_bytes, n2));
	if (j->oom_kills > 0)
		fact(&f, "the kernel killed %lld process%s there for memory%s",
		     (long long)j->oom_kills, j->oom_kills == 1 ? "" : "es",
		     j->oom_kills_seen > 0 ? ", lately too" : "");
	tell(t, "memory", j->oom_kills_seen > 0 ? STYLE_WARN : STYLE_TEXT, &f);
}

static void tell_ports(struct telling *t, const char *label, const struct jvm_ports *ports)
{
	struct facts f = no_facts(t);
	bool is_stuck = false;
	char when[32];

	for (size_t i = 0; i < ports->n; i++) {
		const struct jvm_port *p = &ports->v[i];

		if (p->queue > 0) {
			is_stuck = true;
			fact(&f, ":%lld %lld waiting to be accepted%s%s", (long long)p->port,
			     (long long)p->queue, is_absent(p->queue_since) ? "" : " since ",
			     is_absent(p->queue_since) ? "" : at(t, p->queue_since, when));
		} else {
			fact(&f, ":%lld%s%s", (long long)p->port,
			     p->is_loopback ? " this host only" : "",
			     p->is_linked ? ", used by the pair itself" : "");
		}
	}
	tell(t, label, is_stuck ? STYLE_WARN : STYLE_TEXT, &f);
}

static void tell_python(struct telling *t)
{
	const struct jvm_row *j = t->j;
	struct facts f = no_facts(t);

	if (j->parent_gone == TRI_TRUE)
		fact(&f, "gone: nobody uses this JVM any more");
	else if (!is_absent(j->parent_pid))
		fact(&f, "%lld %.600s%s%.200s", (long long)j->parent_pid, str(j->parent_command),
		     j->parent_cwd ? " in " : "", str(j->parent_cwd));
	tell(t, "python", j->parent_gone == TRI_TRUE ? STYLE_CRIT : STYLE_TEXT, &f);
	if (j->parent_gone != TRI_TRUE)
		tell_ports(t, "", &j->parent_listens);
}

static void tell_owner(struct telling *t)
{
	static const char *const kinds[] = {"", "systemd unit", "container", "pod",
					    "YARN container"};
	const struct jvm_row *j = t->j;
	struct facts f = no_facts(t);

	if (j->owner > OWNER_NONE && j->owner <= OWNER_YARN)
		fact(&f, "%s %.200s%s", kinds[j->owner], str(j->owner_name),
		     j->is_user_unit ? " of its user" : "");
	else
		fact(&f, "no unit and no container: nothing is known that would start it again");
	tell(t, "owner", STYLE_TEXT, &f);
}

static void tell_identity(struct telling *t)
{
	const struct jvm_row *j = t->j;
	struct facts f = no_facts(t);
	char when[32], age[24];

	if (!is_absent(j->started_at))
		fact(&f, "%s, %s ago", at(t, j->started_at, when), ago(t, j->started_at, age));
	if (j->java_version)
		fact(&f, "Java %.40s", text_str(j->java_version));
	if (j->application_id)
		fact(&f, "%.100s", text_str(j->application_id));
	tell(t, "since", STYLE_TEXT, &f);
	f = no_facts(t);
	if (j->main_class)
		fact(&f, "%.200s", text_str(j->main_class));
	if (j->user_class)
		fact(&f, "--class %.200s", text_str(j->user_class));
	if (j->script)
		fact(&f, "%.200s", text_str(j->script));
	if (j->master)
		fact(&f, "--master %.200s", text_str(j->master));
	tell(t, "class", STYLE_TEXT, &f);
}

size_t jvm_lines(struct ui *ui, struct view_state *v, const struct jvm_row *j,
		 const struct line **out)
{
	struct telling t = {ui, v, j, ARENA_ARRAY(&v->arena, struct line, MAX_TOLD), 0};
	enum style bad = jvm_style(j->verdict);

	tell_all(&t, "why", bad == STYLE_OK ? STYLE_TEXT : STYLE_WARN, &j->evidence);
	if (!j->evidence.n && j->verdict < 0)
		tell_text(&t, "why", STYLE_DIM, TEXT("not judged yet: it was seen once"));
	tell_text(&t, "not seen", STYLE_STALE, j->unseen);
	tell_busy_with(&t);
	tell_heap(&t);
	tell_gc(&t);
	tell_runs(&t);
	tell_memory(&t);
	tell_ports(&t, "ports", &j->listens);
	tell_python(&t);
	tell_owner(&t);
	tell_all(&t, "logs", STYLE_TEXT, &j->log_files);
	tell_all(&t, "dlq", STYLE_TEXT, &j->dlq_folders);
	tell_identity(&t);
	tell_text(&t, "folder", STYLE_TEXT, j->cwd);
	tell_text(&t, "command", STYLE_TEXT, j->command);
	*out = t.lines;
	return t.n;
}
