/* discover/found.c - the lives of found jobs: birth, whose they are, end. */
#include <stdlib.h>
#include <string.h>

#include "../rule/jvms.h"
#include "found_parts.h"

enum {
	BRIEF_MS = 10000, /* what went within that time and never spoke was no job */
	LISTED_MS = 24 * 3600000,
};

struct found *found_new(const struct found_world *world)
{
	struct found *f = xcalloc(1, sizeof(*f));

	f->world = *world;
	arena_init(&f->now);
	return f;
}

static void job_free(struct found_job *j)
{
	arena_release(&j->kept);
	arena_release(&j->now);
	found_free_executors(j);
	free(j->claimant);
	free(j->dlq);
	free(j);
}

void found_remove(struct found *f, struct found_job *j)
{
	struct found_job **at = &f->jobs;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	job_free(j);
}

void found_free(struct found *f)
{
	while (f && f->jobs)
		found_remove(f, f->jobs);
	if (f)
		arena_release(&f->now);
	free(f);
}

/* --- small words --- */

static const char *copy(struct arena *a, const struct text *t)
{
	return t ? arena_strdup(a, text_str(t)) : NULL;
}

void found_set_text(char **to, const char *s)
{
	if (is_same(*to, s))
		return;
	free(*to);
	*to = s ? xstrdup(s) : NULL;
}

bool found_configured(const struct config *base, const char *name, int *index)
{
	for (size_t i = 0; i < base->njobs; i++) {
		if (text_is(base->jobs[i].name, name)) {
			*index = (int)i;
			return true;
		}
	}
	return false;
}

/* --- a driver is looked at --- */

static const char *program_of(struct arena *a, const struct jvm_row *jvm)
{
	return copy(a, jvm->user_class ? jvm->user_class : jvm->script);
}

static void know_owner(struct found_job *j, const struct jvm_row *jvm)
{
	const char *owner = copy(&j->kept, jvm->owner_name);
	size_t len = owner ? strlen(owner) : 0;
	bool is_service = len > 8 && strcmp(owner + len - 8, ".service") == 0;

	if (jvm->owner == OWNER_SYSTEMD && is_service)
		j->unit = jvm->is_user_unit ? arena_printf(&j->kept, "--user %s", owner) : owner;
	else if (jvm->owner == OWNER_CONTAINER || jvm->owner == OWNER_POD)
		j->container = owner;
}

/* Whoever stands on top of the pair starts it again. A Python below its JVM comes later than it. */
static void know_python(const struct found *f, struct found_job *j, const struct jvm_row *jvm)
{
	struct python_half python = python_of(jvm);
	bool is_pair = python.id && text_len(python.id) < PROCESS_ID_MAX;
	bool is_above = is_pair && !python.is_below;
	const char *top;

	if (j->is_known && (!is_pair || text_is(python.id, j->python_id)))
		return;
	j->is_known = true;
	j->python_pid = python.pid;
	if (is_pair)
		memcpy(j->python_id, text_str(python.id), text_len(python.id) + 1);
	j->folder = copy(&j->kept, is_above && jvm->parent_cwd ? jvm->parent_cwd : jvm->cwd);
	j->is_orphan = !is_pair && jvm->parent_gone == TRI_TRUE;
	top = is_above ? j->python_id : j->jvm_id;
	j->argv = j->is_orphan ? NULL : f->world.argv(f->world.data, top, &j->kept);
	j->environment = j->is_orphan ? NULL : f->world.environment(f->world.data, top, &j->kept);
}

static struct found_job *job_born(struct found *f, const struct jvm_row *jvm,
				  const struct found_look *look)
{
	struct found_job **end = &f->jobs, *j = xcalloc(1, sizeof(*j));

	while (*end)
		end = &(*end)->next;
	*end = j;
	arena_init(&j->kept);
	arena_init(&j->now);
	memcpy(j->jvm_id, text_str(jvm->id), text_len(jvm->id) + 1);
	j->pid = jvm->pid;
	j->uid = jvm->uid;
	j->title = copy(&j->kept, jvm->app_name);
	if (is_blank(j->title))
		j->title = NULL;
	j->is_title_final = j->title != NULL;
	j->program = program_of(&j->kept, jvm);
	j->match_class = copy(&j->kept, found_own_class(jvm, j->title != NULL));
	j->user = copy(&j->kept, jvm->user);
	know_python(f, j, jvm);
	know_owner(j, jvm);
	j->born_ms = look->mono_ms;
	j->is_old = !is_absent(jvm->started_at) && look->at - jvm->started_at >= BRIEF_MS;
	j->was_found_dead = jvm_is_dead(jvm);
	j->gone_ms = j->gone_at = j->ui_port = j->health_port = ABSENT;
	j->claimed_by = -1;
	return j;
}

static const char *port_note(struct arena *a, const struct jvm_row *jvm,
			     const struct port_book *book)
{
	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];
		const struct port_answer *said = port_book_find(book, text_str(jvm->id), p->port);

		if (said && said->is == PORT_IS_OTHER)
			return arena_printf(a, ":%lld %s", (long long)p->port, said->says);
		if (!said && !is_absent(p->queue) && p->queue > 0)
			return arena_printf(a, ":%lld was not asked, %lld wait there unaccepted",
					    (long long)p->port, (long long)p->queue);
	}
	return NULL;
}

/* It looks like one, and was not asked, since others wait there. */
static bool is_waiting_ui(const struct jvm_row *jvm, const struct jvm_port *p,
			  const struct port_book *book)
{
	return p && ports_have(&jvm->listens, p->port) && p->queue > 0 && p->backlog > 0 &&
	       p->backlog <= UI_BACKLOG_MAX && !port_book_find(book, text_str(jvm->id), p->port);
}

static void know_places(struct found_job *j, const struct jvm_row *jvm,
			const struct port_book *book)
{
	const struct port_answer *ui = ports_known(jvm, book, PORT_IS_UI);
	const struct port_answer *health = ports_known(jvm, book, PORT_IS_HEALTH);
	const struct jvm_port *other = ui ? NULL : ports_presumed(jvm, book);

	j->waiting_ui = is_waiting_ui(jvm, other, book) ? other->port : 0;
	if (ui) {
		j->ui_port = ui->port;
		j->is_ui_given = ui->port >= book->ephemeral_from;
		j->has_spoken = j->has_spoken || ui->is == PORT_IS_UI;
		if (!j->is_title_final && !j->name && !is_blank(ui->name) &&
		    !is_same(j->title, ui->name))
			j->title = arena_strdup(&j->kept, ui->name);
	}
	if (health) {
		j->health_port = health->port;
		j->has_spoken = true;
		j->is_pythons_health = strcmp(health->owner, j->jvm_id) != 0;
	}
	if (!j->dlq && jvm->dlq_folders.n)
		found_set_text(&j->dlq, text_str(jvm->dlq_folders.v[0]));
}

static void know_logs(struct found_job *j, const struct jvm_row *jvm)
{
	const char **logs = ARENA_ARRAY(&j->now, const char *, jvm->log_files.n + 1);

	for (size_t i = 0; i < jvm->log_files.n; i++)
		logs[i] = copy(&j->now, jvm->log_files.v[i]);
	j->logs = jvm->log_files.n ? logs : NULL;
}

static void job_look(struct found *f, struct found_job *j, const struct jvm_row *jvm,
		     const struct found_look *look)
{
	j->is_here = true;
	j->is_dead = jvm_is_dead(jvm);
	know_places(j, jvm, look->book);
	if (j->is_dead && !j->was_found_dead)
		return; /* what was seen of it stays */
	if (!j->is_dead)
		j->gone_ms = j->gone_at = ABSENT;
	know_python(f, j, jvm);
	arena_reset(&j->now);
	know_logs(j, jvm);
	j->unseen = copy(&j->now, jvm->unseen);
	j->note = is_absent(j->ui_port) ? port_note(&j->now, jvm, look->book) : NULL;
}

struct found_job *found_by_id(const struct found *f, const struct text *id)
{
	for (struct found_job *j = f->jobs; j; j = j->next)
		if (text_is(id, j->jvm_id))
			return j;
	return NULL;
}

/* --- whose driver it is --- */

/* For each JVM the configured job whose driver it is, or -1. */
static int *find_claims(const struct found *f, const struct found_look *look)
{
	const struct config *base = look->base;
	struct join_job *jobs = xcalloc(base->njobs + 1, sizeof(*jobs));
	int *job_of = xcalloc(look->n + 1, sizeof(*job_of));

	for (size_t i = 0; i < base->njobs; i++)
		jobs[i] = (struct join_job){.cfg = &base->jobs[i],
					    .jvm_id = "",
					    .application_id = "",
					    .own_names = look->own_names,
					    .ended_at = ABSENT};
	for (const struct found_job *j = f->jobs; j; j = j->next) {
		int index;

		if (j->claimant && found_configured(base, j->claimant, &index))
			jobs[index].jvm_id = j->jvm_id;
	}
	jvms_join(look->jvms, look->n, jobs, base->njobs, job_of);
	free(jobs);
	return job_of;
}

/* A job of its own has a name, one that belongs to a configured job has not. */
static void set_claim(struct found_job *j, const struct config *base, int index)
{
	j->claimed_by = index;
	found_set_text(&j->claimant, index < 0 ? NULL : text_str(base->jobs[index].name));
	if (index >= 0)
		j->name = NULL;
}

/* The one before, of the same configured job. */
static void drop_predecessor(struct found *f, const struct found_job *of)
{
	struct found_job *next;

	for (struct found_job *j = f->jobs; j; j = next) {
		next = j->next;
		if (j != of && found_has_ended(j) && is_same(j->claimant, of->claimant))
			found_remove(f, j);
	}
}

/* --- the end --- */

static bool is_taken(const struct found_job *j, const struct found_look *look, int64_t port)
{
	for (size_t i = 0; !is_absent(port) && i < look->n; i++) {
		const struct jvm_row *jvm = look->jvms[i];
		struct python_half python;

		if (jvm->id && text_is(jvm->id, j->jvm_id))
			continue;
		python = python_of(jvm);
		if (ports_have(&jvm->listens, port) ||
		    (!(python.id && text_is(python.id, j->python_id)) &&
		     ports_have(python.listens, port)))
			return true;
	}
	return false;
}

/* What it answered at may be another's by now. */
static void job_ended(struct found *f, struct found_job *j, const struct found_look *look)
{
	if (is_absent(j->gone_ms))
		j->gone_ms = look->mono_ms;
	if (!j->is_here && is_absent(j->gone_at))
		j->gone_at = look->at;
	if (!j->is_here && j->python_id[0] && !f->world.lives(f->world.data, j->python_id))
		j->python_id[0] = '\0';
	if (is_taken(j, look, j->ui_port))
		j->ui_port = ABSENT;
	if (is_taken(j, look, j->health_port))
		j->health_port = ABSENT;
}

/* A zombie below a Python is one: that Python will be heard of again. */
static bool was_no_job(const struct found_job *j)
{
	if (j->is_old || (j->is_here && j->python_id[0]))
		return false;
	return !j->name && !j->claimant && !j->has_spoken && j->gone_ms - j->born_ms < BRIEF_MS;
}

static void look_at_ended(struct found *f, const struct found_look *look)
{
	struct found_job *next;

	for (struct found_job *j = f->jobs; j; j = next) {
		bool is_over;
		int index = -1;

		next = j->next;
		if (!found_has_ended(j))
			continue;
		job_ended(f, j, look);
		if (j->claimant && found_configured(look->base, j->claimant, &index))
			j->claimed_by = index;
		is_over = look->mono_ms - j->gone_ms >= LISTED_MS || j->is_dismissed ||
			  (j->claimant && index < 0) || was_no_job(j);
		if (is_over && !j->is_here)
			found_remove(f, j);
		else if (is_over)
			j->is_dismissed = true; /* until its parent has fetched it */
	}
}

/* --- one look --- */

static int by_start(const void *a, const void *b)
{
	const struct jvm_row *x = *(const struct jvm_row *const *)a;
	const struct jvm_row *y = *(const struct jvm_row *const *)b;

	if (x->start_ticks != y->start_ticks)
		return x->start_ticks < y->start_ticks ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* The drivers, oldest first. */
static size_t find_drivers(const struct found_look *look, const struct jvm_row **drivers)
{
	size_t n = 0;

	for (size_t i = 0; i < look->n; i++) {
		const struct jvm_row *jvm = look->jvms[i];

		if (jvm->role == JVM_DRIVER && jvm->id && text_len(jvm->id) < PROCESS_ID_MAX)
			drivers[n++] = jvm;
	}
	if (n)
		qsort(drivers, n, sizeof(*drivers), by_start);
	return n;
}

/* Has its Python a younger JVM than that? */
static bool has_successor(const struct jvm_row *const *drivers, size_t n, size_t at)
{
	struct python_half mine = python_of(drivers[at]);

	for (size_t i = at + 1; mine.id && i < n; i++) {
		struct python_half python = python_of(drivers[i]);

		if (python.id && text_cmp(python.id, mine.id) == 0)
			return true;
	}
	return false;
}

static void look_at_drivers(struct found *f, const struct found_look *look,
			    const struct jvm_row *const *drivers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct found_job *j = found_by_id(f, drivers[i]->id);

		if (!j) {
			j = job_born(f, drivers[i], look);
			j->is_dismissed = j->was_found_dead && has_successor(drivers, n, i);
		}
		job_look(f, j, drivers[i], look);
	}
}

static void look_at_claims(struct found *f, const struct found_look *look)
{
	int *job_of = find_claims(f, look);

	for (size_t i = 0; i < look->n; i++) {
		struct found_job *j = look->jvms[i]->id ? found_by_id(f, look->jvms[i]->id) : NULL;

		if (!j || !j->is_here)
			continue;
		set_claim(j, look->base, job_of[i]);
		if (j->claimant)
			drop_predecessor(f, j);
	}
	free(job_of);
}

void found_look(struct found *f, const struct found_look *look)
{
	const struct jvm_row **drivers = xcalloc(look->n + 1, sizeof(*drivers));
	size_t n = find_drivers(look, drivers);

	f->base = look->base;
	f->own_names = look->own_names;
	for (struct found_job *j = f->jobs; j; j = j->next)
		j->is_here = false;
	look_at_drivers(f, look, drivers, n);
	found_look_at_executors(f, look, drivers, n);
	look_at_claims(f, look);
	look_at_ended(f, look);
	found_tell_names(f, look, drivers, n);
	found_look_at_daemons(f, look);
	free(drivers);
}

/* --- by name --- */

static struct found_job *find_by_name(const struct found *f, const char *name)
{
	for (struct found_job *j = f->jobs; j; j = j->next)
		if (is_same(j->name, name) || is_same(j->claimant, name))
			return j;
	return NULL;
}

bool found_dlq(struct found *f, const char *job, const char *folder)
{
	struct found_job *j = find_by_name(f, job);

	if (!j || (j->is_dlq_said && is_same(j->dlq, folder)))
		return false;
	j->is_dlq_said = true;
	found_set_text(&j->dlq, folder);
	return true;
}

const char *found_folder(const struct found *f, const char *job)
{
	const struct found_job *j = find_by_name(f, job);

	return j ? j->folder : NULL;
}

const char *found_name(const struct found *f, const char *jvm_id)
{
	for (const struct found_job *j = f->jobs; j; j = j->next)
		if (strcmp(j->jvm_id, jvm_id) == 0)
			return j->claimant ? j->claimant : j->name;
	return NULL;
}

int found_dismiss(struct found *f, const char *job, struct err *err)
{
	struct found_job *j = find_by_name(f, job);
	int index;

	if (!j || j->claimant)
		return err_set(err, ERR_USAGE, "%s: %s", job,
			       f->base && found_configured(f->base, job, &index)
				       ? "is configured: take it from the configuration"
				       : "there is no such job");
	if (!found_has_ended(j))
		return err_set(err, ERR_USAGE, "%s: its driver %lld lives: it stays listed", job,
			       (long long)j->pid);
	if (j->is_here)
		j->is_dismissed = true;
	else
		found_remove(f, j);
	return 0;
}
