/* Looks at a /proc of our own making: what a look finds, what it keeps from the last one, and its
 * windows, with a clock that the test owns. */
#include "scan_world.h"

static const struct jvm_port *port_of(const struct jvm_ports *ports, int64_t port)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].port == port)
			return &ports->v[i];
	fail_msg("port %lld is missing", (long long)port);
	return NULL;
}

/* Python above, its log and folders, and who is connected to whom inside the pair. */
static void test_pair(void **state)
{
	struct world *w = *state;
	static const int all[][3] = {
		{101, 4040, 0}, {102, 4050, 0}, {103, 5001, 0}, {104, 5002, 0}};
	const struct jvm_row *r;
	char path[96], dlq[128];

	add(w, &python);
	add(w, &java);
	/* Python to the gateway, the JVM to Python's accumulators */
	listeners(w, all, 4,
		  " 5: 0100007F:9C40 0100007F:0FD2 01 0:0 00:0 0 0 0 201 1\n"
		  " 6: 0100007F:9C41 0100007F:138A 01 0:0 00:0 0 0 0 202 1\n");
	snprintf(path, sizeof(path), "%s/1.txt", w->dir);
	link_to(w, 51, "fd/3", "socket:[101]");
	link_to(w, 51, "fd/4", "socket:[102]");
	link_to(w, 51, "fd/5", "socket:[202]");
	link_to(w, 50, "fd/3", "socket:[103]");
	link_to(w, 50, "fd/4", "socket:[104]");
	link_to(w, 50, "fd/5", "socket:[201]");
	folder(w, 50, "made");
	folder(w, 50, "made/dlq");
	put(w, 50, "made/job.txt", "x\n", 2);
	snprintf(path, sizeof(path), "%s/50/made", w->dir);
	link_to(w, 50, "cwd", path);
	snprintf(dlq, sizeof(dlq), "%s/dlq", path);
	snprintf(path, sizeof(path), "%s/50/made/job.txt", w->dir);
	link_to(w, 50, "fd/2", path);

	/* connections are read from the JVM's own files where the kernel's list is not of it */
	snprintf(path, sizeof(path), "../../%d/net/tcp", (int)getpid());
	link_to(w, 51, "net/tcp", path);
	r = look(w, 0, 1);
	assert_int_equal(r->parent_pid, 50);
	assert_string_equal(text_str(r->parent_id), "50@100");
	assert_string_equal(text_str(r->parent_command), "python -u job.py --ui 4040");
	assert_string_equal(text_str(r->script), "job.py");
	assert_int_equal(r->parent_gone, TRI_FALSE);
	assert_int_equal(r->is_pyspark, TRI_TRUE);
	assert_int_equal(r->ports.n, 2);
	assert_int_equal(r->parent_listens.n, 2);
	assert_true(port_of(&r->listens, 4050)->is_linked);
	assert_false(port_of(&r->listens, 4040)->is_linked);
	assert_true(port_of(&r->parent_listens, 5002)->is_linked);
	assert_false(port_of(&r->parent_listens, 5001)->is_linked);
	assert_int_equal(r->dlq_folders.n, 1);
	assert_string_equal(text_str(r->dlq_folders.v[0]), dlq);
	assert_int_equal(r->log_files.n, 1);
	assert_non_null(strstr(text_str(r->log_files.v[0]), "/made/job.txt"));
	assert_int_equal(r->owner, OWNER_SYSTEMD);
	assert_string_equal(text_str(r->owner_name), "copy.service");
	assert_int_equal(r->heap_max_bytes, 512 << 20);
	assert_non_null(r->hsperf_problem);
}

/* What was known of it stays, its exit code is added; without its Python it is an orphan's. */
static void test_death(void **state)
{
	struct world *w = *state;
	struct process dead = java;
	const struct jvm_row *r;

	add(w, &python);
	add(w, &java);
	look(w, 0, 1);
	dead.state = 'Z';
	dead.exit = 13312;
	alter(w, &dead);
	put(w, 51, "cmdline", "", 0);
	r = look(w, 2000, 1);
	assert_int_equal(r->state, 'Z');
	assert_int_equal(r->exit_code, 52);
	assert_int_equal(r->state_since, w->at.wall);
	assert_string_equal(text_str(r->app_name), "copy");
	assert_int_equal(r->parent_pid, 50);
	assert_true(is_absent(r->rss_bytes));
	remove_tree(w->dir, 50);
	dead.ppid = 1;
	alter(w, &dead);
	r = look(w, 2000, 1);
	assert_int_equal(r->parent_gone, TRI_TRUE);
	assert_true(is_absent(r->parent_pid));
	assert_int_equal(r->state_since, w->at.wall - 2000);
	remove_tree(w->dir, 51);
	look(w, 2000, 0);
}

/* Nobody saw it alive: its Python says that it runs Spark. */
static void test_unknown_zombie(void **state)
{
	struct world *w = *state;
	struct process dead = java, above = python;
	const struct jvm_row *r;

	dead.state = 'Z';
	dead.exit = 9;
	dead.args = "";
	add(w, &above);
	add(w, &dead);
	look(w, 0, 0); /* any program could have run a java */
	put(w, 50, "environ", "HOME=/\0SPARK_HOME=/opt/spark\0", 29);
	for (int i = 0; i < 20 && dataset_rows(w->rows, &schema_jvm)->n == 0; i++) {
		struct err err;

		w->at.mono += 2000;
		w->at.wall += 2000;
		dataset_unref(w->rows);
		w->rows = scan_look(w->scan, &w->at, &err);
	}
	r = dataset_one(w->rows,
			&schema_jvm); /* as soon as it is seen: --once looks no second time */
	assert_int_equal(r->exit_code, 137);
	r = look(w, 2000, 1);
	assert_int_equal(r->exit_code, 137);
	assert_int_equal(r->role, JVM_DRIVER);
	assert_null(r->main_class);
	assert_string_equal(text_str(r->script), "job.py");
}

static void test_windows(void **state)
{
	struct world *w = *state;
	struct process p = java;
	int64_t began = w->at.wall, busy_at;
	const struct jvm_row *r;

	add(w, &python);
	add(w, &p);
	r = look(w, 0, 1);
	assert_true(isnan(r->cpu_pct));
	assert_true(is_absent(r->cpu_idle_since));
	p.ticks += 100;
	alter(w, &p);
	r = look(w, 2000, 1);
	assert_true(r->cpu_pct > 49.9 && r->cpu_pct < 50.1);
	assert_true(is_absent(r->cpu_idle_since));
	busy_at = w->at.wall;
	for (int i = 0; i < 60; i++)
		r = look(w, 2000, 1);
	assert_true(r->cpu_pct < 0.1);
	assert_int_equal(r->cpu_idle_since, busy_at);
	assert_true(r->cpu_window_s > 80 && r->cpu_window_s <= 90);
	assert_true(r->cpu_in_window_s < 0.01);
	assert_int_equal(r->counters_since, began);
	assert_true(isnan(r->gc_pct));
}

static void test_accept_queue(void **state)
{
	struct world *w = *state;
	int all[1][3] = {{101, 4040, 0}};
	const struct jvm_row *r;
	int64_t since;

	add(w, &java);
	link_to(w, 51, "fd/3", "socket:[101]");
	listeners(w, (const int(*)[3])all, 1, "");
	r = look(w, 0, 1);
	assert_int_equal(r->listens.v[0].queue, 0);
	assert_true(is_absent(r->listens.v[0].queue_since));
	all[0][2] = 2;
	listeners(w, (const int(*)[3])all, 1, "");
	r = look(w, 2000, 1);
	since = w->at.wall;
	assert_int_equal(r->listens.v[0].queue_since, since);
	r = look(w, 2000, 1);
	assert_int_equal(r->listens.v[0].queue, 2);
	assert_int_equal(r->listens.v[0].queue_since, since);
	r = look(w, 60000, 1); /* nobody looked: it may have been empty between */
	assert_int_equal(r->listens.v[0].queue_since, w->at.wall);
	all[0][2] = 0;
	listeners(w, (const int(*)[3])all, 1, "");
	r = look(w, 2000, 1);
	assert_true(is_absent(r->listens.v[0].queue_since));
	listeners(w, (const int(*)[3])all, 0, "");
	r = look(w, 2000, 1);
	assert_int_equal(r->ports.n, 0);
}

static void test_heap_dump(void **state)
{
	struct world *w = *state;
	const struct jvm_row *r;
	char path[96];

	add(w, &java);
	put(w, 51, "java_pid51.hprof", "12345", 5);
	snprintf(path, sizeof(path), "%s/51/java_pid51.hprof", w->dir);
	link_to(w, 51, "fd/7", path);
	r = look(w, 0, 1);
	assert_string_equal(text_str(r->dump_file), path);
	assert_int_equal(r->dump_bytes, 5);
	assert_true(isnan(r->dump_bytes_per_s));
	put(w, 51, "java_pid51.hprof", "123456789", 9);
	r = look(w, 2000, 1);
	assert_int_equal(r->dump_bytes, 9);
	assert_true(r->dump_bytes_per_s > 1.9 && r->dump_bytes_per_s < 2.1);
	snprintf(path, sizeof(path), "%s/51/fd/7", w->dir);
	unlink(path);
	r = look(w, 2000, 1);
	assert_null(r->dump_file);
}

/* A shell becomes a java, a number is used again, a JVM becomes a shell. */
static void test_becoming(void **state)
{
	struct world *w = *state;
	struct process p = java;
	const struct jvm_row *r;

	p.comm = "bash";
	p.exe = "/bin/bash";
	/* young by the clock of this host */
	add(w, &p);
	look(w, 0, 0);
	add(w, &java);
	r = look(w, 2000, 1);
	assert_string_equal(text_str(r->id), "51@200");
	p = java;
	p.start = 900;
	add(w, &p);
	r = look(w, 2000, 1);
	assert_string_equal(text_str(r->id), "51@900");
	p.comm = "sh";
	p.exe = "/bin/sh";
	add(w, &p);
	look(w, 2000, 0);
}

/* spark-submit job.py: the Python is the child, and has the job's health port. */
static void test_python_below(void **state)
{
	struct world *w = *state;
	static const int all[][3] = {{101, 4040, 0}, {103, 5001, 0}};
	struct process above = java, below = python;
	const struct jvm_row *r;

	above.args = "java -Xmx512m " SUBMIT " --name copy /srv/job.py --x";
	above.ppid = 1;
	below.pid = 52;
	below.ppid = 51;
	add(w, &above);
	add(w, &below);
	listeners(w, all, 2, "");
	link_to(w, 51, "fd/3", "socket:[101]");
	link_to(w, 52, "fd/3", "socket:[103]");
	r = look(w, 0, 1);
	assert_true(is_absent(r->parent_pid));
	assert_string_equal(text_str(r->script), "/srv/job.py");
	assert_string_equal(text_str(r->child_id), "52@100");
	assert_int_equal(r->child_listens.n, 1);
	assert_int_equal(r->child_listens.v[0].port, 5001);
	assert_int_equal(r->ports.n, 1);
}

/* Of another user: arguments and CPU, and what would show the rest. */
static void test_other_user(void **state)
{
	struct world *w = *state;
	struct process p = java;
	const struct jvm_row *r;

	if (geteuid() == 0)
		p.uid = 65534; /* as root all can be read: its folder says no all the same */
	p.exe = NULL;
	add(w, &p);
	folder(w, 51, "exe"); /* readlink fails, but not with "gone" */
	r = look(w, 0, 1);
	assert_int_equal(r->is_ours, TRI_FALSE);
	assert_non_null(r->unseen);
	assert_non_null(strstr(text_str(r->unseen), "sudo"));
	assert_int_equal(r->role, JVM_DRIVER);
	assert_true(is_absent(r->exit_code));
	assert_int_equal(r->is_attached, TRI_ABSENT);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_pair),     TEST(test_death),        TEST(test_unknown_zombie),
		TEST(test_windows),  TEST(test_accept_queue), TEST(test_heap_dump),
		TEST(test_becoming), TEST(test_other_user),   TEST(test_python_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
