/* rule/memory.c - the memory of a job in words: what it was given, and what it wants. */
#include "memory.h"

enum { EXIT_KILLED = 137 };

static const int64_t MIB = 1 << 20, GIB = 1 << 30;

const char *spark_size(int64_t bytes, struct arena *a)
{
	if (is_absent(bytes) || bytes <= 0)
		return NULL;
	if (bytes % GIB == 0)
		return arena_printf(a, "%lldg", (long long)(bytes / GIB));
	return arena_printf(a, "%lldm", (long long)((bytes + MIB - 1) / MIB));
}

int64_t driver_memory(const struct jvm_row *jvm)
{
	int64_t bytes = jvm ? jvm->heap_configured_bytes : ABSENT;

	if (jvm && bytes <= 0)
		bytes = jvm->heap_max_bytes;
	return bytes > 0 ? bytes : ABSENT;
}

/* Whole gigabytes from 4 on, quarters of one below. */
const char *memory_enough(int64_t need_bytes, struct arena *a)
{
	int64_t step = need_bytes > 4 * GIB ? GIB : 256 * MIB;

	if (is_absent(need_bytes))
		return NULL;
	return spark_size((need_bytes + step - 1) / step * step, a);
}

bool is_over_limit(const struct jvm_row *jvm)
{
	return jvm && jvm->exit_code == EXIT_KILLED;
}

const char *driver_memory_words(const struct jvm_row *jvm, struct arena *a)
{
	const char *size = spark_size(driver_memory(jvm), a);

	if (is_over_limit(jvm))
		return "a higher limit of its memory (in a container: spark.driver.memoryOverhead)";
	if (!size)
		return "more spark.driver.memory";
	return arena_printf(a, "spark.driver.memory above %s", size);
}

const char *executor_memory_words(const struct job_facts *f, struct arena *a)
{
	const char *size = spark_size(f->spark.configured_bytes, a);

	if (!size)
		return "more spark.executor.memory or lower spark.executor.cores";
	return arena_printf(a, "spark.executor.memory above %s or lower spark.executor.cores",
			    size);
}

const char *lost_words(const struct executors_summary *sum, struct arena *a)
{
	long long all = sum->lost_to_oom_1h, yarn = sum->lost_to_yarn_1h;
	long long container = sum->lost_to_container_1h;
	const char *who = arena_printf(a, "%lld executor%s lost to", all, all == 1 ? "" : "s"),
		   *whom;

	if (yarn + container == 0)
		whom = "exit 52 (out of memory)";
	else if (yarn == all)
		whom = "YARN's limit of memory for its container";
	else if (container == all)
		whom = "exit 137 (SIGKILL, possibly its container's limit of memory)";
	else
		whom = arena_printf(a,
				    "memory (exit 52: %lld, YARN's limit: %lld, exit 137 with its "
				    "container's limit possible: %lld)",
				    all - yarn - container, yarn, container);
	return arena_printf(a, "%s %s", who, whom);
}

const char *lost_executors_want(const struct job_facts *f, struct arena *a)
{
	int64_t limit = f->spark.lost_to_yarn_1h + f->spark.lost_to_container_1h;
	static const char *const beside = "more spark.executor.memoryOverhead";

	if (limit == 0)
		return executor_memory_words(f, a);
	return limit == f->spark.lost_to_oom_1h
		       ? beside
		       : arena_printf(a, "%s, and %s", executor_memory_words(f, a), beside);
}
