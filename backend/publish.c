/* publish.c - what the targets said becomes one frozen picture.
 *
 * DESIGN. There is one mutex, and it guards one pointer: readers take a reference under it, the
 * loop swaps it. Old pictures live as long as somebody holds them. A wake-up is one write to an
 * eventfd, which coalesces by nature.
 *
 * News is gathered: at most 20 pictures a second, fewer when the rules take long (at most 1 % of
 * the time goes into making pictures). What is only fresher but not different comes once a second,
 * shortly before the wall clock's next one, and wakes nobody: whoever shows a clock looks then, and
 * draws both in one frame. What a person asked for (a detail) is not kept waiting. Where a target
 * is not well, and perhaps not asked for a minute, pictures are made meanwhile as well: its rows
 * grow old, and verdicts with them, though nobody says anything. */
#include "publish.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "own_names.h"
#include "rule/rule.h"
#include "store/history.h"

/* A snapshot that somebody still looks at when it is the newest no more is held until he has let
 * go: thousands of rows are freed here and not between two keys. One that nobody looks at is freed
 * at once: each costs as much as the rows of all jobs. */
enum { KEPT_SNAPSHOTS = 4 };

enum {
	FIRST_MS = 5,
	FIRST_SNAPSHOTS = 8,
	QUICK_MS = 50,
	SLOW_MS = 1000,
	AGEING_MS = 5000, /* what is not well grows older at least so often */
	EARLY_MS = 40,    /* before the full second */
	SHARE = 100
};

struct publish {
	const struct clock *clk;
	struct rules *rules;
	struct arena names_arena;
	const char *const *names; /* of this host */
	const struct config *cfg; /* one reference: rules point into it */
	const struct section **slots;
	size_t nslots;
	const struct dataset *detail, *plan, *actions;
	publish_news_fn *news;
	void *news_data;
	const struct ledger_view *ledger;
	char *banner, *notice, *notice_job;
	int64_t gap_ms;
	uint64_t seq, news_seq;
	const struct snapshot *before[KEPT_SNAPSHOTS]; /* ring; NULL: a free place */
	size_t oldest;
	uv_timer_t timer;
	uv_loop_t *loop; /* NULL before the start and after the stop */
	uint64_t last_ms, pause_ms, due_ms;
	bool is_due;   /* the timer runs, until due_ms */
	bool has_news; /* what is due is more than fresher */
	int wake;
	pthread_mutex_t lock;
	const struct snapshot *latest;
};

struct publish *publish_new(const struct config *cfg, const struct clock *clk, struct err *err)
{
	struct publish *p = xcalloc(1, sizeof(*p));

	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake < 0) {
		err_set(err, ERR_IO, "no descriptor for the wake-up: %s", strerror(errno));
		free(p);
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	p->clk = clk;
	p->pause_ms = FIRST_MS;
	p->cfg = config_ref(cfg);
	p->rules = rules_new(cfg, clk);
	p->names = own_names(&p->names_arena);
	history_seed(cfg, NULL, p->rules, clock_wall(clk));
	return p;
}

static void slots_drop(struct publish *p)
{
	for (size_t i = 0; i < p->nslots; i++)
		section_unref(p->slots[i]);
	free(p->slots);
	p->slots = NULL;
	p->nslots = 0;
}

void publish_free(struct publish *p)
{
	for (size_t i = 0; i < KEPT_SNAPSHOTS; i++)
		snapshot_unref(p->before[i]);
	snapshot_unref(p->latest);
	slots_drop(p);
	history_keep(p->cfg, p->rules);
	rules_free(p->rules);
	arena_release(&p->names_arena);
	config_unref(p->cfg);
	dataset_unref(p->detail);
	dataset_unref(p->plan);
	dataset_unref(p->actions);
	ledger_view_unref(p->ledger);
	free(p->banner);
	free(p->notice);
	free(p->notice_job);
	close(p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void derive(struct publish *p, struct snapshot *s)
{
	struct rules_input in = {.sections = s->sections,
				 .nsections = s->nsections,
				 .at = s->at,
				 .mono_at = s->mono_at,
				 .loop_gap_ms = p->gap_ms,
				 .own_names = p->names,
				 .actions = s->actions,
				 .ledger = p->ledger};
	struct rules_output out;
	const char *banner;

	memset(&out, 0, sizeof(out));
	rules_apply(p->rules, &in, &out);
	p->gap_ms = 0;
	s->jobs = out.jobs;
	s->incidents = out.incidents;
	s->errors = out.errors;
	s->executors = out.executors;
	s->targets = out.targets;
	s->dlq = out.dlq;
	s->jvms = out.jvms;
	banner = p->banner ? p->banner : p->notice ? p->notice : out.banner;
	s->banner = banner ? arena_strdup(&s->arena, banner) : NULL;
	if (banner && banner == p->notice && p->notice_job)
		s->banner_job = arena_strdup(&s->arena, p->notice_job);
}

static struct snapshot *snapshot_make(struct publish *p, bool is_news)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));
	const struct section **sections;

	s->refs = 1;
	arena_init(&s->arena);
	s->seq = ++p->seq;
	if (is_news)
		p->news_seq = s->seq;
	s->news_seq = p->news_seq;
	s->at = clock_wall(p->clk);
	s->mono_at = clock_mono(p->clk);
	sections = ARENA_ARRAY(&s->arena, const struct section *, p->nslots ? p->nslots : 1);
	for (size_t i = 0; i < p->nslots; i++)
		sections[i] = section_ref(p->slots[i]);
	s->nsections = p->nslots;
	s->sections = sections;
	s->detail = p->detail ? dataset_ref(p->detail) : NULL;
	s->plan = p->plan ? dataset_ref(p->plan) : NULL;
	s->actions = p->actions ? dataset_ref(p->actions) : NULL;
	s->cfg = config_ref(p->cfg);
	derive(p, s);
	return s;
}

static void drop_unseen(struct publish *p)
{
	for (size_t i = 0; i < KEPT_SNAPSHOTS; i++) {
		if (p->before[i] && snapshot_is_alone(p->before[i])) {
			snapshot_unref(p->before[i]);
			p->before[i] = NULL;
		}
	}
}

static void replace_latest(struct publish *p, const struct snapshot *s)
{
	const struct snapshot *old;

	pthread_mutex_lock(&p->lock);
	old = p->latest;
	p->latest = s;
	pthread_mutex_unlock(&p->lock);
	snapshot_unref(p->before[p->oldest]);
	p->before[p->oldest] = old;
	p->oldest = (p->oldest + 1) % KEPT_SNAPSHOTS;
	drop_unseen(p);
}

static bool is_ageing(const struct publish *p)
{
	for (size_t i = 0; i < p->nslots; i++) {
		if (p->slots[i]->state == SECTION_LATE || p->slots[i]->state == SECTION_FAILED)
			return true;
	}
	return false;
}

static void on_due(uv_timer_t *timer);

/* Nothing waits for that picture, so it is not due. */
static void age(struct publish *p)
{
	int64_t pause = max_i64(min_i64(p->cfg->interval_ms, AGEING_MS), SLOW_MS);

	if (is_ageing(p))
		uv_timer_start(&p->timer, on_due, (uint64_t)pause, 0);
}

static void make(struct publish *p, bool is_news)
{
	uint64_t began = uv_hrtime(), cost_ms;
	uint64_t one = 1;

	drop_unseen(p);
	replace_latest(p, snapshot_make(p, is_news));
	if (is_news && write(p->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
		BUG("wake-up: %s", strerror(errno));
	if (p->news)
		p->news(p->news_data);
	cost_ms = (uv_hrtime() - began) * SHARE / 1000000U;
	p->pause_ms = cost_ms < QUICK_MS ? QUICK_MS : cost_ms > SLOW_MS ? SLOW_MS : cost_ms;
	if (p->seq <= FIRST_SNAPSHOTS && cost_ms < QUICK_MS)
		p->pause_ms = FIRST_MS; /* the first screen fills at once */
	if (p->loop) {
		p->last_ms = uv_now(p->loop);
		uv_timer_stop(&p->timer);
		age(p);
	}
	p->is_due = p->has_news = false;
}

void publish_now(struct publish *p)
{
	make(p, true);
}

static void on_due(uv_timer_t *timer)
{
	struct publish *p = timer->data;

	make(p, p->has_news);
}

static void mark_at(struct publish *p, uint64_t due_ms)
{
	uint64_t now = uv_now(p->loop);

	if (due_ms < now)
		due_ms = now;
	if (p->is_due && p->due_ms <= due_ms)
		return;
	p->is_due = true;
	p->due_ms = due_ms;
	uv_timer_start(&p->timer, on_due, due_ms - now, 0);
}

static void mark(struct publish *p, uint64_t pause_ms)
{
	if (!p->loop)
		return;
	p->has_news = true;
	mark_at(p, p->last_ms + pause_ms);
}

static void mark_fresher(struct publish *p)
{
	uint64_t second, rested = p->last_ms + p->pause_ms;

	if (!p->loop)
		return;
	second = uv_now(p->loop) + SLOW_MS -
		 (uint64_t)((clock_wall(p->clk) % SLOW_MS + SLOW_MS + EARLY_MS) % SLOW_MS);
	mark_at(p, second > rested ? second : rested);
}

void publish_start(struct publish *p, uv_loop_t *loop)
{
	p->loop = loop;
	uv_timer_init(loop, &p->timer);
	p->timer.data = p;
	p->last_ms = uv_now(loop);
}

void publish_stop(struct publish *p)
{
	uv_close((uv_handle_t *)&p->timer, NULL);
	p->loop = NULL;
	p->is_due = false;
}

void publish_sections(struct publish *p, const struct section *const *sections, size_t n)
{
	slots_drop(p);
	p->slots = xcalloc(n ? n : 1, sizeof(const struct section *));
	memcpy(p->slots, sections, n * sizeof(const struct section *));
	p->nslots = n;
	mark(p, p->pause_ms);
}

void publish_section(struct publish *p, size_t slot, const struct section *s, bool is_same)
{
	if (slot >= p->nslots)
		BUG("slot %zu of %zu", slot, p->nslots);
	section_unref(p->slots[slot]);
	p->slots[slot] = s;
	if (is_same)
		mark_fresher(p);
	else
		mark(p, p->pause_ms);
}

void publish_detail(struct publish *p, const struct dataset *rows)
{
	dataset_unref(p->detail);
	p->detail = rows;
	mark(p, 0);
}

void publish_plan(struct publish *p, const struct dataset *rows)
{
	dataset_unref(p->plan);
	p->plan = rows;
	mark(p, 0);
}

void publish_actions(struct publish *p, const struct dataset *rows)
{
	dataset_unref(p->actions);
	p->actions = rows;
	mark(p, 0);
}

void publish_watch(struct publish *p, publish_news_fn *news, void *data)
{
	p->news = news;
	p->news_data = data;
}

static void say(struct publish *p, char **where, const char *text)
{
	if (text == *where || (text && *where && strcmp(text, *where) == 0))
		return;
	free(*where);
	*where = text ? xstrdup(text) : NULL;
	mark(p, QUICK_MS);
}

void publish_banner(struct publish *p, const char *text)
{
	say(p, &p->banner, text);
}

void publish_notice(struct publish *p, const char *text, const char *job)
{
	say(p, &p->notice, text);
	say(p, &p->notice_job, job);
}

void publish_ledger(struct publish *p, const struct ledger_view *view)
{
	ledger_view_unref(p->ledger);
	p->ledger = view;
	mark(p, QUICK_MS);
}

const struct ledger_view *publish_ledger_view(const struct publish *p)
{
	return p->ledger;
}

void publish_gap(struct publish *p, int64_t ms)
{
	p->gap_ms += ms;
	mark(p, QUICK_MS);
}

void publish_config(struct publish *p, const struct config *cfg)
{
	const struct config *old = p->cfg;

	p->cfg = config_ref(cfg);
	rules_reconfigure(p->rules, cfg);
	history_seed(cfg, old, p->rules, clock_wall(p->clk));
	config_unref(old);
	mark(p, QUICK_MS);
}

bool publish_is_behind(const struct publish *p)
{
	return p->is_due;
}

const struct snapshot *publish_latest(struct publish *p)
{
	const struct snapshot *s;

	pthread_mutex_lock(&p->lock);
	s = snapshot_ref(p->latest);
	pthread_mutex_unlock(&p->lock);
	return s;
}

int publish_wake_fd(const struct publish *p)
{
	return p->wake;
}
