/* cluster.h - the nine jobs of the drawn screens as rows, under a fixed clock: 2025-11-21 14:03:27
 * UTC. Static functions, so that each golden test is one file. */
#ifndef SPARKOPS_TESTS_CLUSTER_H
#define SPARKOPS_TESTS_CLUSTER_H

#include <string.h>

#include "../../include/clock.h"
#include "../../include/row/incident.h"
#include "../../include/row/job.h"
#include "../../include/snapshot.h"

#define CLUSTER_NOW clock_utc_ms(2025, 11, 21, ((14 * 60 + 3) * 60 + 27) * 1000LL)

struct drawn_job {
	const char *name;
	int verdict;
	int64_t batch;
	double last_s, per_s;
	const char *spark; /* heights 1 to 7, one digit a minute */
	int64_t errors_5m, dlq;
	double heap_pct, room, up_s;
	bool is_old;
};

#define NONE ABSENT
#define NO ABSENT_REAL
static const struct drawn_job drawn_jobs[] = {
	{"migration", VERDICT_CRASHED, NONE, 124, 0, "567761", 7, 2, 99, 0.6, NO, false},
	{"gold-daily", VERDICT_UNREACHABLE, 881, 41, NO, "33334443333", NONE, 0, NO, NO, NO, true},
	{"silver-binance", VERDICT_STALE, 10733, 372, 0, "66666531", 0, 0, 38, 3.1, 6 * 86400.0,
	 false},
	{"health-analytics", VERDICT_DEGRADED, 42, 15, 5.49, "233455677654322", 2, 3, 61, 2.4, 2700,
	 false},
	{"bronze-okx", VERDICT_INITIALIZING, NONE, NO, NO, "12", 0, 0, 12, 2.2, 31, false},
	{"bronze-kraken", VERDICT_HEALTHY, 88120, 4, 1200, "777677777777777", 0, 0, 66, 2.0,
	 12 * 86400.0, false},
	{"bronze-coinbase", VERDICT_HEALTHY, 87911, 3, 1100, "777777677777777", 0, 0, 58, 2.0,
	 12 * 86400.0, false},
	{"silver-kraken", VERDICT_HEALTHY, 10741, 22, 940, "666666665666666", 0, 1, 44, 2.8,
	 12 * 86400.0, false},
	{"checkins-sync", VERDICT_HEALTHY, 5120, 51, 88, "333332333333333", 0, 0, 31, 4.4,
	 3 * 86400.0, false},
};
#undef NONE
#undef NO

ATTR_UNUSED static struct series cluster_series(struct arena *a, const char *heights)
{
	size_t n = strlen(heights);
	float *v = ARENA_ARRAY(a, float, n);

	for (size_t i = 0; i < n; i++)
		v[i] = (float)(heights[i] - '0');
	return (struct series){CLUSTER_NOW, 60000, n, v};
}

ATTR_UNUSED static void cluster_jobs(struct dataset *d)
{
	struct job_row *rows = ARENA_ARRAY(&d->arena, struct job_row, ARRAY_LEN(drawn_jobs));

	for (size_t i = 0; i < ARRAY_LEN(drawn_jobs); i++) {
		const struct drawn_job *w = &drawn_jobs[i];
		struct job_row *j = &rows[i];

		field_clear_row(&schema_job, j);
		j->name = text_clean(&d->arena, w->name, strlen(w->name));
		j->verdict = w->verdict;
		j->batch_id.number = w->batch;
		j->last_batch_age_s = w->last_s;
		j->records_per_s = w->per_s;
		j->errors_5m = w->errors_5m;
		j->dlq_entries = j->dlq_pending = w->dlq;
		j->heap_pct = w->heap_pct;
		j->headroom_ratio = w->room;
		j->headroom_basis = BASIS_MEASURED;
		j->uptime_s = w->up_s;
		j->is_old = w->is_old;
		j->activity = cluster_series(&d->arena, w->spark);
		j->chart_batches = cluster_series(&d->arena, "7"); /* the hour's busiest minute */
	}
	dataset_add(d, &schema_job, rows, ARRAY_LEN(drawn_jobs));
}

ATTR_UNUSED static void cluster_incident(struct dataset *d)
{
	struct incident_row *in = ARENA_NEW(&d->arena, struct incident_row);
	struct job_event *story = ARENA_ARRAY(&d->arena, struct job_event, 3);
	int64_t day = CLUSTER_NOW / 86400000 * 86400000, hour = day + 14 * 3600000LL;

	field_clear_row(&schema_incident, in);
	in->job = TEXT("migration");
	in->text = TEXT("migration ran out of memory and its retries met a dead session");
	in->opened_at = hour + 83000;
	story[0] = (struct job_event){hour + 83000, TEXT("OutOfMemoryError: Java heap space"),
				      TEXT("driver log"), true};
	story[1] = (struct job_event){
		hour + 84000, TEXT("retry 2 used the dead session: Answer from Java side is empty"),
		TEXT("job log"), true};
	story[2] = (struct job_event){hour + 91000, TEXT("Connection refused 127.0.0.1:40417"),
				      TEXT("job log"), true};
	in->story = story;
	in->nstory = 3;
	in->now = TEXT("java 18423 still listens on :4040, no answer for 118 s, no CPU for 90 s");
	in->now_means = TEXT("hung");
	in->next_step = TEXT("V recover: kill 18423, prove :4040 free, wait 10 s, restart, resume "
			     "from AGENTSVES");
	dataset_add(d, &schema_incident, in, 1);
}

/* One reference; the snapshot lives in static memory and its datasets are let go by cluster_end. */
ATTR_UNUSED static const struct snapshot *cluster_snapshot(struct snapshot *s, bool with_incident)
{
	struct dataset *jobs = dataset_new(), *incidents = dataset_new();

	cluster_jobs(jobs);
	if (with_incident)
		cluster_incident(incidents);
	memset(s, 0, sizeof(*s));
	s->seq = 1;
	s->at = CLUSTER_NOW;
	s->jobs = jobs;
	s->incidents = incidents;
	s->refs = 1000; /* never reaches 0: it is not on the heap */
	return s;
}

ATTR_UNUSED static void cluster_end(const struct snapshot *s)
{
	dataset_unref(s->jobs);
	dataset_unref(s->incidents);
}

#endif
