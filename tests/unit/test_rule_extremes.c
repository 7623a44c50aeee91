/* test_rule_extremes.c - whatever number an answer holds, the rules take it: each member that is
 * decoded from a health endpoint or a driver's UI in turn at the ends of its type, for a few looks.
 * What goes wrong is said by the sanitizers this test is built with. */
#include "rule_stage.h"

enum extreme { MOST, LEAST, NOTHING, EXTREMES };

static void set_integer(const struct field *f, void *at, enum extreme x)
{
	static const int64_t values[EXTREMES] = {INT64_MAX, INT64_MIN + 1, 0};

	/* the decoder takes no date before 1970 */
	*(int64_t *)at = f->type == FIELD_TIME && x == LEAST ? 1 : values[x];
}

/* False: it holds no number. */
static bool set_extreme(const struct field *f, void *row, enum extreme x)
{
	static const double reals[EXTREMES] = {1e308, -1e308, 0};
	static struct count types[2] = {{TEXT("Timeout"), 0}, {TEXT("Schema"), 0}};
	char *at = (char *)row + f->offset;

	switch (f->type) {
	case FIELD_INT:
	case FIELD_TIME:
		set_integer(f, at, x);
		return true;
	case FIELD_REAL:
		*(double *)(void *)at = reals[x];
		return true;
	case FIELD_IDENT:
		set_integer(f, &((struct ident *)(void *)at)->number, x);
		return true;
	case FIELD_COUNTS:
		set_integer(f, &types[0].n, x);
		types[1].n = types[0].n;
		*(struct counts *)(void *)at = (struct counts){2, types};
		return true;
	default:
		return false;
	}
}

/* A driver's UI with a row of each kind. */
static void *driver_says(struct stage *s, const struct schema *schema)
{
	static const struct schema *const kinds[] = {&schema_app, &schema_executor,
						     &schema_spark_job, &schema_stage};
	struct section *one = section(s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040");
	struct dataset *d = dataset_new();
	void *wanted = NULL;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		void *row = arena_alloc(&d->arena, kinds[i]->size);

		field_clear_row(kinds[i], row);
		dataset_add(d, kinds[i], row, 1);
		if (kinds[i] == &schema_app) {
			((struct app_row *)row)->is_local = TRI_FALSE;
			((struct app_row *)row)->executor_memory_bytes = (int64_t)1 << 29;
		} else if (kinds[i] == &schema_executor) {
			((struct executor_row *)row)->active = TRI_TRUE;
			((struct executor_row *)row)->executor_id = TEXT("1");
			((struct executor_row *)row)->cores = 4;
		}
		if (kinds[i] == schema)
			wanted = row;
	}
	one->data = d;
	put(s, one);
	return wanted;
}

static void print_rows(const struct dataset *d)
{
	struct buf out;

	buf_init(&out, (size_t)1 << 20);
	for (size_t i = 0; d && i < d->nsets; i++)
		for (size_t k = 0; k < d->sets[i].n; k++)
			field_json_row(d->sets[i].schema, d->sets[i].rows[k], &out);
	buf_release(&out);
}

/* One look as usual, two with that number in it, and again as usual. */
static void play(const struct schema *schema, const struct field *f, enum extreme x,
		 const char *status)
{
	struct stage s;

	stage_init(&s, 1);
	s.jobs[0].ui = "http://127.0.0.1:4040";
	s.jobs[0].task_memory_bytes = (int64_t)1 << 28;
	for (int i = 0; i < 4; i++, s.at += 2 * S) {
		struct health_row *h = healthy(&s, "alpha");
		void *spark = driver_says(&s, schema);

		h->status = (const struct text *)(const void *)status;
		if (text_is(h->status, "initializing")) {
			h->batches_processed = h->records_processed = 0;
			h->last_processed_at = ABSENT;
			h->seconds_since_last_batch = ABSENT_REAL;
		}
		if (i == 1 || i == 2)
			set_extreme(f, schema == &schema_health ? h : spark, x);
		look(&s);
		print_rows(s.out.jobs);
		print_rows(s.out.executors);
		print_rows(s.out.errors);
		print_rows(s.out.incidents);
	}
	stage_release(&s);
}

static void no_number_is_too_much(void **state ATTR_UNUSED)
{
	static const struct schema *const kinds[] = {&schema_health, &schema_app, &schema_executor,
						     &schema_spark_job, &schema_stage};
	static const char *const words[] = {"healthy", "degraded", "initializing"};
	union {
		struct health_row health;
		struct app_row app;
		struct executor_row executor;
		struct spark_job_row job;
		struct stage_row stage;
	} any;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		for (size_t i = 0; i < kinds[k]->nfields; i++) {
			const struct field *f = &kinds[k]->fields[i];

			if (!f->json || !set_extreme(f, &any, NOTHING))
				continue;
			for (enum extreme x = 0; x < EXTREMES; x++)
				for (size_t w = 0; w < ARRAY_LEN(words); w++)
					play(kinds[k], f, x, words[w]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_number_is_too_much)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
