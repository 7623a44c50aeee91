/* source.c - the registry, and what a source may see of its target and do to it.
 *
 * Here an answer becomes a section: whether it counts as silence, since when, and that a target
 * that fails keeps its last good rows. */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../target.h"

const struct source_ops *const source_registry[] = {
#define X(id, symbol, title) &source_##symbol,
	SOURCE_LIST(X)
#undef X
};

void *target_state(struct target *t)
{
	return t->state;
}

const struct target_spec *target_spec(const struct target *t)
{
	return &t->spec;
}

const struct config *target_config(const struct target *t)
{
	return t->scheduler->cfg;
}

const struct clock *target_clock(const struct target *t)
{
	return t->scheduler->clk;
}

uv_loop_t *target_loop(const struct target *t)
{
	return t->scheduler->loop;
}

struct http_client *target_http(struct target *t)
{
	if (!t->http)
		t->http = http_client_new(t->scheduler->http);
	return t->http;
}

uint64_t target_polls(const struct target *t)
{
	return t->polls;
}

const struct dataset *target_sibling(const struct target *t, enum source_id source)
{
	for (const struct target *one = t->sibling; one && one != t; one = one->sibling) {
		if (one->source == source)
			return one->section->data;
	}
	return t->source == source ? t->section->data : NULL;
}

const struct ledger_view *target_ledger(const struct target *t)
{
	return publish_ledger_view(t->scheduler->publish);
}

/* Also of a poll that was aborted meanwhile: what comes too late is not taken. */
static bool is_expected(const struct target *t)
{
	return t->is_polling && !t->is_closing;
}

static void section_is_good(struct target *t, struct section *s, int64_t code)
{
	s->state = SECTION_OK;
	s->tried_at = s->good_at = clock_wall(t->scheduler->clk);
	s->took_ms = clock_mono(t->scheduler->clk) - t->asked_mono;
	s->code = code;
	s->silent_probes = s->silent_ms = 0;
	s->is_refused = false;
	if (t->note)
		s->problem = arena_strdup(&s->arena, t->note);
}

void source_note(struct target *t, const char *note)
{
	char clean[200];

	text_clean_to(clean, sizeof(clean), note, strlen(note));
	free(t->note);
	t->note = clean[0] ? xstrdup(clean) : NULL;
}

void source_done(struct target *t, struct dataset *rows, int64_t code)
{
	struct section *s;

	if (!is_expected(t)) {
		dataset_unref(rows);
		return;
	}
	s = target_next_section(t);
	section_is_good(t, s, code);
	s->data = rows;
	t->is_silent = false;
	target_publish(t, s, false);
	poll_end(t, true);
	poll_settle(t);
}

void source_same(struct target *t, int64_t code)
{
	struct section *s;

	if (!is_expected(t))
		return;
	s = target_next_section(t);
	section_is_good(t, s, code);
	s->data = dataset_ref(t->section->data);
	t->is_silent = false;
	target_publish(t, s, t->section->state == SECTION_OK);
	poll_end(t, true);
	poll_settle(t);
}

/* Did nothing come back that shows somebody is there? */
static bool is_unanswered(const struct http_reply *reply)
{
	return reply && !reply->is_unasked && !reply->is_nonsense &&
	       reply->result != HTTP_ANSWERED && reply->result != HTTP_TOO_LARGE;
}

static void count_silence(struct target *t, struct section *s, const struct http_reply *reply)
{
	int64_t now = clock_mono(t->scheduler->clk);

	if (!is_unanswered(reply)) {
		s->silent_probes = s->silent_ms = 0;
		return;
	}
	if (!s->silent_probes)
		t->silent_from = now;
	s->silent_probes++;
	s->silent_ms = now - t->silent_from;
}

/* The next try may be far: the section says when. */
static void end_badly(struct target *t, struct section *s)
{
	poll_end(t, false);
	s->next_at = poll_next_at(t);
	target_publish(t, s, false);
	poll_settle(t);
}

void source_failed(struct target *t, const struct http_reply *reply, const char *fmt, ...)
{
	char problem[600];
	struct section *s;
	va_list ap;

	if (!is_expected(t))
		return;
	if (t->is_void) { /* we were away: it is asked again soon, and nothing is concluded */
		poll_end(t, false);
		poll_settle(t);
		return;
	}
	va_start(ap, fmt);
	vsnprintf(problem, sizeof(problem), fmt, ap);
	va_end(ap);
	s = target_next_section(t);
	t->is_silent = reply && reply->result == HTTP_TIMED_OUT;
	s->state = reply && reply->result == HTTP_TIMED_OUT ? SECTION_LATE : SECTION_FAILED;
	s->tried_at = clock_wall(t->scheduler->clk);
	s->took_ms = is_unanswered(reply) ? ABSENT : clock_mono(t->scheduler->clk) - t->asked_mono;
	s->code = reply && reply->code ? (int64_t)reply->code : ABSENT;
	s->is_refused = reply && reply->result == HTTP_REFUSED;
	s->problem = text_str(text_clean(&s->arena, problem, strlen(problem)));
	s->data = dataset_ref(t->section->data);
	count_silence(t, s, reply);
	end_badly(t, s);
}

void source_partly(struct target *t, const char *why)
{
	struct section *s;

	if (!is_expected(t))
		return;
	s = target_next_section(t);
	s->state = SECTION_FAILED;
	s->tried_at = s->good_at = clock_wall(t->scheduler->clk);
	s->took_ms = clock_mono(t->scheduler->clk) - t->asked_mono;
	s->problem = text_str(text_clean(&s->arena, why, strlen(why)));
	s->data = dataset_ref(t->section->data);
	end_badly(t, s);
}

void source_progress(struct target *t, struct dataset *rows)
{
	struct section *s;

	if (!is_expected(t)) {
		dataset_unref(rows);
		return;
	}
	s = target_next_section(t);
	if (t->ops->is_local && s->state == SECTION_FAILED) {
		/* What can be read of a folder is news; that it is well again only its poll's end
		 * can say. */
		s->tried_at = s->good_at = clock_wall(t->scheduler->clk);
		s->problem = arena_strdup(&s->arena, t->section->problem);
	} else {
		section_is_good(t, s, t->section->code);
	}
	s->data = rows;
	target_publish(t, s, false);
	poll_extend(t);
}

void source_again(struct target *t, int64_t delay_ms)
{
	t->again_ms = max_i64(delay_ms, 0);
}

void source_detail(struct target *t, struct dataset *rows)
{
	if (t->is_closing)
		dataset_unref(rows);
	else
		publish_detail(t->scheduler->publish, rows);
}
