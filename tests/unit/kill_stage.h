/* kill_stage.h - action_kill on the stage: captured, asked and run, with verdicts that are made. In
 * one file of a program. */
#ifndef SPARKOPS_TESTS_KILL_STAGE_H
#define SPARKOPS_TESTS_KILL_STAGE_H

#include "victim_stage.h"

static struct arena arena;
static struct plan_row plan;
static int made_verdict, made_silent;
static const char *made_evidence[4];
static const char *made_job; /* of that process alone: the host may have Spark JVMs of its own */
static pid_t made_job_pid;

static inline void dress(struct jvm_row *row)
{
	static const struct text *lines[4];
	size_t n = 0;

	row->verdict = row->state == 'Z' ? JVM_IS_DEAD : made_verdict;
	row->silent_probes = made_silent;
	for (; n < 4 && made_evidence[n]; n++)
		lines[n] = (const struct text *)(const void *)made_evidence[n];
	row->evidence = (struct texts){n, lines};
	row->job = row->pid == made_job_pid ? (const struct text *)(const void *)made_job : NULL;
}

static inline void judged(int verdict, const char *one, const char *two)
{
	made_verdict = verdict;
	made_evidence[0] = one;
	made_evidence[1] = one ? two : NULL;
	(void)act_look(&stage);
}

static inline void of_job(const char *job, pid_t pid)
{
	made_job = job;
	made_job_pid = pid;
}

static inline int open_kill(void **state)
{
	open_stage(state);
	stage.dress = dress;
	stage.state = xcalloc(1, action_kill.state_size);
	of_job(NULL, 0);
	judged(JVM_IS_HUNG, "no HTTP answer to 9 probes for 118 s", "0.0 s CPU in 90 s");
	arena_init(&arena);
	return 0;
}

static inline int close_kill(void **state)
{
	if (action_kill.release)
		action_kill.release(&stage);
	free(stage.state);
	config_unref(stage.cfg);
	arena_release(&arena);
	return close_stage(state);
}

static inline void capture(const char *id, const char *job)
{
	struct err err;

	stage.request.jvm = id;
	stage.request.job = job;
	(void)act_look(&stage);
	assert_int_equal(action_kill.capture(&stage, &err), 0);
}

static inline const char *ask(void)
{
	memset(&plan, 0, sizeof(plan));
	action_kill.plan(&stage, &plan, &arena);
	return plan.refused ? text_str(plan.refused) : NULL;
}

static inline void has(const struct texts *list, const char *what)
{
	for (size_t i = 0; i < list->n; i++)
		if (strstr(text_str(list->v[i]), what))
			return;
	fail_msg("nothing says \"%s\": %s", what, list->n ? text_str(list->v[0]) : "an empty list");
}

static inline const char *digits_of(pid_t pid)
{
	const char *s = arena_printf(&arena, "%d", pid);

	return strlen(s) > 4 ? s + strlen(s) - 4 : s;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_kill, close_kill)

#endif
