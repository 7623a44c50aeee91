/* test_jvms_join_names.c - whose driver a JVM is of which only the names are the job's: that of no
 * job whose ports speak against it, and of none where two could be it. */
#include "join_stage.h"

/* Two worlds on one host run the same application: while its own is dead, or not there any more,
 * the other one, which lives, is a stranger by its ports. */
static void a_stranger_with_the_same_name(void **state)
{
	struct stand s = {0};
	struct jvm_row *ours, *other;
	struct join_job *job;

	(void)state;
	parent_port(&s, ours = jvm(&s, "10@1", JVM_DRIVER, 4040), 5001);
	parent_port(&s, other = jvm(&s, "11@1", JVM_DRIVER, 4041), 5002);
	ours->app_name = other->app_name = TEXT("health");
	job = add_job(&s, "http://127.0.0.1:4040", "http://127.0.0.1:5001");
	cfg_of(&s, job)->match_app_name = "health";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
	/* a zombie with 52, whose Python still listens */
	ours->state = 'Z';
	ours->threads = 1;
	ours->listens.n = 0;
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
	/* one that closed its ports, in a console that saw it before */
	ours->state = 'S';
	ours->parent_listens.n = 0;
	job->jvm_id = "10@1";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
	/* gone; a port of the other's Python alone says it as well */
	s.rows[0] = other;
	s.n = 1;
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	other->listens.n = 0;
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	cfg_of(&s, job)->health = NULL;
	other->listens.n = 2;
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	/* nothing speaks against it where the job names no port of this host */
	cfg_of(&s, job)->ui = "http://ops-box-2:4040";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
}

/* It listens on nothing yet but where its Python talks to it. */
static void one_that_starts(void **state)
{
	struct stand s = {0};
	struct jvm_row *old, *next;
	struct join_job *job;

	(void)state;
	parent_port(&s, old = jvm(&s, "10@1", JVM_DRIVER, 4040), 5001);
	next = jvm(&s, "11@1", JVM_DRIVER, 25333);
	old->app_name = next->app_name = TEXT("health");
	s.ports[1][0].is_linked = true;
	next->listens.n = 1;
	next->started_at = 5000;
	old->state = 'Z';
	old->threads = 1;
	old->listens.n = 0;
	old->state_since = 4000;
	job = add_job(&s, "http://127.0.0.1:4040", "http://127.0.0.1:5001");
	cfg_of(&s, job)->match_app_name = "health";
	old->parent_listens.n = 0;
	job->jvm_id = "10@1";
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	assert_int_equal(s.job_of[1], 0);
	/* it ran beside the old one: another's */
	old->state_since = 6000;
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
	s.rows[0] = next;
	s.n = 1;
	job->ended_at = 6000;
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	job->ended_at = ABSENT;
	join(&s);
	assert_int_equal(s.job_of[0], 0);
}

/* By the name alone nobody knows which: neither. */
static void two_of_the_same_name(void **state)
{
	struct stand s = {0};
	struct join_job *job;

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040)->app_name = TEXT("health");
	jvm(&s, "11@1", JVM_DRIVER, 4041)->app_name = TEXT("health");
	job = add_job(&s, NULL, NULL);
	cfg_of(&s, job)->match_app_name = "health";
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	assert_int_equal(s.job_of[1], -1);
	/* which was seen before the other one came, is it */
	job->jvm_id = "10@1";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
	/* another job's port settles it, too */
	job->jvm_id = "";
	add_job(&s, "http://127.0.0.1:4041", NULL);
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], 1);
	/* and an end */
	s.njobs = 1;
	s.jvms[1].state = 'Z';
	s.jvms[1].threads = 1;
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_with_the_same_name),
		cmocka_unit_test(one_that_starts),
		cmocka_unit_test(two_of_the_same_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
