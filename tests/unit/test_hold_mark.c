/* Hold and mark through the whole pipeline: what is asked, what is refused, what the ledger says
 * then. */
#include "pipe_stage.h"

#include <fcntl.h>
#include <time.h>

#include "../../backend/store/store.h"
#include "../../include/row/dlq.h"

#define LINE(batch, type)                                                                          \
	"{\"batch_id\": " batch                                                                    \
	", \"timestamp\": \"2026-11-20T14:00:00\", \"error_type\": \"" type                        \
	"\", \"error_message\": \"m\", \"context\": {}}\n"

static char dlq[128];

static int begin(void **state)
{
	static const char lines[] = LINE("1", "A") LINE("2", "A") LINE("3", "B");
	char path[200], yaml[400];
	int fd;

	stage_begin(state);
	snprintf(dlq, sizeof(dlq), "%s/dlq", stage_folder);
	mkdir(dlq, 0700);
	snprintf(path, sizeof(path), "%s/failed_batches_20261120.json", dlq);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, lines, sizeof(lines) - 1), sizeof(lines) - 1);
	close(fd);
	snprintf(yaml, sizeof(yaml), "interval: 1h\njobs:\n  - {name: health, dlq: \"%s\"}\n", dlq);
	const struct config *c = world_config(yaml);
	((struct config *)(uintptr_t)c)->state_dir = stage_state();
	stage_backend = backend_start(c, NULL);
	assert_non_null(stage_backend);
	config_unref(c);
	return 0;
}

static int end(void **state)
{
	if (stage_backend != NULL)
		stage_stop();
	stage_verify();
	return stage_end(state);
}

static struct action_request want(enum action_id action)
{
	struct action_request r = action_request_of(ACTION_PLAN, action);

	r.job = "health";
	return r;
}

static void answer(uint64_t plan, const char *typed, const struct action_value *values, size_t n)
{
	struct action_request r = action_request_of(ACTION_DO, ACTION_MARK);

	r.plan = plan;
	r.typed = typed;
	r.values = values;
	r.nvalues = n;
	stage_send(&r);
}

static void ends(uint64_t plan, int state, const char *outcome)
{
	struct stage_wish w = {.plan = plan, .state = state};
	const struct snapshot *s = stage_action(&w);

	if (strstr(text_str(w.a->outcome), outcome) == NULL)
		fail_msg("\"%s\" and not \"%s\"", text_str(w.a->outcome), outcome);
	snapshot_unref(s);
}

static uint64_t see(const struct action_request *r, const char *refused)
{
	struct stage_wish w = {.plan = (uint64_t)stage_send(r), .says = refused};

	snapshot_unref(stage_plan(&w));
	return w.plan;
}

static void hold_refused(uint64_t plan, const char *how_long)
{
	const struct action_value values[] = {{"for", how_long}, {"reason", "vacuum runs"}};
	struct action_request r = action_request_of(ACTION_DO, ACTION_HOLD);
	char says[100];

	r.plan = plan;
	r.values = values;
	r.nvalues = 2;
	snprintf(says, sizeof(says),
		 "\"%s\" is no time for a hold; it would be like 4h, 30m, 16:00", how_long);
	stage_refused(&r, says);
}

static void a_hold_is_asked_for_and_ends(void **unused ATTR_UNUSED)
{
	const struct action_value values[] = {{"for", "4h"}, {"reason", "vacuum runs"}};
	static const char *const wrong[] = {"4 hats", "",      "24:00",  "16:60", "16:0",     "-1h",
					    "0s",     "1:234", "16:00 ", "::",    "for  ever"};
	struct action_request r = want(ACTION_HOLD);
	struct stage_wish w = {.says = ""};
	time_t now = time(NULL);
	const struct snapshot *s;
	char clock[16], until[16];
	struct tm soon;
	uint64_t plan;

	assert_non_null(localtime_r(&now, &soon));
	w.plan = (uint64_t)stage_send(&r);
	s = stage_plan(&w);
	assert_int_equal(w.p->nasks, 2);
	assert_string_equal(text_str(w.p->asks[0].name), "for");
	assert_string_equal(text_str(w.p->asks[0].fallback), "for ever");
	assert_null(w.p->asks[1].fallback);
	snapshot_unref(s);
	answer(w.plan, NULL, values, 2);
	ends(w.plan, ACTION_STATE_DONE, ": vacuum runs");

	plan = see(&r, "");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) /* the question stays open */
		hold_refused(plan, wrong[i]);
	snprintf(clock, sizeof(clock), "%d:%02d", (soon.tm_hour + 1) % 24, soon.tm_min);
	answer(plan, NULL, (struct action_value[]){{"for", clock}, {"reason", "vacuum runs"}}, 2);
	snprintf(until, sizeof(until), "%02d:%02d", (soon.tm_hour + 1) % 24, soon.tm_min);
	ends(plan, ACTION_STATE_DONE, until);

	r.is_off = true;
	w.plan = (uint64_t)stage_send(&r);
	s = stage_plan(&w);
	assert_string_equal(text_str(w.p->button), "release");
	assert_non_null(strstr(text_str(w.p->warning), "vacuum runs"));
	snapshot_unref(s);
	answer(w.plan, NULL, NULL, 0);
	ends(w.plan, ACTION_STATE_DONE, "is released");
	plan = see(&r, "");
	answer(plan, NULL, NULL, 0);
	ends(plan, ACTION_STATE_DONE, "was not held");
	r.job = "nobody";
	see(&r, "there is no job nobody");
}

static void a_hold_refuses_a_mark(void **unused ATTR_UNUSED)
{
	struct action_request r = want(ACTION_MARK);
	struct ledger *l = stage_ledger();

	r.error_type = "A";
	assert_int_equal(ledger_hold(l, "health", ABSENT, "vacuum runs", NULL), 0);
	see(&r, "vacuum runs");
	assert_int_equal(ledger_release(l, "health", NULL), 0);
	see(&r, "");
	ledger_close(l);
}

/* Attempts taken out by another hand: what was sent looks as if it never was. */
static void a_broken_audit_refuses_a_mark(void **unused ATTR_UNUSED)
{
	struct ledger_attempt t = {.key = "0123456789abcdef0123456789abcdef",
				   .job = "health",
				   .state = DLQ_DONE,
				   .ended_at = ABSENT};
	struct action_request r = want(ACTION_MARK);
	struct ledger *l = stage_ledger();
	char path[200];
	sqlite3 *db;

	assert_int_equal(ledger_begin(l, &t, NULL), 0);
	t.state = DLQ_DONE;
	t.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &t, NULL), 0);
	ledger_close(l);
	r.error_type = "A";
	see(&r, "");
	snprintf(path, sizeof(path), "%s/ledger.db", stage_state());
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(store_exec(db,
				    "CREATE TABLE kept AS SELECT * FROM attempt;"
				    "DELETE FROM attempt",
				    NULL),
			 0);
	see(&r, "is missing in the ledger");
	r.action = ACTION_REPLAY;
	see(&r, "is missing in the ledger");
	assert_int_equal(store_exec(db, "INSERT INTO attempt SELECT * FROM kept", NULL), 0);
	sqlite3_close(db);
	r.action = ACTION_MARK;
	see(&r, "");
}

/* While the question is open; it stays. */
static void mark_refused(uint64_t plan, const char *typed, const char *as)
{
	const struct action_value values[] = {{"as", as}, {"reason", "poison"}};
	struct action_request r = action_request_of(ACTION_DO, ACTION_MARK);
	char says[100];

	r.plan = plan;
	r.typed = typed;
	r.values = values;
	r.nvalues = 2;
	snprintf(says, sizeof(says), "\"%s\" is no mark; it would be done, given-up or pending",
		 as);
	stage_refused(&r, says);
	r.as = as; /* as the console gives it */
	stage_refused(&r, says);
}

static void a_type_is_marked(void **unused ATTR_UNUSED)
{
	const struct action_value values[] = {{"as", "given-up"}, {"reason", "poison"}};
	const struct action_value pending[] = {{"as", "pending"}, {"reason", "it can be mended"}};
	struct action_request r = want(ACTION_MARK);
	struct stage_wish w = {.says = ""};
	struct ledger_list list;
	const struct snapshot *s;
	struct ledger *l;
	struct arena a;

	see(&r, "say which");
	r.error_type = "none";
	see(&r, "nothing to mark");
	r.error_type = "A";
	w.plan = (uint64_t)stage_send(&r);
	s = stage_plan(&w);
	assert_string_equal(text_str(w.p->facts.v[0]), "2 entries: 2 pending");
	assert_string_equal(text_str(w.p->to_type), "2");
	assert_int_equal(w.p->nasks, 2);
	snapshot_unref(s);
	mark_refused(w.plan, "2", "finished");
	mark_refused(w.plan, "2", "done, given-up or pending");
	answer(w.plan, "2", values, 2);
	ends(w.plan, ACTION_STATE_DONE, "2 entries marked given-up: poison");
	arena_init(&a);
	l = stage_ledger();
	assert_int_equal(ledger_states(l, "health", &a, &list, NULL), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].state, DLQ_GIVEN_UP);

	/* one of them, by a piece of its hash */
	const char *hashes[] = {arena_strndup(&a, list.v[0].key, 10)};
	r.error_type = NULL;
	r.hashes = hashes;
	r.nhashes = 1;
	w.plan = (uint64_t)stage_send(&r);
	s = stage_plan(&w);
	assert_string_equal(text_str(w.p->facts.v[0]), "1 entry: 1 given-up");
	assert_null(w.p->to_type);
	snapshot_unref(s);
	answer(w.plan, NULL, pending, 2);
	ends(w.plan, ACTION_STATE_DONE, "1 entry marked pending");
	assert_int_equal(ledger_states(l, "health", &a, &list, NULL), 0);
	assert_int_equal(list.v[0].state, DLQ_PENDING);
	assert_int_equal(list.v[1].state, DLQ_GIVEN_UP);
	ledger_close(l);
	arena_release(&a);
}

/* An entry that was archived while it was in doubt. */
static void what_left_the_folder_can_be_marked(void **unused ATTR_UNUSED)
{
	static const char key[] = "0123456789abcdef0123456789abcdef";
	const char *hashes[] = {"0123456789"};
	struct ledger_attempt t = {.key = key, .job = "health"};
	struct action_request r = want(ACTION_MARK);
	struct ledger *l = stage_ledger();
	struct ledger_list list;
	struct arena a;
	uint64_t plan;

	assert_int_equal(ledger_begin(l, &t, NULL), 0);
	t.state = DLQ_DOUBT;
	t.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &t, NULL), 0);
	r.hashes = hashes;
	r.nhashes = 1;
	r.as = "done";
	r.reason = "the table has its rows";
	r.is_yes = true;
	plan = see(&r, "");
	answer(plan, NULL, NULL, 0);
	ends(plan, ACTION_STATE_DONE, "1 entry marked done");
	arena_init(&a);
	assert_int_equal(ledger_states(l, "health", &a, &list, NULL), 0);
	assert_int_equal(list.v[0].state, DLQ_DONE);
	assert_string_equal(list.v[0].proof, "person");
	arena_release(&a);
	ledger_close(l);
	hashes[0] = "99999999";
	see(&r, "none of the ledger has a hash");
}

static bool has_detail(const struct snapshot *s, void *says)
{
	const struct rowset *set = dataset_rows(s->detail, &schema_detail);

	for (size_t i = 0; i < set->n; i++)
		if (strstr(text_str(((const struct detail_row *)set->rows[i])->line), says))
			return true;
	return false;
}

static bool has_reveal(const struct snapshot *s, void *unused ATTR_UNUSED)
{
	const struct rowset *set = dataset_rows(s->actions, &schema_action);

	return set->n == 1 && text_is(((const struct action_row *)set->rows[0])->word, "reveal");
}

/* Who saw an entry unmasked is written down first; else nobody sees it. */
static void a_reveal_is_written_down(void **unused ATTR_UNUSED)
{
	static char type[] = "error_type", not_shown[] = "not shown, since";
	struct request r = {.kind = REQUEST_DLQ_ENTRY, .job = "health", .line = 2, .flag = true};
	char path[200];
	const struct snapshot *s;
	int fd;

	snprintf(r.file, sizeof(r.file), "failed_batches_20261120.json");
	assert_true(backend_settle(stage_backend, 5000));
	assert_int_equal(backend_request(stage_backend, &r, NULL), 0);
	s = world_wait(stage_backend, has_detail, type);
	assert_non_null(s);
	snapshot_unref(s);
	s = world_wait(stage_backend, has_reveal, NULL);
	assert_non_null(s);
	assert_string_equal(
		text_str(((const struct action_row *)dataset_one(s->actions, &schema_action))
				 ->target),
		"failed_batches_20261120.json line 2");
	snapshot_unref(s);
	stage_stop();
	stage_verify();

	end(NULL);
	begin(NULL);
	mkdir(stage_state(), 0700);
	snprintf(path, sizeof(path), "%s/ledger.db", stage_state());
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "this is no database, it is a text", 33), 33);
	close(fd);
	assert_true(backend_settle(stage_backend, 5000));
	assert_int_equal(backend_request(stage_backend, &r, NULL), 0);
	s = world_wait(stage_backend, has_detail, not_shown);
	assert_non_null(s);
	assert_false(has_detail(s, type));
	snapshot_unref(s);
	stage_stop();
	unlink(path);
	ledger_close(stage_ledger());
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_hold_is_asked_for_and_ends),       T(a_hold_refuses_a_mark),
		T(a_broken_audit_refuses_a_mark),      T(a_type_is_marked),
		T(what_left_the_folder_can_be_marked), T(a_reveal_is_written_down),
	};

	audit_mirror_to(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
