/* replay_stage.h - a replay without the pipeline around it: a job with a dead-letter folder, a
 * ledger, a stand-in for what act.h promises. Time in waits passes a hundred times as fast. In one
 * file of a program. */
#ifndef SPARKOPS_TESTS_REPLAY_STAGE_H
#define SPARKOPS_TESTS_REPLAY_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../../backend/action/replay.h"
#include "../../include/clock.h"
#include "../../include/row/health.h"
#include "replay_server.h"

#define STAGE_OWN                                                                                  \
	struct ledger *ledger;                                                                     \
	const struct action_value *values;                                                         \
	size_t nvalues;                                                                            \
	enum act_woken answer;                                                                     \
	uint64_t number;                                                                           \
	int64_t slept_ms;                                                                          \
	void (*on_sleep)(struct act * a);
#include "act_half.h"

/* --- act.h --- */

const char *act_value(const struct act *a, const char *name)
{
	for (size_t i = 0; i < a->nvalues; i++)
		if (strcmp(a->values[i].name, name) == 0)
			return a->values[i].value;
	return NULL;
}
const struct snapshot *act_look(struct act *a)
{
	a->now.at = clock_wall(&clock_real);
	return &a->now;
}
struct ledger *act_ledger(struct act *a)
{
	return a->ledger;
}
uint64_t act_number(const struct act *a)
{
	return a->number;
}
void act_detail(struct act *a, const char *fmt, ...)
{
	(void)a;
	(void)fmt;
}
int act_step(struct act *a, const char *name, const char *fmt, ...)
{
	size_t n = strlen(a->steps);
	va_list args;

	if (a->is_unwritable)
		return -ERR_IO;
	n += (size_t)snprintf(a->steps + n, sizeof(a->steps) - n, "%s: ", name);
	va_start(args, fmt);
	n += (size_t)vsnprintf(a->steps + n, sizeof(a->steps) - n, fmt, args);
	va_end(args);
	if (n < sizeof(a->steps))
		snprintf(a->steps + n, sizeof(a->steps) - n, "\n");
	else
		a->steps[0] = '\0';
	return 0;
}
bool act_sleep(struct act *a, int64_t ms)
{
	a->slept_ms += ms;
	if (a->on_sleep)
		a->on_sleep(a);
	poll(NULL, 0, (int)(ms / 100));
	return !a->is_cancelled;
}
enum act_woken act_ask(struct act *a, int fd, const char *fmt, ...)
{
	va_list args;

	(void)fd;
	va_start(args, fmt);
	vsnprintf(a->asked, sizeof(a->asked), fmt, args);
	va_end(args);
	return a->answer;
}

/* --- the stage --- */

static char stage_dir[64], stage_dlq[96], stage_state[96], stage_file[160];
static struct replay_server *stage_server;
static struct act *stage_act;
static struct arena stage_arena;
static struct plan_row stage_plan;

const char *act_state_dir(const struct act *a)
{
	(void)a;
	return stage_state;
}

static inline void stage_shell(const char *fmt, ...) ATTR_PRINTF(1, 2);
static inline void stage_shell(const char *fmt, ...)
{
	char line[1024];
	va_list args;
	int status;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	pid_t pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* The configuration of the one job: what stands under `replay:`; %s is the stand-in's URL. */
static inline void stage_config(const char *replay)
{
	struct buf text, report;

	buf_init(&text, 1 << 16);
	buf_init(&report, 1 << 16);
	buf_printf(&text, "jobs:\n  - name: etl\n    dlq: %s\n%s", stage_dlq,
		   *replay ? "    replay:\n" : "");
	for (const char *p = replay; *p; p++) {
		if (*p == '%')
			buf_puts(&text, server_base(stage_server));
		else
			buf_putc(&text, *p);
	}
	config_unref(stage_act->cfg);
	if (config_parse("test", text.data, text.len, &stage_act->cfg, &report))
		fail_msg("%s", report.data);
	buf_release(&text);
	buf_release(&report);
}

#define STAGE_HTTP                                                                                 \
	"      http: {method: POST, url: \"%/replay/{batch_id}\", timeout: 1s}\n"                  \
	"      rate: 60/min\n      settle: 2s\n"
#define STAGE_PROBE "      probe: {url: \"%/replayed/{key}\", first: true}\n"
#define STAGE_UNIT "      unit: [\"{context.last_ts}\"]\n"

/* The file of today, for entries that come later than now: they are as old as their file's day. */
static inline void stage_today(void)
{
	char at[32];

	clock_rfc3339(clock_wall(&clock_real), at);
	snprintf(stage_file, sizeof(stage_file), "%s/failed_batches_%.4s%.2s%.2s.json", stage_dlq,
		 at, at + 5, at + 8);
}

static inline void stage_append(const char *line)
{
	FILE *f = fopen(stage_file, "ae");

	assert_non_null(f);
	fprintf(f, "%s\n", line);
	fclose(f);
}

/* An entry of a batch that failed `ago` seconds ago; last_ts is its unit. */
static inline const char *stage_line(int batch, const char *last_ts, const char *type, int64_t ago)
{
	char at[32];
	const char *line;

	clock_rfc3339(clock_wall(&clock_real) - ago * 1000, at);
	line = arena_printf(&stage_arena,
			    "{\"batch_id\": %d, \"timestamp\": \"%s\", \"error\": {\"type\": "
			    "\"%s\", \"message\": \"no servers\"}, \"context\": {\"last_ts\": "
			    "\"%s\"}, \"sample_records\": [{\"userId\": \"u\"}]}",
			    batch, at, type, last_ts);
	return line;
}

/* A batch that ended in a timeout, the later the higher its number, at the end of the queue. */
static inline const char *stage_entry(int batch, const char *last_ts)
{
	const char *line = stage_line(batch, last_ts, "Timeout", 600 - batch);

	stage_append(line);
	return line;
}

static inline void stage_hash(const char *line, char hex[65])
{
	unsigned char sum[64];

	EVP_Digest(line, strlen(line), sum, NULL, EVP_sha256(), NULL);
	queue_hex(sum, 32, hex);
}

static inline void stage_forget(void)
{
	if (!stage_act->state)
		return;
	action_replay.release(stage_act);
	free(stage_act->state);
	stage_act->state = NULL;
}

/* Opens the question; stage_plan is what it says. */
static inline const char *stage_ask(const struct action_request *r)
{
	struct act *a = stage_act;
	struct err err = {0};

	stage_forget();
	a->state = xcalloc(1, action_replay.state_size);
	a->number++;
	a->request = *r;
	a->request.job = "etl";
	a->steps[0] = a->outcome[0] = a->proof[0] = a->asked[0] = '\0';
	a->slept_ms = 0;
	memset(&stage_plan, 0, sizeof(stage_plan));
	if (action_replay.capture(a, &err))
		return arena_strdup(&stage_arena, err.message);
	action_replay.plan(a, &stage_plan, &stage_arena);
	return stage_plan.refused ? text_str(stage_plan.refused) : NULL;
}

static inline enum action_state stage_run(const struct action_request *r)
{
	const char *refused = stage_ask(r);

	if (refused)
		fail_msg("%s", refused);
	return action_replay.run(stage_act);
}

static inline struct action_request stage_all(void)
{
	struct action_request r = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	r.is_all = true;
	return r;
}

/* How a key stands in the ledger. */
static inline const struct ledger_attempt *stage_known(const char *key)
{
	struct ledger_list list;
	struct err err;

	assert_int_equal(ledger_states(stage_act->ledger, "etl", &stage_arena, &list, &err), 0);
	return replay_known(&list, key);
}

static inline const struct ledger_attempt *stage_known_line(const char *line)
{
	char hex[65];

	stage_hash(line, hex);
	hex[32] = '\0';
	return stage_known(hex);
}

static inline int stage_begin(void **state)
{
	struct err err;

	(void)state;
	arena_init(&stage_arena);
	/* what is killed is a process: the disk need not be one */
	snprintf(stage_dir, sizeof(stage_dir), "%s/test_replay.XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(stage_dir));
	snprintf(stage_dlq, sizeof(stage_dlq), "%s/dlq", stage_dir);
	snprintf(stage_state, sizeof(stage_state), "%s/state", stage_dir);
	snprintf(stage_file, sizeof(stage_file), "%s/failed_batches_20260101.json", stage_dlq);
	assert_int_equal(mkdir(stage_dlq, 0700), 0);
	stage_server = server_start();
	stage_act = xcalloc(1, sizeof(*stage_act));
	stage_act->answer = WOKEN_CANCELLED;
	stage_act->ledger = ledger_open(stage_state, false, &err);
	if (!stage_act->ledger)
		fail_msg("%s", err.message);
	stage_config(STAGE_HTTP);
	return 0;
}

/* How the server answers from now on. */
static inline void stage_behave(int code, bool has_effect)
{
	struct replay_manner m = {.code = code, .has_effect = has_effect};

	server_behave(stage_server, &m);
}

static inline const char *stage_fact(size_t i)
{
	return i < stage_plan.facts.n ? text_str(stage_plan.facts.v[i]) : "";
}

static inline bool stage_has_fact(const char *word)
{
	for (size_t i = 0; i < stage_plan.facts.n; i++)
		if (strstr(stage_fact(i), word))
			return true;
	return false;
}

static inline int stage_end(void **state)
{
	(void)state;
	stage_forget();
	if (stage_act->ledger)
		ledger_close(stage_act->ledger);
	config_unref(stage_act->cfg);
	free(stage_act);
	server_stop(stage_server);
	stage_shell("rm -rf %s", stage_dir);
	arena_release(&stage_arena);
	return 0;
}

#endif
