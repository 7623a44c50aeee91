/* source/spark_threads.c - a deadlock is a cycle in blockedByThreadId; a call from Python that
 * waits is a thread that executes a py4j command. What such a thread was called for is the frame
 * above the reflection that py4j goes through. */
#include "spark_threads.h"

#include <stdlib.h>
#include <string.h>

enum { CYCLE_SHOWN = 8, CYCLE_MAX = 256, STARTS_MAX = 4096, FRAME_MAX = 200 };

struct thread_row {
	int64_t id, blocked_by;
	const struct text *name;
	struct texts stack; /* innermost frame first */
};

static const struct field fields[] = {
	{.name = "id",
	 .json = "threadId",
	 .type = FIELD_INT,
	 .offset = offsetof(struct thread_row, id)},
	{.name = "blocked_by",
	 .json = "blockedByThreadId",
	 .type = FIELD_INT,
	 .offset = offsetof(struct thread_row, blocked_by)},
	{.name = "name",
	 .json = "threadName",
	 .type = FIELD_TEXT,
	 .offset = offsetof(struct thread_row, name)},
	{.name = "stack",
	 .json = "stackTrace.elems",
	 .type = FIELD_TEXTS,
	 .offset = offsetof(struct thread_row, stack)},
};

const struct schema schema_spark_thread = {
	.name = "spark_thread",
	.title = "threads",
	.size = sizeof(struct thread_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

/* --- when --- */

static uint64_t mix(uint64_t h, int64_t v)
{
	return (h ^ (uint64_t)v) * 0x9e3779b97f4a7c15u;
}

static int64_t newest(const struct rowset *jobs, int64_t at)
{
	for (size_t i = 0; i < jobs->n; i++) {
		const struct spark_job_row *x = jobs->rows[i];

		at = max_i64(at, max_i64(x->submitted_at, x->completed_at));
	}
	return at;
}

/* What runs, and tasks by their sums. */
static uint64_t print_of(struct dataset *const parts[static SPARK_PARTS])
{
	const struct rowset *executors = dataset_rows(parts[SPARK_EXECUTORS], &schema_executor);
	const struct rowset *running = dataset_rows(parts[SPARK_RUNNING], &schema_spark_job);
	int64_t done = 0;
	uint64_t h = 1;

	for (size_t i = 0; i < executors->n; i++) {
		const struct executor_row *e = executors->rows[i];

		done += max_i64(e->completed_tasks, 0) + max_i64(e->failed_tasks, 0);
	}
	for (size_t i = 0; i < running->n; i++)
		h = mix(h, ((const struct spark_job_row *)running->rows[i])->job_id);
	return mix(h, done);
}

void spark_pace_look(struct spark_pace *p, struct dataset *const parts[static SPARK_PARTS],
		     int64_t now)
{
	const struct app_row *app = dataset_one(parts[SPARK_APPLICATIONS], &schema_app);
	int64_t at = app ? app->started_at : ABSENT;
	uint64_t print;

	at = newest(dataset_rows(parts[SPARK_JOBS], &schema_spark_job), at);
	at = newest(dataset_rows(parts[SPARK_RUNNING], &schema_spark_job), at);
	print = print_of(parts);
	/* the list of all jobs is late: what it dates did not happen now */
	if (p->is_begun && print != p->print)
		p->moved_at = now;
	else if (p->is_begun || !is_absent(at))
		p->moved_at = max_i64(p->moved_at, min_i64(at, now));
	else
		p->moved_at = now;
	p->is_begun = true;
	p->print = print;
	p->is_still = now - p->moved_at >= THREADS_STILL_MS;
}

bool spark_threads_locked(const struct dataset *signs)
{
	const struct thread_sign_row *row = dataset_one(signs, &schema_thread_sign);

	return row && row->deadlock;
}

bool spark_threads_due(const struct spark_pace *p, const struct dataset *signs, int64_t asked_ms)
{
	if (!p->is_still && !spark_threads_locked(signs))
		return false;
	return is_absent(asked_ms) || asked_ms >= THREADS_EVERY_MS;
}

/* --- a deadlock --- */

static int by_id(const void *a, const void *b)
{
	const struct thread_row *x = *(const struct thread_row *const *)a;
	const struct thread_row *y = *(const struct thread_row *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

static const struct thread_row *find(const struct thread_row *const *all, size_t n, int64_t id)
{
	struct thread_row key = {.id = id};
	const struct thread_row *p = &key;
	const struct thread_row *const *hit = bsearch(&p, all, n, sizeof(*all), by_id);

	return is_absent(id) || !hit ? NULL : *hit;
}

/* From each thread along what blocks it, two steps for one: they meet in a cycle. */
static const struct thread_row *cycle_from(const struct thread_row *const *all, size_t n,
					   const struct thread_row *first)
{
	const struct thread_row *slow = first, *fast = first;

	for (size_t i = 0; i < CYCLE_MAX; i++) {
		slow = find(all, n, slow->blocked_by);
		fast = fast ? find(all, n, fast->blocked_by) : NULL;
		fast = fast ? find(all, n, fast->blocked_by) : NULL;
		if (!slow || !fast)
			return NULL;
		if (slow == fast)
			return slow;
	}
	return NULL;
}

static const char *name_of(const struct thread_row *t)
{
	return t->name ? text_str(t->name) : "a thread without a name";
}

static const struct text *say_cycle(const struct thread_row *const *all, size_t n,
				    const struct thread_row *in, struct arena *a)
{
	const struct thread_row *first = in, *t;
	const char *line;
	size_t shown = 0;

	/* the lowest number first, so that the same deadlock reads the same each time */
	for (t = find(all, n, in->blocked_by); t != in; t = find(all, n, t->blocked_by))
		if (t->id < first->id)
			first = t;
	line = name_of(first);
	t = first;
	do {
		t = find(all, n, t->blocked_by);
		line = ++shown < CYCLE_SHOWN || t == first
			       ? arena_printf(a, "%s waits for %s", line, name_of(t))
			       : line;
	} while (t != first);
	return text_clean(a, line, strlen(line));
}

static const struct text *find_deadlock(const struct json_rows *rows, struct arena *a)
{
	const struct thread_row **all = ARENA_ARRAY(a, const struct thread_row *, rows->n + 1);

	if (rows->n)
		memcpy(all, rows->rows, rows->n * sizeof(*all));
	qsort(all, rows->n, sizeof(*all), by_id);
	for (size_t i = 0; i < min_size(rows->n, STARTS_MAX); i++) {
		const struct thread_row *in = NULL;

		if (!is_absent(all[i]->blocked_by) && all[i]->blocked_by != all[i]->id)
			in = cycle_from(all, rows->n, all[i]);
		if (in && in->blocked_by != in->id)
			return say_cycle(all, rows->n, in, a);
	}
	return NULL;
}

/* --- a call that waits --- */

static bool has(const struct text *frame, const char *part)
{
	return frame && strstr(text_str(frame), part);
}

/* `app//org.example.Job.run(Job.java:12)` to `org.example.Job.run`. */
static const struct text *method_of(const struct text *frame, struct arena *a)
{
	const char *s = text_str(frame), *end = s + strcspn(s, "(\\"), *slash;

	while ((slash = memchr(s, '/', (size_t)(end - s))))
		s = slash + 1;
	return text_clean_max(a, s, (size_t)(end - s), FRAME_MAX);
}

/* What Python called: the frame before the reflection; NULL: this thread executes no command, or
 * waits as a streaming job always does. */
static const struct text *called(const struct thread_row *t, struct arena *a)
{
	size_t i = 0, n = t->stack.n;

	while (i < n && !has(t->stack.v[i], "py4j.reflection.MethodInvoker."))
		i++;
	if (i == n || i == 0)
		return NULL;
	while (i > 0 && (has(t->stack.v[i - 1], ".reflect.") || has(t->stack.v[i - 1], "py4j.")))
		i--;
	if (i == 0 || has(t->stack.v[i - 1], "awaitTermination") ||
	    has(t->stack.v[i - 1], "awaitAnyTermination"))
		return NULL;
	return method_of(t->stack.v[i - 1], a);
}

static const struct text *find_call(const struct json_rows *rows, struct arena *a)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct thread_row *t = rows->rows[i];
		const struct text *what = called(t, a);

		if (what)
			return text_format(a, "%s in %s", name_of(t), text_str(what));
	}
	return NULL;
}

int spark_threads_read(const struct spark_body *body, struct dataset *d, struct json_flags *odd,
		       struct err *err)
{
	struct json_body all = {body->bytes, body->len, ""};
	struct thread_sign_row *row = ARENA_NEW(&d->arena, struct thread_sign_row);
	struct json_rows rows;
	struct arena scratch;
	int rc;

	arena_init(&scratch);
	rc = json_list(&schema_spark_thread, &all, &scratch, &rows, err);
	*odd = rows.flags;
	if (rc == 0) {
		const char *id = body->application_id ? body->application_id : "";

		field_clear_row(&schema_thread_sign, row);
		row->application_id = text_clean(&d->arena, id, strlen(id));
		row->asked_at = body->now;
		row->threads = (int64_t)rows.n;
		row->deadlock = text_copy(&d->arena, find_deadlock(&rows, &scratch));
		row->py4j = text_copy(&d->arena, find_call(&rows, &scratch));
		row->py4j_since = row->py4j ? body->now : ABSENT;
		dataset_add(d, &schema_thread_sign, row, 1);
	}
	arena_release(&scratch);
	return rc;
}

void spark_threads_since(struct dataset *now, const struct dataset *before)
{
	const struct thread_sign_row *old = dataset_one(before, &schema_thread_sign);
	const struct thread_sign_row *new = dataset_one(now, &schema_thread_sign);

	if (old && new && old->py4j &&new->py4j && text_cmp(old->py4j, new->py4j) == 0)
		((struct thread_sign_row *)(uintptr_t) new)->py4j_since = old->py4j_since;
}
