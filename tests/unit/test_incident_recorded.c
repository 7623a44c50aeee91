/* Recorded failures as incidents: the logs of real runs through the classifier, with the state of
 * the process as the same run's time line has it. What is told of each stands in
 * tests/fixture/rule/incidents.txt. */
#include "incident_stage.h"

#include "../../backend/log/scan.h"
#include "files.h"

enum { LOGS = 3 };

struct run {
	const char *name;
	struct {
		const char *file, *whose;
	} logs[LOGS];
	int driver;        /* enum jvm_verdict; -1: it is not seen */
	int64_t exit_code; /* ABSENT */
	enum verdict verdict;
	int64_t lost; /* executors, to exit 52 */
};

static const struct run runs[] = {
	{"a task takes too much, Spark 3.5",
	 {{"35-oom-task-stderr", "driver"}},
	 JVM_IS_DEAD,
	 52,
	 VERDICT_CRASHED,
	 0},
	{"a task takes too much, Spark 4.3",
	 {{"43-oom-task-stderr", "driver"}},
	 JVM_IS_DEAD,
	 52,
	 VERDICT_CRASHED,
	 0},
	{"the driver collects too much",
	 {{"35-oom-gateway-stderr", "driver"}},
	 JVM_IS_THRASHING,
	 ABSENT,
	 VERDICT_HUNG,
	 0},
	{"the same, and it recovered",
	 {{"35-oom-gateway-stderr", "driver"}},
	 JVM_IS_IDLE,
	 ABSENT,
	 VERDICT_HEALTHY,
	 0},
	{"the context is stopped",
	 {{"35-oom-context-stderr", "driver"}, {"35-oom-context-stdout", "job"}},
	 JVM_IS_STRANDED,
	 ABSENT,
	 VERDICT_CRASHED,
	 0},
	{"executors take too much, the job fails",
	 {{"35-executor-oom-driver", "driver"},
	  {"35-executor-oom-executor-1-stderr", "executor 1"}},
	 -1,
	 ABSENT,
	 VERDICT_CRASHED,
	 6},
	{"the same, and the job goes on",
	 {{"35-executor-oom-executor-1-stderr", "executor 1"}},
	 JVM_IS_BUSY,
	 ABSENT,
	 VERDICT_DEGRADED,
	 6},
	{"Python was killed",
	 {{"35-python-killed-driver-stderr-after", "driver"}},
	 JVM_IS_DEAD,
	 0,
	 VERDICT_CRASHED,
	 0},
	{"the application was killed",
	 {{"35-app-kill-driver", "driver"}, {"35-app-kill-stdout", "job"}},
	 JVM_IS_STRANDED,
	 ABSENT,
	 VERDICT_CRASHED,
	 0},
	{"worker and master are lost",
	 {{"35-worker-master-lost-driver", "driver"}},
	 JVM_IS_IDLE,
	 ABSENT,
	 VERDICT_DEGRADED,
	 0},
};

static struct signatures *signatures;
static struct section *sections[LOGS];
static size_t nsections;

static void add_log(const char *file, const char *whose)
{
	struct section *one = section_new();
	struct dataset *d = dataset_new();
	struct log_mark_row *rows;
	char path[160], *text = xmalloc(1 << 20);
	struct log_scan s;
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "tests/fixture/log/%s.log", file);
	f = fopen(path, "rb");
	assert_non_null(f);
	len = fread(text, 1, 1 << 20, f);
	fclose(f);
	log_scan_init(&s, signatures_ref(signatures));
	log_scan_feed(&s, text, len, 0);
	rows = ARENA_ARRAY(&d->arena, struct log_mark_row, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		const struct scan_mark *m = log_scan_mark_at(&s, i);

		rows[i] = (struct log_mark_row){
			.at = m->at,
			.last_at = m->last_at,
			.is_dated = m->is_dated ? TRI_TRUE : TRI_FALSE,
			.line = m->line,
			.kind = m->what->kind,
			.whose = text_clean(&d->arena, whose, strlen(whose)),
			.name = signature_name(&d->arena, m->what, m->exit_code),
			.text = text_clean(&d->arena, m->text, m->len),
			.count = m->count,
			.exit_code = m->exit_code};
	}
	dataset_add(d, &schema_log_mark, rows, s.n);
	log_scan_release(&s);
	free(text);
	one->source = SOURCE_LOG;
	one->data = d;
	sections[nsections++] = one;
}

/* A quarter of a minute after the last mark; a minute, where it is well again. */
static void set_stage(const struct run *r)
{
	const struct section *const *logs = (const struct section *const *)sections;
	struct jvm_row *d;

	for (size_t i = 0; i < LOGS && r->logs[i].file; i++)
		add_log(r->logs[i].file, r->logs[i].whose);
	st.f.marks = (const struct log_mark_row *const *)incident_marks(logs, nsections, &st.arena,
									&st.f.nmarks);
	if (st.f.nmarks)
		st.f.at = st.f.marks[st.f.nmarks - 1]->at +
			  (r->verdict == VERDICT_HEALTHY ? 60 : 15) * (int64_t)S;
	st.f.verdict = r->verdict;
	st.f.since = st.f.at - S;
	st.job.spark.lost_to_oom_1h = r->lost;
	st.job.spark.last_lost_at = r->lost ? st.f.at - 20 * S : ABSENT;
	st.job.spark.configured_bytes = 512 * MIB;
	if (r->driver < 0)
		return;
	d = driver(r->driver);
	d->started_at = st.f.at - 10 * (int64_t)MIN;
	d->exit_code = r->exit_code;
	d->parent_pid = 18401;
	if (r->driver == JVM_IS_DEAD)
		d->state_since = st.f.at - 14 * S;
}

static void write_run(const struct run *r, struct buf *out)
{
	buf_printf(out, "# %s\n", r->name);
	if (!st.n) {
		buf_puts(out, "no incident\n\n");
		return;
	}
	buf_printf(out, "%s%s\n", text_str(st.row.text),
		   is_absent(st.row.closed_at) ? "" : " (over)");
	for (size_t i = 0; i < st.row.events.n; i++)
		buf_printf(out, "  %s\n", text_str(st.row.events.v[i]));
	buf_printf(out, "  now   %s -> %s\n  next  %s\n\n", text_str(st.row.now),
		   text_str(st.row.now_means), text_str(st.row.next_step));
}

static void recorded_failures_are_told(void **state)
{
	struct buf out;

	signatures = signatures_new(NULL, 0);
	buf_init(&out, 1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		begin(state);
		set_stage(&runs[i]);
		look();
		write_run(&runs[i], &out);
		while (nsections)
			section_unref(sections[--nsections]);
		end(state);
	}
	file_golden("tests/fixture/rule/incidents.txt", out.data);
	buf_release(&out);
	signatures_unref(signatures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_failures_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
