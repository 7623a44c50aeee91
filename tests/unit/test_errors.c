/* test_errors.c - one row per error type: whose number, which windows, which dates, what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/rule/errors.h"

enum { MIN = 60000, NOW = 1000 * MIN };

#define T(s) TEXT(s)
#define COUNTS(...)                                                                                \
	(struct counts)                                                                            \
	{                                                                                          \
		ARRAY_LEN(((const struct count[]){__VA_ARGS__})), (const struct count[])           \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

static void types_are_known_with_or_without_package(void **state)
{
	static const struct {
		const char *type, *alias, *advice; /* parts; alias NULL: its own */
	} table[] = {
		{"ServerSelectionTimeoutError", "ServerSelectionTimeoutError",
		 "Retry after 30 seconds - Check MongoDB connection"},
		{"pymongo.errors.ServerSelectionTimeoutError", "ServerSelectionTimeoutError",
		 "Retry after 30 seconds"},
		{"Timeout", "Timeout", "Retry after 60 seconds - Check API availability"},
		{"requests.exceptions.ReadTimeout", "Timeout", "Retry after 60 seconds"},
		{"ConnectTimeout", "Timeout", "Check API availability"},
		{"AnalysisException", "SchemaError", "Check data schema and collection structure"},
		{"pyspark.errors.exceptions.captured.AnalysisException", "SchemaError",
		 "Check data schema"},
		{"SchemaError", "SchemaError", "Check data schema"},
		{"java.lang.OutOfMemoryError", "OutOfMemoryError", "spark.driver.memory"},
		{"Py4JNetworkError", "Py4JNetworkError", "OutOfMemoryError before it"},
		{"ConnectionRefusedError", "ConnectionRefusedError", "first error before it"},
		{"StreamingQueryException", "StreamingQueryException", "start the query again"},
		{"KeyError", "KeyError", "sample records"},
		{"SomethingNew", NULL, "Review stack trace and DLQ entry"},
		{"", NULL, "Review stack trace"},
		{".", NULL, "Review stack trace"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct error_kind k = error_kind_of(table[i].type);

		if (table[i].alias) {
			assert_string_equal(text_str(k.alias), table[i].alias);
			assert_non_null(k.cause);
		} else {
			assert_null(k.alias);
		}
		assert_non_null(strstr(text_str(k.recommendation), table[i].advice));
	}
	assert_true(error_is_same("AnalysisException", "SchemaError"));
	assert_true(error_is_same("a.b.Odd", "Odd"));
	assert_false(error_is_same("Odd", "Strange"));
	assert_false(error_is_same("Timeout", "ServerSelectionTimeoutError"));
}

struct scene {
	struct arena arena;
	struct health_row health;
	struct dlq_folder_row folder;
	struct type_tracks tracks;
	struct error_sources src;
};

static void scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	field_clear_row(&schema_health, &s->health);
	field_clear_row(&schema_dlq_folder, &s->folder);
	s->src = (struct error_sources){
		.job = T("j"), .at = NOW, .health = &s->health, .tracks = &s->tracks};
}

static void scene_release(struct scene *s)
{
	tracks_release(&s->tracks);
	arena_release(&s->arena);
}

static void counters_give_windows(void **state)
{
	struct scene s;
	struct error_row *rows;
	size_t n;

	(void)state;
	scene_init(&s);
	s.health.errors_by_type = COUNTS({T("Timeout"), 40});
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW - 10 * MIN, ABSENT, LIFE_UNTOLD);
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].count, 40);
	assert_int_equal(rows[0].count_5m, ABSENT); /* forty, some time */
	for (int64_t t = -598000; t <= 0; t += 2000) {
		s.health.errors_by_type =
			COUNTS({T("Timeout"), t < -200000 ? 40 : 43}, {T("KeyError"), 2});
		if (t < -100000)
			s.health.errors_by_type.n = 1;
		tracks_read(&s.tracks, &s.health.errors_by_type, NOW + t, ABSENT, LIFE_UNTOLD);
	}
	s.health.errors_by_type = COUNTS({T("Timeout"), 43}, {T("KeyError"), 2});
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(n, 2);
	/* the hour of the first is not covered, but three is what is sure */
	assert_string_equal(text_str(rows[0].type), "Timeout");
	assert_int_equal(rows[0].count_5m, 3);
	assert_int_equal(rows[0].count_1h, ABSENT);
	assert_int_equal(rows[0].last_at, NOW - 200000);
	/* a type that appears while we watch began at 0 */
	assert_int_equal(rows[1].count_5m, 2);
	assert_int_equal(rows[1].count_1h, 2);
	assert_int_equal(rows[1].first_at, NOW - 100000);
	assert_int_equal(rows[1].trend.n, 15);
	scene_release(&s);
}

/* A job whose errors by type were read, and were none: its first ones are dated by us. */
static void the_first_of_a_type(void **state)
{
	struct scene s;
	struct count type = {T("Timeout"), 0};
	struct error_row *rows;
	size_t n;

	(void)state;
	scene_init(&s);
	for (int64_t t = 0; t <= 16; t += 2) {
		int64_t count = t < 8 ? 0 : t < 14 ? 2 : 3;

		type.n = count;
		s.health.errors_by_type = (struct counts){count > 0, &type};
		s.src.at = NOW + t * 1000;
		tracks_read(&s.tracks, &s.health.errors_by_type, s.src.at, ABSENT, LIFE_SAME);
		if (!count)
			continue;
		rows = error_rows(&s.src, &s.arena, &n);
		assert_int_equal(n, 1);
		assert_int_equal(rows[0].count_5m, count);
		assert_int_equal(rows[0].count_1h, count);
		assert_int_equal(rows[0].first_at, NOW + 8000);
		assert_int_equal(rows[0].last_at, NOW + (t < 14 ? 8000 : 14000));
		assert_int_equal(rows[0].trend.n, 15);
	}
	/* it is gone from the list, and comes back: one more, and the first is the first */
	s.health.errors_by_type.n = 0;
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW + 18000, ABSENT, LIFE_NEW);
	type.n = 1;
	s.health.errors_by_type.n = 1;
	s.src.at = NOW + 20000;
	tracks_read(&s.tracks, &s.health.errors_by_type, s.src.at, ABSENT, LIFE_SAME);
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(rows[0].count_5m, 4);
	assert_int_equal(rows[0].first_at, NOW + 8000);
	/* left out of one answer */
	s.health.errors_by_type.n = 0;
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW + 22000, ABSENT, LIFE_SAME);
	s.health.errors_by_type.n = 1;
	s.src.at = NOW + 24000;
	tracks_read(&s.tracks, &s.health.errors_by_type, s.src.at, ABSENT, LIFE_SAME);
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(rows[0].count_5m, 4);
	scene_release(&s);
	/* forty from before we came: when the first was, nobody knows */
	scene_init(&s);
	for (int64_t k = 0; k < 2; k++) {
		type.n = 40 + k;
		s.health.errors_by_type = (struct counts){1, &type};
		tracks_read(&s.tracks, &s.health.errors_by_type, NOW - 2000 + k * 2000, ABSENT,
			    LIFE_SAME);
	}
	rows = error_rows(&s.src, &s.arena, &n);
	assert_true(is_absent(rows[0].first_at));
	assert_int_equal(rows[0].last_at, NOW);
	scene_release(&s);
}

/* A look says only between which two looks an error happened; the queue says when. */
static void a_date_is_better_than_a_look(void **state)
{
	struct scene s;
	struct error_row *rows;
	struct dlq_group_row group;
	const void *list[] = {&group};
	struct rowset groups = {&schema_dlq_group, 1, list};
	size_t n;

	(void)state;
	scene_init(&s);
	field_clear_row(&schema_dlq_group, &group);
	group.error_type = T("Timeout");
	group.last_at = NOW - 2 * MIN;
	s.src.groups = &groups;
	s.health.errors_by_type = COUNTS({T("Timeout"), 1});
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW - 5 * MIN, ABSENT, LIFE_UNTOLD);
	s.health.errors_by_type = COUNTS({T("Timeout"), 2});
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW, ABSENT, LIFE_UNTOLD);
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(rows[0].last_at, NOW - 2 * MIN);
	/* one that lies in the future tells nothing */
	s.health.dlq_last_type = T("Timeout");
	s.health.dlq_last_at = NOW + 60 * MIN;
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(rows[0].last_at, NOW - 2 * MIN);
	/* a date from before the earlier look is of another error */
	group.last_at = NOW - 6 * MIN;
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(rows[0].last_at, NOW);
	scene_release(&s);
}

static void the_queue_dates_what_counters_do_not(void **state)
{
	struct scene s;
	struct error_row *rows;
	struct dlq_group_row group;
	const void *list[] = {&group};
	struct rowset groups = {&schema_dlq_group, 1, list};
	size_t n;

	(void)state;
	scene_init(&s);
	field_clear_row(&schema_dlq_group, &group);
	group.error_type = T("SchemaError");
	group.count = 4;
	group.first_at = NOW - 30 * MIN;
	group.last_at = NOW - 2 * MIN;
	group.recommendation = T("ask Eva");
	s.health.errors_by_type = COUNTS({T("AnalysisException"), 4});
	s.folder.entries = 6;
	s.folder.counted_5m = 1;
	s.folder.counted_1h = 4;
	s.folder.error_types = COUNTS({T("SchemaError"), 4}, {T("Timeout"), 2});
	s.folder.error_types_5m = COUNTS({T("SchemaError"), 1});
	s.folder.error_types_1h = COUNTS({T("SchemaError"), 4});
	s.src.folder = &s.folder;
	s.src.groups = &groups;
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW, ABSENT, LIFE_UNTOLD);
	rows = error_rows(&s.src, &s.arena, &n);
	/* SchemaError is what the job counts as AnalysisException: one row, in the
	 * job's own word */
	assert_int_equal(n, 2);
	assert_string_equal(text_str(rows[0].type), "AnalysisException");
	assert_string_equal(text_str(rows[0].alias), "SchemaError");
	assert_int_equal(rows[0].count, 4);
	assert_int_equal(rows[0].count_5m, 1);
	assert_int_equal(rows[0].count_1h, 4);
	assert_int_equal(rows[0].first_at, NOW - 30 * MIN);
	assert_int_equal(rows[0].last_at, NOW - 2 * MIN);
	assert_string_equal(text_str(rows[0].recommendation), "ask Eva");
	assert_string_equal(text_str(rows[1].type), "Timeout");
	assert_int_equal(rows[1].count, 2);
	assert_int_equal(rows[1].count_1h, 0);
	assert_true(is_absent(rows[1].last_at));
	/* more counted than queued: how many of them are new is not known, but old ones stay old */
	s.health.errors_by_type = COUNTS({T("AnalysisException"), 9}, {T("Timeout"), 5});
	tracks_release(&s.tracks);
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW, ABSENT, LIFE_UNTOLD);
	rows = error_rows(&s.src, &s.arena, &n);
	assert_string_equal(text_str(rows[0].type), "AnalysisException");
	assert_int_equal(rows[0].count_1h, ABSENT);
	assert_int_equal(rows[1].count_1h, 0);
	/* and its catch-all advice does not replace what is known of the type */
	group.recommendation = T("Review stack trace and DLQ entry");
	rows = error_rows(&s.src, &s.arena, &n);
	assert_non_null(strstr(text_str(rows[0].recommendation), "Check data schema"));
	scene_release(&s);
}

static void without_health_the_queue_is_all(void **state)
{
	struct scene s;
	struct error_row *rows;
	size_t n;

	(void)state;
	scene_init(&s);
	s.src.health = NULL;
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(n, 0);
	assert_non_null(rows);
	s.folder.entries = 3;
	s.folder.error_types = COUNTS({T("KeyError"), 3});
	s.src.folder = &s.folder;
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].count, 3);
	assert_int_equal(rows[0].count_5m, ABSENT); /* nothing counted yet */
	scene_release(&s);
}

/* Two words of the job for one kind, and a third one in its queue: nobody knows whose entries those
 * are, and lent to both they would count twice where the rows are merged. */
static void entries_count_for_one_row(void **state)
{
	struct scene s;
	struct error_row *rows;
	struct dlq_group_row group;
	const void *list[] = {&group};
	struct rowset groups = {&schema_dlq_group, 1, list};
	float minutes[15] = {[14] = 4};
	size_t n;

	(void)state;
	scene_init(&s);
	field_clear_row(&schema_dlq_group, &group);
	group.error_type = T("Timeout");
	group.last_at = NOW - MIN;
	group.trend = (struct series){NOW + MIN, MIN, 15, minutes};
	s.src.groups = &groups;
	s.src.folder = &s.folder;
	s.health.errors_by_type = COUNTS({T("ReadTimeout"), 2}, {T("ConnectTimeout"), 2});
	s.folder.entries = 4;
	s.folder.counted_5m = s.folder.counted_1h = 4;
	s.folder.error_types = COUNTS({T("Timeout"), 4});
	s.folder.error_types_5m = s.folder.error_types_1h = s.folder.error_types;
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW, ABSENT, LIFE_UNTOLD);
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rows[i].count, 2);
		assert_true(is_absent(rows[i].count_5m));
		assert_true(is_absent(rows[i].count_1h));
		assert_int_equal(rows[i].trend.n, 0);
		assert_int_equal(rows[i].counted_by, ERRORS_BY_HEALTH);
	}
	/* none within five minutes is none of either */
	s.folder.error_types_5m.n = 0;
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(rows[0].count_5m, 0);
	assert_int_equal(rows[1].count_5m, 0);
	/* by its name it is one's own, though another is of its kind */
	group.error_type = T("ReadTimeout");
	s.folder.error_types = COUNTS({T("ReadTimeout"), 2}, {T("ConnectTimeout"), 2});
	s.folder.error_types_5m = COUNTS({T("ReadTimeout"), 1});
	s.folder.error_types_1h = s.folder.error_types;
	rows = error_rows(&s.src, &s.arena, &n);
	assert_string_equal(text_str(rows[1].type), "ReadTimeout");
	assert_int_equal(rows[1].count_5m, 1);
	assert_int_equal(rows[0].count_5m, 0);
	assert_int_equal(rows[1].trend.n, 15);
	assert_int_equal(rows[0].trend.n, 0);
	scene_release(&s);
}

/* A row says whose figures it has; a minute of its trend is by one of them. */
static void the_row_names_its_source(void **state)
{
	struct scene s;
	struct error_row *rows;
	struct dlq_group_row two[2];
	const void *list[] = {&two[0], &two[1]};
	struct rowset groups = {&schema_dlq_group, 2, list};
	float first[15] = {[12] = 1}, second[15] = {[12] = 2, [14] = 3};
	size_t n;

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < 2; i++) {
		field_clear_row(&schema_dlq_group, &two[i]);
		two[i].error_type = T("Timeout");
		two[i].last_at = NOW - MIN;
		two[i].trend = (struct series){NOW + MIN, MIN, 15, i ? second : first};
	}
	s.src.groups = &groups;
	s.src.folder = &s.folder;
	s.folder.entries = 8;
	s.folder.counted_5m = s.folder.counted_1h = 6;
	s.folder.error_types = COUNTS({T("Timeout"), 6}, {T("KeyError"), 2});
	s.folder.error_types_5m = s.folder.error_types_1h = COUNTS({T("Timeout"), 6});
	s.health.errors_by_type = COUNTS({T("Timeout"), 6});
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW, ABSENT, LIFE_UNTOLD);
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].count_5m, 6);
	assert_int_equal(rows[0].counted_by, ERRORS_DATED);
	assert_int_equal(rows[0].trend.n, 15);
	assert_true(rows[0].trend.v[12] == 3.0f && rows[0].trend.v[14] == 3.0f);
	assert_string_equal(text_str(rows[1].type), "KeyError");
	assert_int_equal(rows[1].counted_by, ERRORS_BY_DLQ);
	assert_int_equal(rows[1].count, 2);
	/* counters that cover the windows are all there is to it */
	tracks_release(&s.tracks);
	s.health.errors_by_type = COUNTS({T("Timeout"), 0});
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW - 2000, NOW - 90 * MIN, LIFE_UNTOLD);
	s.health.errors_by_type = COUNTS({T("Timeout"), 7});
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW, NOW - 90 * MIN, LIFE_UNTOLD);
	rows = error_rows(&s.src, &s.arena, &n);
	assert_int_equal(rows[0].count, 7);
	assert_int_equal(rows[0].count_5m, 7);
	assert_int_equal(rows[0].counted_by, ERRORS_BY_HEALTH);
	/* of seven the queue has six: its minutes are not the job's */
	assert_int_equal(rows[0].trend.n, 15);
	assert_true(rows[0].trend.v[12] != 3.0f);
	scene_release(&s);
}

static void many_types_are_listed_and_some_tracked(void **state)
{
	struct scene s;
	struct count many[100];
	size_t n;

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < 100; i++)
		many[i] = (struct count){text_format(&s.arena, "Type%zu", i), (int64_t)i};
	s.health.errors_by_type = (struct counts){100, many};
	tracks_read(&s.tracks, &s.health.errors_by_type, NOW, ABSENT, LIFE_UNTOLD);
	assert_int_equal(s.tracks.n, TYPES_TRACKED);
	error_rows(&s.src, &s.arena, &n);
	assert_int_equal(n, 100);
	scene_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_known_with_or_without_package),
		cmocka_unit_test(counters_give_windows),
		cmocka_unit_test(the_first_of_a_type),
		cmocka_unit_test(a_date_is_better_than_a_look),
		cmocka_unit_test(the_queue_dates_what_counters_do_not),
		cmocka_unit_test(without_health_the_queue_is_all),
		cmocka_unit_test(entries_count_for_one_row),
		cmocka_unit_test(the_row_names_its_source),
		cmocka_unit_test(many_types_are_listed_and_some_tracked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
