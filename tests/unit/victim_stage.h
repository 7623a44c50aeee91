/* victim_stage.h - an act that is to end a stand-in JVM: act_stage.h and jvm_zoo.h together. */
#ifndef SPARKOPS_TESTS_VICTIM_STAGE_H
#define SPARKOPS_TESTS_VICTIM_STAGE_H

#include "act_stage.h"
#include "jvm_zoo.h"

#include "../../backend/action/victim.h"

static struct act stage;

static inline int open_stage(void **state)
{
	(void)state;
	stage_open(&stage);
	return 0;
}

static inline int close_stage(void **state)
{
	(void)state;
	stage_at = NULL;
	stage_speed = 3;
	stage_close(&stage);
	return 0;
}

static inline void expect(const char *text, const char *has)
{
	if (!strstr(text, has))
		fail_msg("\"%s\" does not say \"%s\"", text, has);
}

static inline void take(struct victim *v, const char *id)
{
	struct err err = {0};

	(void)act_look(&stage);
	if (victim_capture(&stage, id, v, &err) < 0)
		fail_msg("%s: %s", id, err.message);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

#endif
