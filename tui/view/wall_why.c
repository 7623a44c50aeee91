/* wall_why.c - few words about a job, and about all of them, from figures alone. */
#include "wall_parts.h"

#include <stdio.h>

#include "../../include/row/dlq.h"
#include "../headroom.h"
#include "../jvm.h"

struct words {
	size_t n;
	char (*v)[WALL_LINE];
};

static void say(struct words *w, const char *fmt, ...) ATTR_PRINTF(2, 3);
static void say(struct words *w, const char *fmt, ...)
{
	va_list ap;

	if (w->n == WALL_WHY)
		return;
	va_start(ap, fmt);
	vsnprintf(w->v[w->n++], WALL_LINE, fmt, ap);
	va_end(ap);
}

static void say_jvm(struct words *w, struct ui *ui, const struct job_row *j)
{
	const struct jvm_row *d = j->name ? jvm_driver_of(ui, text_str(j->name)) : NULL;

	if (!d || d->verdict < 0 || d->verdict == JVM_IS_BUSY || d->verdict == JVM_IS_IDLE ||
	    d->verdict == JVM_IS_UNKNOWN)
		return;
	if (d->exit_code == 52)
		say(w, "its JVM ran out of memory (exit 52)");
	else if (d->exit_code > 0)
		say(w, "its JVM left with exit code %lld", (long long)d->exit_code);
	else
		say(w, "its JVM is %s", jvm_word(d->verdict));
}

/* The source of this job that has been silent for the longest. */
static void say_silence(struct words *w, const struct ui *ui, const struct job_row *j)
{
	const struct section *worst = NULL;
	char age[16];

	for (size_t i = 0; i < ui->snap->nsections; i++) {
		const struct section *s = ui->snap->sections[i];

		if (s->job && j->name && text_is(j->name, s->job) && s->silent_probes > 1 &&
		    (!worst || s->silent_ms > worst->silent_ms))
			worst = s;
	}
	if (!worst)
		return;
	format_age((double)worst->silent_ms / 1000, age, sizeof(age));
	say(w, "no answer for %s (%lld probes)", age, (long long)worst->silent_probes);
}

static void say_errors(struct words *w, const struct job_row *j)
{
	const struct count *top = NULL;

	for (size_t i = 0; i < j->errors_by_type.n; i++)
		if (!top || j->errors_by_type.v[i].n > top->n)
			top = &j->errors_by_type.v[i];
	if (j->errors_5m <= 0)
		return;
	say(w, "%lld error%s in 5 min", (long long)j->errors_5m, j->errors_5m == 1 ? "" : "s");
	if (top && top->key)
		say(w, "mostly %.40s", text_str(top->key));
}

size_t wall_why(const struct wall *wall, const struct job_row *j, char out[WALL_WHY][WALL_LINE])
{
	struct words w = {0, out};
	char text[24];

	say_jvm(&w, wall->ui, j);
	if (j->lost_to_oom_1h > 0)
		say(&w, "%lld executor%s lost to memory", (long long)j->lost_to_oom_1h,
		    j->lost_to_oom_1h == 1 ? "" : "s");
	say_silence(&w, wall->ui, j);
	say_errors(&w, j);
	if (!is_absent(j->last_batch_at)) {
		format_age(((double)wall->ui->now - (double)j->last_batch_at) / 1000, text,
			   sizeof(text));
		say(&w, "last batch %s ago", text);
	}
	if (j->heap_pct >= 90)
		say(&w, "heap %.0f %% full", j->heap_pct);
	if (j->headroom_ratio < 1) {
		headroom_format(j->headroom_ratio, j->headroom_basis, text, sizeof(text));
		say(&w, "memory headroom %s", text);
	}
	if (j->dlq_pending > 0)
		say(&w, "%lld dead letter%s", (long long)j->dlq_pending,
		    j->dlq_pending == 1 ? "" : "s");
	return w.n;
}

size_t wall_sums(const struct wall *wall, char out[WALL_WHY][WALL_LINE])
{
	struct words w = {0, out};
	const struct job_row *tight = NULL;
	int64_t newest = ABSENT, letters = 0;
	double rate = 0;
	char text[24];

	for (size_t i = 0; i < wall->njobs; i++) {
		const struct job_row *j = wall->jobs[i];

		rate += isnan(j->records_per_s) ? 0 : j->records_per_s;
		letters += j->dlq_pending > 0 ? j->dlq_pending : 0;
		if (!is_absent(j->last_batch_at) &&
		    (is_absent(newest) || j->last_batch_at > newest))
			newest = j->last_batch_at;
		if (!isnan(j->headroom_ratio) &&
		    (!tight || j->headroom_ratio < tight->headroom_ratio))
			tight = j;
	}
	if (!is_absent(newest)) {
		format_age(((double)wall->ui->now - (double)newest) / 1000, text, sizeof(text));
		say(&w, "newest batch %s ago", text);
	}
	if (rate > 0) {
		format_number(rate, UNIT_COUNT, text, sizeof(text));
		say(&w, "%s records a second", text);
	}
	if (tight && tight->name) {
		headroom_format(tight->headroom_ratio, tight->headroom_basis, text, sizeof(text));
		say(&w, "least headroom %s, %.40s", text, text_str(tight->name));
	}
	if (letters)
		say(&w, "%lld dead letter%s", (long long)letters, letters == 1 ? "" : "s");
	return w.n;
}
