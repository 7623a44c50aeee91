/* test_discover_ports.c - which port of a JVM is asked what, in which order, and which never. */
#include "found_stage.h"

/* All ports it would ask, each answered as nothing known: `4040ui 5001h`. */
static const char *order_of(struct stage *s, const struct jvm_row *jvm)
{
	static const char *const words[] = {"u", "H", "d", "l", "h"};
	char *out = arena_strdup(&s->arena, "");
	struct port_ask ask;

	while (ports_next(jvm, &s->book, s->now, &ask)) {
		struct port_answer a = {.port = ask.port, .is = PORT_IS_OTHER, .said_ms = s->now};

		out = arena_printf(&s->arena, "%s%s%lld", out, out[0] ? " " : "",
				   (long long)ask.port);
		for (unsigned i = 0; i < ARRAY_LEN(words); i++)
			if (ask.what >> i & 1)
				out = arena_printf(&s->arena, "%s%s", out, words[i]);
		memcpy(a.owner, ask.owner, sizeof(a.owner));
		port_book_set(&s->book, &a);
	}
	return out;
}

#define EXPECT_ORDER(s, jvm, want) assert_string_equal(order_of(s, jvm), want)

/* As a PySpark driver has them: gateway, RPC, block manager, UI, and Python's own two. */
static void a_pyspark_driver(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");
	struct jvm_port *p;

	stage_python(s, jvm, 90);
	p = stage_port(jvm, 35000, 50);
	p->is_loopback = p->is_linked = true;
	stage_port(jvm, 36000, 4096);
	stage_port(jvm, 36001, 4096);
	stage_port(jvm, 4040, 1);
	stage_python_port(jvm, 45000, 5)->is_loopback = true; /* its accumulators */
	stage_python_port(jvm, 5001, 128);
	EXPECT_ORDER(s, jvm, "4040uh 5001h");
	stage_free(s);
}

/* `spark-submit JOB.py`: its Python is below; a Python above only started it. */
static void a_python_below_its_jvm(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");
	struct port_ask ask;

	stage_python(s, jvm, 90);
	jvm->is_pyspark = TRI_FALSE;
	jvm->script = TEXT("/srv/jobs/etl.py");
	jvm->main_class = TEXT("org.apache.spark.deploy.SparkSubmit");
	stage_python_port(jvm, 9001, 128);
	EXPECT_ORDER(s, jvm, ""); /* not there yet */
	stage_port(jvm, 4040, 1);
	stage_child(s, jvm, 110, 5001);
	stage_says(s, jvm->child_id, 5001, PORT_IS_ASKED, "");
	assert_false(ports_next(jvm, &s->book, s->now, &ask));
	port_book_sweep(&s->book, s->list, s->n, s->now + 3600000);
	stage_says(s, jvm->child_id, 5001, PORT_IS_HEALTH, "");
	EXPECT_ORDER(s, jvm, "4040u");
	assert_int_equal(ports_known(jvm, &s->book, PORT_IS_HEALTH)->port, 5001);
	port_book_sweep(&s->book, s->list, s->n, s->now + 7200000);
	assert_non_null(port_book_find(&s->book, "110@1100", 5001));
	stage_free(s);
	s = stage_new("");
	jvm = stage_driver(s, 100, "etl");
	stage_python(s, jvm, 90);
	stage_python_port(jvm, 9001, 128);
	stage_child(s, jvm, 110, 5001);
	EXPECT_ORDER(s, jvm, "5001h");
	stage_free(s);
}

/* A health server that looks like the accumulator server is found beside it, but last. */
static void doubtful_ports_come_last(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_python(s, jvm, 90);
	stage_port(jvm, 35000, 50)->is_linked = true;
	stage_python_port(jvm, 45000, 5)->is_loopback = true;
	stage_python_port(jvm, 45001, 5)->is_loopback = true;
	stage_python_port(jvm, 50000, 5);
	EXPECT_ORDER(s, jvm, "50000h 45000h 45001h");
	stage_free(s);
	/* without a gateway there is no accumulator server */
	s = stage_new("");
	jvm = stage_driver(s, 100, "etl");
	stage_python(s, jvm, 90);
	stage_python_port(jvm, 45000, 5)->is_loopback = true;
	EXPECT_ORDER(s, jvm, "45000h");
	stage_free(s);
	/* the gateway of a dead JVM is gone, Python's own server is not */
	s = stage_new("");
	jvm = stage_driver(s, 100, "etl");
	jvm->state = 'Z';
	jvm->threads = 1;
	stage_python(s, jvm, 90);
	stage_python_port(jvm, 45000, 5)->is_loopback = true;
	stage_python_port(jvm, 5001, 128);
	EXPECT_ORDER(s, jvm, "5001h");
	stage_free(s);
}

static void what_is_found_ends_the_search(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_python(s, jvm, 90);
	stage_port(jvm, 4040, 1);
	stage_port(jvm, 4041, 1);
	stage_python_port(jvm, 5001, 128);
	stage_python_port(jvm, 5002, 128);
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "etl");
	stage_says(s, jvm->parent_id, 5001, PORT_IS_HEALTH, "");
	EXPECT_ORDER(s, jvm, "");
	stage_free(s);
}

static void never_asked(void **state ATTR_UNUSED)
{
	static const struct {
		int64_t port, backlog, queue;
		bool is_linked;
		char state;
		int role;
	} table[] = {
		{4040, 4096, 0, false, 'S', JVM_DRIVER},  /* a block manager on that number */
		{4040, 50, 0, false, 'S', JVM_DRIVER},    /* a gateway or a plain server: health */
		{36000, 4096, 0, false, 'S', JVM_DRIVER}, /* RPC */
		{36000, 50, 0, false, 'S', JVM_DRIVER},   /* given by the kernel: py4j */
		{36000, ABSENT, 0, false, 'S', JVM_DRIVER},
		{4040, 1, 1, false, 'S', JVM_DRIVER}, /* somebody waits there already */
		{8000, 50, 0, true, 'S', JVM_DRIVER}, /* py4j on a port that was chosen */
		{4040, 1, 0, false, 'T', JVM_DRIVER}, /* stopped */
		{4040, 1, 0, false, 'Z', JVM_DRIVER},
		{4040, 1, 0, false, 'S', JVM_EXECUTOR},
		{4040, 1, 0, false, 'S', JVM_GATEWAY},
		{4040, 1, 0, false, 'S', JVM_OTHER},
		{7077, 4096, 0, false, 'S', JVM_MASTER},
		{6066, 50, 0, false, 'S', JVM_MASTER},
		{41000, 50, 0, false, 'S', JVM_LIVY},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage *s = stage_new("");
		struct jvm_row *jvm = stage_driver(s, 100, "etl");
		struct jvm_port *p = stage_port(jvm, table[i].port, table[i].backlog);

		p->queue = table[i].queue;
		p->is_linked = table[i].is_linked;
		jvm->state = table[i].state;
		jvm->role = table[i].role;
		EXPECT_ORDER(s, jvm, i == 1 ? "4040h" : "");
		stage_free(s);
	}
}

static void asked_by_role(void **state ATTR_UNUSED)
{
	static const struct {
		int role;
		int64_t port, backlog, chosen;
		const char *want;
	} table[] = {
		{JVM_DRIVER, 4040, ABSENT, ABSENT, "4040u"},
		{JVM_DRIVER, 4057, ABSENT, ABSENT, ""},
		{JVM_DRIVER, 9000, ABSENT, 9000, "9000u"},
		{JVM_DRIVER, 38211, 1, 0, "38211uh"}, /* spark.ui.port=0 */
		{JVM_DRIVER, 8000, 50, ABSENT, "8000h"},
		{JVM_DRIVER, 8000, 8, ABSENT, "8000uh"},
		{JVM_MASTER, 8080, 1, ABSENT, "8080d"},
		{JVM_MASTER, 8080, 50, ABSENT, "8080d"},
		{JVM_MASTER, 8080, 4096, ABSENT, ""}, /* its RPC */
		{JVM_MASTER, 9080, 1, ABSENT, "9080d"},
		{JVM_WORKER, 8081, ABSENT, ABSENT, "8081d"},
		{JVM_HISTORY, 18080, 1, ABSENT, "18080H"},
		{JVM_HISTORY, 18080, 4096, ABSENT, "18080H"},
		{JVM_LIVY, 8998, 50, ABSENT, "8998l"},
		{JVM_LIVY, 9998, 50, ABSENT, "9998l"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage *s = stage_new("");
		struct jvm_row *jvm = stage_driver(s, 100, "etl");

		jvm->role = table[i].role;
		jvm->ui_port = table[i].chosen;
		stage_port(jvm, table[i].port, table[i].backlog);
		EXPECT_ORDER(s, jvm, table[i].want);
		stage_free(s);
	}
}

static void the_likely_ones_first(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	jvm->ui_port = 9000;
	stage_python(s, jvm, 90);
	stage_port(jvm, 33000, 2);
	stage_port(jvm, 4042, 2);
	stage_port(jvm, 9000, 2);
	stage_python_port(jvm, 5001, 128);
	stage_python_port(jvm, 40000, 128);
	EXPECT_ORDER(s, jvm, "9000uh 4042uh 5001h 33000uh 40000h");
	stage_free(s);
}

static void one_at_a_time_for_a_pair(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");
	struct port_ask ask;

	stage_python(s, jvm, 90);
	stage_port(jvm, 4040, 1);
	stage_python_port(jvm, 5001, 128);
	stage_says(s, jvm->id, 4040, PORT_IS_ASKED, "");
	assert_false(ports_next(jvm, &s->book, s->now, &ask));
	assert_true(ports_are_pending(jvm, &s->book, s->now, ASK_UI));
	stage_says(s, jvm->id, 4040, PORT_IS_OTHER, "");
	assert_true(ports_next(jvm, &s->book, s->now, &ask));
	assert_int_equal(ask.port, 5001);
	stage_free(s);
}

static char *add_pause(struct stage *s, const char *out, int64_t ms, int times)
{
	const char *gap = out[0] ? " " : "";

	if (times == 0)
		return arena_strdup(&s->arena, out);
	if (times == 1)
		return arena_printf(&s->arena, "%s%s%lld", out, gap, (long long)ms / 1000);
	return arena_printf(&s->arena, "%s%s%lldx%d", out, gap, (long long)ms / 1000, times);
}

/* Asked as soon as may be, answered like that each time: the seconds between, `2x5 4 8`. */
static const char *pauses_of(struct stage *s, struct port_answer says, int pauses)
{
	const char *out = "";
	int64_t before = 0;
	struct port_ask ask;
	int times = 0;

	for (int i = 0; i <= pauses; i++) {
		int64_t from = s->now;

		while (!ports_next(s->list[0], &s->book, s->now, &ask) && s->now < from + 3600000)
			s->now += 1000;
		assert_int_equal(ask.is_brief, ask.is_doubtful && i == 0);
		if (s->now - from != before) {
			out = add_pause(s, out, before, times);
			times = 0;
		}
		before = s->now - from;
		times += i > 0;
		says.port = ask.port;
		says.said_ms = s->now;
		says.is_doubtful = ask.is_doubtful;
		memcpy(says.owner, ask.owner, sizeof(says.owner));
		for (int answered = 0; answered < 2; answered++) {
			struct port_answer one = says;

			one.is = answered ? says.is : PORT_IS_ASKED;
			port_book_set(&s->book, &one);
		}
	}
	return add_pause(s, out, before, times);
}

/* How long a cold JVM takes hangs on its host: it is never given up, but asked less and less. */
static void asked_less_and_less(void **state ATTR_UNUSED)
{
	static const struct {
		int64_t backlog;
		enum port_is is;
		bool may_pass;
		const char *want;
	} table[] = {
		{1, PORT_IS_SILENT, false, "1x60 2 4 8 16"},
		{50, PORT_IS_SILENT, false, "1x5 2 4 8 16 32 64 128 256 300x51"},
		{1, PORT_IS_STARTING, false, "1x60 2 4 8 16"},
		{1, PORT_IS_OTHER, true, "1x60 2 4 8 16"},
		{50, PORT_IS_OTHER, true, "1x5 2 4 8 16 32 64 128 256 300x51"},
		{1, PORT_IS_OTHER, false, "3600x64"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage *s = stage_new("");
		struct port_answer says = {.is = table[i].is, .may_pass = table[i].may_pass};

		stage_port(stage_driver(s, 100, "etl"), 9000, table[i].backlog);
		assert_string_equal(pauses_of(s, says, 64), table[i].want);
		stage_free(s);
	}
}

/* It may be PySpark's own, whose queue is as long: a trace in its log for each time. */
static void who_is_doubted_is_asked_rarely(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	const struct port_answer silent = {.is = PORT_IS_SILENT};
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_python(s, jvm, 90);
	stage_port(jvm, 35000, 50)->is_linked = true;
	stage_python_port(jvm, 45000, 5)->is_loopback = true;
	stage_python_port(jvm, 45001, 5)->is_loopback = true;
	stage_says(s, jvm->parent_id, 45000, PORT_IS_OTHER, "");
	assert_string_equal(pauses_of(s, silent, 8), "1 2 4 8 16 32 64 128");
	stage_free(s);
}

/* A cold UI: it comes up, it has no pages, it takes too long; each has tries of its own. */
static void another_answer_is_another_beginning(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");
	struct port_ask ask;

	stage_port(jvm, 9000, 1);
	for (int i = 0; i < 8; i++) {
		assert_true(ports_next(jvm, &s->book, s->now, &ask));
		stage_says(s, jvm->id, 9000, PORT_IS_ASKED, "");
		stage_says(s, jvm->id, 9000, i < 7 ? PORT_IS_STARTING : PORT_IS_SILENT, "");
		s->now += 5000;
	}
	assert_true(ports_next(jvm, &s->book, s->now, &ask));
	stage_free(s);
}

/* Its Python, or the script that started it, asks the UI as well. */
static void a_ui_that_its_python_asks_is_one(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");
	struct port_ask ask;

	stage_port(jvm, 40417, 50);
	stage_port(jvm, 9000, 1);
	for (size_t i = 0; i < jvm->listens.n; i++)
		((struct jvm_port *)(uintptr_t)&jvm->listens.v[i])->is_linked = true;
	assert_true(ports_next(jvm, &s->book, s->now, &ask));
	assert_int_equal(ask.port, 9000);
	stage_says(s, jvm->id, 9000, PORT_IS_UI, "etl");
	assert_false(ports_next(jvm, &s->book, s->now, &ask));
	stage_free(s);
}

/* Remembered while its process is there; what was no use is forgotten when the port is closed. */
static void the_book_forgets(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_port(jvm, 4040, 1);
	stage_port(jvm, 4041, 1);
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "etl");
	stage_says(s, jvm->id, 4041, PORT_IS_OTHER, "");
	s->now += 3600000;
	port_book_sweep(&s->book, s->list, s->n, s->now);
	assert_int_equal(s->book.n, 2);
	jvm->listens.n = 0;
	port_book_sweep(&s->book, s->list, s->n, s->now);
	assert_non_null(port_book_find(&s->book, "100@1000", 4040));
	assert_null(port_book_find(&s->book, "100@1000", 4041));
	port_book_sweep(&s->book, s->list, 0, s->now + 30000);
	assert_int_equal(s->book.n, 1);
	port_book_sweep(&s->book, s->list, 0, s->now + 61000);
	assert_int_equal(s->book.n, 0);
	stage_free(s);
}

static void a_book_of_thousands(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct port_answer a = {.is = PORT_IS_OTHER};

	for (int i = 0; i < 5000; i++) {
		snprintf(a.owner, sizeof(a.owner), "%d@1", i);
		a.port = i;
		port_book_set(&s->book, &a);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(a.owner, sizeof(a.owner), "%d@1", i);
		assert_int_equal(port_book_find(&s->book, a.owner, i)->port, i);
		assert_null(port_book_find(&s->book, a.owner, i + 1));
	}
	port_book_sweep(&s->book, NULL, 0, 30000);
	assert_int_equal(s->book.n, 5000);
	port_book_sweep(&s->book, NULL, 0, 70000);
	assert_int_equal(s->book.n, 0);
	stage_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pyspark_driver),
		cmocka_unit_test(a_python_below_its_jvm),
		cmocka_unit_test(doubtful_ports_come_last),
		cmocka_unit_test(what_is_found_ends_the_search),
		cmocka_unit_test(never_asked),
		cmocka_unit_test(asked_by_role),
		cmocka_unit_test(the_likely_ones_first),
		cmocka_unit_test(one_at_a_time_for_a_pair),
		cmocka_unit_test(asked_less_and_less),
		cmocka_unit_test(who_is_doubted_is_asked_rarely),
		cmocka_unit_test(another_answer_is_another_beginning),
		cmocka_unit_test(a_ui_that_its_python_asks_is_one),
		cmocka_unit_test(the_book_forgets),
		cmocka_unit_test(a_book_of_thousands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
