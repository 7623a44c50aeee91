/* test_discover.c - discovery on a real loop with real servers: what becomes of what is found, and
 * that nobody is asked twice. */
#include "discover_host.h"

#include "../../include/log.h"

static void a_pair_becomes_a_job(void **state ATTR_UNUSED)
{
	struct host *h = host_new("actions: [replay]");
	struct path_server *ui = ui_new("etl"), *health = health_new("/health");
	const struct config_job *j;
	struct jvm_row *jvm = pair(h, ui, health);
	char by[128];
	int changes;

	look(h);
	changes = h->changes;
	assert_true(changes > 0 && changes <= 2);
	j = only_job(h);
	assert_string_equal(text_str(j->name), "etl");
	assert_string_equal(j->ui, path_base(ui));
	assert_string_equal(j->health, path_base(health));
	snprintf(by, sizeof(by), "java 100 listens on :%d, its python 90 on :%d",
		 (int)port_of(j->ui), (int)port_of(j->health));
	assert_string_equal(j->found_by, by);
	assert_false(j->expect_always);
	assert_int_equal(j->stale_after_ms, 300000);
	assert_int_equal(j->actions, ACT_REPLAY);
	assert_string_equal(j->found->jvm_id, "100@1000");
	/* nothing new: nobody is asked, nothing changes */
	look(h);
	look(h);
	assert_int_equal(h->changes, changes);
	assert_int_equal(path_total(ui), 2);
	assert_int_equal(path_total(health), 1);
	assert_int_equal(path_connections(ui) + path_connections(health), 2);
	assert_int_equal(path_not_get(ui) + path_not_get(health), 0);
	/* it ends: the job stays, with the time */
	stage_gone(h->stage, jvm);
	look(h);
	assert_false(is_absent(only_job(h)->found->gone_at));
	host_free(h);
	path_stop(ui);
	path_stop(health);
}

static void a_health_endpoint_of_the_detailed_kind(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct path_server *ui = ui_new("etl"), *health = health_new("/health/detailed");

	pair(h, ui, health);
	look(h);
	assert_string_equal(only_job(h)->health, path_base(health));
	assert_int_equal(path_total(health), 2);
	host_free(h);
	path_stop(ui);
	path_stop(health);
}

/* A Scala job may answer the contract on a port of its own. */
static void a_jvm_with_its_own_health(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct path_server *health = health_new("/health");
	struct jvm_row *jvm = pair(h, health, NULL);

	jvm->app_name = TEXT("etl");
	look(h);
	assert_string_equal(only_job(h)->health, path_base(health));
	assert_null(only_job(h)->ui);
	assert_int_equal(path_total(health), 2); /* it is no UI, then it is one of these */
	host_free(h);
	path_stop(health);
}

static void a_silent_port(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	int port = fault_port(h->faults, FAULT_SILENT, 0, "", 0);

	stage_port(stage_driver(h->stage, 100, "etl"), port, 1);
	look(h);
	look(h);
	assert_null(only_job(h)->ui);
	assert_int_equal(fault_accepts(h->faults, port), 1);
	host_free(h);
}

/* A look asks each of them once, and ends. */
static void two_silent_ports(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct jvm_row *jvm = stage_driver(h->stage, 100, "etl");
	int ports[2];

	for (int i = 0; i < 2; i++) {
		ports[i] = fault_port(h->faults, FAULT_SILENT, 0, "", 0);
		stage_port(jvm, ports[i], 1);
	}
	for (int looks = 1; looks <= 2; looks++) {
		look_later(h, 2000);
		assert_int_equal(fault_accepts(h->faults, ports[0]), looks);
		assert_int_equal(fault_accepts(h->faults, ports[1]), looks);
	}
	host_free(h);
}

/* One line for a process, however many ports and tries; none of what is probably PySpark's own. */
static void what_is_said_of_strange_ports(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct jvm_row *jvm = stage_driver(h->stage, 100, "etl");
	const struct log_line *lines;
	struct arena a;
	uint64_t before;
	size_t n, said = 0;

	arena_init(&a);
	log_msg(LOG_INFO, "here it begins");
	n = log_tail(&a, 1, &lines);
	assert_int_equal(n, 1);
	before = lines[0].seq;
	for (int i = 0; i < 2; i++)
		stage_port(jvm, fault_port(h->faults, FAULT_SILENT, 0, "", 0), 1);
	stage_python(h->stage, jvm, 90);
	stage_port(jvm, 40000, 50)->is_linked = true;
	for (int i = 0; i < 2; i++)
		stage_python_port(jvm, fault_port(h->faults, FAULT_SILENT, 0, "", 0), 5)
			->is_loopback = true;
	look(h);
	look(h);
	n = log_tail(&a, 100, &lines);
	for (size_t i = 0; i < n; i++) {
		if (lines[i].seq <= before || !strstr(lines[i].message, "discovery: port"))
			continue;
		assert_non_null(strstr(lines[i].message, " of process 100: "));
		said++;
	}
	assert_int_equal(said, 1);
	arena_release(&a);
	host_free(h);
}

/* Nobody is asked where somebody waits already, and a dead process not at all. */
static void politeness(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct path_server *ui = ui_new("etl");
	struct jvm_row *jvm = pair(h, ui, NULL);
	struct jvm_port *p = (struct jvm_port *)(uintptr_t)jvm->listens.v;

	jvm->app_name = TEXT("etl");
	p->queue = 1;
	look(h);
	assert_int_equal(path_connections(ui), 0);
	p->queue = 0;
	jvm->state = 'T';
	look(h);
	assert_int_equal(path_connections(ui), 0);
	jvm->state = 'S';
	look(h);
	assert_int_equal(path_connections(ui), 1);
	assert_string_equal(only_job(h)->ui, path_base(ui));
	host_free(h);
	path_stop(ui);
}

/* The whole host at a time: each process has one request, none is asked twice. */
static void many_at_once(void **state ATTR_UNUSED)
{
	enum { N = STAGE_JVMS };
	struct host *h = host_new("");
	struct path_server *uis[N];

	for (size_t i = 0; i < N; i++) {
		uis[i] = ui_new("same");
		stage_port(stage_driver(h->stage, 100 + (int64_t)i, NULL),
			   port_of(path_base(uis[i])), 1);
	}
	look(h);
	assert_int_equal(h->cfg->njobs, N);
	host_free(h);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(path_total(uis[i]), 2);
		assert_int_equal(path_most_at_once(uis[i]), 1);
		path_stop(uis[i]);
	}
}

static struct dataset *health_rows(const char *folder)
{
	struct dataset *d = dataset_new();
	struct health_row *row = ARENA_NEW(&d->arena, struct health_row);

	field_clear_row(&schema_health, row);
	row->dlq_directory = text_clean(&d->arena, folder, strlen(folder));
	dataset_add(d, &schema_health, row, 1);
	return d;
}

static void say_folder(struct host *h, const char *folder)
{
	int idles = h->idles;

	hear(h, SOURCE_HEALTH, "etl", health_rows(folder));
	while (discover_is_busy(h->discover) && h->idles == idles)
		uv_run(&h->loop, UV_RUN_DEFAULT);
}

/* Only a folder that is there, also when the job says it as seen from where it works. */
static void the_folder_a_job_says(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	char folder[] = "/tmp/discover-XXXXXX", inside[64];
	struct jvm_row *jvm = stage_driver(h->stage, 100, "etl");

	assert_non_null(mkdtemp(folder));
	snprintf(inside, sizeof(inside), "%s/dlq", folder);
	jvm->cwd = T(folder);
	look(h);
	say_folder(h, "dlq");
	assert_null(only_job(h)->dlq);
	say_folder(h, "/no/such/folder");
	assert_null(only_job(h)->dlq);
	say_folder(h, "");
	say_folder(h, folder);
	assert_string_equal(only_job(h)->dlq, folder);
	assert_int_equal(h->changes, 2);
	say_folder(h, folder);
	assert_int_equal(h->changes, 2);
	assert_int_equal(mkdir(inside, 0700), 0);
	say_folder(h, "dlq");
	assert_string_equal(only_job(h)->dlq, inside);
	rmdir(inside);
	rmdir(folder);
	host_free(h);
}

/* The person's file was read again: what was found stays, and fills what it leaves out. */
static void another_configuration(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct path_server *ui = ui_new("etl");
	struct stage *with = stage_new("jobs: [{name: mine, match: {app_name: etl}}]");
	struct stage *without = stage_new("discover: false");

	pair(h, ui, NULL)->app_name = TEXT("etl");
	look(h);
	discover_rebase(h->discover, with->base);
	assert_string_equal(text_str(only_job(h)->name), "mine");
	assert_string_equal(only_job(h)->ui, path_base(ui));
	assert_non_null(strstr(only_job(h)->found_by, "config; java 100 listens on :"));
	assert_null(only_job(h)->found);
	assert_true(only_job(h)->expect_always);
	discover_rebase(h->discover, without->base);
	assert_int_equal(h->cfg->njobs, 0);
	discover_rebase(h->discover, h->stage->base);
	assert_string_equal(text_str(only_job(h)->name), "etl");
	assert_int_equal(path_total(ui), 2);
	host_free(h);
	stage_free(with);
	stage_free(without);
	path_stop(ui);
}

static void told_not_to_look(void **state ATTR_UNUSED)
{
	static const struct text *const logs[] = {TEXT("/srv/etl.log")};
	static const struct text *const folders[] = {TEXT("/srv/dlq")};
	struct host *h =
		host_new("discover: false\njobs:\n  - {name: mine, match: {app_name: etl}}\n"
			 "  - {name: other, match: {app_name: b}, log: /srv/b.log}\n");
	struct path_server *ui = ui_new("etl");
	struct jvm_row *etl = pair(h, ui, NULL), *b = stage_driver(h->stage, 200, "b");

	look(h);
	etl->app_name = TEXT("etl");
	etl->log_files = b->log_files = (struct texts){1, logs};
	etl->dlq_folders = (struct texts){1, folders};
	stage_driver(h->stage, 300, "unknown");
	look(h);
	assert_int_equal(path_connections(ui), 0);
	assert_int_equal(h->cfg->njobs, 2);
	assert_string_equal(h->cfg->jobs[0].log.files[0], "/srv/etl.log");
	assert_string_equal(h->cfg->jobs[0].found_by, "config; java 100 runs here");
	assert_null(h->cfg->jobs[0].ui);
	assert_null(h->cfg->jobs[0].dlq);
	assert_string_equal(h->cfg->jobs[1].log.files[0], "/srv/b.log");
	assert_null(h->cfg->jobs[1].log.files[1]);
	assert_string_equal(h->cfg->jobs[1].found_by, "config");
	assert_null(h->cfg->looked);
	host_free(h);
	path_stop(ui);
}

/* The end comes while ports are being asked and a folder is being looked for. */
static void the_end_comes_early(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	int port = fault_port(h->faults, FAULT_SILENT, 0, "", 0);
	struct dataset *d = dataset_new();

	stage_port(stage_driver(h->stage, 100, "etl"), port, 1);
	dataset_add_pointers(d, &schema_jvm, (const void *const *)h->stage->list, 1);
	hear(h, SOURCE_JVM, NULL, d);
	while (fault_accepts(h->faults, port) == 0)
		uv_run(&h->loop, UV_RUN_NOWAIT);
	hear(h, SOURCE_HEALTH, "etl", health_rows("/tmp"));
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_becomes_a_job),
		cmocka_unit_test(a_health_endpoint_of_the_detailed_kind),
		cmocka_unit_test(a_jvm_with_its_own_health),
		cmocka_unit_test(a_silent_port),
		cmocka_unit_test(two_silent_ports),
		cmocka_unit_test(what_is_said_of_strange_ports),
		cmocka_unit_test(politeness),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(the_folder_a_job_says),
		cmocka_unit_test(another_configuration),
		cmocka_unit_test(told_not_to_look),
		cmocka_unit_test(the_end_comes_early),
	};

	return cmocka_run_group_tests(tests, host_begin, NULL);
}
