/* test_backend.c - the door: start, look, ask, stop, and a configuration file that changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>

#include "../../include/log.h"
#include "../../include/row/dlq.h"
#include "backend_world.h"

static const enum fault_kind kinds[] = {FAULT_NONE,    FAULT_SILENT,  FAULT_DEAF,
					FAULT_REFUSED, FAULT_ENDLESS, FAULT_TRICKLE};

static bool all_tried(const struct snapshot *s, void *data)
{
	(void)data;
	for (size_t i = 0; i < s->nsections; i++) {
		if (s->sections[i]->state == SECTION_WAITING)
			return false;
	}
	return true;
}

static void a_picture_before_any_answer(void **state)
{
	struct fault_server *server = fault_start();
	int port = fault_port(server, FAULT_SILENT, 0, NULL, 0);
	const struct config *cfg = world_jobs(&port, 1, 1000);
	struct err err;
	struct backend *b = backend_start(cfg, &err);
	const struct snapshot *s;
	struct pollfd wake;

	(void)state;
	assert_non_null(b);
	s = backend_latest(b);
	assert_non_null(s);
	assert_int_equal(s->nsections, 3); /* and this host */
	assert_int_equal(s->sections[0]->state, SECTION_WAITING);
	assert_string_equal(s->sections[0]->job, "job0");
	wake = (struct pollfd){.fd = backend_wake_fd(b), .events = POLLIN};
	assert_int_equal(poll(&wake, 1, 1000), 1);
	backend_stop(b);
	assert_string_equal(s->sections[0]->job, "job0"); /* ours, although all else is gone */
	snapshot_unref(s);
	config_unref(cfg);
	fault_stop(server);
}

static void settles_when_all_have_answered_or_failed(void **state)
{
	struct fault_server *server = fault_start();
	int ports[] = {fault_port(server, FAULT_NONE, 0, NULL, 0),
		       fault_port(server, FAULT_REFUSED, 0, NULL, 0)};
	int silent = fault_port(server, FAULT_SILENT, 0, NULL, 0);
	const struct config *cfg = world_jobs(ports, 2, 200);
	struct err err;
	struct backend *b = backend_start(cfg, &err);
	const struct snapshot *s;

	(void)state;
	assert_true(backend_settle(b, 20000));
	s = backend_latest(b);
	assert_true(all_tried(s, NULL));
	snapshot_unref(s);
	backend_stop(b);
	config_unref(cfg);
	cfg = world_jobs(&silent, 1, 200);
	b = backend_start(cfg, &err);
	assert_false(backend_settle(b, 100));
	backend_stop(b);
	config_unref(cfg);
	cfg = world_config("interval: 1s\n"); /* nothing to ask is settled at once */
	b = backend_start(cfg, &err);
	assert_true(backend_settle(b, 20000));
	backend_stop(b);
	config_unref(cfg);
	fault_stop(server);
}

static void starts_and_stops_with_transfers_in_flight(void **state)
{
	struct fault_server *server = fault_start();
	int ports[ARRAY_LEN(kinds)];
	const struct config *cfg;
	struct request poll_now = {.kind = REQUEST_POLL_NOW};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		ports[i] = fault_port(server, kinds[i], 50, NULL, 0);
	cfg = world_jobs(ports, ARRAY_LEN(kinds), 200);
	for (int i = 0; i < 220; i++) {
		struct err err;
		struct backend *b = backend_start(cfg, &err);

		assert_non_null(b);
		if (i % 3)
			assert_false(backend_settle(b, i % 11));
		assert_int_equal(backend_request(b, &poll_now, &err), 0);
		backend_stop(b); /* an open handle would end this test */
	}
	config_unref(cfg);
	fault_stop(server);
}

static void poll_now_asks_at_once(void **state)
{
	struct fault_server *server = fault_start();
	int port = fault_port(server, FAULT_NONE, 0, NULL, 0);
	char yaml[200];
	const struct config *cfg;
	struct request r = {.kind = REQUEST_POLL_NOW};
	struct err err;
	struct backend *b;
	unsigned before;

	(void)state;
	snprintf(yaml, sizeof(yaml),
		 "interval: 1h\njobs:\n  - {name: a, health: 'http://127.0.0.1:%d'}\n", port);
	cfg = world_config(yaml);
	b = backend_start(cfg, &err);
	assert_true(backend_settle(b, 20000));
	before = fault_requests(server, port);
	for (int i = 0; i < 500 && fault_requests(server, port) == before; i++) {
		snprintf(r.job, sizeof(r.job), "somebody else");
		assert_int_equal(backend_request(b, &r, &err), 0);
		world_nap(1);
	}
	assert_int_equal(fault_requests(server, port), before);
	snprintf(r.job, sizeof(r.job), "a");
	for (int i = 0; i < 10000 && fault_requests(server, port) == before; i++) {
		assert_int_equal(backend_request(b, &r, &err), 0);
		world_nap(1);
	}
	assert_true(fault_requests(server, port) > before);
	assert_int_equal(fault_heads(server), 0);
	backend_stop(b);
	config_unref(cfg);
	fault_stop(server);
}

/* At once: whoever looks meanwhile sees the old file or the new one, never a half. */
static void write_file(const char *path, const char *text)
{
	char fresh[100];
	FILE *f;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	f = fopen(fresh, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(rename(fresh, path), 0);
}

static bool has_banner(const struct snapshot *s, void *data)
{
	return s->banner && strstr(s->banner, data);
}

static bool has_sections(const struct snapshot *s, void *data)
{
	return s->nsections == *(size_t *)data + 1 && /* this host */
	       !(s->banner && strstr(s->banner, "configuration"));
}

/* How many lines of the log hold that. */
static int logged(const char *what)
{
	const struct log_line *lines;
	struct arena a;
	size_t n;
	int found = 0;

	arena_init(&a);
	n = log_tail(&a, 1000, &lines);
	for (size_t i = 0; i < n; i++)
		found += strstr(lines[i].message, what) != NULL;
	arena_release(&a);
	return found;
}

static void a_changed_file_is_read_again(void **state)
{
	const struct request again = {.kind = REQUEST_RELOAD};
	char folder[] = "/tmp/sparkops-test-XXXXXX", path[64], banner[] = "configuration is broken";
	struct config_args args = {
		.no_discover = true, .interval_ms = ABSENT, .timeout_ms = ABSENT, .limit = ABSENT};
	const struct config *cfg;
	const struct snapshot *s;
	struct buf mistakes;
	struct backend *b;
	struct err err;
	size_t want = 1;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/c.yaml", folder);
	args.config = path;
	write_file(path, "jobs:\n  - {name: a, health: 'http://127.0.0.1:1'}\n");
	buf_init(&mistakes, 1 << 16);
	assert_int_equal(config_load(&args, &cfg, &mistakes), 0);
	b = backend_start(cfg, &err);
	s = world_wait(b, has_sections, &want);
	assert_non_null(s);
	snapshot_unref(s);

	write_file(path, "jobs:\n  - {nane: a, health: 'http://127.0.0.1:1'}\ninterval: x\n");
	s = world_wait(b, has_banner, banner);
	assert_non_null(s);
	assert_non_null(strstr(s->banner, "c.yaml:2:"));
	assert_non_null(strstr(s->banner, "(and 2 more: see messages)"));
	assert_int_equal(logged("c.yaml:2:5: a job has no name"), 1);
	assert_int_equal(logged("c.yaml:3:11: interval: \"x\" is wrong"), 1);
	assert_int_equal(logged("(3 mistakes), the old one stays"), 1);
	/* Another look at the same file says nothing new. */
	assert_int_equal(backend_request(b, &again, &err), 0);
	world_nap(1);
	assert_int_equal(backend_request(b, &again, &err), 0);
	assert_int_equal(s->nsections, 2); /* the old one stays in force */
	snapshot_unref(s);

	write_file(path, "jobs:\n  - {name: a, health: 'http://127.0.0.1:1'}\n"
			 "  - {name: b, health: 'http://127.0.0.1:2'}\n");
	want = 2;
	s = world_wait(b, has_sections, &want);
	assert_non_null(s);
	assert_string_equal(s->sections[1]->job, "b");
	assert_int_equal(logged("(3 mistakes), the old one stays"), 1);
	assert_int_equal(logged("the configuration was read again"), 1);
	snapshot_unref(s);

	backend_stop(b);
	config_unref(cfg);
	buf_release(&mistakes);
	unlink(path);
	rmdir(folder);
}

/* Between its truncation and its new text a file names no job: one look more. */
static void a_half_written_file_does_not_count(void **state)
{
	const struct request again = {.kind = REQUEST_RELOAD};
	char folder[] = "/tmp/sparkops-test-XXXXXX", path[64];
	struct config_args args = {
		.no_discover = true, .interval_ms = ABSENT, .timeout_ms = ABSENT, .limit = ABSENT};
	int before = logged("names no job any more"), read_before = logged("was read again");
	const struct config *cfg;
	const struct snapshot *s;
	struct buf mistakes;
	struct backend *b;
	struct err err;
	size_t want = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/c.yaml", folder);
	args.config = path;
	write_file(path, "jobs:\n  - {name: a, health: 'http://127.0.0.1:1'}\n");
	buf_init(&mistakes, 1 << 16);
	assert_int_equal(config_load(&args, &cfg, &mistakes), 0);
	b = backend_start(cfg, &err);
	write_file(path, "");
	assert_int_equal(backend_request(b, &again, &err), 0);
	s = world_wait(b, has_sections, &want);
	assert_non_null(s);
	assert_int_equal(logged("names no job any more"), before + 1);
	assert_int_equal(logged("was read again"), read_before + 1);
	snapshot_unref(s);
	backend_stop(b);
	config_unref(cfg);
	buf_release(&mistakes);
	unlink(path);
	rmdir(folder);
}

static bool has_label(const struct snapshot *s, void *data)
{
	return s->cfg && s->cfg->label && text_is(s->cfg->label, data);
}

/* What the console draws from: its label, pace, glyphs, theme and whether there are jobs at all. */
static void a_picture_carries_its_configuration(void **state)
{
	char folder[] = "/tmp/sparkops-test-XXXXXX", path[64], first[] = "DEMO", next[] = "CHANGED";
	struct config_args args = {
		.no_discover = true, .interval_ms = ABSENT, .timeout_ms = ABSENT, .limit = ABSENT};
	const struct snapshot *s, *old;
	const struct config *cfg;
	struct buf mistakes;
	struct backend *b;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/c.yaml", folder);
	args.config = path;
	write_file(path, "label: DEMO\njobs:\n  - {name: a, health: 'http://127.0.0.1:1'}\n");
	buf_init(&mistakes, 1 << 16);
	assert_int_equal(config_load(&args, &cfg, &mistakes), 0);
	b = backend_start(cfg, &err);
	config_unref(cfg);
	old = world_wait(b, has_label, first);
	assert_non_null(old);
	assert_int_equal(old->cfg->njobs, 1);
	assert_int_equal(old->cfg->interval_ms, 2000);

	write_file(path, "label: CHANGED\ninterval: 7s\nascii: true\ntheme: light\njobs: []\n");
	s = world_wait(b, has_label, next);
	assert_non_null(s);
	assert_int_equal(s->cfg->njobs, 0);
	assert_int_equal(s->cfg->interval_ms, 7000);
	assert_true(s->cfg->is_ascii);
	assert_string_equal(s->cfg->theme, "light");
	assert_string_equal(text_str(old->cfg->label), "DEMO"); /* what is shown does not change */
	backend_stop(b);
	assert_string_equal(text_str(s->cfg->label), "CHANGED");
	snapshot_unref(old);
	snapshot_unref(s);
	buf_release(&mistakes);
	unlink(path);
	rmdir(folder);
}

static bool has_detail(const struct snapshot *s, void *data)
{
	(void)data;
	return s->detail != NULL;
}

static void a_detail_request_is_answered_in_a_snapshot(void **state)
{
	char folder[] = "/tmp/sparkops-test-XXXXXX", path[80], yaml[200];
	struct request r = {.kind = REQUEST_DLQ_PAGE, .count = 10, .job = "a"};
	const struct config *cfg;
	const struct snapshot *s;
	struct backend *b;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/failed_batches_20261120.json", folder);
	write_file(path, "{\"timestamp\":\"2026-11-20T10:00:00\",\"batch_id\":7,"
			 "\"error_type\":\"X\",\"error_message\":\"y\"}\n");
	snprintf(yaml, sizeof(yaml), "jobs:\n  - {name: a, dlq: %s}\n", folder);
	cfg = world_config(yaml);
	b = backend_start(cfg, &err);
	assert_true(backend_settle(b, 20000));
	assert_int_equal(backend_request(b, &r, &err), 0);
	s = world_wait(b, has_detail, NULL);
	assert_non_null(s);
	snapshot_unref(s);
	backend_stop(b);
	config_unref(cfg);
	unlink(path);
	rmdir(folder);
}

static bool has_entries(const struct snapshot *s, void *data)
{
	const struct dlq_folder_row *f =
		s->nsections ? dataset_one(s->sections[0]->data, &schema_dlq_folder) : NULL;

	return f && f->entries == *(int64_t *)data && s->sections[0]->state == SECTION_FAILED;
}

static void add_entry(const char *path, int64_t batch)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fprintf(f,
		"{\"timestamp\":\"2026-11-20T10:00:00\",\"batch_id\":%d,\"error_type\":\"X\","
		"\"error_message\":\"y\"}\n",
		(int)batch);
	fclose(f);
}

/* One file that cannot be read is said as long as it is so; the others are read on meanwhile. */
static void a_damaged_file_does_not_flap(void **state)
{
	char folder[] = "/tmp/sparkops-test-XXXXXX", path[80], bad[80], yaml[200];
	const struct config *cfg;
	const struct snapshot *s;
	struct backend *b;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(bad, sizeof(bad), "%s/failed_batches_20261119.json.gz", folder);
	snprintf(path, sizeof(path), "%s/failed_batches_20261120.json", folder);
	write_file(bad, "no gzip at all");
	add_entry(path, 0);
	snprintf(yaml, sizeof(yaml), "interval: 200ms\njobs:\n  - {name: a, dlq: %s}\n", folder);
	cfg = world_config(yaml);
	b = backend_start(cfg, &err);
	for (int64_t n = 1; n <= 3; n++) {
		s = world_wait(b, has_entries, &n);
		assert_non_null(s);
		assert_non_null(strstr(s->sections[0]->problem, "failed_batches_20261119.json.gz"));
		snapshot_unref(s);
		add_entry(path, n);
	}
	assert_int_equal(logged("ok, was failed"), 0);
	backend_stop(b);
	config_unref(cfg);
	unlink(path);
	unlink(bad);
	rmdir(folder);
}

/* The signals that thread of ours blocks, as the kernel has them. */
static unsigned long long blocked_signals(const char *tid)
{
	unsigned long long blocked = 0;
	char path[300], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", tid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "SigBlk:", 7) == 0)
			blocked = strtoull(line + 7, NULL, 16);
	}
	if (f)
		fclose(f);
	return blocked;
}

static void its_thread_takes_no_signals(void **state)
{
	const struct config *cfg = world_config("interval: 1s\n");
	const unsigned long long want = 1ULL << (SIGTERM - 1) | 1ULL << (SIGINT - 1) |
					1ULL << (SIGWINCH - 1) | 1ULL << (SIGPIPE - 1);
	struct err err;
	struct backend *b = backend_start(cfg, &err);
	struct dirent *task;
	sigset_t mine;
	int deaf = 0;
	DIR *tasks;

	(void)state;
	assert_true(backend_settle(b, 20000));
	pthread_sigmask(SIG_SETMASK, NULL, &mine);
	assert_int_equal(sigismember(&mine, SIGTERM), 0); /* main's own mask is as it was */
	tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	while ((task = readdir(tasks)) != NULL)
		deaf += (blocked_signals(task->d_name) & want) == want;
	closedir(tasks);
	assert_true(deaf >= 1);
	backend_stop(b);
	config_unref(cfg);
}

/* What needs a signal or shows personal data is refused here, not only at the key. */
static void read_only_refuses_more_than_reads(void **state ATTR_UNUSED)
{
	struct request threads = {.kind = REQUEST_THREADS, .file = "18423@77"},
		       entry = {.kind = REQUEST_DLQ_ENTRY, .job = "a"};
	const struct config *cfg = world_config("read_only: true\n");
	struct err err;
	struct backend *b = backend_start(cfg, &err);

	for (int by_signal = 0; by_signal < 2; by_signal++) {
		threads.flag = by_signal;
		assert_int_equal(backend_request(b, &threads, &err), -ERR_REFUSED);
		assert_non_null(strstr(err.message, "jstack 18423"));
	}
	assert_int_equal(backend_request(b, &entry, &err), 0);
	entry.flag = true;
	assert_int_equal(backend_request(b, &entry, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "masked"));
	backend_stop(b);
	config_unref(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_before_any_answer),
		cmocka_unit_test(settles_when_all_have_answered_or_failed),
		cmocka_unit_test(starts_and_stops_with_transfers_in_flight),
		cmocka_unit_test(poll_now_asks_at_once),
		cmocka_unit_test(a_changed_file_is_read_again),
		cmocka_unit_test(a_half_written_file_does_not_count),
		cmocka_unit_test(a_picture_carries_its_configuration),
		cmocka_unit_test(a_detail_request_is_answered_in_a_snapshot),
		cmocka_unit_test(a_damaged_file_does_not_flap),
		cmocka_unit_test(its_thread_takes_no_signals),
		cmocka_unit_test(read_only_refuses_more_than_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
