/* Golden screens of the question: a kill as drawn, what ended, what is refused, what asks for
 * values, a long dry run, the decision, and an action that runs. */
#include "golden.h"
#include "plan_rows.h"

static struct snapshot snap;
static struct action_request asked;

static int64_t on_act(void *data ATTR_UNUSED, const struct action_request *r,
		      struct err *err ATTR_UNUSED)
{
	asked = *r;
	return r->step == ACTION_PLAN ? PLAN_NUMBER : 0;
}

static void press(struct ui *ui, struct screen *s, uint32_t key)
{
	fixed.fixed_mono_ms += 500;
	golden_press(ui, s, key);
}

static void start(struct ui *ui, struct screen *s, int w, int h)
{
	golden_start(ui, s, w, h);
	ui->act = on_act;
	ui_snapshot(ui, cluster_snapshot(&snap, true));
	ui_draw(ui, s);
}

static void stop(struct ui *ui, struct screen *s)
{
	golden_stop(ui, s);
	plan_end();
	cluster_end(&snap);
}

typedef void change_fn(struct arena *a, struct plan_row *p);

static void publish(struct ui *ui, change_fn *change)
{
	struct dataset *d = dataset_new();
	struct plan_row *p = plan_kill(&d->arena);

	if (change)
		change(&d->arena, p);
	dataset_add(d, &schema_plan, p, 1);
	ui_snapshot(ui, plan_snapshot(&snap, d, NULL));
}

static const struct {
	int w, h;
} sizes[] = {{110, 24}, {80, 24}};

static void shoot(const char *name, uint32_t key, change_fn *change, const char *typed)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char file[64];
		struct screen s;
		struct ui ui;

		start(&ui, &s, sizes[i].w, sizes[i].h);
		press(&ui, &s, key);
		publish(&ui, change);
		ui_draw(&ui, &s);
		for (const char *c = typed; *c; c++)
			press(&ui, &s, *c == '\t' ? (uint32_t)KEY_TAB : (uint32_t)*c);
		ui_draw(&ui, &s);
		snprintf(file, sizeof(file), "question-%s%s%dx%d", name, *name ? "-" : "",
			 sizes[i].w, sizes[i].h);
		golden_check(&s, file);
		stop(&ui, &s);
	}
}

/* Cell for cell where look/question-110x24 has the box. */
static void as_drawn(void **state ATTR_UNUSED)
{
	shoot("", 'K', NULL, "84");
	shoot("typed", 'K', NULL, "8423");
}

static void ended(struct arena *a, struct plan_row *p)
{
	struct plan_sign *signs = ARENA_ARRAY(a, struct plan_sign, 3);

	memcpy(signs, p->signs, 3 * sizeof(*signs));
	signs[0].has_ended = true;
	p->signs = signs;
	p->verdict = NULL;
	p->changes = 1;
	p->says = TEXT("answered 3 s ago");
	p->loses = PLAN_TEXTS(a, "job 9 at 63 %", "4 executors");
	p->stays = PLAN_TEXTS(a, "python 18401, :8000, which will retry");
	p->warning = TEXT("this job is healthy: last batch 4 s ago");
}

static void evidence_that_ended(void **state ATTR_UNUSED)
{
	shoot("ended", 'K', ended, "");
}

static void refused(struct arena *a, struct plan_row *p)
{
	p->steps = (struct texts){0, NULL};
	p->to_type = NULL;
	p->refused = TEXT("java 18423 belongs to user etl, and sparkops runs as ops: only etl may "
			  "end it. Run sparkops as that user, or the line below.");
	p->paste = PLAN_TEXTS(a, "sudo -u etl sparkops kill --pid 18423@8412345");
}

static void refused_with_why(void **state ATTR_UNUSED)
{
	shoot("refused", 'K', refused, "");
}

static void asks(struct arena *a, struct plan_row *p)
{
	struct plan_ask *v = ARENA_ARRAY(a, struct plan_ask, 2);

	v[0] = (struct plan_ask){TEXT("resume_from"), TEXT("table to resume from"),
				 TEXT("AGENTSVES"),
				 TEXT("14:01:20 Migrating table AGENTSVES (attempt 1)")};
	v[1] = (struct plan_ask){TEXT("only_s3"), NULL, TEXT("false"), NULL};
	p->action = ACTION_RECOVER;
	p->title = TEXT("Recover this job?");
	p->button = TEXT("recover");
	p->steps =
		PLAN_TEXTS(a, "SIGTERM to 18423, SIGKILL after 30 s", "see :4040 :40417 :8000 free",
			   "wait 10 s", "start: systemctl restart migration-api.service",
			   "wait for http://127.0.0.1:8000/docs, at most 120 s",
			   "resume: POST http://127.0.0.1:8000/migrate/schema");
	p->asks = v;
	p->nasks = 2;
}

static void asks_for_values(void **state ATTR_UNUSED)
{
	shoot("asks", 'V', asks, "\t\t");
}

static void dry_run(struct arena *a, struct plan_row *p)
{
	const struct text **v = ARENA_ARRAY(a, const struct text *, 30);

	for (int i = 0; i < 30; i++)
		v[i] = text_format(a,
				   "curl -X POST -H 'Idempotency-Key: %032x' -d @entry-%d.json "
				   "http://127.0.0.1:5001/replay/%d",
				   i, i, 40 + i);
	p->action = ACTION_REPLAY;
	p->title = TEXT("Replay 30 entries?");
	p->button = TEXT("replay");
	p->target = PLAN_TEXTS(a, "health-analytics   /srv/jobs/health/dlq");
	p->nsigns = 0;
	p->verdict = NULL;
	p->steps = (struct texts){0, NULL};
	p->facts = PLAN_TEXTS(a, "30 entries, 12 units, 2 already covered",
			      "oldest 13:12:01, newest 14:02:58: about 1 min at 30/min");
	p->to_type = TEXT("30");
	p->paste = (struct texts){30, v};
}

static void a_long_one_scrolls(void **state ATTR_UNUSED)
{
	shoot("long", 'K', dry_run, "");
}

static void runs(struct ui *ui, int state)
{
	struct dataset *d = dataset_new();
	struct action_row *r = plan_action(&d->arena, state);

	r->began_at = CLUSTER_NOW - 32000;
	r->step = TEXT("SIGTERM sent, waits 12 s of 30 s");
	r->steps = PLAN_TEXTS(&d->arena,
			      "14:02:55 thread dump saved to dumps/20251121-140255-18423.txt",
			      "14:02:57 SIGTERM sent");
	if (state == ACTION_STATE_ASKS)
		r->asks = TEXT("java 18423 did not end within 30 s: send SIGKILL?");
	if (state == ACTION_STATE_DONE) {
		r->ended_at = CLUSTER_NOW;
		r->outcome = TEXT("ended by SIGTERM after 2.1 s");
		r->proof = TEXT("process gone, :4040 :40417 free, nothing came back in 10 s");
	}
	dataset_add(d, &schema_action, r, 1);
	ui_snapshot(ui, plan_snapshot(&snap, NULL, d));
}

/* From the accepted question to the decision, at one size. */
static void what_runs(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 110, 24);
	press(&ui, &s, 'K');
	publish(&ui, NULL);
	ui_draw(&ui, &s);
	for (const char *c = "8423"; *c; c++)
		press(&ui, &s, (uint32_t)*c);
	press(&ui, &s, KEY_ENTER);
	assert_int_equal(asked.step, ACTION_DO);
	runs(&ui, ACTION_STATE_RUNS);
	press(&ui, &s, KEY_DOWN);
	golden_check(&s, "acting-110x24");
	runs(&ui, ACTION_STATE_ASKS);
	ui_draw(&ui, &s);
	golden_check(&s, "decision-110x24");
	press(&ui, &s, KEY_ESC);
	runs(&ui, ACTION_STATE_DONE);
	press(&ui, &s, '9');
	golden_check(&s, "actions-110x24");
	press(&ui, &s, KEY_ENTER);
	golden_check(&s, "actions-one-110x24");
	stop(&ui, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_drawn),           cmocka_unit_test(evidence_that_ended),
		cmocka_unit_test(refused_with_why),   cmocka_unit_test(asks_for_values),
		cmocka_unit_test(a_long_one_scrolls), cmocka_unit_test(what_runs),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
