/* jvm/hsperf.c - the counters a JVM keeps in a file, from one bounded read.
 *
 * The file is a chain of entries, each with its own length, the offset of its name and of its value
 * inside it. Nothing of it is believed: a chain that would leave the bytes that are there, or not
 * move on, ends the reading with a sentence. What is known by name goes into `struct raw`, whatever
 * its value; only then the figures are made of it, because what they mean depends on the collector:
 * G1 and ZGC give each generation the whole heap as its limit, Parallel's survivor spaces overlap,
 * Shenandoah counts every pause as a full one, and from JDK 25 on (which samples nothing: no
 * sun.os.hrt.ticks) Parallel and Serial write what is used only when they collect. */
#include "hsperf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../include/text.h"

enum { PROLOGUE = 32, ENTRY_HEAD = 20, GENERATIONS = 2, SPACES = 3, COLLECTORS = 3, PAGE = 4096 };
#define SANE_MAX ((int64_t)1 << 59) /* six of them still add up */
#define SECONDS_MAX 1e10            /* no JVM runs for three hundred years */

struct raw {
	struct raw_generation {
		int64_t capacity, max, used[SPACES];
	} gen[GENERATIONS];
	struct raw_collector {
		int64_t invocations, time, entered, left;
	} gc[COLLECTORS];
	int64_t frequency, ticks, began_at, metaspace_used, gc_cpu;
	int64_t safepoints, safepoint_time, application_time, threads_live;
	/* texts, not terminated; NULL: not there */
	struct raw_text {
		const char *at;
		size_t len;
	} policy, cause, version, args, gc_name[COLLECTORS];
};

struct slot {
	const char *name;
	size_t len, at;
};

#define SLOT(name, member)                                                                         \
	{                                                                                          \
		name, sizeof(name) - 1, offsetof(struct raw, member)                               \
	}
#define GENERATION(n)                                                                              \
	SLOT("sun.gc.generation." #n ".capacity", gen[n].capacity),                                \
		SLOT("sun.gc.generation." #n ".maxCapacity", gen[n].max),                          \
		SLOT("sun.gc.generation." #n ".space.0.used", gen[n].used[0]),                     \
		SLOT("sun.gc.generation." #n ".space.1.used", gen[n].used[1]),                     \
		SLOT("sun.gc.generation." #n ".space.2.used", gen[n].used[2])
#define COLLECTOR(n)                                                                               \
	SLOT("sun.gc.collector." #n ".invocations", gc[n].invocations),                            \
		SLOT("sun.gc.collector." #n ".time", gc[n].time),                                  \
		SLOT("sun.gc.collector." #n ".lastEntryTime", gc[n].entered),                      \
		SLOT("sun.gc.collector." #n ".lastExitTime", gc[n].left)

static const struct slot longs[] = {
	GENERATION(0),
	GENERATION(1),
	COLLECTOR(0),
	COLLECTOR(1),
	COLLECTOR(2),
	SLOT("sun.os.hrt.frequency", frequency),
	SLOT("sun.os.hrt.ticks", ticks),
	SLOT("sun.rt.createVmBeginTime", began_at),
	SLOT("sun.gc.metaspace.used", metaspace_used),
	SLOT("sun.threads.total_gc_cpu_time", gc_cpu),
	SLOT("sun.rt.safepoints", safepoints),
	SLOT("sun.rt.safepointTime", safepoint_time),
	SLOT("sun.rt.applicationTime", application_time),
	SLOT("java.threads.live", threads_live),
};

static const struct slot strings[] = {
	SLOT("sun.gc.policy.name", policy),          SLOT("sun.gc.cause", cause),
	SLOT("java.property.java.version", version), SLOT("java.rt.vmArgs", args),
	SLOT("sun.gc.collector.0.name", gc_name[0]), SLOT("sun.gc.collector.1.name", gc_name[1]),
	SLOT("sun.gc.collector.2.name", gc_name[2]),
};

/* --- bytes --- */

struct file {
	const unsigned char *bytes;
	size_t len;
	bool is_big; /* byte order of the JVM's machine */
};

static uint64_t number_at(const struct file *f, size_t at, size_t width)
{
	uint64_t v = 0;

	for (size_t i = 0; i < width; i++)
		v = v << 8 | f->bytes[at + (f->is_big ? i : width - 1 - i)];
	return v;
}

static int64_t int_at(const struct file *f, size_t at)
{
	return (int32_t)(uint32_t)number_at(f, at, 4);
}

static const struct slot *find(const struct slot *slots, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (slots[i].len == len && memcmp(slots[i].name, name, len) == 0)
			return &slots[i];
	return NULL;
}

static void keep_long(const struct file *f, size_t at, const char *name, size_t len,
		      struct raw *raw)
{
	const struct slot *slot = find(longs, ARRAY_LEN(longs), name, len);
	uint64_t v;

	if (!slot)
		return;
	v = number_at(f, at, 8);
	if (v < (uint64_t)SANE_MAX)
		*(int64_t *)(void *)((char *)raw + slot->at) = (int64_t)v;
}

static void keep_string(const struct file *f, size_t at, size_t size, const char *name,
			struct raw *raw)
{
	const struct slot *slot = find(strings, ARRAY_LEN(strings), name, strlen(name));

	if (slot) {
		struct raw_text *t = (struct raw_text *)(void *)((char *)raw + slot->at);
		t->at = (const char *)f->bytes + at;
		t->len = strnlen(t->at, size);
	}
}

/* One entry; its length, or why not. */
static int64_t read_entry(const struct file *f, size_t at, struct raw *raw, struct err *err)
{
	int64_t length, name_at, count, data_at;
	const char *name, *end;

	if (f->len - at < ENTRY_HEAD)
		return err_set(err, ERR_FORMAT, "entry at byte %zu: the file ends before it", at);
	length = int_at(f, at);
	name_at = int_at(f, at + 4);
	count = int_at(f, at + 8);
	data_at = int_at(f, at + 16);
	if (length < ENTRY_HEAD || length > (int64_t)(f->len - at))
		return err_set(err, ERR_FORMAT, "entry at byte %zu: impossible length %lld", at,
			       (long long)length);
	if (name_at < ENTRY_HEAD || name_at >= length || data_at < ENTRY_HEAD || data_at > length)
		return err_set(err, ERR_FORMAT, "entry at byte %zu: points outside itself", at);
	name = (const char *)f->bytes + at + name_at;
	end = memchr(name, '\0', (size_t)(length - name_at));
	if (!end)
		return err_set(err, ERR_FORMAT, "entry at byte %zu: its name has no end", at);
	if (count < 0 || count > length - data_at || (!count && length - data_at < 8))
		return err_set(err, ERR_FORMAT, "entry at byte %zu: its value leaves it", at);
	if (!count && f->bytes[at + 12] == 'J')
		keep_long(f, at + (size_t)data_at, name, (size_t)(end - name), raw);
	else if (count && f->bytes[at + 12] == 'B')
		keep_string(f, at + (size_t)data_at, (size_t)count, name, raw);
	return length;
}

static int read_prologue(struct file *f, int64_t *first, int64_t *entries, struct err *err)
{
	static const unsigned char magic[4] = {0xca, 0xfe, 0xc0, 0xc0};
	int64_t used;

	if (f->len < PROLOGUE)
		return err_set(err, ERR_FORMAT, "truncated: %zu bytes, a JVM writes %d and more",
			       f->len, PROLOGUE);
	if (memcmp(f->bytes, magic, sizeof(magic)) != 0 || f->bytes[4] > 1)
		return err_set(err, ERR_FORMAT, "not the counters of a JVM");
	if (f->bytes[5] != 2)
		return err_set(err, ERR_FORMAT, "made by a JVM of version %d.%d: only 2.x is known",
			       f->bytes[5], f->bytes[6]);
	if (!f->bytes[7])
		return err_set(err, ERR_FORMAT, "the JVM has not finished writing it");
	f->is_big = f->bytes[4] == 0;
	used = int_at(f, 8);
	*first = int_at(f, 24);
	*entries = int_at(f, 28);
	if (used < PROLOGUE || *first < PROLOGUE || *first > used || *entries < 0)
		return err_set(err, ERR_FORMAT, "its head contradicts itself");
	if (used > (int64_t)f->len)
		return err_set(err, ERR_FORMAT, "truncated: %zu bytes of %lld", f->len,
			       (long long)used);
	f->len = (size_t)used;
	return 0;
}

/* --- figures --- */

static int64_t sum(const int64_t *v, size_t n)
{
	int64_t all = ABSENT;

	for (size_t i = 0; i < n; i++)
		if (!is_absent(v[i]))
			all = is_absent(all) ? v[i] : all + v[i];
	return all;
}

static double seconds(const struct raw *raw, int64_t ticks)
{
	double s;

	if (is_absent(ticks) || is_absent(raw->frequency) || !raw->frequency)
		return ABSENT_REAL;
	s = (double)ticks / (double)raw->frequency;
	return s < SECONDS_MAX ? s : ABSENT_REAL;
}

static bool begins(const struct raw_text *t, const char *word)
{
	size_t n = strlen(word);

	return t->at && t->len >= n && memcmp(t->at, word, n) == 0;
}

static void name_collector(const struct raw *raw, struct hsperf *out)
{
	static const char *const policies[][2] = {
		{"GarbageFirst", "G1"}, {"ParScav", "Parallel"}, {"Copy:MSC", "Serial"}};
	const struct raw_text *word = &raw->policy;

	for (size_t i = 0; i < ARRAY_LEN(policies); i++)
		if (begins(word, policies[i][0])) {
			text_clean_to(out->collector, sizeof(out->collector), policies[i][1],
				      strlen(policies[i][1]));
			return;
		}
	for (size_t i = 0; i < COLLECTORS && !word->at; i++) {
		if (begins(&raw->gc_name[i], "Z"))
			text_clean_to(out->collector, sizeof(out->collector), "ZGC", 3);
		else if (begins(&raw->gc_name[i], "Shenandoah"))
			text_clean_to(out->collector, sizeof(out->collector), "Shenandoah", 10);
		else
			continue;
		return;
	}
	if (word->at)
		text_clean_to(out->collector, sizeof(out->collector), word->at, word->len);
}

static bool is_named(const struct hsperf *h, const char *collector)
{
	return strcmp(h->collector, collector) == 0;
}

static void count_heap(const struct raw *raw, struct hsperf *out)
{
	const struct raw_generation *old = &raw->gen[1];
	bool is_z = is_named(out, "ZGC");
	bool is_whole = is_z || is_named(out, "G1"); /* each generation may become the heap */
	int64_t max[] = {is_whole ? ABSENT : raw->gen[0].max, old->max};
	int64_t capacity[] = {raw->gen[0].capacity, old->capacity};
	int64_t used[] = {sum(raw->gen[0].used, SPACES), sum(old->used, SPACES)};

	out->heap_max = sum(max, 2);
	if (!is_absent(out->heap_max))
		out->heap_max -= out->heap_max % PAGE; /* G1 of 17 adds a few bytes */
	out->heap_capacity = sum(capacity, 2);
	out->heap_used = sum(used, 2);
	out->old_used = used[1];
	out->old_max = is_whole ? out->heap_max : old->max;
	out->is_used_after_gc = is_z || (is_absent(raw->ticks) &&
					 (is_named(out, "Parallel") || is_named(out, "Serial")));
	if (out->is_used_after_gc && out->gc_count <= 0)
		out->heap_used = out->old_used = ABSENT; /* nothing has written them yet */
	if (out->heap_used == 0)
		out->heap_used = ABSENT; /* G1 counts a region when it is full */
}

/* Since when a collection goes on, in ticks; ABSENT while none does. */
static int64_t gc_entered(const struct raw *raw)
{
	int64_t since = ABSENT;

	for (size_t i = 0; i < COLLECTORS; i++) {
		const struct raw_collector *gc = &raw->gc[i];
		if (!is_absent(gc->entered) && !is_absent(gc->left) && gc->entered > gc->left)
			since = max_i64(since, gc->entered);
	}
	return since;
}

static void count_collections(const struct raw *raw, struct hsperf *out)
{
	int64_t n[COLLECTORS], time[COLLECTORS], since = gc_entered(raw);
	double entered = seconds(raw, since);

	for (size_t i = 0; i < COLLECTORS; i++) {
		n[i] = raw->gc[i].invocations;
		time[i] = raw->gc[i].time;
	}
	out->gc_count = sum(n, COLLECTORS);
	out->gc_time_s = seconds(raw, sum(time, COLLECTORS));
	out->full_gc_count = is_named(out, "Shenandoah") ? ABSENT : n[1];
	out->gc_cpu_s = raw->gc_cpu > 0 ? (double)raw->gc_cpu / 1e9 : ABSENT_REAL;
	out->in_gc_s = ABSENT_REAL;
	out->gc_began_at = ABSENT;
	if (is_absent(since) || isnan(entered))
		return;
	if (!is_absent(out->vm_began_at))
		out->gc_began_at = out->vm_began_at + (int64_t)(entered * 1000);
	if (!is_absent(raw->ticks))
		out->in_gc_s = fmax(0, seconds(raw, raw->ticks) - entered);
}

static uint64_t mix(uint64_t hash, int64_t v)
{
	hash = (hash ^ (uint64_t)v) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static uint64_t hash_moving(const struct raw *raw)
{
	uint64_t hash = 1;

	for (size_t i = 0; i < COLLECTORS; i++) {
		hash = mix(hash, raw->gc[i].invocations);
		hash = mix(hash, raw->gc[i].time);
		hash = mix(hash, raw->gc[i].entered);
		hash = mix(hash, raw->gc[i].left);
	}
	return mix(mix(hash, raw->safepoints), raw->safepoint_time);
}

static void make_figures(const struct raw *raw, struct hsperf *out)
{
	out->vm_began_at = raw->began_at;
	if (raw->version.at)
		text_clean_to(out->java_version, sizeof(out->java_version), raw->version.at,
			      raw->version.len);
	if (raw->cause.at && !begins(&raw->cause, "No GC"))
		text_clean_to(out->gc_cause, sizeof(out->gc_cause), raw->cause.at, raw->cause.len);
	if (raw->args.at)
		text_clean_to(out->args, sizeof(out->args), raw->args.at, raw->args.len);
	name_collector(raw, out);
	count_collections(raw, out);
	count_heap(raw, out);
	out->metaspace_used = raw->metaspace_used;
	out->safepoints = raw->safepoints;
	out->safepoint_s = seconds(raw, raw->safepoint_time);
	out->application_s = seconds(raw, raw->application_time);
	out->threads_live = raw->threads_live;
	out->moving = hash_moving(raw);
}

static void forget(struct raw *raw)
{
	*raw = (struct raw){0};
	for (size_t i = 0; i < ARRAY_LEN(longs); i++)
		*(int64_t *)(void *)((char *)raw + longs[i].at) = ABSENT;
}

int hsperf_parse(const void *bytes, size_t len, struct hsperf *out, struct err *err)
{
	struct file f = {.bytes = bytes, .len = len};
	struct raw raw;
	int64_t at = 0, entries = 0, length;
	int rc;

	forget(&raw);
	memset(out, 0, sizeof(*out));
	rc = read_prologue(&f, &at, &entries, err);
	for (int64_t i = 0; rc == 0 && i < entries; i++) {
		length = read_entry(&f, (size_t)at, &raw, err);
		if (length < 0)
			rc = (int)length;
		else
			at += length;
	}
	if (rc < 0)
		forget(&raw);
	make_figures(&raw, out);
	return rc;
}

/* --- the file --- */

static int open_failed(const char *path, struct err *err)
{
	switch (errno) {
	case ENOENT:
		return err_set(err, ERR_MISSING,
			       "no counters at %s: the JVM is gone, or runs with "
			       "-XX:-UsePerfData or -XX:+PerfDisableSharedMem",
			       path);
	case EACCES:
	case EPERM:
		return err_set(err, ERR_REFUSED, "%s: only its user and root may read it", path);
	case ELOOP:
		return err_set(err, ERR_REFUSED, "%s: a symbolic link, not followed", path);
	default:
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	}
}

static int read_open(int fd, int64_t uid, struct hsperf *out, struct err *err)
{
	struct stat st;
	void *bytes;
	ssize_t n;
	int rc;

	if (fstat(fd, &st) < 0)
		return err_set(err, ERR_IO, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED, "not a regular file");
	if ((int64_t)st.st_uid != uid)
		return err_set(err, ERR_REFUSED, "belongs to user %lld, the JVM to %lld",
			       (long long)st.st_uid, (long long)uid);
	if (st.st_size > HSPERF_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%lld bytes: at most %d are read",
			       (long long)st.st_size, HSPERF_BYTES_MAX);
	bytes = xmalloc((size_t)st.st_size + 1);
	n = pread(fd, bytes, (size_t)st.st_size, 0);
	rc = n < 0 ? err_set(err, ERR_IO, "%s", strerror(errno))
		   : hsperf_parse(bytes, (size_t)n, out, err);
	free(bytes);
	return rc;
}

int hsperf_read(const char *path, int64_t uid, struct hsperf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct timespec now;
	struct raw nothing;
	int rc;

	forget(&nothing);
	memset(out, 0, sizeof(*out));
	make_figures(&nothing, out);
	if (fd < 0)
		return open_failed(path, err);
	rc = read_open(fd, uid, out, err);
	close(fd);
	if (rc < 0)
		err_prefix(err, "%s", path);
	if (rc == 0 && isnan(out->in_gc_s) && !is_absent(out->gc_began_at)) {
		clock_gettime(CLOCK_REALTIME, &now);
		out->in_gc_s = fmax(0, (double)now.tv_sec + (double)now.tv_nsec / 1e9 -
					       (double)out->gc_began_at / 1000);
	}
	return rc;
}
