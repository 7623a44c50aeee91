/* log/held.c - a small list; the program has one, as it has one kernel filter. */
#include "held.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "../../include/config.h"
#include "follow.h"

static struct {
	pthread_mutex_t lock;
	bool is_last;
	size_t n, size;
	struct log_child *v;
} held = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void add(struct log_child *c)
{
	pthread_mutex_lock(&held.lock);
	if (held.n == held.size) {
		held.size = held.size ? held.size * 2 : 8;
		held.v = xrealloc(held.v, held.size * sizeof(*held.v));
	}
	held.v[held.n++] = *c;
	pthread_mutex_unlock(&held.lock);
	*c = (struct log_child){.fd = -1};
}

static void start(const char *const *argv)
{
	struct log_child c;

	log_child_make(&c, argv);
	log_child_start(&c, clock_wall(&clock_real));
	add(&c);
}

void held_start(const struct config *cfg)
{
	pthread_mutex_lock(&held.lock);
	held.is_last = true;
	pthread_mutex_unlock(&held.lock);
	for (size_t i = 0; i < cfg->njobs; i++) {
		const struct config_log *log = &cfg->jobs[i].log;
		struct journal_argv argv;

		if (log->journal) {
			follow_journal_argv(log->journal, ABSENT, &argv);
			start(argv.v);
		}
		if (log->command && log->command[0])
			start(log->command);
	}
}

bool held_is_last(void)
{
	bool is_last;

	pthread_mutex_lock(&held.lock);
	is_last = held.is_last;
	pthread_mutex_unlock(&held.lock);
	return is_last;
}

static bool same(char *const *a, const char *const *b)
{
	while (*a && *b && !strcmp(*a, *b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

bool held_take(const char *const *argv, struct log_child *out)
{
	bool is_there = false;

	pthread_mutex_lock(&held.lock);
	for (size_t i = 0; i < held.n && !is_there; i++) {
		if (!same(held.v[i].argv, argv))
			continue;
		is_there = true;
		*out = held.v[i];
		held.v[i] = held.v[--held.n];
	}
	pthread_mutex_unlock(&held.lock);
	return is_there;
}

void held_give(struct log_child *c)
{
	add(c);
}
