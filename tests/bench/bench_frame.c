/* bench_frame.c - what the main thread does between a key and its picture, and for a new snapshot,
 * with 1,000 jobs on a terminal of 120x40: `bench_frame [FRAMES]`. Medians of its own CPU time; for
 * instructions run it with two numbers of frames under callgrind and take the difference. A thread
 * beside it reads the terminal, so that nothing here waits. */
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../include/row/job.h"
#include "../../tui/term.h"
#include "../../tui/ui.h"

enum { JOBS = 1000, WIDTH = 120, HEIGHT = 40, MINUTES = 15, FRAMES = 400 };

#define NAME "bronze-exchange-%04zu"

struct stage {
	const struct config *cfg;
	struct ui ui;
	struct screen screen;
	struct term *term;
	const struct snapshot *snaps[2];
};

static int64_t thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fill_job(struct arena *a, struct job_row *j, size_t i, int64_t batch)
{
	float *v = ARENA_ARRAY(a, float, MINUTES);
	const struct text **why = ARENA_ARRAY(a, const struct text *, 1);

	field_clear_row(&schema_job, j);
	for (size_t k = 0; k < MINUTES; k++)
		v[k] = (float)((i + k) % 7);
	*why = text_format(a, "no batch for 6m%02zu, the trigger is 5 s", i % 60);
	j->name = text_format(a, NAME, i);
	j->verdict = i < 20 ? VERDICT_STALE : i < 60 ? VERDICT_DEGRADED : VERDICT_HEALTHY;
	j->evidence = (struct texts){1, why};
	j->batch_id.number = batch + (int64_t)i;
	j->last_batch_age_s = (double)(i % 90);
	j->records_per_s = (double)(i % 1700);
	j->errors_5m = (int64_t)(i % 3);
	j->dlq_entries = j->dlq_pending = (int64_t)(i % 5);
	j->heap_pct = (double)(i % 100);
	j->headroom_ratio = 2.5;
	j->headroom_basis = BASIS_BOUND;
	j->uptime_s = 86400.0 * (double)(i % 20);
	j->activity = j->chart_batches = (struct series){0, 60000, MINUTES, v};
}

static const struct snapshot *snapshot_of(int64_t seq)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));
	struct dataset *d = dataset_new();
	struct job_row *rows = ARENA_ARRAY(&d->arena, struct job_row, JOBS);

	for (size_t i = 0; i < JOBS; i++)
		fill_job(&d->arena, &rows[i], i, seq * 3);
	dataset_add(d, &schema_job, rows, JOBS);
	arena_init(&s->arena);
	s->seq = (uint64_t)seq;
	s->at = clock_wall(&clock_real);
	s->jobs = d;
	s->refs = 1;
	return s;
}

static void *read_all(void *data)
{
	const int *fd = data;
	char bytes[65536];

	while (read(*fd, bytes, sizeof(bytes)) > 0)
		;
	return NULL;
}

/* As read from a file, in another order than the screen's. */
static const struct config *config_of_jobs(void)
{
	const struct config *cfg;
	struct buf yaml, mistakes;

	buf_init(&yaml, 1 << 20);
	buf_init(&mistakes, 1 << 20);
	buf_puts(&yaml, "jobs:\n");
	for (size_t i = JOBS; i-- > 0;)
		buf_printf(&yaml, "  - {name: " NAME ", health: 'http://127.0.0.1:%zu'}\n", i,
			   i + 1);
	if (config_parse("jobs", yaml.data, yaml.len, &cfg, &mistakes))
		BUG("%s", mistakes.data);
	buf_release(&yaml);
	buf_release(&mistakes);
	return cfg;
}

static void begin(struct stage *s, int fd)
{
	struct err err = {0};

	s->cfg = config_of_jobs();
	s->term = term_open(fd, false, &err);
	if (!s->term || ui_init(&s->ui, s->cfg, &clock_real, &err) < 0)
		BUG("%s", err.message);
	screen_init(&s->screen, s->ui.glyphs);
	screen_resize(&s->screen, WIDTH, HEIGHT);
	term_theme(s->term, s->ui.theme);
	for (size_t i = 0; i < ARRAY_LEN(s->snaps); i++)
		s->snaps[i] = snapshot_of((int64_t)i + 1);
}

static void end(struct stage *s)
{
	ui_release(&s->ui);
	screen_release(&s->screen);
	term_close(s->term);
	for (size_t i = 0; i < ARRAY_LEN(s->snaps); i++)
		snapshot_unref(s->snaps[i]);
	config_unref(s->cfg);
}

static void draw(struct stage *s)
{
	ui_draw(&s->ui, &s->screen);
	term_frame(s->term, &s->screen);
}

static void press(struct stage *s, size_t i)
{
	const struct key_event ev = {.kind = KEY_EVENT_KEY, .key = i % 2 ? 'k' : 'j'};

	ui_event(&s->ui, &ev);
	draw(s);
}

/* They stay alive elsewhere, as in the program: what is let go is freed there. */
static void take(struct stage *s, size_t i)
{
	ui_snapshot(&s->ui, snapshot_ref(s->snaps[i % ARRAY_LEN(s->snaps)]));
}

static void take_and_draw(struct stage *s, size_t i)
{
	take(s, i);
	draw(s);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure(struct stage *s, const char *what, void (*work)(struct stage *, size_t),
		    size_t n)
{
	int64_t *ns = xcalloc(n, sizeof(*ns));

	for (size_t i = 0; i < n; i++) {
		int64_t before = thread_ns();

		work(s, i);
		ns[i] = thread_ns() - before;
	}
	qsort(ns, n, sizeof(*ns), by_size);
	printf("%-58s %12.1f  %-16s p99 %.1f\n", what, (double)ns[n / 2] / 1000, "",
	       (double)ns[n * 99 / 100] / 1000);
	free(ns);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : FRAMES;
	struct winsize size = {.ws_row = HEIGHT, .ws_col = WIDTH};
	struct stage s = {0};
	pthread_t reader;
	int master, slave;

	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	if (!n || openpty(&master, &slave, NULL, NULL, &size) ||
	    pthread_create(&reader, NULL, read_all, &master))
		return 1;
	begin(&s, slave);
	take_and_draw(&s, 1);
	measure(&s, "a frame of 1,000 jobs: key to bytes, us of CPU", press, n);
	measure(&s, "a frame of 1,000 jobs: a snapshot taken, us of CPU", take, n);
	measure(&s, "a frame of 1,000 jobs: taken and drawn, us of CPU", take_and_draw, n);
	end(&s);
	pthread_cancel(reader);
	pthread_join(reader, NULL);
	close(slave);
	close(master);
	return 0;
}
