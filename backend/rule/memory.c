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
