/* The JSON object and the plug-in's text of supplied rows: every key of the interface, in its type,
 * and the exit code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../include/out.h"
#include "../../include/row/action.h"
#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/executor.h"
#include "../../include/row/incident.h"
#include "../../include/row/job.h"
#include "../../include/row/jvm.h"
#include "../../include/row/target.h"

static const int64_t now = 1763647407118; /* 2025-11-20T14:03:27.118Z */

/* --- rows --- */

static struct job_row *new_jobs(struct dataset *d, size_t n)
{
	struct job_row *v = ARENA_ARRAY(&d->arena, struct job_row, n);

	for (size_t i = 0; i < n; i++)
		field_clear_row(&schema_job, &v[i]);
	return v;
}

static void job(struct job_row *j, const char *name, enum verdict verdict, int64_t exit_class,
		struct arena *a)
{
	j->name = text_clean(a, name, strlen(name));
	j->verdict = (int)verdict;
	j->since = now - 124000;
	j->exit_class = exit_class;
}

static void drop(struct snapshot *s)
{
	dataset_unref(s->jobs);
	dataset_unref(s->executors);
	dataset_unref(s->errors);
	dataset_unref(s->incidents);
	dataset_unref(s->targets);
	dataset_unref(s->dlq);
	dataset_unref(s->actions);
}

static struct snapshot empty(void)
{
	return (struct snapshot){.at = now};
}

struct want_job {
	const char *name;
	enum verdict verdict;
	int64_t exit_class;
};

static struct snapshot of_jobs(const struct want_job *want, size_t n)
{
	struct snapshot s = empty();
	struct dataset *d = dataset_new();
	struct job_row *v = new_jobs(d, n);

	for (size_t i = 0; i < n; i++)
		job(&v[i], want[i].name, want[i].verdict, want[i].exit_class, &d->arena);
	dataset_add(d, &schema_job, v, n);
	s.jobs = d;
	return s;
}

/* One row of each kind with everything absent. */
static const struct dataset *absent_row(const struct schema *s)
{
	struct dataset *d = dataset_new();
	void *row = arena_alloc(&d->arena, s->size);

	field_clear_row(s, row);
	dataset_add(d, s, row, 1);
	return d;
}

static json_t *parse(const struct snapshot *s, const struct out_options *o)
{
	struct buf out;
	json_error_t error;
	json_t *root;

	buf_init(&out, 1 << 24);
	out_json(s, o, &out);
	root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		fail_msg("%s: %s", error.text, out.data);
	buf_release(&out);
	return root;
}

/* --- every key, in the order that others rely on --- */

struct member_keys {
	const char *member, *keys;
};

static const struct member_keys interface[] = {
	{"jobs",
	 "name verdict since evidence says pid application_id batch_id last_batch_age_s batches "
	 "records records_per_s errors errors_5m errors_1h errors_by_type dlq_entries dlq_pending "
	 "dlq_bad_lines heap_used_bytes heap_max_bytes headroom_ratio headroom_basis uptime_s "
	 "restarts hold ready live batch_time_s trigger_interval_s recommendations"},
	{"executors",
	 "job application_id executor_id host active cores heap_used_bytes heap_max_bytes "
	 "storage_used_bytes storage_max_bytes active_tasks failed_tasks completed_tasks gc_pct "
	 "needed_bytes configured_bytes headroom_ratio headroom_basis removed_at removed_reason "
	 "exit_code"},
	{"errors", "job type count count_5m first_at last_at recommendation counted_by"},
	{"dlq", "job file line hash batch_id at error_type message unit state attempts proof"},
	{"jvms",
	 "id pid started_at user role main_class application_id executor_id job ports "
	 "heap_used_bytes heap_max_bytes gc_pct cpu_pct rss_bytes limit_bytes verdict exit_code "
	 "evidence"},
	{"incidents", "job kind root opened_at closed_at text next_step events"},
	{"targets", "source job where state age_s took_ms code problem found_by"},
	{"actions",
	 "number began_at ended_at word job target state who host step outcome proof steps"},
};

static bool is_list_key(const char *key)
{
	return strcmp(key, "evidence") == 0 || strcmp(key, "recommendations") == 0 ||
	       strcmp(key, "events") == 0 || strcmp(key, "ports") == 0 || strcmp(key, "steps") == 0;
}

static void check_row(const char *member, const char *keys, json_t *row)
{
	char *list = xstrdup(keys), *save = NULL, *word = strtok_r(list, " ", &save);
	size_t n = 0;

	for (; word != NULL; word = strtok_r(NULL, " ", &save), n++) {
		json_t *value = json_object_get(row, word);
		if (value == NULL)
			fail_msg("%s has no %s", member, word);
		if (is_list_key(word))
			assert_true(json_is_array(value));
		else if (strcmp(word, "errors_by_type") == 0)
			assert_true(json_is_object(value));
		else if (!json_is_null(value))
			fail_msg("%s.%s of a row that knows nothing is not null", member, word);
	}
	assert_int_equal(json_object_size(row), n);
	free(list);
}

static void what_is_not_known_is_null(void **state ATTR_UNUSED)
{
	struct snapshot s = empty();
	json_t *root;

	s.jobs = absent_row(&schema_job);
	s.executors = absent_row(&schema_executor);
	s.errors = absent_row(&schema_error);
	s.incidents = absent_row(&schema_incident);
	s.targets = absent_row(&schema_target);
	s.actions = absent_row(&schema_action);
	s.dlq = absent_row(&schema_dlq_entry);
	root = parse(&s, &(struct out_options){.host = "box"});
	for (size_t i = 0; i < ARRAY_LEN(interface); i++) {
		json_t *list = json_object_get(root, interface[i].member);
		if (strcmp(interface[i].member, "jvms") == 0) {
			assert_int_equal(json_array_size(list), 0);
			continue;
		}
		assert_int_equal(json_array_size(list), 1);
		check_row(interface[i].member, interface[i].keys, json_array_get(list, 0));
	}
	json_decref(root);
	drop(&s);
}

/* A row type whose source comes later has its keys already. */
static void a_jvm_has_its_keys(void **state ATTR_UNUSED)
{
	struct jvm_row row;
	struct buf out;
	json_t *j;

	field_clear_row(&schema_jvm, &row);
	buf_init(&out, 1 << 16);
	field_json_row(&schema_jvm, &row, &out);
	j = json_loadb(out.data, out.len, 0, NULL);
	check_row("jvms", interface[4].keys, j);
	json_decref(j);
	buf_release(&out);
}

static void nothing_at_all_has_every_member(void **state ATTR_UNUSED)
{
	struct snapshot s = empty();
	struct buf out;

	buf_init(&out, 1 << 16);
	out_json(&s, &(struct out_options){.host = "ops-box-1"}, &out);
	assert_string_equal(
		out.data,
		"{\"sparkops\": \"" SPARKOPS_VERSION "\", \"format\": 1, \"host\": "
		"\"ops-box-1\", \"time\": \"2025-11-20T14:03:27.118Z\", \"verdict\": null, "
		"\"jobs\": [], \"executors\": [], \"errors\": [], \"dlq\": [], \"jvms\": [], "
		"\"incidents\": [], \"targets\": [], \"actions\": []}");
	assert_int_equal(out_exit_code(&s), 3);
	buf_clear(&out);
	out_text(&s, &(struct out_options){0}, &out);
	assert_string_equal(out.data, "UNKNOWN: nothing found | jobs=0\n");
	buf_release(&out);
}

/* --- one job with everything --- */

static struct snapshot full_job(void)
{
	static const struct text *const why[] = {TEXT("its \"UI\" refuses"), TEXT("exit 52")};
	static const struct count types[] = {{TEXT("OutOfMemoryError"), 7}};
	struct snapshot s = empty();
	struct dataset *d = dataset_new();
	struct job_row *j = new_jobs(d, 1);

	job(j, "migration", VERDICT_CRASHED, 2, &d->arena);
	j->evidence = (struct texts){2, why};
	j->says = TEXT("degraded");
	j->pid = 18423;
	j->application_id = TEXT("local-1");
	j->batch_id.text = TEXT("123456789012345678901234567890");
	j->last_batch_age_s = 124.5;
	j->batches = 41;
	j->records = INT64_MAX;
	j->records_per_s = 0;
	j->errors = 7;
	j->errors_5m = 0;
	j->errors_by_type = (struct counts){1, types};
	j->headroom_ratio = 0.6;
	j->headroom_basis = BASIS_BOUND;
	j->heap_pct = 99;
	j->ready = TRI_FALSE;
	j->live = TRI_TRUE;
	dataset_add(d, &schema_job, j, 1);
	s.jobs = d;
	return s;
}

static void a_job_in_full(void **state ATTR_UNUSED)
{
	struct snapshot s = full_job();
	struct buf out;

	buf_init(&out, 1 << 16);
	out_json(&s, &(struct out_options){.view = "jobs", .host = "b"}, &out);
	assert_string_equal(
		out.data,
		"{\"sparkops\": \"" SPARKOPS_VERSION
		"\", \"format\": 1, \"host\": \"b\", \"time\": "
		"\"2025-11-20T14:03:27.118Z\", \"verdict\": \"crashed\", \"jobs\": [{\"name\": "
		"\"migration\", \"verdict\": \"crashed\", \"since\": \"2025-11-20T14:01:23.118Z\", "
		"\"evidence\": [\"its \\\"UI\\\" refuses\", \"exit 52\"], \"says\": \"degraded\", "
		"\"pid\": 18423, \"application_id\": \"local-1\", \"batch_id\": "
		"\"123456789012345678901234567890\", \"last_batch_age_s\": 124.5, \"batches\": 41, "
		"\"records\": 9223372036854775807, \"records_per_s\": 0, \"errors\": 7, "
		"\"errors_5m\": "
		"0, \"errors_1h\": null, \"errors_by_type\": {\"OutOfMemoryError\": 7}, "
		"\"dlq_entries\": null, \"dlq_pending\": null, \"dlq_bad_lines\": null, "
		"\"heap_used_bytes\": null, \"heap_max_bytes\": null, \"headroom_ratio\": 0.6, "
		"\"headroom_basis\": \"bound\", \"uptime_s\": null, \"restarts\": null, \"hold\": "
		"null, "
		"\"ready\": false, \"live\": true, \"batch_time_s\": null, \"trigger_interval_s\": "
		"null, \"recommendations\": []}]}");
	buf_release(&out);
	drop(&s);
}

static void a_job_in_full_for_people(void **state ATTR_UNUSED)
{
	struct snapshot s = full_job();
	struct buf out;

	buf_init(&out, 1 << 16);
	out_text(&s, &(struct out_options){.view = "job"}, &out);
	assert_string_equal(out.data, "CRITICAL: migration crashed 2m04 | crashed=1\n"
				      "\n"
				      "migration is crashed for 2m04\n"
				      "  why               its \"UI\" refuses\n"
				      "                    exit 52\n"
				      "  since             2025-11-20T14:01:23.118Z\n"
				      "  says              degraded\n"
				      "  pid               18423\n"
				      "  application_id    local-1\n"
				      "  batch_id          123456789012345678901234567890\n"
				      "  last_batch_age_s  2m04\n"
				      "  batches           41\n"
				      "  records           9223P\n"
				      "  records_per_s     0\n"
				      "  errors            7\n"
				      "  errors_5m         0\n"
				      "  errors_by_type    OutOfMemoryError 7\n"
				      "  headroom_ratio    <=0.6x\n"
				      "  ready             no\n"
				      "  live              yes\n");
	buf_release(&out);
	drop(&s);
}

static void views_go_by_several_names(void **state ATTR_UNUSED)
{
	assert_ptr_equal(out_view("overview"), &schema_job);
	assert_ptr_equal(out_view("job"), &schema_job);
	assert_ptr_equal(out_view("jobs"), &schema_job);
	assert_ptr_equal(out_view("sources"), &schema_target);
	assert_ptr_equal(out_view("targets"), &schema_target);
	assert_ptr_equal(out_view("dlq"), &schema_dlq_entry);
	assert_ptr_equal(out_view("jvms"), &schema_jvm);
	assert_ptr_equal(out_view("dlq_group"), &schema_dlq_group);
	assert_null(out_view("nonsense"));
}

/* A row type that is no member appears when it is asked for, under its own name. */
static void any_row_type_can_be_asked_for(void **state ATTR_UNUSED)
{
	struct snapshot s = empty();
	const struct dataset *groups = absent_row(&schema_dlq_group);
	struct section *section = section_new();
	const struct section *sections[1];
	json_t *root;

	section->data = groups;
	sections[0] = section;
	s.nsections = 1;
	s.sections = sections;
	root = parse(&s, &(struct out_options){.view = "dlq_group"});
	assert_int_equal(json_array_size(json_object_get(root, "dlq_group")), 1);
	assert_null(json_object_get(root, "jobs"));
	json_decref(root);
	root = parse(&s, &(struct out_options){0});
	assert_null(json_object_get(root, "dlq_group"));
	json_decref(root);
	section_unref(section);
}

static void one_job_only(void **state ATTR_UNUSED)
{
	static const struct want_job jobs[] = {{"bad", VERDICT_HUNG, 2},
					       {"good", VERDICT_HEALTHY, 0}};
	struct snapshot s = of_jobs(jobs, 2);
	struct out_options o = {.job = "good"};
	json_t *root = parse(&s, &o);
	struct buf out;

	assert_int_equal(json_array_size(json_object_get(root, "jobs")), 1);
	assert_string_equal(json_string_value(json_object_get(root, "verdict")), "healthy");
	json_decref(root);
	assert_int_equal(out_exit_code(&s), 2);
	assert_int_equal(out_exit_code_job(&s, "good"), 0);
	assert_true(out_has_job(&s, "bad"));
	assert_false(out_has_job(&s, "ba"));
	buf_init(&out, 1 << 16);
	out_text(&s, &o, &out);
	assert_memory_equal(out.data, "OK: 1 healthy | healthy=1\n", 26);
	buf_release(&out);
	drop(&s);
}

/* --- exit codes and first lines --- */

static void the_worst_decides(void **state ATTR_UNUSED)
{
	static const struct {
		struct want_job jobs[4];
		int code;
		const char *line;
	} cases[] = {
		{{{"a", VERDICT_HEALTHY, 0}}, 0, "OK: 1 healthy | healthy=1\n"},
		{{{"a", VERDICT_HEALTHY, 0}, {"b", VERDICT_UNKNOWN, 3}},
		 3,
		 "UNKNOWN: b unknown 2m04 - 1 healthy | unknown=1 healthy=1\n"},
		{{{"a", VERDICT_UNKNOWN, 3}, {"b", VERDICT_STALE, 1}},
		 1,
		 "WARNING: b stale 2m04 - 1 unknown | stale=1 unknown=1\n"},
		{{{"a", VERDICT_UNREACHABLE, 3},
		  {"b", VERDICT_DEGRADED, 1},
		  {"c", VERDICT_CRASHED, 2},
		  {"d", VERDICT_HEALTHY, 0}},
		 2,
		 "CRITICAL: c crashed 2m04 - 1 unreachable, 1 degraded, 1 healthy | crashed=1 "
		 "unreachable=1 degraded=1 healthy=1\n"},
		{{{"a", VERDICT_UNHEALTHY, 2}, {"b", VERDICT_UNHEALTHY, 2}},
		 2,
		 "CRITICAL: a unhealthy 2m04 - 1 unhealthy | unhealthy=2\n"},
		{{{"a|b", VERDICT_HUNG, 2}}, 2, "CRITICAL: a/b hung 2m04 | hung=1\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = 0;
		struct snapshot s;
		struct buf out;

		while (n < 4 && cases[i].jobs[n].name != NULL)
			n++;
		s = of_jobs(cases[i].jobs, n);
		buf_init(&out, 1 << 16);
		out_text(&s, &(struct out_options){0}, &out);
		out.data[strcspn(out.data, "\n") + 1] = '\0';
		assert_string_equal(out.data, cases[i].line);
		assert_int_equal(out_exit_code(&s), cases[i].code);
		buf_release(&out);
		drop(&s);
	}
}

static void columns_are_aligned(void **state ATTR_UNUSED)
{
	struct snapshot s = full_job();
	struct buf out;

	buf_init(&out, 1 << 16);
	out_text(&s, &(struct out_options){0}, &out);
	assert_string_equal(strchr(out.data, '\n') + 1,
			    "VERDICT  JOB                                 BATCH  LAST  REC/S  ERR "
			    "5M  DLQ  HEAP    ROOM  UP  RESTARTS  EVIDENCE\n"
			    "crashed  migration  123456789012345678901234567890  2m04      0       "
			    "0    -   99%  <=0.6x   -         -  its \"UI\" refuses; exit 52\n");
	buf_release(&out);
	drop(&s);
}

/* --- in pieces --- */

static bool count_piece(void *data, const char *bytes, size_t len)
{
	struct buf *all = data;

	buf_putn(all, bytes, len);
	return true;
}

static bool refuse_piece(void *data, const char *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	++*(int *)data;
	return false;
}

static void pieces_are_the_whole(void **state ATTR_UNUSED)
{
	enum { N = 3000 };
	struct want_job *want = xcalloc(N, sizeof(*want));
	struct out_options o = {.host = "h"};
	struct buf whole, pieces;
	struct snapshot s;
	int refused = 0;

	for (size_t i = 0; i < N; i++)
		want[i] = (struct want_job){"job", VERDICT_HEALTHY, 0};
	s = of_jobs(want, N);
	buf_init(&whole, 1 << 26);
	buf_init(&pieces, 1 << 26);
	out_json(&s, &o, &whole);
	assert_true(out_json_write(&s, &o, count_piece, &pieces));
	assert_string_equal(whole.data, pieces.data);
	assert_false(out_json_write(&s, &o, refuse_piece, &refused));
	assert_int_equal(refused, 1);
	buf_release(&whole);
	buf_release(&pieces);
	drop(&s);
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(a_jvm_has_its_keys),
		cmocka_unit_test(nothing_at_all_has_every_member),
		cmocka_unit_test(a_job_in_full),
		cmocka_unit_test(a_job_in_full_for_people),
		cmocka_unit_test(views_go_by_several_names),
		cmocka_unit_test(any_row_type_can_be_asked_for),
		cmocka_unit_test(one_job_only),
		cmocka_unit_test(the_worst_decides),
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(pieces_are_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
