/* discover/folders.c - a list of what jobs said, and one stat(2) under way. */
#include "folders.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { AGAIN_MS = 30000, JOBS_MAX = 4096 };

struct folder {
	struct folder *next;
	char *job, *path;
	int64_t due_ms; /* ABSENT: it was found */
	bool is_due;
};

struct folders {
	uv_loop_t *loop;
	struct folders_calls calls;
	struct folder *list;
	size_t n;
	uv_fs_t request;
	char *job, *path; /* what is looked for; NULL: nothing */
	bool is_stopped;
};

struct folders *folders_new(uv_loop_t *loop, const struct folders_calls *calls)
{
	struct folders *f = xcalloc(1, sizeof(*f));

	f->loop = loop;
	f->calls = *calls;
	return f;
}

static struct folder *find(const struct folders *f, const char *job)
{
	for (struct folder *one = f->list; one; one = one->next)
		if (strcmp(one->job, job) == 0)
			return one;
	return NULL;
}

static void check_next(struct folders *f);

static void on_stat(uv_fs_t *request)
{
	struct folders *f = request->data;
	bool is_there = request->result == 0 && S_ISDIR(request->statbuf.st_mode);
	struct folder *one = find(f, f->job);

	uv_fs_req_cleanup(request);
	if (is_there && one && strcmp(one->path, f->path) == 0)
		one->due_ms = ABSENT;
	if (is_there && !f->is_stopped)
		f->calls.found(f->calls.data, f->job, f->path);
	free(f->job);
	free(f->path);
	f->job = f->path = NULL;
	check_next(f);
	if (!f->job && !f->is_stopped)
		f->calls.idle(f->calls.data);
}

static void check_next(struct folders *f)
{
	struct folder *one = f->list;

	while (one && !one->is_due)
		one = one->next;
	if (!one || f->job || f->is_stopped)
		return;
	one->is_due = false;
	f->job = xstrdup(one->job);
	f->path = xstrdup(one->path);
	f->request.data = f;
	if (uv_fs_stat(f->loop, &f->request, f->path, on_stat))
		BUG("no work can be queued");
}

static struct folder *add(struct folders *f, const char *job)
{
	struct folder *one;

	if (f->n >= JOBS_MAX)
		return NULL;
	one = xcalloc(1, sizeof(*one));
	one->job = xstrdup(job);
	one->path = xstrdup("");
	one->next = f->list;
	f->list = one;
	f->n++;
	return one;
}

void folders_say(struct folders *f, const char *job, const char *folder, int64_t now_ms)
{
	struct folder *one = find(f, job);
	bool is_news;

	if (!one)
		one = add(f, job);
	if (!one || f->is_stopped)
		return;
	is_news = strcmp(one->path, folder) != 0;
	if (!is_news && (is_absent(one->due_ms) || now_ms < one->due_ms))
		return;
	free(one->path);
	one->path = xstrdup(folder);
	one->due_ms = now_ms + AGAIN_MS;
	one->is_due = true;
	check_next(f);
}

bool folders_are_busy(const struct folders *f)
{
	return f->job != NULL;
}

void folders_stop(struct folders *f)
{
	f->is_stopped = true;
	if (f->job)
		uv_cancel((uv_req_t *)&f->request);
}

void folders_free(struct folders *f)
{
	struct folder *next;

	for (struct folder *one = f->list; one; one = next) {
		next = one->next;
		free(one->job);
		free(one->path);
		free(one);
	}
	free(f);
}
