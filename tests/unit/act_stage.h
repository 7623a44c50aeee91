/* act_stage.h - an act without the pipeline around it: what act.h promises, played by the test. The
 * JVMs of its snapshots are those of this host, as a scan sees them; verdicts are the test's. Time
 * goes stage_speed times as fast, and the test may step in at each failpoint. In one file of a
 * program. */
#ifndef SPARKOPS_TESTS_ACT_STAGE_H
#define SPARKOPS_TESTS_ACT_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../backend/action/act.h"
#include "../../backend/failpoint.h"
#include "../../backend/jvm/scan.h"
#include "../../include/clock.h"
#include "../../include/row/executor.h"
#include "../../include/row/spark.h"

enum stage_answer { ANSWER_NO, ANSWER_YES, ANSWER_NEVER };

#define STAGE_OWN                                                                                  \
	struct scan *scan;                                                                         \
	const struct dataset *rows;          /* of now.jvms */                                     \
	void (*dress)(struct jvm_row * row); /* gives them verdicts */                             \
	void (*on_step)(struct act * a, const char *name);                                         \
	enum stage_answer answer;                                                                  \
	const struct act_cut *cut;                                                                 \
	const char *is_of; /* the last job that it said it belongs to, too */                      \
	char state_dir[64];                                                                        \
	bool is_frozen;
#include "act_half.h"

/* --- failpoints --- */

static void (*stage_at)(const char *name);
static int64_t stage_speed = 3;

#ifdef SPARKOPS_FAILPOINTS
void failpoint(const char *name)
{
	if (stage_at)
		stage_at(name);
}

int64_t failpoint_ms(int64_t ms)
{
	return ms / stage_speed;
}
#endif

/* --- act.h --- */

static inline void stage_scan(struct act *a)
{
	struct dataset *seen, *d = dataset_new();
	const struct rowset *set;
	struct jvm_row *rows;
	struct err err;
	struct scan_time at = {clock_wall(&clock_real), clock_mono(&clock_real)};

	seen = scan_look(a->scan, &at, &err);
	assert_non_null(seen);
	set = dataset_rows(seen, &schema_jvm);
	rows = ARENA_ARRAY(&d->arena, struct jvm_row, set->n + 1);
	for (size_t i = 0; i < set->n; i++) {
		memcpy(&rows[i], set->rows[i], sizeof(*rows));
		if (a->dress)
			a->dress(&rows[i]);
	}
	dataset_keep(d, seen);
	dataset_unref(seen);
	dataset_add(d, &schema_jvm, rows, set->n);
	dataset_unref(a->rows);
	a->rows = a->now.jvms = d;
	a->now.seq++;
	a->now.at = at.wall;
	a->now.mono_at = at.mono;
}

const struct snapshot *act_look(struct act *a)
{
	if (!a->is_frozen)
		stage_scan(a);
	return &a->now;
}

const struct jvm_row *act_jvm_row(struct act *a, const char *id)
{
	const struct rowset *set = dataset_rows(a->now.jvms, &schema_jvm);

	for (size_t i = 0; id && i < set->n; i++) {
		const struct jvm_row *row = set->rows[i];
		if (text_is(row->id, id) || text_is(row->parent_id, id) ||
		    text_is(row->child_id, id))
			return row;
	}
	return NULL;
}

const struct act_cut *act_cut(struct act *a)
{
	return a->cut;
}

bool act_verdict_ok(const struct act *a, const char *verdict)
{
	return !a->request.is_yes ||
	       strstr("hung crashed stranded orphan dead thrashing", verdict) ||
	       (a->request.only_if && strcmp(a->request.only_if, verdict) == 0);
}

const char *act_job_name(const struct act *a)
{
	return a->request.job;
}

void act_is_of(struct act *a, const char *job)
{
	if (!a->request.job)
		a->request.job = job;
	a->is_of = job;
}

void act_poll_now(struct act *a)
{
	(void)a;
}

const char *act_state_dir(const struct act *a)
{
	return *a->state_dir ? a->state_dir : NULL;
}

static inline void stage_add(char *to, size_t size, const char *fmt, va_list args)
	ATTR_PRINTF(3, 0);
static inline void stage_add(char *to, size_t size, const char *fmt, va_list args)
{
	size_t n = strlen(to);

	vsnprintf(to + n, size - n, fmt, args);
}

int act_step(struct act *a, const char *name, const char *fmt, ...)
{
	size_t n = strlen(a->steps);
	va_list args;

	if (a->is_unwritable)
		return -ERR_IO;
	snprintf(a->steps + n, sizeof(a->steps) - n, "%s: ", name);
	va_start(args, fmt);
	stage_add(a->steps, sizeof(a->steps) - 2, fmt, args);
	va_end(args);
	strncat(a->steps, "\n", 2);
	if (a->on_step)
		a->on_step(a, name);
	return 0;
}

static inline bool stage_is_readable(int fd, int64_t ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, fd >= 0, (int)ms) == 1;
}

enum act_woken act_wait(struct act *a, int fd, int64_t ms)
{
	if (a->is_cancelled)
		return WOKEN_CANCELLED;
	return stage_is_readable(fd, failpoint_ms(ms) + 1) ? WOKEN_READY : WOKEN_TIME;
}

bool act_sleep(struct act *a, int64_t ms)
{
	poll(NULL, 0, (int)failpoint_ms(ms) + 1);
	return !a->is_cancelled;
}

enum act_woken act_ask(struct act *a, int fd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(a->asked, sizeof(a->asked), fmt, args);
	va_end(args);
	if (a->answer == ANSWER_NEVER)
		return stage_is_readable(fd, 20000) ? WOKEN_READY : WOKEN_CANCELLED;
	return a->answer == ANSWER_YES ? WOKEN_ANSWERED : WOKEN_CANCELLED;
}

/* --- the stage --- */

static inline void stage_open(struct act *a)
{
	const char *base = getenv("TMPDIR");

	memset(a, 0, sizeof(*a));
	a->request = action_request_of(ACTION_PLAN, ACTION_KILL);
	a->scan = scan_new("/proc");
	snprintf(a->state_dir, sizeof(a->state_dir), "%s/test_act.XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(a->state_dir));
	(void)act_look(a);
}

static inline void stage_empty(const char *folder)
{
	char path[600];
	DIR *dir = opendir(folder);

	for (const struct dirent *e; dir && (e = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.')
			(void)!unlink(path);
	}
	if (dir)
		closedir(dir);
	(void)!rmdir(folder);
}

static inline void stage_close(struct act *a)
{
	char dumps[80];

	snprintf(dumps, sizeof(dumps), "%s/dumps", a->state_dir);
	stage_empty(dumps);
	stage_empty(a->state_dir);
	dataset_unref(a->rows);
	scan_free(a->scan);
}

#endif
