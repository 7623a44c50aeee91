/* script.c - see script.h. The whole file is read and checked before anything happens. */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "order.h"
#include "world.h"

struct script {
	struct world *world;
	const char *path;
	struct order *orders; /* in the order of the file */
	bool *done;
	int count, mistakes;
	uv_timer_t timer;
	bool is_started;
};

static void complain(struct script *script, int line, const char *why)
{
	fprintf(stderr, "%s:%d: %s\n", script->path, line, why);
	script->mistakes++;
}

static void set_job(struct script *script, const struct order *order)
{
	struct job *job = world_add(script->world, order->target);
	for (int i = order->first; i < order->word_count; i++) {
		char *key = order->words[i];
		char *value = strchr(key, '=');
		const char *want;
		if (value)
			*value++ = '\0';
		if (job_set(job, key, value, &want))
			continue;
		char *why = heap_print("cannot set %s to `%s`; it would be %s", key,
				       value ? value : "", want);
		complain(script, order->line, why);
		heap_free(why);
	}
}

static void set_up(struct script *script, const struct order *order)
{
	if (order->at_ms >= 0)
		complain(script, order->line, "properties are set before the start, without at");
	else if (order->target)
		set_job(script, order);
	else if (strcmp(order->words[order->first], "jvm") == 0)
		script->world->master_has_jvm = true;
	else if (strcmp(order->words[order->first], "version=4.3") == 0)
		script->world->master_is_v4 = true;
	else if (strcmp(order->words[order->first], "version=3.5") != 0)
		complain(script, order->line, "the master has version=3.5 or version=4.3, and jvm");
}

static void check_targets(struct script *script)
{
	for (int i = 0; i < script->count; i++) {
		const struct order *order = &script->orders[i];
		if (!order->target || world_find(script->world, order->target))
			continue;
		char *why = heap_print("there is no job `%s`; a line `job %s KEY=VALUE` makes one",
				       order->target, order->target);
		complain(script, order->line, why);
		heap_free(why);
	}
}

static void load_line(struct script *script, const char *text, int line)
{
	struct order order;
	char *why = NULL;

	if (!order_parse(&order, text, line, &why)) {
		complain(script, line, why);
		heap_free(why);
		order_release(&order);
		return;
	}
	if (order.word_count == 0 || order.verb == VERB_SET) {
		if (order.word_count > 0)
			set_up(script, &order);
		order_release(&order);
		return;
	}
	script->orders = heap_grow(script->orders, (size_t)script->count + 1, sizeof(order));
	script->orders[script->count++] = order;
}

struct script *script_load(struct world *world, const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (!file) {
		fprintf(stderr, "world: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	struct script *script = heap_zero(sizeof(*script));
	script->world = world;
	script->path = path;
	for (int line = 1; getline(&text, &room, file) >= 0; line++)
		load_line(script, text, line);
	free(text);
	fclose(file);
	check_targets(script);
	script->done = heap_zero((size_t)script->count + 1);
	if (script->mistakes == 0)
		return script;
	script_free(script);
	return NULL;
}

void script_begin(struct script *script)
{
	for (int i = 0; i < script->count; i++) {
		if (script->orders[i].at_ms >= 0)
			continue;
		order_do(&script->orders[i], script->world);
		script->done[i] = true;
	}
}

/* Does what is due and comes back for what is next. */
static void on_due(uv_timer_t *timer)
{
	struct script *script = timer->data;
	int64_t now = world_script_ms(script->world), next = INT64_MAX;

	for (int i = 0; i < script->count; i++) {
		const struct order *order = &script->orders[i];
		if (script->done[i])
			continue;
		if (order->at_ms > now) {
			next = order->at_ms < next ? order->at_ms : next;
			continue;
		}
		script->done[i] = true;
		order_do(order, script->world);
	}
	if (next < INT64_MAX)
		uv_timer_start(timer, on_due,
			       (uint64_t)((double)(next - now) / script->world->fast) + 1, 0);
}

void script_start(struct script *script)
{
	uv_timer_init(&script->world->loop, &script->timer);
	script->timer.data = script;
	script->is_started = true;
	on_due(&script->timer);
}

void script_stop(struct script *script)
{
	if (script->is_started)
		uv_close((uv_handle_t *)&script->timer, NULL);
}

void script_free(struct script *script)
{
	for (int i = 0; i < script->count; i++)
		order_release(&script->orders[i]);
	heap_free(script->orders);
	heap_free(script->done);
	heap_free(script);
}
