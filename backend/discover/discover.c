/* discover/discover.c - the loop half: when it is looked, who is asked, when a new configuration
 * is due.
 *
 * Whatever brings news - rows of the jvm source, an answer of a port, the folder a job names, a
 * dismissal - only asks for a look soon; the look takes everything together, asks the next ports
 * and compares the list with the one before. So hundreds of answers of a first second make a
 * handful of configurations, and nothing here calls back from inside a call. */
#include "discover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/log.h"
#include "../../include/row/health.h"
#include "ask.h"
#include "folders.h"
#include "found.h"
#include "process.h"

enum { ASKS_MAX = 8, LIST_CAP = 64 << 20, HOST_MAX = 256, FOLDER_MAX = 4096 };

/* A port that is being asked. */
struct asking {
	struct discover *discover;
	struct ask *ask; /* NULL: free */
};

struct discover {
	struct http *http;
	const struct clock *clk;
	const struct config *base;
	struct discover_calls calls;
	uv_timer_t soon;
	struct port_book book;
	struct found *found;
	struct folders *folders;
	const struct dataset *jvms; /* the last rows of the jvm source; NULL */
	int64_t heard_ms;           /* when they came */
	struct asking asks[ASKS_MAX];
	size_t nasks;
	struct buf told, fresh; /* the list as text: what is in force, and the newest */
	char looked[160];       /* for a person to whom nothing is shown */
	char host[HOST_MAX];
	const char *own_names[2];
	bool is_due, is_busy, is_stopped;
};

static void on_soon(uv_timer_t *timer);

static void look_soon(struct discover *d)
{
	if (d->is_stopped)
		return;
	d->is_busy = true;
	if (d->is_due)
		return;
	d->is_due = true;
	uv_timer_start(&d->soon, on_soon, 0, 0);
}

/* --- asking --- */

static void take_down(struct discover *d, struct port_answer *answer)
{
	answer->said_ms = clock_mono(d->clk);
	port_book_set(&d->book, answer);
}

static bool is_worth_a_line(const struct port_answer *a)
{
	enum port_is is = a->is == PORT_IS_ASKED ? a->was : a->is;

	return is >= PORT_IS_SILENT && !a->is_doubtful;
}

/* One line for a process: it has dozens of ports, and some are asked again and again. */
static void say_strange(const struct discover *d, const struct port_answer *answer)
{
	const char *owner = answer->owner;

	if (!is_worth_a_line(answer))
		return;
	for (size_t i = 0; i < d->book.n; i++) {
		const struct port_answer *a = &d->book.v[i];

		if (strcmp(a->owner, owner) == 0 && is_worth_a_line(a) &&
		    (a->port != answer->port || a->tries > 1))
			return;
	}
	log_msg(LOG_INFO, "discovery: port %lld of process %.*s: %s", (long long)answer->port,
		(int)strcspn(owner, "@"), owner, answer->says);
}

static bool was_silent(const struct discover *d, const struct port_answer *answer)
{
	const struct port_answer *a = port_book_find(&d->book, answer->owner, answer->port);

	return a && a->was == PORT_IS_SILENT;
}

static void on_answer(void *data, struct port_answer *answer)
{
	struct asking *slot = data;
	struct discover *d = slot->discover;
	bool woke = answer->is == PORT_IS_UI && was_silent(d, answer);
	const char *job = woke ? found_name(d->found, answer->owner) : NULL;

	slot->ask = NULL;
	d->nasks--;
	take_down(d, answer);
	say_strange(d, answer);
	if (job)
		d->calls.woke(d->calls.data, job);
	look_soon(d);
}

static void ask_port(struct discover *d, const struct port_ask *ask)
{
	struct port_answer answer = {.port = ask->port, .is = PORT_IS_ASKED};
	struct asking *slot = d->asks;

	memcpy(answer.owner, ask->owner, sizeof(answer.owner));
	take_down(d, &answer);
	while (slot->ask)
		slot++;
	slot->discover = d;
	d->nasks++;
	slot->ask = ask_begin(d->http, ask, on_answer, slot);
}

static void refuse_port(struct discover *d, const struct port_ask *ask)
{
	struct port_answer answer = {
		.port = ask->port,
		.is = PORT_IS_OTHER,
		.says = "is in a network of its own (a container): it can only "
			"be configured"};

	memcpy(answer.owner, ask->owner, sizeof(answer.owner));
	take_down(d, &answer);
}

/* Who did not answer is asked again by the next poll: a look that comes of another port's answer
 * is no reason, two silent ports would keep it asking for ever. */
static void ask_ports(struct discover *d, const struct jvm_row *const *jvms, size_t n)
{
	struct port_ask ask;

	for (size_t i = 0; i < n; i++) {
		while (d->nasks < ASKS_MAX && ports_next(jvms[i], &d->book, d->heard_ms, &ask)) {
			if (process_shares_network(ask.owner))
				ask_port(d, &ask);
			else
				refuse_port(d, &ask);
		}
	}
}

/* --- a look --- */

/* The configuration with what is found now, unless that is what is in force; one reference. */
static const struct config *next_config(struct discover *d, bool is_forced)
{
	struct config_finds finds;
	struct arena a;
	struct buf swap = d->told;
	const struct config *cfg = NULL;

	arena_init(&a);
	found_finds(d->found, &a, &finds);
	finds.looked = d->looked[0] ? d->looked : NULL;
	buf_clear(&d->fresh);
	found_print(&finds, &d->fresh);
	if (is_forced || d->told.len != d->fresh.len ||
	    (d->fresh.len && memcmp(d->told.data, d->fresh.data, d->fresh.len) != 0)) {
		cfg = config_with_found(d->base, &finds);
		d->told = d->fresh;
		d->fresh = swap;
	}
	arena_release(&a);
	return cfg;
}

static void look(struct discover *d)
{
	const struct rowset *rows = dataset_rows(d->jvms, &schema_jvm);
	const struct jvm_row **jvms = xcalloc(rows->n + 1, sizeof(*jvms));
	struct found_look what = {.at = clock_wall(d->clk),
				  .mono_ms = clock_mono(d->clk),
				  .jvms = jvms,
				  .n = rows->n,
				  .book = &d->book,
				  .base = d->base,
				  .own_names = d->own_names,
				  .is_once = d->base->is_once};

	for (size_t i = 0; i < rows->n; i++)
		jvms[i] = rows->rows[i];
	port_book_sweep(&d->book, jvms, rows->n, what.mono_ms);
	if (d->base->discover)
		ask_ports(d, jvms, rows->n);
	found_look(d->found, &what);
	free(jvms);
}

/* Where nothing is found a person asks where it was looked. */
static void say_looked(struct discover *d)
{
	size_t n = dataset_rows(d->jvms, &schema_jvm)->n;

	if (n)
		snprintf(d->looked, sizeof(d->looked),
			 "%zu processes of this host: %zu Spark JVM%s, none of them a driver",
			 process_count(), n, n == 1 ? "" : "s");
	else
		snprintf(d->looked, sizeof(d->looked), "%zu processes of this host: no Spark JVM",
			 process_count());
}

/* Last in its caller: the callee may stop us. */
static void end_if_idle(struct discover *d)
{
	if (!d->is_busy || d->is_due || d->nasks || folders_are_busy(d->folders))
		return;
	d->is_busy = false;
	d->calls.idle(d->calls.data);
}

static void on_soon(uv_timer_t *timer)
{
	struct discover *d = timer->data;
	const struct config *cfg;

	if (d->jvms)
		look(d);
	if (d->base->discover && d->base->is_once && !d->looked[0])
		say_looked(d);
	cfg = next_config(d, false);
	if (cfg)
		d->calls.changed(d->calls.data, cfg);
	d->is_due = false;
	end_if_idle(d);
}

/* --- what comes in --- */

static void on_folder(void *data, const char *job, const char *folder)
{
	struct discover *d = data;

	if (found_dlq(d->found, job, folder))
		look_soon(d);
}

static void on_folders_idle(void *data)
{
	end_if_idle(data);
}

/* A path may be relative: to where the job works. */
static void hear_folder(struct discover *d, const struct section *s)
{
	const struct health_row *h = dataset_one(s->data, &schema_health);
	const char *said = h ? text_str(h->dlq_directory) : NULL, *base;
	char folder[FOLDER_MAX];
	int n;

	if (!said || !said[0] || !s->job)
		return;
	base = said[0] == '/' ? "" : found_folder(d->found, s->job);
	if (!base)
		return;
	n = snprintf(folder, sizeof(folder), "%s%s%s", base, base[0] ? "/" : "", said);
	if (n <= 0 || (size_t)n >= sizeof(folder))
		return;
	folders_say(d->folders, s->job, folder, clock_mono(d->clk));
	d->is_busy = d->is_busy || folders_are_busy(d->folders);
}

void discover_section(struct discover *d, const struct section *s)
{
	if (d->is_stopped || !s->data)
		return;
	if (s->source == SOURCE_HEALTH && d->base->discover) {
		hear_folder(d, s);
	} else if (s->source == SOURCE_JVM) {
		dataset_unref(d->jvms);
		d->jvms = dataset_ref(s->data);
		d->heard_ms = clock_mono(d->clk);
		look_soon(d);
	}
}

void discover_dismiss(struct discover *d, const char *job)
{
	struct err err;

	if (found_dismiss(d->found, job, &err))
		log_msg(LOG_WARN, "%s", err.message);
	else
		look_soon(d);
}

void discover_rebase(struct discover *d, const struct config *base)
{
	d->base = base;
	if (d->jvms)
		look(d);
	d->calls.changed(d->calls.data, next_config(d, true));
}

bool discover_is_busy(const struct discover *d)
{
	return d->is_busy;
}

/* --- life --- */

static bool lives(void *data ATTR_UNUSED, const char *id)
{
	return process_lives(id);
}

static const char *const *argv(void *data ATTR_UNUSED, const char *id, struct arena *a)
{
	return process_argv(id, a);
}

static const char *const *environment(void *data ATTR_UNUSED, const char *id, struct arena *a)
{
	return process_environment(id, a);
}

struct discover *discover_new(uv_loop_t *loop, struct http *http, const struct clock *clk,
			      const struct config *base, const struct discover_calls *calls)
{
	struct discover *d = xcalloc(1, sizeof(*d));
	const struct found_world world = {lives, argv, environment, NULL};
	const struct folders_calls folder_calls = {on_folder, on_folders_idle, d};

	d->http = http;
	d->clk = clk;
	d->base = base;
	d->calls = *calls;
	uv_timer_init(loop, &d->soon);
	d->soon.data = d;
	port_book_init(&d->book, process_ephemeral_from());
	d->found = found_new(&world);
	d->folders = folders_new(loop, &folder_calls);
	buf_init(&d->told, LIST_CAP);
	buf_init(&d->fresh, LIST_CAP);
	if (gethostname(d->host, sizeof(d->host) - 1) == 0 && d->host[0])
		d->own_names[0] = d->host;
	return d;
}

void discover_stop(struct discover *d)
{
	d->is_stopped = true;
	for (size_t i = 0; i < ASKS_MAX; i++)
		ask_free(d->asks[i].ask);
	folders_stop(d->folders);
	uv_close((uv_handle_t *)&d->soon, NULL);
}

void discover_free(struct discover *d)
{
	if (!d)
		return;
	found_free(d->found);
	folders_free(d->folders);
	port_book_release(&d->book);
	dataset_unref(d->jvms);
	buf_release(&d->told);
	buf_release(&d->fresh);
	free(d);
}
