/* jvm/dump.c - thread dumps, and what stands in for one that cannot be had.
 *
 * A dump is somebody else's text of up to some megabytes: every line is cleaned, what is over the
 * cap is left out and said so. Header lines of threads and the lines about a deadlock get a kind of
 * their own, so that a viewer can go from one to the next. */
#include "dump.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/row/dlq.h"

enum { KIND_PLAIN, KIND_HEAD, KIND_PROBLEM = 3, TASKS_MAX = 2000, SMALL = 512 };

/* Rows are gathered as texts first; how many there will be is not known before. */
struct lines {
	struct dataset *d;
	struct detail_row *rows;
	size_t n, size;
};

static void add(struct lines *l, int kind, const struct text *line)
{
	struct detail_row *r;

	if (l->n == l->size) {
		size_t size = l->size ? l->size * 2 : 64;
		struct detail_row *more = ARENA_ARRAY(&l->d->arena, struct detail_row, size);
		if (l->n)
			memcpy(more, l->rows, l->n * sizeof(*more));
		l->rows = more;
		l->size = size;
	}
	r = &l->rows[l->n];
	field_clear_row(&schema_detail, r);
	r->index = (int64_t)l->n++;
	r->kind = kind;
	r->line = line;
}

static struct lines begin(void)
{
	return (struct lines){.d = dataset_new()};
}

static struct dataset *finish(struct lines *l)
{
	dataset_add(l->d, &schema_detail, l->rows, l->n);
	return l->d;
}

struct dataset *dump_says(const char *sentence)
{
	struct lines l = begin();

	add(&l, KIND_PROBLEM, text_clean(&l.d->arena, sentence, strlen(sentence)));
	return finish(&l);
}

/* --- a dump --- */

/* From `Found one Java-level deadlock:` to the empty line after `Found N deadlock(s).` */
static int kind_of(const char *line, bool *in_deadlock)
{
	if (strncmp(line, "Found ", 6) == 0 && strstr(line, "deadlock")) {
		*in_deadlock = strstr(line, "deadlock:") != NULL;
		return KIND_PROBLEM;
	}
	if (strncmp(line, "Java stack information for the threads", 38) == 0)
		*in_deadlock = false;
	if (*in_deadlock)
		return KIND_PROBLEM;
	return line[0] == '"' ? KIND_HEAD : KIND_PLAIN;
}

static struct dataset *dump_rows(const struct buf *text)
{
	struct lines l = begin();
	const struct text *const *v = NULL;
	size_t n = text_lines(&l.d->arena, text->data ? text->data : "", text->len, &v);
	bool in_deadlock = false;

	for (size_t i = 0; i < n; i++)
		add(&l, kind_of(text_str(v[i]), &in_deadlock), v[i]);
	if (text->is_over)
		add(&l, KIND_PROBLEM,
		    text_format(&l.d->arena,
				"cut here: more than %d MB; the last line is not whole, what "
				"follows it was not read",
				DUMP_BYTES_MAX >> 20));
	if (!l.n)
		add(&l, KIND_PROBLEM, TEXT("the JVM answered with an empty dump"));
	return finish(&l);
}

/* --- by the kernel --- */

static size_t read_small(int folder, const char *name, char *out, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static const char *state_word(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
	case 'I':
		return "waiting";
	case 'D':
		return "waiting for a disk or mount";
	case 'T':
		return "stopped";
	case 't':
		return "stopped by a debugger";
	case 'Z':
	case 'X':
		return "dead";
	default:
		return "";
	}
}

static void add_task(struct lines *l, int folder, const char *tid)
{
	char path[64], line[SMALL], wchan[SMALL], *open, *close, state = '?';
	unsigned long long user = 0, system = 0;

	snprintf(path, sizeof(path), "%.20s/stat", tid);
	if (!read_small(folder, path, line, sizeof(line)))
		return;
	open = strchr(line, '(');
	close = strrchr(line, ')');
	if (!open || !close || close < open)
		return;
	*close = '\0';
	sscanf(close + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &state, &user,
	       &system);
	snprintf(path, sizeof(path), "%.20s/wchan", tid);
	read_small(folder, path, wchan, sizeof(wchan));
	if (strcmp(wchan, "0") == 0)
		wchan[0] = '\0';
	snprintf(path, sizeof(path), "%.40s", open + 1);
	snprintf(line, sizeof(line), "%8.20s  %-15s  %8.2f s CPU  %c %s%s%.200s", tid, path,
		 (double)(user + system) / (double)sysconf(_SC_CLK_TCK), state, state_word(state),
		 wchan[0] ? " in " : "", wchan);
	add(l, state == 'D' ? KIND_PROBLEM : KIND_PLAIN,
	    text_clean(&l->d->arena, line, strlen(line)));
}

static void add_tasks(struct lines *l, int64_t pid)
{
	char path[64];
	struct dirent *e;
	int64_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%lld/task", (long long)pid);
	dir = opendir(path);
	if (!dir) {
		add(l, KIND_PLAIN, TEXT("the kernel has no threads of it any more"));
		return;
	}
	add(l, KIND_HEAD, TEXT("its threads as the kernel has them: number, name, CPU, state"));
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		if (n++ < TASKS_MAX)
			add_task(l, dirfd(dir), e->d_name);
	}
	closedir(dir);
	if (n > TASKS_MAX)
		add(l, KIND_PROBLEM,
		    text_format(&l->d->arena, "%lld more threads are not listed",
				(long long)(n - TASKS_MAX)));
}

static struct dataset *failed_rows(const struct attach_request *ask, const struct err *err)
{
	struct lines l = begin();

	add(&l, KIND_PROBLEM, text_clean(&l.d->arena, err->message, strlen(err->message)));
	add_tasks(&l, ask->pid);
	return finish(&l);
}

/* --- printed by the JVM --- */

static struct dataset *printed_rows(const struct attach_request *ask)
{
	char path[64], where[SMALL];
	struct lines l = begin();
	const struct text *to;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%lld/fd/1", (long long)ask->pid);
	n = readlink(path, where, sizeof(where));
	to = text_clean(&l.d->arena, n > 0 ? where : "not known", n > 0 ? (size_t)n : 9);
	add(&l, KIND_PLAIN,
	    text_format(&l.d->arena, "java %lld was asked by SIGQUIT: it prints its threads into",
			(long long)ask->pid));
	add(&l, KIND_PLAIN, text_format(&l.d->arena, "its own standard output: %s", text_str(to)));
	return finish(&l);
}

struct dataset *dump_take(const struct attach_request *ask, struct err *err)
{
	struct attach_request r = *ask;
	struct dataset *rows;
	struct buf out;
	int rc;

	buf_init(&out, DUMP_BYTES_MAX);
	r.command = r.command ? r.command : "threaddump";
	r.arg = r.arg ? r.arg : "-l";
	rc = attach_ask(&r, &out, err);
	if (rc < 0)
		rows = failed_rows(&r, err);
	else
		rows = r.by_sigquit ? printed_rows(&r) : dump_rows(&out);
	buf_release(&out);
	return rows;
}

struct dataset *dump_make(const struct attach_request *ask)
{
	struct err err;

	return dump_take(ask, &err);
}

/* --- on a pool thread --- */

struct dump {
	uv_work_t work;
	uv_loop_t *loop;
	dump_done_fn *done; /* NULL: freed, the work under way frees the rest */
	void *data;
	bool is_busy, has_wish;
	struct attach_request wish, ask; /* ask and rows: the work's while is_busy */
	struct dataset *rows;
};

static void on_work(uv_work_t *work)
{
	struct dump *d = work->data;

	d->rows = dump_make(&d->ask);
}

static void next(struct dump *d);

static void on_worked(uv_work_t *work, int status)
{
	struct dump *d = work->data;
	struct dataset *rows = d->rows;

	d->rows = NULL;
	d->is_busy = false;
	if (!d->done) {
		dataset_unref(rows);
		free(d);
		return;
	}
	if (status == 0)
		d->done(d->data, rows);
	next(d);
}

static void next(struct dump *d)
{
	if (d->is_busy || !d->has_wish)
		return;
	d->ask = d->wish;
	d->has_wish = false;
	d->is_busy = true;
	d->work.data = d;
	if (uv_queue_work(d->loop, &d->work, on_work, on_worked))
		BUG("work could not be queued");
}

struct dump *dump_new(uv_loop_t *loop, dump_done_fn *done, void *data)
{
	struct dump *d = xcalloc(1, sizeof(*d));

	d->loop = loop;
	d->done = done;
	d->data = data;
	return d;
}

void dump_ask(struct dump *d, const struct attach_request *ask)
{
	d->wish = *ask;
	d->has_wish = true;
	next(d);
}

void dump_free(struct dump *d)
{
	if (!d)
		return;
	d->done = NULL;
	if (!d->is_busy)
		free(d);
	else
		uv_cancel((uv_req_t *)&d->work); /* calls on_worked() later, like any end */
}
