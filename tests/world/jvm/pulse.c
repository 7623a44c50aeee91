/* pulse.c - the heartbeat of a stand-in JVM: allocation fills the young generation, collections
 * empty it, the old one grows until a cycle or a full collection brings it back to what lives;
 * each with the counters HotSpot moves. Figures are of recorded drivers: pauses of some 8 ms, in a
 * thrash ten full collections a second of nearly 100 ms each. */
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "life.h"

#define TICK_MS 100
#define TICK_NS (TICK_MS * INT64_C(1000000))
#define BURN_MS 50
#define REST_MS 200
#define DUMP_BYTES 4000000 /* a tick: 40 MB/s */

enum {
	TICKS,
	BEGAN,
	EDEN,
	EDEN_ROOM,
	YOUNG_ROOM,
	OLD,
	OLD_ROOM,
	CAUSE,
	LAST_CAUSE,
	SAFEPOINTS,
	SAFEPOINT_TIME,
	RUN_TIME,
	THREADS,
	COUNTERS
};

static const char *const names[COUNTERS] = {
	[TICKS] = "sun.os.hrt.ticks",
	[BEGAN] = "sun.rt.createVmBeginTime",
	[EDEN] = "sun.gc.generation.0.space.0.used",
	[EDEN_ROOM] = "sun.gc.generation.0.space.0.capacity",
	[YOUNG_ROOM] = "sun.gc.generation.0.capacity",
	[OLD] = "sun.gc.generation.1.space.0.used",
	[OLD_ROOM] = "sun.gc.generation.1.space.0.capacity",
	[CAUSE] = "sun.gc.cause",
	[LAST_CAUSE] = "sun.gc.lastCause",
	[SAFEPOINTS] = "sun.rt.safepoints",
	[SAFEPOINT_TIME] = "sun.rt.safepointTime",
	[RUN_TIME] = "sun.rt.applicationTime",
	[THREADS] = "java.threads.live",
};

/* Young, full, concurrent: the collectors 0, 1 and 2 of G1. */
enum { YOUNG, FULL, CYCLE, PHASES };

struct phase {
	int count_at, time_at, entry_at, exit_at; /* counters */
	int64_t count, time;
};

struct pulse {
	struct life *life;
	struct counters *counters;
	int which[COUNTERS];
	struct phase phases[PHASES];
	int64_t began, now;     /* ns of the monotonic clock; since then */
	int live_pct, used_pct; /* as last looked at */
	int64_t eden, eden_max, old, old_max;
	int64_t safepoints, safepoint_time;
};

/* Busy now, or between two batches? */
static bool is_working(const struct life *life)
{
	struct timespec now;

	if (life->every_ms <= 0)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000) % life->every_ms <
	       life->took_ms;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void set(struct pulse *pulse, int counter, int64_t value)
{
	counters_set(pulse->counters, pulse->which[counter], value);
}

static void find_phase(struct pulse *pulse, int i)
{
	struct phase *phase = &pulse->phases[i];
	char name[] = "sun.gc.collector.0.lastEntryTime";
	const size_t digit = sizeof("sun.gc.collector.") - 1;
	static const char *const parts[] = {"invocations", "time", "lastEntryTime", "lastExitTime"};
	int *const at[] = {&phase->count_at, &phase->time_at, &phase->entry_at, &phase->exit_at};

	name[digit] = (char)('0' + i);
	for (int p = 0; p < 4; p++) {
		char *end = name + digit + 2;
		for (const char *c = parts[p]; (*end++ = *c); c++) {
		}
		*at[p] = counters_find(pulse->counters, name);
	}
}

/* One collection of NS that ends now. */
static void collect(struct pulse *pulse, int i, int64_t ns, const char *cause)
{
	struct phase *phase = &pulse->phases[i];

	phase->count++;
	phase->time += ns;
	counters_set(pulse->counters, phase->entry_at, pulse->now - ns);
	counters_set(pulse->counters, phase->exit_at, pulse->now);
	counters_set(pulse->counters, phase->count_at, phase->count);
	counters_set(pulse->counters, phase->time_at, phase->time);
	counters_text(pulse->counters, pulse->which[LAST_CAUSE], cause);
	pulse->safepoints++;
	pulse->safepoint_time += ns;
}

static const char *full_cause(const struct pulse *pulse)
{
	return pulse->life->self->collector == COLLECTOR_G1 ? "G1 Compaction Pause"
							    : "Allocation Failure";
}

static int64_t alive(const struct pulse *pulse)
{
	int64_t live = pulse->life->self->heap_bytes * pulse->life->live_pct / 100;
	return live < pulse->old_max ? live : pulse->old_max;
}

/* The old generation has grown: back to what lives, and not below. */
static void collect_old(struct pulse *pulse)
{
	switch (pulse->life->self->collector) {
	case COLLECTOR_G1:
		collect(pulse, CYCLE, 4000000, "G1 Humongous Allocation");
		collect(pulse, CYCLE, 900000, "G1 Humongous Allocation");
		break;
	case COLLECTOR_Z:
		for (int pause = 0; pause < 3; pause++)
			collect(pulse, CYCLE, 32000, "Allocation Rate");
		break;
	default:
		collect(pulse, FULL, 120000000, "Ergonomics");
		break;
	}
	pulse->old = alive(pulse);
}

static void allocate(struct pulse *pulse, int64_t bytes)
{
	pulse->eden += bytes;
	if (pulse->eden < pulse->eden_max)
		return;
	if (pulse->life->self->collector == COLLECTOR_Z) {
		pulse->eden = 0;
		collect_old(pulse);
		return;
	}
	collect(pulse, YOUNG, 8000000,
		pulse->life->self->collector == COLLECTOR_G1 ? "G1 Evacuation Pause"
							     : "Allocation Failure");
	pulse->old += pulse->eden / 256;
	pulse->eden = 0;
	if (pulse->old > pulse->old_max || pulse->old > alive(pulse) + alive(pulse) / 16)
		collect_old(pulse);
}

static void thrash(struct pulse *pulse)
{
	pulse->eden = pulse->life->self->heap_bytes - pulse->old_max;
	pulse->old = pulse->old_max;
	set(pulse, EDEN_ROOM, pulse->eden > pulse->eden_max ? pulse->eden : pulse->eden_max);
	collect(pulse, pulse->life->self->collector == COLLECTOR_Z ? CYCLE : FULL,
		TICK_NS * 95 / 100, full_cause(pulse));
}

static void show(struct pulse *pulse)
{
	bool is_full = pulse->life->mode == MODE_THRASH || pulse->life->mode == MODE_STRUGGLE;

	counters_text(pulse->counters, pulse->which[CAUSE], is_full ? full_cause(pulse) : "No GC");
	set(pulse, EDEN, pulse->eden);
	set(pulse, OLD, pulse->old);
	int64_t room = pulse->old_max - pulse->eden_max / 2;
	set(pulse, OLD_ROOM, is_full || pulse->old > room ? pulse->old_max : room);
	set(pulse, SAFEPOINTS, pulse->safepoints);
	set(pulse, SAFEPOINT_TIME, pulse->safepoint_time);
	set(pulse, RUN_TIME, pulse->now - pulse->safepoint_time);
}

/* The heap as last ordered: eden is of the size that makes the mean come true, where it fits. */
static void set_level(struct pulse *pulse)
{
	const int64_t heap = pulse->life->self->heap_bytes;
	bool is_split = pulse->old_max < heap;

	if (pulse->live_pct == pulse->life->live_pct && pulse->used_pct == pulse->life->used_pct)
		return;
	pulse->live_pct = pulse->life->live_pct;
	pulse->used_pct = pulse->life->used_pct;
	pulse->old = alive(pulse);
	int64_t wanted = heap / 50 * (pulse->used_pct - pulse->live_pct);
	int64_t most = is_split ? heap / 4 : heap - pulse->old;
	pulse->eden_max = wanted < most ? wanted : most;
	if (pulse->eden_max < heap / 256)
		pulse->eden_max = heap / 256;
	pulse->eden = pulse->eden_max / 2;
	set(pulse, EDEN_ROOM, pulse->eden_max);
	set(pulse, YOUNG_ROOM, pulse->eden_max);
	/* As of a collection now: who reads the counters knows at once what lives. */
	collect(pulse,
		is_split                                      ? FULL
		: pulse->life->self->collector == COLLECTOR_Z ? CYCLE
							      : YOUNG,
		8000000, "System.gc()");
}

static void beat(struct pulse *pulse)
{
	const int64_t heap = pulse->life->self->heap_bytes;

	pulse->now = clock_ns(CLOCK_MONOTONIC) - pulse->began;
	set(pulse, TICKS, pulse->now);
	set_level(pulse);
	switch ((enum mode)pulse->life->mode) {
	case MODE_DUMP:
		life_grow_dump(pulse->life, DUMP_BYTES);
		return;
	case MODE_HANG:
		return;
	case MODE_THRASH:
	case MODE_STRUGGLE:
		thrash(pulse);
		break;
	case MODE_BUSY:
		allocate(pulse, heap / (is_working(pulse->life) ? 200 : 4000));
		pulse->safepoints += pulse->now / TICK_NS % 4 == 0;
		break;
	default:
		allocate(pulse, heap / 4000);
		pulse->safepoints += pulse->now / TICK_NS % 20 == 0;
		break;
	}
	show(pulse);
}

/* What the generations can hold, as each collector says it. */
static void set_rooms(struct pulse *pulse)
{
	const int64_t heap = pulse->life->self->heap_bytes;
	bool is_split = pulse->life->self->collector & (COLLECTOR_PARALLEL | COLLECTOR_SERIAL);
	static const char *const young[] = {"sun.gc.generation.0.maxCapacity",
					    "sun.gc.generation.0.space.0.maxCapacity"};
	static const char *const old[] = {"sun.gc.generation.1.maxCapacity",
					  "sun.gc.generation.1.space.0.maxCapacity"};

	pulse->old_max = is_split ? heap / 3 * 2 : heap;
	for (int i = 0; i < 2; i++) {
		counters_set(pulse->counters, counters_find(pulse->counters, young[i]),
			     is_split ? heap / 3 : heap);
		counters_set(pulse->counters, counters_find(pulse->counters, old[i]),
			     pulse->old_max);
	}
}

void pulse_begin(struct life *life)
{
	struct pulse *pulse = calloc(1, sizeof(*pulse));

	*pulse = (struct pulse){
		.life = life, .counters = life->counters, .began = clock_ns(CLOCK_MONOTONIC)};
	for (int i = 0; i < COUNTERS; i++)
		pulse->which[i] = counters_find(pulse->counters, names[i]);
	for (int i = 0; i < PHASES; i++)
		find_phase(pulse, i);
	set(pulse, BEGAN, clock_ns(CLOCK_REALTIME) / 1000000);
	set_rooms(pulse);
	beat(pulse);
	life->pulse = pulse;
}

void *pulse_beat(void *data)
{
	const struct life *life = data;

	for (;;) {
		poll(NULL, 0, TICK_MS);
		beat(life->pulse);
	}
	return NULL;
}

/* Uses a tenth of a core: little enough for a busy host, much more than the one per cent that
 * counts as idle. */
static void burn(void)
{
	volatile unsigned spins = 0;
	int64_t end = clock_ns(CLOCK_MONOTONIC) + BURN_MS * INT64_C(100000);

	while (clock_ns(CLOCK_MONOTONIC) < end)
		for (int i = 0; i < 1000; i++)
			spins++;
}

void *pulse_collect(void *data)
{
	struct life *life = data;

	for (;;) {
		int mode = life->mode;
		if (mode == MODE_THRASH || mode == MODE_STRUGGLE)
			burn();
		poll(NULL, 0, mode == MODE_THRASH || mode == MODE_STRUGGLE ? BURN_MS : REST_MS);
	}
	return NULL;
}

void *pulse_work(void *data)
{
	struct life *life = data;

	for (;;) {
		bool works = life->mode == MODE_BUSY && is_working(life);
		if (works)
			burn();
		poll(NULL, 0, works ? BURN_MS : REST_MS);
	}
	return NULL;
}
