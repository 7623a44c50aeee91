/* Incidents as the rules publish them: from the sections of a job's logs and the JVMs of this host,
 * the worst job's first, and gone from the job that has none. */
#include "jvm_stage.h"

#include "../../include/row/incident.h"
#include "../../include/row/log.h"

static struct log_mark_row *log_mark(struct stage *s, const char *job)
{
	struct section *one = section(s, SOURCE_LOG, job, "/srv/jobs/driver.log");
	struct dataset *d = dataset_new();
	struct log_mark_row *m = ARENA_NEW(&d->arena, struct log_mark_row);

	*m = (struct log_mark_row){.at = s->at - 5 * S,
				   .kind = LOG_KIND_OOM,
				   .whose = TEXT("driver"),
				   .name = TEXT("OutOfMemoryError: Java heap space"),
				   .text = TEXT("java.lang.OutOfMemoryError: Java heap space"),
				   .exit_code = ABSENT};
	dataset_add(d, &schema_log_mark, m, 1);
	one->data = d;
	put(s, one);
	return m;
}

static const struct incident_row *incident(const struct stage *s, size_t i)
{
	const struct rowset *set = dataset_rows(s->out.incidents, &schema_incident);

	assert_true(i < set->n);
	return set->rows[i];
}

static void a_log_and_a_dead_jvm_are_one_incident(void **state)
{
	struct stage s;
	struct jvm_row *row;

	(void)state;
	stage_init(&s, 3);
	s.jobs[1].match_app_name = "beta";
	healthy(&s, "alpha");
	log_mark(&s, "beta");
	row = jvm_rows(&s, 1);
	jvm_plain(row, "18423@1000", 18423, JVM_DRIVER);
	row->app_name = TEXT("beta");
	row->state = 'Z';
	row->threads = 1;
	row->threads = ABSENT;
	row->exit_code = 52;
	row->state_since = s.at - 4 * S;
	row->parent_pid = ABSENT;
	look(&s);
	assert_int_equal(dataset_rows(s.out.incidents, &schema_incident)->n, 1);
	assert_true(text_is(incident(&s, 0)->job, "beta"));
	assert_int_equal(incident(&s, 0)->opened_at, NOW - 5 * S);
	assert_true(is_absent(incident(&s, 0)->closed_at));
	assert_string_equal(text_str(incident(&s, 0)->text),
			    "beta ran out of memory and its driver died of it");
	assert_int_equal(incident(&s, 0)->nstory, 2);
	assert_non_null(strstr(text_str(incident(&s, 0)->next_step), "wait 10 s, start it again"));
	assert_string_equal(text_str(job(&s, "beta")->next), text_str(incident(&s, 0)->next_step));
	/* the picture of a moment stays whole when the log has moved on */
	const struct dataset *kept = dataset_ref(s.out.incidents);
	s.at += 10 * S;
	log_mark(&s, "beta")->kind = LOG_KIND_RETRY;
	look(&s);
	assert_int_equal(incident(&s, 0)->opened_at, NOW - 5 * S);
	assert_string_equal(
		text_str(((const struct incident_row *)dataset_one(kept, &schema_incident))->root),
		"OutOfMemoryError: Java heap space");
	dataset_unref(kept);
	stage_release(&s);
}

/* The job says when it is over, and by what. */
static void its_end_is_an_event_of_the_job(void **state)
{
	struct stage s;
	struct jvm_row *row;
	const struct job_row *j;

	(void)state;
	stage_init(&s, 3);
	s.jobs[1].match_app_name = "beta";
	log_mark(&s, "beta");
	row = jvm_rows(&s, 1);
	jvm_plain(row, "18423@1000", 18423, JVM_DRIVER);
	row->app_name = TEXT("beta");
	row->state = 'Z';
	row->threads = 1;
	row->threads = ABSENT;
	row->exit_code = 52;
	row->state_since = s.at - 4 * S;
	row->parent_pid = ABSENT;
	look(&s);
	assert_true(is_absent(incident(&s, 0)->closed_at));
	s.at += 12 * S; /* no longer the first looks */
	for (int i = 0; i < 40; i++) {
		s.at += S;
		row = jvm_rows(&s, 1);
		jvm_plain(row, "20001@2000", 20001, JVM_DRIVER);
		row->app_name = TEXT("beta");
		row->started_at = NOW + 12 * S;
		row->cpu_pct = 40;
		look(&s);
	}
	assert_int_equal(incident(&s, 0)->closed_at, NOW + 12 * S);
	j = job(&s, "beta");
	for (size_t i = 0; i < j->nevents; i++)
		if (strcmp(text_str(j->events[i].what),
			   "incident over: a new driver runs, java 20001; it began with "
			   "OutOfMemoryError: Java heap space") == 0) {
			assert_false(j->events[i].is_bad);
			stage_release(&s);
			return;
		}
	fail_msg("no event of %zu says that the incident is over", j->nevents);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_and_a_dead_jvm_are_one_incident),
		cmocka_unit_test(its_end_is_an_event_of_the_job),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
