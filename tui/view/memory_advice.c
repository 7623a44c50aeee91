/* memory_advice.c - the words of the memory view: why a setting is changed, and what the ends of a
 * job's executors ask for. Exit 52 wants heap or fewer tasks beside each other; 137 and YARN's
 * kills want room beside the heap; 56 is garbage collection until shown otherwise. */
#include <stdio.h>
#include <string.h>

#include "memory_parts.h"

bool memory_is_changed(const struct memory_own *o)
{
	for (enum memory_input i = 0; i < INPUTS; i++)
		if (o->is_edited[i])
			return true;
	return false;
}

static void size_text(double v, char out[static 24])
{
	format_number(v, UNIT_BYTES, out, 24);
}

/* In local mode the one JVM is driver and executor. */
static const char *who(const struct memory_own *o, int64_t n)
{
	return o->facts.is_local ? "driver" : n == 1 ? "executor" : "executors";
}

static void reason_of_memory(const struct memory_own *o, bool is_more, char *out, size_t size)
{
	const struct headroom_signs *s = &o->facts.signs;
	struct headroom_sum a = headroom_sum(&o->facts.now), b = headroom_sum(&o->tried);

	if (is_more && s->lost_to_heap > 0)
		snprintf(out, size, "%lld %s lost with a full heap (exit 52)",
			 (long long)s->lost_to_heap, who(o, s->lost_to_heap));
	else if (!isnan(a.ratio) && !isnan(b.ratio))
		snprintf(out, size, "headroom %.1fx -> %.1fx", a.ratio, b.ratio);
	else
		snprintf(out, size, "%s heap", is_more ? "more" : "less");
}

static void reason_of_tasks(const struct memory_own *o, bool is_more, char *out, size_t size)
{
	const struct headroom_signs *s = &o->facts.signs;
	struct headroom_sum a = headroom_sum(&o->facts.now), b = headroom_sum(&o->tried);
	char from[24], to[24];

	size_text(is_absent(a.needed_bytes) ? ABSENT_REAL : (double)a.needed_bytes, from);
	size_text(is_absent(b.needed_bytes) ? ABSENT_REAL : (double)b.needed_bytes, to);
	if (!is_more && s->lost_to_heap > 0)
		snprintf(out, size, "%lld %s lost with a full heap (exit 52): fewer tasks at once",
			 (long long)s->lost_to_heap, who(o, s->lost_to_heap));
	else if (a.needed_bytes != b.needed_bytes)
		snprintf(out, size, "%lld tasks at once, needed heap %s -> %s", (long long)b.tasks,
			 from, to);
	else
		snprintf(out, size, "connections %lld -> %lld", (long long)a.connections,
			 (long long)b.connections);
}

static void reason(const struct memory_own *o, enum memory_input in, char *out, size_t size)
{
	const struct headroom_signs *s = &o->facts.signs;
	bool is_more = !(o->rows[in].tried < o->rows[in].now);
	struct headroom_sum b = headroom_sum(&o->tried);
	char to[24];

	switch (in) {
	case IN_MEMORY:
		reason_of_memory(o, is_more, out, size);
		break;
	case IN_OVERHEAD:
		if (is_more && s->lost_to_limit > 0)
			snprintf(out, size, "%lld %s killed for memory beside the heap",
				 (long long)s->lost_to_limit, who(o, s->lost_to_limit));
		else
			snprintf(out, size, "%s room beside the heap", is_more ? "more" : "less");
		break;
	case IN_FRACTION:
		size_text(is_absent(b.unified_bytes) ? ABSENT_REAL : (double)b.unified_bytes, to);
		snprintf(out, size, "%s for execution and storage", to);
		break;
	default:
		reason_of_tasks(o, is_more, out, size);
		break;
	}
}

/* What follows by itself (the overhead from the heap) is no setting to write; spark.cores.max is
 * one as soon as executors or their cores change. */
bool memory_change(const struct memory_own *o, enum memory_input in, struct memory_change *out)
{
	const struct memory_facts *f = &o->facts;
	bool follows = f->is_standalone && in == IN_EXECUTORS && o->is_edited[IN_CORES];

	out->setting = memory_setting(f, in);
	if (!out->setting || (!o->is_edited[in] && !follows))
		return false;
	memory_spark_value(f, in, &f->now, out->was, sizeof(out->was));
	memory_spark_value(f, in, &o->tried, out->is, sizeof(out->is));
	if (!strcmp(out->was, out->is))
		return false;
	if (follows && !o->is_edited[in])
		snprintf(out->why, sizeof(out->why), "the same %lld executors",
			 (long long)o->tried.instances);
	else
		reason(o, in, out->why, sizeof(out->why));
	return true;
}

static const struct text *advise_heap(const struct memory_own *o, const struct headroom_plan *want,
				      struct arena *a)
{
	const struct memory_facts *f = &o->facts;
	int64_t cores = headroom_cores(&f->now);
	char to[24], fewer[64] = "";

	if (is_absent(f->now.memory_bytes))
		return text_format(a,
				   "%lld x exit 52, heap full: it wants more %s; how much it has "
				   "is not collected",
				   (long long)f->signs.lost_to_heap, memory_setting(f, IN_MEMORY));
	memory_spark_value(f, IN_MEMORY, want, to, sizeof(to));
	if (cores > 0 && cores < f->now.cores)
		snprintf(fewer, sizeof(fewer), ", or %lld cores", (long long)cores);
	else if (f->now.cores > 1)
		snprintf(fewer, sizeof(fewer), ", or fewer cores");
	return text_format(a, "%lld x exit 52, heap full: p tries %s %s%s",
			   (long long)f->signs.lost_to_heap, memory_setting(f, IN_MEMORY), to,
			   fewer);
}

static const struct text *advise_limit(const struct memory_own *o, const struct headroom_plan *want,
				       struct arena *a)
{
	const struct headroom_signs *s = &o->facts.signs;
	char to[24];

	if (o->facts.is_local)
		return TEXT("killed (137): the host or its control group has less than heap and "
			    "overhead need");
	if (is_absent(o->facts.now.overhead_bytes))
		return text_format(
			a,
			"%lld killed (137, YARN), not the heap: it wants more "
			"spark.executor.memoryOverhead; how much it has is not collected",
			(long long)s->lost_to_limit);
	memory_spark_value(&o->facts, IN_OVERHEAD, want, to, sizeof(to));
	return text_format(a,
			   "%lld killed (137, YARN), not the heap: p tries "
			   "spark.executor.memoryOverhead %s",
			   (long long)s->lost_to_limit, to);
}

static const struct text *advise_silence(const struct memory_own *o, struct arena *a)
{
	const struct memory_facts *f = &o->facts;
	char gc[96] = "";

	if (!isnan(f->gc_pct))
		snprintf(gc, sizeof(gc), ": %.0f%% of the time in executor %.20s", f->gc_pct,
			 f->gc_of ? text_str(f->gc_of) : "-");
	return text_format(a, "%lld x exit 56, no heartbeat: first look at garbage collection%s",
			   (long long)f->signs.lost_to_silence, gc);
}

static const struct text *advise_start(const struct memory_own *o, struct arena *a)
{
	int64_t n = headroom_started(&o->tried, o->facts.workers, o->facts.nworkers);

	if (is_absent(n) || o->tried.instances <= 0 || n >= o->tried.instances)
		return NULL;
	return text_format(a,
			   "only %lld of %lld such executors would start: no room on the workers",
			   (long long)n, (long long)o->tried.instances);
}

size_t memory_advice(const struct memory_own *o, struct arena *a, const struct text **out,
		     size_t max)
{
	const struct memory_facts *f = &o->facts;
	struct headroom_plan want = headroom_advice(&f->now, &f->signs);
	const struct text *all[6];
	size_t n = 0, kept = 0;

	all[n++] = memory_is_changed(o) ? advise_start(o, a) : NULL;
	if (!memory_is_changed(o) && f->signs.lost_to_heap)
		all[n++] = advise_heap(o, &want, a);
	else if (!memory_is_changed(o) && want.memory_bytes != f->now.memory_bytes)
		all[n++] = TEXT("the formula wants more heap than there is: p tries it");
	if (!memory_is_changed(o) && f->signs.lost_to_limit)
		all[n++] = advise_limit(o, &want, a);
	if (f->signs.lost_to_silence)
		all[n++] = advise_silence(o, a);
	if (f->is_local)
		all[n++] = TEXT("local mode: spark.driver.memory, given before the JVM starts "
				"(--driver-memory)");
	for (size_t i = 0; i < n && kept < max; i++)
		if (all[i])
			out[kept++] = all[i];
	if (!kept && max && !memory_is_changed(o) && is_absent(f->now.memory_bytes))
		out[kept++] = text_format(a,
					  "%s is not collected, so there is nothing to advise: "
					  "Enter types it",
					  memory_setting(f, IN_MEMORY));
	if (!kept && max && !memory_is_changed(o))
		out[kept++] = TEXT(
			"Enter, + and - change an input, the others move; the job is not touched");
	return kept;
}
