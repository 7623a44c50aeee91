/* incident_stage.h - what is known of one job when its incidents are looked for: marks, a driver,
 * its own word; tests change it and look. Included by the tests of incidents only. */
#ifndef SPARKOPS_TESTS_INCIDENT_STAGE_H
#define SPARKOPS_TESTS_INCIDENT_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/rule/incident.h"

enum { S = 1000, MIN = 60 * S, MARKS_MAX = 32 };
#define NOW ((int64_t)1795184607000) /* 2026-11-20T14:23:27Z */
#define MIB ((int64_t)1 << 20)

static struct stage {
	struct arena arena;
	struct job_facts job;
	struct config_job cfg;
	struct config_found found;
	struct driver known;
	struct jvm_row driver;
	struct jvm_port ports[3];
	struct log_mark_row marks[MARKS_MAX];
	const struct log_mark_row *list[MARKS_MAX];
	struct incident_memory memory[INCIDENT_COUNT];
	struct incident_facts f;
	struct incident_row row;
	size_t n;
} st;

static ATTR_UNUSED const struct text *t(const char *literal)
{
	return (const struct text *)(const void *)literal;
}

static ATTR_UNUSED int begin(void **state)
{
	(void)state;
	memset(&st, 0, sizeof(st));
	arena_init(&st.arena);
	st.job = (struct job_facts){.at = NOW, .crash_at = ABSENT};
	st.job.spark.configured_bytes = st.job.spark.last_lost_at = ABSENT;
	st.cfg.name = t("migration");
	st.known = (struct driver){.gone_at = ABSENT,
				   .exit_code = ABSENT,
				   .pid = ABSENT,
				   .python_pid = ABSENT,
				   .oom_kills = ABSENT};
	st.f = (struct incident_facts){.at = NOW,
				       .job = &st.job,
				       .name = "migration",
				       .verdict = VERDICT_HEALTHY,
				       .since = NOW - 10 * MIN,
				       .known = &st.known,
				       .marks = st.list,
				       .cfg = &st.cfg};
	incidents_forget(st.memory);
	return 0;
}

static ATTR_UNUSED int end(void **state)
{
	(void)state;
	arena_release(&st.arena);
	return 0;
}

static ATTR_UNUSED struct log_mark_row *mark(int64_t ago_ms, int kind, const char *whose,
					     const char *name, const char *text)
{
	struct log_mark_row *m = &st.marks[st.f.nmarks];

	st.list[st.f.nmarks++] = m;
	*m = (struct log_mark_row){.at = NOW - ago_ms,
				   .kind = kind,
				   .whose = t(whose),
				   .name = t(name),
				   .text = t(text),
				   .exit_code = ABSENT};
	return m;
}

static ATTR_UNUSED void oom(int64_t ago_ms, const char *whose)
{
	mark(ago_ms, LOG_KIND_OOM, whose, "OutOfMemoryError: Java heap space",
	     "java.lang.OutOfMemoryError: Java heap space");
}

static ATTR_UNUSED struct jvm_row *driver(int verdict)
{
	struct jvm_row *d = &st.driver;

	field_clear_row(&schema_jvm, d);
	d->pid = 18423;
	d->role = JVM_DRIVER;
	d->started_at = NOW - 60 * MIN;
	d->state = verdict == JVM_IS_DEAD ? 'Z' : 'S';
	d->threads = verdict == JVM_IS_DEAD ? 1 : 71;
	d->state_since = d->cpu_idle_since = d->oom_kills_seen = ABSENT;
	d->parent_pid = ABSENT;
	d->verdict = verdict;
	d->exit_code = ABSENT;
	d->is_ours = TRI_TRUE;
	d->heap_configured_bytes = 512 * MIB;
	d->silent_probes = d->silent_ms = ABSENT;
	st.ports[0].port = 4040;
	st.ports[1].port = 40417;
	d->listens = (struct jvm_ports){verdict == JVM_IS_DEAD ? 0 : 2, st.ports};
	st.f.driver = d;
	return d;
}

static ATTR_UNUSED void look(void)
{
	st.n = incidents_look(&st.f, st.memory, &st.arena, &st.row);
}

static ATTR_UNUSED void open_now(void)
{
	look();
	assert_int_equal(st.n, 1);
	assert_true(is_absent(st.row.closed_at));
	assert_string_equal(text_str(st.row.job), "migration");
	assert_string_equal(text_str(st.row.kind), "cascade");
}

static ATTR_UNUSED void is_text(const struct text *got, const char *expected)
{
	assert_non_null(got);
	assert_string_equal(text_str(got), expected);
}

static ATTR_UNUSED void has(const struct text *got, const char *part)
{
	assert_non_null(got);
	if (!strstr(text_str(got), part))
		fail_msg("\"%s\" does not say \"%s\"", text_str(got), part);
}

static ATTR_UNUSED void hasnt(const struct text *got, const char *part)
{
	if (strstr(text_str(got), part))
		fail_msg("\"%s\" says \"%s\"", text_str(got), part);
}

static ATTR_UNUSED void story(size_t i, const char *what, const char *where)
{
	assert_true(i < st.row.nstory);
	is_text(st.row.story[i].what, what);
	is_text(st.row.story[i].where, where);
}

#define INCIDENT_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
