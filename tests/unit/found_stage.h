/* found_stage.h - JVMs made by hand and a clock that the test owns, for the tests of discovery. */
#ifndef SPARKOPS_TESTS_FOUND_STAGE_H
#define SPARKOPS_TESTS_FOUND_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/discover/found.h"

enum { STAGE_JVMS = 16, STAGE_PORTS = 6, STAGE_NOW = 1000000 };

#define T(s) ((const struct text *)(const void *)(s))

struct stage {
	struct found *found;
	struct port_book book;
	const struct config *base;
	struct jvm_row rows[STAGE_JVMS];
	const struct jvm_row *list[STAGE_JVMS];
	char ids[STAGE_JVMS][32], parent_ids[STAGE_JVMS][32], child_ids[STAGE_JVMS][32];
	struct jvm_port ports[STAGE_JVMS][STAGE_PORTS], parent_ports[STAGE_JVMS][STAGE_PORTS],
		child_ports[STAGE_JVMS][STAGE_PORTS];
	size_t n;
	int64_t now;
	bool is_once;
	const char *living; /* ids of Pythons that live without a JVM, separated by blanks */
	struct arena arena;
	struct config_finds finds;
};

static inline bool stage_lives(void *data, const char *id)
{
	const struct stage *s = data;

	return s->living && strstr(s->living, id);
}

static inline const char *const *stage_argv(void *data ATTR_UNUSED, const char *id, struct arena *a)
{
	const char **argv = ARENA_ARRAY(a, const char *, 2);

	argv[0] = arena_printf(a, "argv of %s", id);
	return argv;
}

static inline const char *const *
stage_environment(void *data ATTR_UNUSED, const char *id ATTR_UNUSED, struct arena *a ATTR_UNUSED)
{
	static const char *const names[] = {"PYSPARK_SUBMIT_ARGS", "SPARK_HOME", NULL};

	return names;
}

static inline struct stage *stage_new(const char *yaml)
{
	struct stage *s = xcalloc(1, sizeof(*s));
	const struct found_world world = {stage_lives, stage_argv, stage_environment, s};
	struct buf mistakes;

	buf_init(&mistakes, 1 << 16);
	if (config_parse("test", yaml, strlen(yaml), &s->base, &mistakes))
		fail_msg("%s", mistakes.data);
	buf_release(&mistakes);
	s->found = found_new(&world);
	port_book_init(&s->book, 32768);
	arena_init(&s->arena);
	s->now = STAGE_NOW;
	return s;
}

static inline void stage_free(struct stage *s)
{
	found_free(s->found);
	port_book_release(&s->book);
	config_unref(s->base);
	arena_release(&s->arena);
	free(s);
}

/* A driver of ana, in /srv/NAME, whose command line names the application. */
static inline struct jvm_row *stage_driver(struct stage *s, int64_t pid, const char *app)
{
	size_t i = s->n++;
	struct jvm_row *row = &s->rows[i];

	assert_true(i < STAGE_JVMS);
	field_clear_row(&schema_jvm, row);
	snprintf(s->ids[i], sizeof(s->ids[i]), "%lld@%lld", (long long)pid, (long long)pid * 10);
	*row = (struct jvm_row){.id = T(s->ids[i]),
				.pid = pid,
				.start_ticks = pid * 10,
				.started_at = STAGE_NOW - 5000,
				.user = TEXT("ana"),
				.uid = 1000,
				.role = JVM_DRIVER,
				.state = 'S',
				.app_name = T(app),
				.cwd = TEXT("/srv/jobs"),
				.ui_port = ABSENT,
				.parent_pid = ABSENT,
				.verdict = -1};
	row->listens.v = s->ports[i];
	row->parent_listens.v = s->parent_ports[i];
	row->child_listens.v = s->child_ports[i];
	s->list[i] = row;
	return row;
}

static inline struct jvm_port *stage_listen(struct jvm_ports *ports, int64_t port, int64_t backlog)
{
	struct jvm_port *p = (struct jvm_port *)(uintptr_t)&ports->v[ports->n++];

	*p = (struct jvm_port){.port = port, .backlog = backlog, .queue = 0, .queue_since = ABSENT};
	return p;
}

static inline struct jvm_port *stage_port(struct jvm_row *row, int64_t port, int64_t backlog)
{
	return stage_listen(&row->listens, port, backlog);
}

static inline void stage_python(struct stage *s, struct jvm_row *row, int64_t pid)
{
	size_t i = (size_t)(row - s->rows);

	snprintf(s->parent_ids[i], sizeof(s->parent_ids[i]), "%lld@%lld", (long long)pid,
		 (long long)pid * 10);
	row->parent_pid = pid;
	row->parent_id = T(s->parent_ids[i]);
	row->is_pyspark = TRI_TRUE;
}

static inline struct jvm_port *stage_python_port(struct jvm_row *row, int64_t port, int64_t backlog)
{
	return stage_listen(&row->parent_listens, port, backlog);
}

/* As `spark-submit JOB.py` has it: the Python is below. */
static inline struct jvm_port *stage_child(struct stage *s, struct jvm_row *row, int64_t pid,
					   int64_t port)
{
	size_t i = (size_t)(row - s->rows);

	snprintf(s->child_ids[i], sizeof(s->child_ids[i]), "%lld@%lld", (long long)pid,
		 (long long)pid * 10);
	row->child_id = T(s->child_ids[i]);
	return stage_listen(&row->child_listens, port, 128);
}

/* That port of its answered so. */
static inline void stage_says(struct stage *s, const struct text *owner, int64_t port,
			      enum port_is is, const char *name)
{
	struct port_answer a = {.port = port, .is = is, .said_ms = s->now};

	snprintf(a.owner, sizeof(a.owner), "%s", text_str(owner));
	snprintf(a.name, sizeof(a.name), "%s", name);
	port_book_set(&s->book, &a);
}

static inline void stage_gone(struct stage *s, const struct jvm_row *row)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->list[i] != row)
			s->list[kept++] = s->list[i];
	s->n = kept;
}

/* A look; what was found is in finds. */
static inline void stage_look(struct stage *s)
{
	struct found_look look = {.at = s->now,
				  .mono_ms = s->now,
				  .jvms = s->list,
				  .n = s->n,
				  .book = &s->book,
				  .base = s->base,
				  .is_once = s->is_once};

	found_look(s->found, &look);
	arena_reset(&s->arena);
	found_finds(s->found, &s->arena, &s->finds);
}

static inline void stage_later(struct stage *s, int64_t ms)
{
	s->now += ms;
	stage_look(s);
}

/* The names that are listed, with their UIs' ports and restarts: `etl:4040 etl-2` */
static inline const char *stage_names(struct stage *s)
{
	char *names = arena_strdup(&s->arena, "");

	for (size_t i = 0; i < s->finds.njobs; i++) {
		const struct config_job *j = &s->finds.jobs[i];

		names = arena_printf(&s->arena, "%s%s%s%s", names, i ? " " : "", text_str(j->name),
				     j->ui ? strrchr(j->ui, ':') : "");
		if (j->found->restarts)
			names = arena_printf(&s->arena, "%s+%lld", names,
					     (long long)j->found->restarts);
		if (!is_absent(j->found->gone_at))
			names = arena_printf(&s->arena, "%s!", names);
	}
	return names;
}

#endif
