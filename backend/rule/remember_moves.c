/* rule/remember_moves.c - what moved from one answer of a job to the next, and since when nothing
 * did. An answer that stands still is old, however often it comes; and a batch that was seen to
 * come has a time by our clock, whatever zone the job's dates are in. */
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum {
	UPTIME_MOVES_MS = 5000,
	QUARTER_MS = 15 * 60000,
	ZONE_GAP_MS = 60000,
	ZONE_MOST_MS = 15 * 3600000,
};

static struct told told_by(const struct health_row *h)
{
	return (struct told){.uptime_s = h->uptime_seconds,
			     .since_batch_s = h->seconds_since_last_batch,
			     .batches = h->batches_processed,
			     .records = h->records_processed,
			     .errors = h->errors_count,
			     .last_at = h->last_processed_at};
}

/* An uptime that stands while other figures move is no sign that they are old. */
void note_moves(struct job_state *j, const struct health_row *h)
{
	struct told now = told_by(h);
	bool is_first = is_absent(j->same_since);
	bool has_moved = is_first || memcmp(&now, &j->told, sizeof(now)) != 0;

	if (is_first || h->uptime_seconds != j->told.uptime_s) {
		j->uptime_moved_at = j->asked_at;
		j->is_uptime_idle = false;
	} else if (has_moved && j->asked_at - j->uptime_moved_at >= UPTIME_MOVES_MS) {
		j->is_uptime_idle = true;
	}
	if (has_moved) {
		j->same_since = j->asked_at;
		j->looks = 0;
	}
	j->looks++;
	j->told = now;
}

/* A date without a zone that is of just now tells its zone: in whole quarters of an hour. */
static void learn_zone(struct job_state *j, const struct health_row *h, int64_t at)
{
	int64_t off, slip;

	if (is_absent(h->last_processed_at) || at - j->same_batch_after > ZONE_GAP_MS)
		return;
	off = h->last_processed_at - at;
	slip = (off + (off < 0 ? -QUARTER_MS / 2 : QUARTER_MS / 2)) / QUARTER_MS * QUARTER_MS;
	if (llabs(off - slip) <= ZONE_GAP_MS && llabs(slip) <= ZONE_MOST_MS)
		j->zone_slip = slip;
}

void note_last_batch(struct job_state *j, const struct health_row *h, int64_t at, int64_t before,
		     int64_t rose)
{
	bool has_moved = is_absent(h->batches_processed)
				 ? j->looks > 0 && h->last_processed_at > j->told.last_at
				 : rose > 0;

	if (!has_moved && !is_absent(j->same_batch_since))
		return;
	j->same_batch_after = is_absent(h->batches_processed) ? j->health_read_at : before;
	j->same_batch_since = at;
	j->has_seen_batch = has_moved && !is_absent(j->same_batch_after);
	if (j->has_seen_batch && h->is_zoneless == TRI_TRUE)
		learn_zone(j, h, at);
}
