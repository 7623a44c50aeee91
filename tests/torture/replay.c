/* replay.c - `make torture`: kill -9 at every failpoint of a replay and at random instants, against
 * a job that keeps a log of what really happened to it.
 *
 * Each round a process of its own replays what there is and is killed in between, while the job
 * answers well, badly or not at all. Then the ledger is held against the job's log:
 *
 *   lost           done in the ledger, but the job never did it
 *   twice          done by the job more often than a person decided
 *   not shown      the job may have done it, and the ledger does not say "in doubt"
 *
 * None of them may ever happen. In between a person settles doubt, mostly with open eyes; now and
 * then somebody sends again what was done, which then is his decision, or marks a whole unit; what
 * he gave up is not sent after that. Rounds come in epochs with a
 * ledger and a folder of their own; at the end of each everything is replayed to its end.
 * ROUNDS=2000 SEED=1 build/torture-replay */
#include <curl/curl.h>
#include <signal.h>
#include <time.h>

#include "../unit/replay_stage.h"

enum { EPOCH = 40, ENTRIES_MAX = 5 * EPOCH, UNITS = 7 };

static const char *const points[] = {
	"replay.run",   "replay.locked",  "replay.begin", "ledger.begin", "replay.intent",
	"replay.probe", "replay.send",    "replay.sent",  "replay.end",   "ledger.end",
	"replay.ended", "replay.covered", "ledger.begun", "ledger.ended", "replay.sent_all",
};
enum { POINTS = ARRAY_LEN(points) };

struct known_entry {
	char key[33];
	unsigned unit;
	unsigned decided; /* times that a person let it be sent again */
	unsigned at_most; /* effects when a person gave it up; 0: not given up */
	bool is_given_up;
};

static struct known_entry entries[ENTRIES_MAX];
static size_t nentries;
static unsigned killed_at[POINTS], killed_anywhere, ended, doubts, decisions, marked, lost, twice,
	hidden;
static int64_t usual_us = 20000;

static uint64_t seed;
static unsigned dice(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 11) % n;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool has_units, has_probe;
static void configure(void)
{
	char text[1000];

	has_units = dice(2);
	has_probe = dice(2);
	snprintf(text, sizeof(text), "%s%s%s",
		 "      http: {method: POST, url: \"%/replay/{batch_id}\", timeout: 1s}\n"
		 "      rate: 6000/min\n      settle: 0s\n      returns_within: 1s\n",
		 has_units ? STAGE_UNIT : "", has_probe ? STAGE_PROBE : "");
	stage_config(text);
}

static void add_entry(void)
{
	char hex[65], unit[16];
	const char *line;

	if (nentries == ENTRIES_MAX)
		return;
	entries[nentries] =
		(struct known_entry){.unit = dice(UNITS) + (unsigned)nentries / UNITS * UNITS};
	snprintf(unit, sizeof(unit), "%u", entries[nentries].unit);
	line = stage_line((int)nentries, unit, "Timeout", 3600 - (int64_t)nentries);
	stage_append(line);
	stage_hash(line, hex);
	memcpy(entries[nentries].key, hex, 32);
	nentries++;
}

static void behave(void)
{
	static const struct replay_manner manners[] = {
		{.code = 200, .has_effect = true},
		{.code = 200, .has_effect = true},
		{.code = 200, .has_effect = true},
		{.code = 500, .has_effect = true},
		{.code = 500},
		{.code = 400},
		{.code = 202, .has_effect = true},
		{.code = SERVER_CLOSES, .has_effect = true},
		{.code = SERVER_CLOSES},
		{.code = SERVER_RESETS, .has_effect = true},
	};

	server_behave(stage_server, &manners[dice(ARRAY_LEN(manners))]);
}

/* --- one process --- */

static void replay(const struct action_request *r, const char *fail)
{
	if (fail)
		setenv("SPARKOPS_FAIL", fail, 1);
	stage_act->ledger = ledger_open(stage_state, false, NULL);
	if (!stage_act->ledger)
		_exit(2);
	if (!stage_ask(r))
		(void)action_replay.run(stage_act);
	ledger_close(stage_act->ledger);
	_exit(0);
}

static void wait_for(pid_t pid, int point, int64_t began)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		if (point >= 0)
			killed_at[point]++;
		else
			killed_anywhere++;
		return;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("a replay ended with status %x", status);
	usual_us = (usual_us * 7 + now_us() - began) / 8;
	ended++;
}

/* kill: 0 never, 1 at a failpoint, 2 anywhere. */
static void run_one(const struct action_request *r, int kill_how)
{
	int point = kill_how == 1 ? (int)dice(POINTS) : -1;
	char fail[64];
	int64_t began = now_us();

	if (point >= 0)
		snprintf(fail, sizeof(fail), "%s:%u", points[point], 1 + (dice(3) ? 0 : dice(5)));
	pid_t pid = fork();
	if (!pid)
		replay(r, point >= 0 ? fail : NULL);
	if (kill_how == 2) {
		struct timespec t = {0, (long)dice((unsigned)usual_us * 3 / 4 + 1) * 1000};
		nanosleep(&t, NULL);
		kill(pid, SIGKILL);
	}
	wait_for(pid, point, began);
	/* what the dead one had sent may still be on its way: who looks now looks too early */
	server_fence(stage_server);
}

/* --- the judge --- */

/* The key under which the job knows an entry: that of its unit's first. */
static bool is_own(const struct ledger_attempt *t)
{
	return t && t->id && !t->covered_by;
}

static void judge(void)
{
	struct ledger *l = ledger_open(stage_state, true, NULL);
	struct ledger_list list;
	struct arena a;
	struct err err;

	if (!l)
		return;
	arena_init(&a);
	assert_int_equal(ledger_states(l, "etl", &a, &list, &err), 0);
	for (size_t i = 0; i < nentries; i++) {
		const struct ledger_attempt *t = replay_known(&list, entries[i].key);
		unsigned effects = server_effects(stage_server, entries[i].key);
		bool by_person = t && t->proof && !strcmp(t->proof, "person");
		if (effects > 1 + entries[i].decided ||
		    (entries[i].is_given_up && effects > entries[i].at_most)) {
			twice++;
			print_message("twice: %s: %u times\n", entries[i].key, effects);
		}
		if (is_own(t) && t->state == DLQ_DONE && !by_person && !effects) {
			lost++;
			print_message("lost: %s: %s\n", entries[i].key, t->outcome);
		}
		if (effects > entries[i].decided &&
		    (!t || t->state == DLQ_PENDING || t->state == DLQ_FAILED)) {
			hidden++;
			print_message("not shown: %s: %s\n", entries[i].key,
				      t ? t->outcome ? t->outcome : "marked" : "unknown");
		}
	}
	arena_release(&a);
	ledger_close(l);
}

/* --- a person --- */

static void settle_by_hand(struct ledger *l, const struct ledger_attempt *t, bool is_careless)
{
	unsigned effects = server_effects(stage_server, t->key);
	struct err err;
	size_t i = 0;

	while (i < nentries && strcmp(entries[i].key, t->key) != 0)
		i++;
	assert_true(i < nentries);
	int as = effects && !is_careless ? DLQ_DONE : DLQ_PENDING;
	if (ledger_mark(l, t->key, "etl", as, "looked at the job", &err))
		fail_msg("%s", err.message);
	if (as == DLQ_PENDING && effects) {
		entries[i].decided = effects;
		decisions++;
	}
}

/* What the verb does: all entries of a unit, which are one decision. */
static void mark_unit(struct ledger *l, unsigned of, int as)
{
	struct ledger_attempt v[ENTRIES_MAX];
	struct err err;
	size_t n = 0;

	for (size_t i = 0; i < nentries; i++) {
		struct known_entry *e = &entries[i];
		if (i != of && !(has_units && e->unit == entries[of].unit))
			continue;
		v[n++] = (struct ledger_attempt){.key = e->key, .job = "etl"};
		e->at_most = server_effects(stage_server, e->key);
		e->is_given_up = as == DLQ_GIVEN_UP;
		if (as == DLQ_PENDING)
			e->decided = e->at_most;
	}
	if (ledger_mark_all(l, v, n, as, "I know", &err))
		fail_msg("%s", err.message);
	marked++;
}

static void mark_some(struct ledger *l)
{
	static const int states[] = {DLQ_DONE, DLQ_GIVEN_UP, DLQ_PENDING};

	if (nentries && dice(4) == 0)
		mark_unit(l, dice((unsigned)nentries), states[dice(ARRAY_LEN(states))]);
}

/* Nothing stays given up. */
static void want_all(void)
{
	struct ledger *l = ledger_open(stage_state, false, NULL);

	assert_non_null(l);
	for (unsigned i = 0; i < nentries; i++)
		if (entries[i].is_given_up)
			mark_unit(l, i, DLQ_PENDING);
	ledger_close(l);
}

static void settle(bool all)
{
	struct ledger *l = ledger_open(stage_state, false, NULL);
	struct ledger_list list;
	struct arena a;
	struct err err;
	int64_t orphans;

	assert_non_null(l);
	arena_init(&a);
	assert_int_equal(ledger_settle_orphans(l, &orphans, &err), 0);
	assert_int_equal(ledger_states(l, "etl", &a, &list, &err), 0);
	for (size_t i = 0; i < list.n; i++) {
		if (list.v[i].state != DLQ_DOUBT)
			continue;
		doubts++;
		if (all || dice(2) == 0)
			settle_by_hand(l, &list.v[i], dice(10) == 0);
	}
	if (!all)
		mark_some(l);
	arena_release(&a);
	ledger_close(l);
}

/* With a probe the job itself is asked, by name. */
static void settle_by_probe(int kill_how)
{
	struct action_request r = action_request_of(ACTION_PLAN, ACTION_REPLAY);
	const char *hash = nentries ? entries[dice((unsigned)nentries)].key : NULL;

	r.hashes = &hash;
	r.nhashes = 1;
	r.is_yes = true;
	if (hash && has_probe)
		run_one(&r, kill_how);
}

/* --- epochs --- */

static void finish(void)
{
	struct replay_manner well = {.code = 200, .has_effect = true};
	struct action_request all = stage_all();

	all.is_yes = true;
	all.max_attempts = 1000000;
	all.reason = "the end";
	server_behave(stage_server, &well);
	want_all();
	for (int i = 0; i < 2; i++) {
		settle(true);
		run_one(&all, 0);
		judge();
	}
}

/* Is there an effect for each unit? */
static void count_lost(void)
{
	struct ledger *l = ledger_open(stage_state, true, NULL);
	struct ledger_list list;
	struct err err;

	assert_non_null(l);
	assert_int_equal(ledger_states(l, "etl", &stage_arena, &list, &err), 0);
	for (size_t i = 0; i < nentries; i++) {
		const struct ledger_attempt *t = replay_known(&list, entries[i].key);
		if (t && t->state == DLQ_DONE)
			continue;
		lost++;
		print_message("lost at the end: %s: %s\n", entries[i].key,
			      t ? dlq_state_names[t->state] : "unknown");
	}
	ledger_close(l);
}

static void epoch(unsigned rounds)
{
	struct action_request all = stage_all();

	nentries = 0;
	ledger_close(stage_act->ledger);
	stage_act->ledger = NULL;
	all.is_yes = true;
	configure();
	for (unsigned i = 0; i < rounds; i++) {
		for (unsigned k = 1 + dice(4); k > 0; k--)
			add_entry();
		behave();
		if (dice(4) == 0)
			settle_by_probe((int)dice(3));
		run_one(&all, i % 4 == 3 ? 0 : 1 + (int)(i % 2));
		judge();
		settle(false);
	}
	finish();
	count_lost();
}

static void report(unsigned rounds, int64_t took_us)
{
	print_message("%u rounds in %.1f s: %u processes ended, %u killed anywhere\n", rounds,
		      (double)took_us / 1e6, ended, killed_anywhere);
	for (size_t i = 0; i < POINTS; i++)
		print_message("  killed at %-16s %u\n", points[i], killed_at[i]);
	print_message("doubtful rows looked at %u, decisions to send again %u, units marked %u\n",
		      doubts, decisions, marked);
	print_message("lost %u, sent twice without a decision %u, doubtful and not shown %u\n",
		      lost, twice, hidden);
}

static void nothing_is_lost_nothing_is_sent_twice(void **state)
{
	const char *want = getenv("ROUNDS"), *given = getenv("SEED");
	unsigned rounds = want ? (unsigned)strtoul(want, NULL, 10) : 2000;
	int64_t began = now_us();

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)seed);
	seed = seed * 2654435761u + 1;
	curl_global_init(CURL_GLOBAL_DEFAULT); /* each child has it */
	for (unsigned done = 0; done < rounds; done += EPOCH) {
		stage_begin(state);
		epoch(rounds - done < EPOCH ? rounds - done : EPOCH);
		stage_end(state);
	}
	curl_global_cleanup();
	report(rounds, now_us() - began);
	assert_int_equal(lost, 0);
	assert_int_equal(twice, 0);
	assert_int_equal(hidden, 0);
	for (size_t i = 0; i < POINTS && rounds >= 2000; i++)
		assert_true(killed_at[i] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_nothing_is_sent_twice)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
