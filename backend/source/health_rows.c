/* source/health_rows.c - bodies of a job's health endpoints to one row.
 *
 * Python's isoformat() writes local time without a zone. What zone that is shows where the job also
 * tells how long ago something was: start_time + uptime_seconds is "now" on the job's clock, and
 * that against ours is its zone. Zones are whole quarters of an hour; a difference that is none
 * says that the figures do not belong together (a frozen endpoint), and then
 * nothing is concluded. */
#include "health_rows.h"

#include <string.h>

#include "../../include/clock.h"

enum { QUARTER_MS = 15 * 60 * 1000, SLACK_MS = 60 * 1000, WIDEST_MS = 15 * 3600 * 1000 };

static void on_pair(void *data, const char *key, size_t key_len, const struct json_value *v)
{
	struct health_answer *a = data;
	enum time_zone_kind kind;
	int64_t at;

	if (key_len != 9 || memcmp(key, "timestamp", 9) != 0 || v->kind != JSON_IS_STRING)
		return;
	at = clock_parse(v->text, v->len, &kind);
	if (!is_absent(at) && kind == TIME_NAIVE)
		a->stamp = at;
}

/* True: there was one below 0, and what is left has none. */
static bool drop_negative_counts(struct counts *c, struct arena *a)
{
	struct count *kept = ARENA_ARRAY(a, struct count, c->n + 1);
	size_t n = 0, all = c->n;

	for (size_t i = 0; i < all; i++)
		if (c->v[i].n >= 0)
			kept[n++] = c->v[i];
	if (n < all)
		*c = (struct counts){n, kept};
	return n < all;
}

/* Whatever a health endpoint counts or measures, none of it can be below 0. */
static void drop_negatives(struct health_row *row, struct arena *a, struct json_flags *flags)
{
	for (size_t i = 0; i < schema_health.nfields; i++) {
		const struct field *f = &schema_health.fields[i];
		void *at = (char *)row + f->offset;
		bool is_negative = false;

		if (!f->json || (f->type != FIELD_COUNTS && field_is_absent(f, row)))
			continue;
		if (f->type == FIELD_INT && *(int64_t *)at < 0) {
			*(int64_t *)at = ABSENT;
			is_negative = true;
		} else if (f->type == FIELD_REAL && *(double *)at < 0) {
			*(double *)at = ABSENT_REAL;
			is_negative = true;
		} else if (f->type == FIELD_COUNTS) {
			is_negative = drop_negative_counts(at, a);
		}
		flags->negative |= (uint64_t)is_negative << i;
	}
}

int health_read(const char *body, size_t len, int64_t now, struct health_answer *out,
		struct err *err)
{
	struct dataset *d = dataset_new();
	struct json_rows rows;
	struct json_body all = {body, len, ""};
	int rc;

	/* the row and what of the body is text, in one block */
	arena_expect(&d->arena, sizeof(struct health_row) + 32 + len / 4);
	rc = json_rows(&schema_health, &all, &d->arena, &rows, err);

	*out = (struct health_answer){.stamp = ABSENT, .asked_at = now};
	if (rc == 0 && rows.n == 0)
		rc = err_set(err, ERR_FORMAT, "JSON, but no object");
	if (rc == 0)
		rc = json_each(&all, NULL, on_pair, out, err);
	if (rc < 0) {
		dataset_unref(d);
		return rc;
	}
	drop_negatives((struct health_row *)(uintptr_t)rows.rows[0], &d->arena, &rows.flags);
	out->data = d;
	out->row = rows.rows[0];
	out->flags = rows.flags;
	return 0;
}

void health_drop(struct health_answer *a)
{
	dataset_unref(a->data);
	*a = (struct health_answer){.stamp = ABSENT, .asked_at = ABSENT};
}

static bool has_bit(uint64_t bits, const char *name)
{
	return bits >> (field_find(&schema_health, name) - schema_health.fields) & 1;
}

bool health_is_contract(const struct health_answer *a)
{
	if (!a->row || has_bit(a->flags.wrong, "status"))
		return false;
	return a->row->status || a->row->last_batch_id.text ||
	       !is_absent(a->row->last_batch_id.number);
}

static bool is_naive(const struct health_answer *a, const char *name)
{
	return has_bit(a->flags.naive, name);
}

/* The job's clock minus ours, rounded; ABSENT when it is no zone. */
static int64_t as_zone(int64_t theirs, int64_t ours)
{
	int64_t raw = theirs - ours, half = raw < 0 ? -QUARTER_MS / 2 : QUARTER_MS / 2;
	int64_t zone = (raw + half) / QUARTER_MS * QUARTER_MS;

	if (raw - zone > SLACK_MS || zone - raw > SLACK_MS || zone > WIDEST_MS || zone < -WIDEST_MS)
		return ABSENT;
	return zone;
}

static int64_t ms_of(double seconds)
{
	return seconds >= 0 && seconds < 1e9 ? (int64_t)(seconds * 1000) : ABSENT;
}

/* A date without zone and how many seconds ago it was. */
static int64_t zone_of_pair(const struct health_answer *a, const char *name, int64_t date,
			    double seconds)
{
	int64_t ms = ms_of(seconds);

	if (is_absent(ms) || is_absent(date) || !is_naive(a, name))
		return ABSENT;
	return as_zone(date + ms, a->asked_at);
}

struct zone_told {
	int64_t zone; /* ABSENT: not told */
	bool is_agreed;
};

/* What the two pairs of an answer tell; agreed when they are two and tell the same. */
static struct zone_told zone_of_main(const struct health_answer *a)
{
	const struct health_row *r = a->row;
	int64_t start, last;

	if (!r)
		return (struct zone_told){ABSENT, false};
	start = zone_of_pair(a, "start_time", r->start_time, r->uptime_seconds);
	last = zone_of_pair(a, "last_processed_at", r->last_processed_at,
			    r->seconds_since_last_batch);
	return (struct zone_told){is_absent(start) ? last : start,
				  !is_absent(start) && start == last};
}

int64_t health_zone(const struct health_answer parts[static PART_COUNT])
{
	const struct health_answer *dlq = &parts[PART_DLQ];
	struct zone_told told = zone_of_main(&parts[PART_DETAILED]);
	int64_t stamped = ABSENT;

	if (is_absent(told.zone))
		told = zone_of_main(&parts[PART_BASIC]);
	if (told.is_agreed)
		return told.zone;
	/* /health/dlq is stamped while it answers: true even where the status is frozen. But it is
	 * one date alone, and may be written in UTC where all others are local. */
	if (dlq->row && !is_absent(dlq->stamp))
		stamped = as_zone(dlq->stamp, dlq->asked_at);
	return is_absent(stamped) ? told.zone : stamped;
}

/* Takes over what the row does not have yet. */
static void merge_part(struct health_row *row, const struct health_answer *a, int64_t zone_ms)
{
	for (size_t i = 0; i < schema_health.nfields; i++) {
		const struct field *f = &schema_health.fields[i];
		void *to = (char *)row + f->offset;

		if (!f->json || !field_is_absent(f, row) || field_is_absent(f, a->row))
			continue;
		memcpy(to, FIELD_OF(a->row, f), json_field_size(f->type));
		if (f->type == FIELD_TIME && (a->flags.naive >> i & 1))
			*(int64_t *)to -= zone_ms;
	}
}

/* It has dates without a zone, and no pair that could tell it. (A pair that fits no zone is of
 * answers that stand still, and their date is as good as it is.) */
static bool is_zoneless(const struct health_answer *a)
{
	const struct health_row *r = a->row;
	bool has_start, has_last;

	if (!r)
		return false;
	has_start = is_naive(a, "start_time") && !is_absent(r->start_time);
	has_last = is_naive(a, "last_processed_at") && !is_absent(r->last_processed_at);
	return (has_start || has_last) && !(has_start && !is_absent(ms_of(r->uptime_seconds))) &&
	       !(has_last && !is_absent(ms_of(r->seconds_since_last_batch)));
}

struct dataset *health_merge(const struct health_answer parts[static PART_COUNT], int64_t zone_ms,
			     int64_t host_zone_ms, enum tri has_detailed)
{
	int main_part = parts[PART_DETAILED].row ? PART_DETAILED : PART_BASIC;
	struct dataset *d = dataset_new();
	struct health_row *row = ARENA_NEW(&d->arena, struct health_row);

	field_clear_row(&schema_health, row);
	for (int i = 0; i < PART_COUNT; i++) {
		/* /health may be half a minute older: where /health/detailed is,
		 * it adds nothing. */
		if (!parts[i].row || (i == PART_BASIC && i != main_part))
			continue;
		merge_part(row, &parts[i], is_absent(zone_ms) ? host_zone_ms : zone_ms);
		dataset_keep(d, parts[i].data);
	}
	row->zone_offset_ms = zone_ms;
	if (is_absent(zone_ms) && is_zoneless(&parts[main_part]))
		row->is_zoneless = TRI_TRUE;
	row->asked_at = parts[main_part].asked_at;
	row->has_detailed = has_detailed;
	if (parts[PART_DLQ].row)
		row->dlq_asked_at = parts[PART_DLQ].asked_at;
	dataset_add(d, &schema_health, row, 1);
	return d;
}
