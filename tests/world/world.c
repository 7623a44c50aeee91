/* world.c - the clock and the jobs of the stand-in cluster. */
#include "world.h"

#include <string.h>

#include "heap.h"

int64_t world_now(const struct world *world)
{
	if (world->is_fixed)
		return world->begin_at;
	return world->begin_at + (int64_t)uv_now(&world->loop) - world->begin_loop;
}

int64_t world_script_ms(const struct world *world)
{
	int64_t ms = (int64_t)uv_now(&world->loop) - world->begin_loop;
	return (int64_t)((double)ms * world->fast);
}

struct job *world_find(const struct world *world, const char *name)
{
	for (int i = 0; i < world->job_count; i++)
		if (strcmp(world->jobs[i]->name, name) == 0)
			return world->jobs[i];
	return NULL;
}

struct job *world_add(struct world *world, const char *name)
{
	struct job *job = world_find(world, name);
	if (job)
		return job;
	job = job_new(name, world->seed + (uint32_t)world->job_count);
	world->jobs = heap_grow(world->jobs, (size_t)world->job_count + 1, sizeof(*world->jobs));
	world->jobs[world->job_count++] = job;
	return job;
}
