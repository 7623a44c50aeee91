/* fuzz_hsperf.c - whatever lies where a JVM keeps its counters: sane figures, or a sentence. */
#include <stdlib.h>
#include <string.h>

#include "../../backend/jvm/hsperf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s, size_t size)
{
	if (!memchr(s, '\0', size))
		abort();
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

static void check_count(int64_t v)
{
	if (v < 0 && !is_absent(v))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct hsperf h;
	int rc = hsperf_parse(data, size, &h, &err);

	if ((rc < 0) != (err.message[0] != '\0'))
		abort();
	check_text(h.java_version, sizeof(h.java_version));
	check_text(h.collector, sizeof(h.collector));
	check_text(h.gc_cause, sizeof(h.gc_cause));
	check_text(h.args, sizeof(h.args));
	check_count(h.heap_used);
	check_count(h.heap_max);
	check_count(h.heap_capacity);
	check_count(h.old_used);
	check_count(h.old_max);
	check_count(h.gc_count);
	check_count(h.full_gc_count);
	check_count(h.vm_began_at);
	check_count(h.gc_began_at);
	if (h.in_gc_s < 0 || h.gc_time_s < 0)
		abort();
	return 0;
}
