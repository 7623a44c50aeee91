/* A thread dump as it is wished: by the id of a row that the jvm source showed. */
#include <sys/stat.h>

#include "../../include/row/dlq.h"
#include "../../include/row/jvm.h"
#include "java_stand_in.h"
#include "source_harness.h"

static struct dataset *answer;

void source_detail(struct target *t, struct dataset *rows)
{
	dataset_unref(answer);
	answer = rows;
	uv_stop(&t->loop);
}

static const struct jvm_row *row_of(const struct target *t, int64_t pid)
{
	const struct rowset *set = dataset_rows(t->rows, &schema_jvm);

	for (size_t i = 0; i < set->n; i++) {
		const struct jvm_row *j = set->rows[i];
		if (j->pid == pid)
			return j;
	}
	return NULL;
}

static const struct text *line(size_t i)
{
	const struct rowset *set = dataset_rows(answer, &schema_detail);

	assert_true(i < set->n);
	return ((const struct detail_row *)set->rows[i])->line;
}

static void a_row_is_asked_by_its_id(void **state)
{
	struct target *t = harness_new(&source_jvm, "this host");
	struct request r = {.kind = REQUEST_THREADS};
	struct stand_in s = {0};

	(void)state;
	assert_true(source_jvm.details & 1u << REQUEST_THREADS);
	snprintf(r.file, sizeof(r.file), "1@1");
	answer = source_jvm.detail(t, &r); /* before the first look */
	assert_string_equal(text_str(line(0)), "this JVM is not there any more");
	stand_in_start(&s, "open", NULL);
	harness_poll(t);
	assert_non_null(row_of(t, s.pid));
	snprintf(r.file, sizeof(r.file), "%s", text_str(row_of(t, s.pid)->id));
	assert_null(source_jvm.detail(t, &r));
	uv_run(&t->loop, UV_RUN_DEFAULT);
	assert_non_null(strstr(text_str(line(1)), "Full thread dump"));
	snprintf(r.file, sizeof(r.file), "%d@12345", (int)s.pid); /* the number of an earlier one */
	dataset_unref(answer);
	answer = source_jvm.detail(t, &r);
	assert_string_equal(text_str(line(0)), "this JVM is not there any more");
	dataset_unref(answer);
	stand_in_end(&s);
	harness_free(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_asked_by_its_id),
	};

	stand_in_main(argc, argv);
	return cmocka_run_group_tests(tests, make_java, drop_java);
}
