/* log/match.c - many literal texts at once, in portable C.
 *
 * DESIGN: of every text a few windows of four bytes are chosen that overlap one another, as many as
 * the stride is long: wherever the text stands, one of them begins at a multiple of the stride. So
 * only those places are looked at - one load, one multiplication and one bit of an 8 KB table each,
 * which stays in the first cache - and everything between is never touched. A bit that is set asks
 * the exact table, and that compares the whole text. The longer the shortest text, the longer the
 * stride. Among the windows of a text those are chosen that ordinary lines do not have. */
#include <stdlib.h>
#include <string.h>

#include "match.h"

enum { WINDOW = 4, STRIDE_MAX = 8, BITS = 16, SLOT_BITS = 10 };

struct window {
	uint32_t word;
	uint32_t text;   /* rank */
	uint32_t offset; /* of the window in its text */
	int32_t next;    /* with the same slot; -1: none */
};

struct matcher {
	size_t n, stride;
	char **texts;
	size_t *lens;
	uint64_t bits[(1 << BITS) / 64];
	int32_t slots[1 << SLOT_BITS];
	size_t nwindows;
	struct window windows[];
};

/* What ordinary lines are made of: windows that occur here are bad ones. */
static const char ordinary[] =
	"26/11/20 20:41:57 INFO DAGScheduler: Submitting ShuffleMapStage 0 (MapPartitionsRDD[4] at "
	"count at NativeMethodAccessorImpl.java:0), which has no missing parents\n"
	"26/11/20 20:41:57 INFO TaskSetManager: Starting task 0.0 in stage 0.0 (TID 0) (127.0.0.1, "
	"executor 1, partition 0, PROCESS_LOCAL, 9117 bytes) \n"
	"26/11/20 20:41:59 INFO TaskSetManager: Finished task 1.0 in stage 0.0 (TID 1) in 1790 ms\n"
	"26/11/20 20:41:59 INFO TaskSchedulerImpl: Removed TaskSet 0.0, whose tasks have all "
	"completed, from pool \n26/11/20 20:42:00 INFO SparkContext: Created broadcast 2 from "
	"broadcast\n26/11/20 20:41:58 INFO BlockManagerInfo: Added broadcast_0_piece0 in memory on "
	"127.0.0.1:33625 (size: 6.0 KiB, free: 127.2 MiB)\n26/11/20 20:48:07 INFO "
	"CheckpointFileManager: Renamed temp file file:/srv/jobs/checkpoints/offsets to file:\n"
	"26/11/20 20:32:47 INFO CoarseGrainedExecutorBackend: Got assigned task 0 Executor\n"
	"\tat org.apache.spark.scheduler.Task.run(Task.scala:141) java.lang.Thread.State: WAITING\n"
	"\tat java.base/java.lang.reflect.Method.invoke exception error failed killed lost memory "
	"Exception Error connection refused Container driver worker master\n"
	"INFO MicroBatchExecution: Streaming query made progress: {\"id\" : \"numInputRows\" : 0, "
	"\"timestamp\" : \"2026-11-20T20:41:57.000Z\", \"batchId\" : 5, \"durationMs\"}";

static inline uint32_t load(const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline uint32_t hash(uint32_t word)
{
	return word * UINT32_C(0x9e3779b1);
}

static inline uint64_t is_set(const struct matcher *m, uint32_t word)
{
	uint32_t bit = hash(word) >> (32 - BITS);

	return m->bits[bit / 64] >> (bit % 64) & 1;
}

static size_t count_ordinary(uint32_t word)
{
	size_t n = 0;

	for (size_t i = 0; i + WINDOW < sizeof(ordinary); i++)
		n += load(ordinary + i) == word;
	return n;
}

/* Where the windows of a text begin best. */
static size_t choose(const char *text, size_t len, size_t stride)
{
	size_t best = 0, best_cost = SIZE_MAX;

	for (size_t at = 0; at + stride + WINDOW - 1 <= len; at++) {
		size_t cost = 0;
		for (size_t i = 0; i < stride; i++)
			cost += count_ordinary(load(text + at + i));
		if (cost < best_cost) {
			best = at;
			best_cost = cost;
		}
	}
	return best;
}

static void add_window(struct matcher *m, size_t text, size_t offset)
{
	struct window *w = &m->windows[m->nwindows];
	uint32_t word = load(m->texts[text] + offset), h = hash(word);
	int32_t *slot = &m->slots[h >> (32 - SLOT_BITS)];

	*w = (struct window){word, (uint32_t)text, (uint32_t)offset, *slot};
	*slot = (int32_t)m->nwindows++;
	m->bits[(h >> (32 - BITS)) / 64] |= UINT64_C(1) << ((h >> (32 - BITS)) % 64);
}

struct matcher *matcher_new(const char *const *texts, size_t n)
{
	size_t stride = STRIDE_MAX;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(texts[i]);
		if (len < MATCH_MIN)
			BUG("a text to match has %zu bytes", len);
		stride = min_size(stride, len - WINDOW + 1);
	}
	struct matcher *m = xcalloc(1, sizeof(*m) + n * stride * sizeof(struct window));
	m->n = n;
	m->stride = stride;
	m->texts = xcalloc(n ? n : 1, sizeof(*m->texts));
	m->lens = xcalloc(n ? n : 1, sizeof(*m->lens));
	memset(m->slots, 0xff, sizeof(m->slots));
	for (size_t i = 0; i < n; i++) {
		m->texts[i] = xstrdup(texts[i]);
		m->lens[i] = strlen(texts[i]);
		size_t at = choose(texts[i], m->lens[i], stride);
		for (size_t k = 0; k < stride; k++)
			add_window(m, i, at + k);
	}
	return m;
}

void matcher_free(struct matcher *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		free(m->texts[i]);
	free(m->texts);
	free(m->lens);
	free(m);
}

/* The text of the window that stands at p[at], lowest rank below `below`; returns
 * that, or `below`. */
static size_t look_at(const struct matcher *m, const char *p, size_t len, size_t at, size_t below)
{
	uint32_t word = load(p + at);

	for (int32_t i = m->slots[hash(word) >> (32 - SLOT_BITS)]; i >= 0; i = m->windows[i].next) {
		const struct window *w = &m->windows[i];
		size_t text = w->text;
		if (w->word == word && text < below && w->offset <= at &&
		    m->lens[text] <= len - (at - w->offset) &&
		    memcmp(p + at - w->offset, m->texts[text], m->lens[text]) == 0)
			below = text;
	}
	return below;
}

/* The next place, a stride apart from `at`, whose bit is set; len: none. */
static inline size_t next_place(const struct matcher *m, const char *p, size_t len, size_t at)
{
	const size_t s = m->stride;

	for (; at + 7 * s + WINDOW <= len; at += 8 * s) {
		const char *q = p + at;
		uint64_t any = is_set(m, load(q)) | is_set(m, load(q + s)) |
			       is_set(m, load(q + 2 * s)) | is_set(m, load(q + 3 * s)) |
			       is_set(m, load(q + 4 * s)) | is_set(m, load(q + 5 * s)) |
			       is_set(m, load(q + 6 * s)) | is_set(m, load(q + 7 * s));
		if (any)
			break;
	}
	for (; at + WINDOW <= len; at += s)
		if (is_set(m, load(p + at)))
			return at;
	return len;
}

size_t matcher_find(const struct matcher *m, const char *p, size_t len)
{
	for (size_t at = next_place(m, p, len, 0); at < len;
	     at = next_place(m, p, len, at + m->stride))
		if (look_at(m, p, len, at, m->n) < m->n)
			return at;
	return len;
}

size_t matcher_rank(const struct matcher *m, const char *p, size_t len)
{
	size_t best = m->n;

	for (size_t at = next_place(m, p, len, 0); at < len;
	     at = next_place(m, p, len, at + m->stride))
		best = look_at(m, p, len, at, best);
	return best;
}
