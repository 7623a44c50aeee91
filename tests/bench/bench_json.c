/* bench_json.c - the decoder beside jansson on what /allexecutors of a large application holds:
 * 10,000 executors, compact (13.7 MB) and as Spark prints them (22 MB), made from a fixed seed.
 * CPU time of this process, medians; the buffers are in memory before. jansson builds its tree and
 * reads eight members of each executor; the decoder fills all fields of executor_row. Both sums
 * must agree. The floor is a comparison with the last body, what an unchanged answer costs. */
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../backend/json.h"
#include "../../include/row/executor.h"
#include "cost.h"

enum { EXECUTORS = 10000, RUNS = 21, JANSSON_RUNS = 3 };

static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t random_below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* Puts a member, in Spark's print or compact. */
struct maker {
	struct buf out;
	bool is_pretty, is_first;
	int depth;
};

static void put_gap(struct maker *m)
{
	if (!m->is_first)
		buf_putc(&m->out, ',');
	m->is_first = false;
	if (m->is_pretty)
		buf_printf(&m->out, "\n%*s", m->depth * 2, "");
}

static void put_key(struct maker *m, const char *key)
{
	put_gap(m);
	buf_printf(&m->out, m->is_pretty ? "\"%s\" : " : "\"%s\":", key);
}

static void put_number(struct maker *m, const char *key, uint64_t below)
{
	put_key(m, key);
	buf_printf(&m->out, "%llu", (unsigned long long)random_below(below));
}

static void put_raw(struct maker *m, const char *key, const char *value)
{
	put_key(m, key);
	buf_puts(&m->out, value);
}

static void put_open(struct maker *m, const char *key)
{
	put_key(m, key);
	buf_putc(&m->out, '{');
	m->depth++;
	m->is_first = true;
}

static void put_close(struct maker *m)
{
	m->depth--;
	if (m->is_pretty)
		buf_printf(&m->out, "\n%*s", m->depth * 2, "");
	buf_putc(&m->out, '}');
	m->is_first = false;
}

static void put_peaks(struct maker *m)
{
	static const char *const names[] = {
		"JVMHeapMemory",
		"JVMOffHeapMemory",
		"OnHeapExecutionMemory",
		"OffHeapExecutionMemory",
		"OnHeapStorageMemory",
		"OffHeapStorageMemory",
		"OnHeapUnifiedMemory",
		"OffHeapUnifiedMemory",
		"DirectPoolMemory",
		"MappedPoolMemory",
		"MinorGCCount",
		"MinorGCTime",
		"MajorGCCount",
		"MajorGCTime",
		"TotalGCTime",
		"ProcessTreeJVMVMemory",
		"ProcessTreeJVMRSSMemory",
		"ProcessTreePythonVMemory",
		"ProcessTreePythonRSSMemory",
		"ProcessTreeOtherVMemory",
		"ProcessTreeOtherRSSMemory",
	};

	put_open(m, "peakMemoryMetrics");
	for (size_t i = 0; i < (m->is_pretty ? ARRAY_LEN(names) : 15); i++)
		put_number(m, names[i], UINT64_C(800000000));
	put_close(m);
}

static void put_tail(struct maker *m, int id)
{
	char url[160];

	put_open(m, "executorLogs");
	for (int i = 0; i < 2; i++) {
		const char *type = i ? "stderr" : "stdout";

		snprintf(url, sizeof(url),
			 "\"http://worker-%03d:8081/logPage/"
			 "?appId=app-20261120203237-"
			 "0000&executorId=%d&logType=%s\"",
			 id % 400, id, type);
		put_raw(m, type, url);
	}
	put_close(m);
	put_open(m, "memoryMetrics");
	put_number(m, "usedOnHeapStorageMemory", UINT64_C(4000000000));
	put_number(m, "usedOffHeapStorageMemory", 10);
	put_number(m, "totalOnHeapStorageMemory", UINT64_C(4000000000));
	put_number(m, "totalOffHeapStorageMemory", 10);
	put_close(m);
	put_raw(m, "blacklistedInStages", "[]");
	put_peaks(m);
	if (m->is_pretty) {
		put_open(m, "attributes");
		put_raw(m, "DATACENTER", "\"dc-1\"");
		put_raw(m, "RACK", "\"rack-17\"");
		put_raw(m, "CONTAINER_ID", "\"container_e17_1795206163999_0001_01_000042\"");
		put_raw(m, "LOG_DIR",
			"\"/var/log/hadoop-yarn/containers/application_1795206163999_0001\"");
		put_close(m);
	}
	put_raw(m, "resources", "{}");
	put_raw(m, "resourceProfileId", "0");
	put_raw(m, "isExcluded", "false");
	put_raw(m, "excludedInStages", "[]");
}

static void put_executor(struct maker *m, int id)
{
	static const char *const numbers[] = {
		"rddBlocks",        "memoryUsed",        "diskUsed",    "totalCores",
		"maxTasks",         "activeTasks",       "failedTasks", "completedTasks",
		"totalTasks",       "totalDuration",     "totalGCTime", "totalInputBytes",
		"totalShuffleRead", "totalShuffleWrite",
	};
	static const uint64_t sizes[] = {1000,
					 UINT64_C(4000000000),
					 100,
					 64,
					 64,
					 64,
					 100,
					 1000000,
					 1000000,
					 100000000,
					 1000000,
					 UINT64_C(90000000000),
					 UINT64_C(90000000000),
					 UINT64_C(90000000000)};
	char text[96];

	put_gap(m);
	buf_putc(&m->out, '{');
	m->depth++;
	m->is_first = true;
	snprintf(text, sizeof(text), "\"%d\"", id);
	put_raw(m, "id", text);
	snprintf(text, sizeof(text), "\"worker-%03d:%d\"", id % 400, 30000 + id);
	put_raw(m, "hostPort", text);
	put_raw(m, "isActive", id % 50 ? "true" : "false");
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		put_number(m, numbers[i], sizes[i]);
	put_raw(m, "isBlacklisted", "false");
	put_number(m, "maxMemory", UINT64_C(9000000000));
	snprintf(text, sizeof(text), "\"2026-11-%02dT%02d:%02d:%02d.085GMT\"", 1 + id % 20, id % 24,
		 id % 60, id % 59);
	put_raw(m, "addTime", text);
	put_tail(m, id);
	put_close(m);
}

static struct buf make_document(bool is_pretty)
{
	struct maker m = {.is_pretty = is_pretty, .is_first = true};

	buf_init(&m.out, (size_t)64 << 20);
	buf_putc(&m.out, '[');
	for (int i = 0; i < EXECUTORS; i++)
		put_executor(&m, i);
	buf_putc(&m.out, ']');
	return m.out;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static int64_t sum_rows(const struct json_rows *r)
{
	int64_t sum = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct executor_row *x = r->rows[i];

		sum += x->storage_used_bytes + x->storage_max_bytes + x->cores +
		       x->completed_tasks + x->total_duration_ms + x->total_gc_ms +
		       x->peak_heap_bytes + x->peak_onheap_storage_bytes;
	}
	return sum;
}

static int64_t member(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static int64_t jansson_sum(const struct buf *doc, double *ms)
{
	double from = cpu_s();
	json_t *root = json_loadb(doc->data, doc->len, 0, NULL), *x;
	int64_t sum = 0;
	size_t i;

	json_array_foreach(root, i, x)
	{
		const json_t *peaks = json_object_get(x, "peakMemoryMetrics");

		sum += member(x, "memoryUsed") + member(x, "maxMemory") + member(x, "totalCores") +
		       member(x, "completedTasks") + member(x, "totalDuration") +
		       member(x, "totalGCTime") + member(peaks, "JVMHeapMemory") +
		       member(peaks, "OnHeapStorageMemory");
	}
	json_decref(root);
	*ms = (cpu_s() - from) * 1e3;
	return sum;
}

static int64_t decode(const struct buf *doc, double *ms, size_t *extra)
{
	struct json_body body = {doc->data, doc->len, ""};
	struct json_rows rows;
	struct arena arena;
	struct err err;
	int64_t sum;
	double from = cpu_s();

	arena_init(&arena);
	if (json_rows(&schema_executor, &body, &arena, &rows, &err) < 0) {
		fprintf(stderr, "bench_json: %s\n", err.message);
		exit(1);
	}
	sum = sum_rows(&rows);
	*ms = (cpu_s() - from) * 1e3;
	*extra = arena.total + rows.n * sizeof(void *);
	arena_release(&arena);
	return sum;
}

static double compare(const struct buf *doc, const char *copy)
{
	double from = cpu_s();
	volatile int differs = memcmp(doc->data, copy, doc->len);

	(void)differs;
	return (cpu_s() - from) * 1e3;
}

static void measure(const char *name, const struct buf *doc)
{
	double ours[RUNS], theirs[JANSSON_RUNS], floor_ms[RUNS];
	char *copy = xmalloc(doc->len);
	int64_t sum = 0, their_sum = 0;
	double mine, jansson;
	size_t extra = 0;

	memcpy(copy, doc->data, doc->len);
	for (size_t i = 0; i < RUNS; i++) {
		sum = decode(doc, &ours[i], &extra);
		floor_ms[i] = compare(doc, copy);
	}
	for (size_t i = 0; i < JANSSON_RUNS; i++)
		their_sum = jansson_sum(doc, &theirs[i]);
	if (sum != their_sum) {
		fprintf(stderr, "bench_json: sums differ\n");
		exit(1);
	}
	mine = median(ours, RUNS);
	jansson = median(theirs, JANSSON_RUNS);
	printf("%-28s %6.1f ms   %5.0f MB/s   jansson %6.1f ms (%.0fx)   extra %.2fx text   "
	       "unchanged body %.2f ms\n",
	       name, mine, (double)doc->len / mine / 1e3, jansson, jansson / mine,
	       (double)extra / (double)doc->len, median(floor_ms, RUNS));
	free(copy);
}

int main(void)
{
	struct buf compact = make_document(false), pretty = make_document(true);
	char name[64];

	printf("decoding 10,000 executors (goal: 14 ms of CPU, extra memory 1x the text)\n");
	snprintf(name, sizeof(name), "compact, %.1f MB", (double)compact.len / 1e6);
	measure(name, &compact);
	snprintf(name, sizeof(name), "as Spark prints, %.1f MB", (double)pretty.len / 1e6);
	measure(name, &pretty);
	buf_release(&compact);
	buf_release(&pretty);
	return 0;
}
