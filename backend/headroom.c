/* headroom.c - the memory formula of include/headroom.h. Spark's own numbers: 300 MiB of the heap
 * are its reserve (core/src/main/scala/org/apache/spark/memory/UnifiedMemoryManager.scala), the
 * overhead is a tenth of the heap and at least 384 MiB (core/src/main/scala/org/apache/spark/
 * resource/ResourceProfile.scala). Products are made in double: what leaves 64 bits is absent. */
#include "../include/headroom.h"

#define MIB (INT64_C(1) << 20)

enum { RESERVE_MIB = 300, OVERHEAD_LEAST_MIB = 384 };
static const double ROOM_WANTED = 1.25;

static int64_t whole(double v)
{
	return v >= 0 && v < 9e18 ? (int64_t)llround(v) : ABSENT;
}

int64_t headroom_partitions(int64_t parallelism, int64_t total_cores, int64_t active_executors)
{
	int64_t p = parallelism > 0 ? parallelism : total_cores;

	if (p <= 0 || active_executors <= 0)
		return ABSENT;
	return p / active_executors + (p % active_executors != 0);
}

int64_t headroom_needed(int64_t tasks, int64_t task_memory_bytes, double safety_factor)
{
	if (tasks <= 0 || task_memory_bytes <= 0 || !(safety_factor > 0))
		return ABSENT;
	return whole((double)tasks * (double)task_memory_bytes * safety_factor);
}

int64_t headroom_overhead(int64_t memory_bytes)
{
	return memory_bytes <= 0 ? ABSENT : max_i64(memory_bytes / 10, OVERHEAD_LEAST_MIB * MIB);
}

struct headroom_sum headroom_sum(const struct headroom_plan *p)
{
	bool has_cores = p->instances > 0 && p->cores > 0;
	int64_t all_cores = has_cores ? whole((double)p->instances * (double)p->cores) : ABSENT;
	struct headroom_sum s = {
		.partitions = headroom_partitions(p->parallelism, all_cores, p->instances),
		.tasks = ABSENT,
		.needed_bytes = ABSENT,
		.ratio = ABSENT_REAL,
		.unified_bytes = ABSENT,
		.total_bytes = ABSENT,
		.connections = ABSENT,
		.waves = ABSENT};

	if (!is_absent(s.partitions) && p->cores > 0)
		s.tasks = min_i64(p->cores, s.partitions);
	s.needed_bytes = headroom_needed(s.tasks, p->task_memory_bytes, p->safety_factor);
	if (s.needed_bytes > 0 && p->memory_bytes > 0)
		s.ratio = (double)p->memory_bytes / (double)s.needed_bytes;
	if (p->memory_bytes > RESERVE_MIB * MIB && p->memory_fraction > 0)
		s.unified_bytes =
			whole((double)(p->memory_bytes - RESERVE_MIB * MIB) * p->memory_fraction);
	if (p->instances > 0 && p->memory_bytes > 0 && p->overhead_bytes >= 0)
		s.total_bytes = whole((double)p->instances *
				      ((double)p->memory_bytes + (double)p->overhead_bytes));
	if (!is_absent(all_cores)) {
		int64_t all = p->parallelism > 0 ? p->parallelism : all_cores;

		s.connections = min_i64(all, all_cores);
		s.waves = all / all_cores + (all % all_cores != 0);
	}
	return s;
}

/* Sizes as people write them: quarters of a GiB, from 2 GiB on halves, from 8 GiB on whole ones. */
static int64_t round_up(double bytes)
{
	int64_t step = bytes < 2048.0 * (double)MIB   ? 256 * MIB
		       : bytes < 8192.0 * (double)MIB ? 512 * MIB
						      : 1024 * MIB;
	int64_t n = whole(ceil(bytes / (double)step));

	return is_absent(n) || n > INT64_MAX / step ? ABSENT : n * step;
}

struct headroom_plan headroom_advice(const struct headroom_plan *p, const struct headroom_signs *s)
{
	struct headroom_sum sum = headroom_sum(p);
	struct headroom_plan out = *p;
	double heap = 0;

	if (s->lost_to_limit > 0 && p->overhead_bytes > 0)
		out.overhead_bytes = round_up((double)p->overhead_bytes * 2);
	if (p->memory_bytes <= 0)
		return out;
	if (s->lost_to_heap > 0)
		heap = (double)p->memory_bytes * 1.5;
	if (s->lost_to_heap > 0 || sum.ratio < ROOM_WANTED)
		heap = fmax(heap, is_absent(sum.needed_bytes)
					  ? 0
					  : (double)sum.needed_bytes * ROOM_WANTED);
	if (heap > (double)p->memory_bytes)
		out.memory_bytes = round_up(heap);
	return out;
}

int64_t headroom_cores(const struct headroom_plan *p)
{
	int64_t one = headroom_needed(1, p->task_memory_bytes, p->safety_factor);

	if (p->memory_bytes <= 0 || is_absent(one))
		return p->cores > 1 ? p->cores / 2 : ABSENT;
	return max_i64(p->memory_bytes / max_i64(one, 1), 1);
}

int64_t headroom_started(const struct headroom_plan *p, const struct headroom_worker *workers,
			 size_t n)
{
	int64_t started = 0;

	if (!n || p->memory_bytes <= 0 || p->cores <= 0)
		return ABSENT;
	for (size_t i = 0; i < n; i++)
		started += max_i64(min_i64(workers[i].memory_bytes / p->memory_bytes,
					   workers[i].cores / p->cores),
				   0);
	return p->instances > 0 ? min_i64(started, p->instances) : started;
}
