/* action/replay_load.c - an entry with everything that a hook may ask of it. */
#include <stdio.h>
#include <string.h>

#include "../config_value.h"
#include "probe.h"
#include "replay.h"

enum { PAIRS = 64 };

struct loading {
	const struct replay *r;
	struct replay_send *s;
	struct arena *a;
	struct config_pair *v;
	size_t n;
};

static void put(struct loading *l, const char *name, const char *value)
{
	if (value && l->n < PAIRS)
		l->v[l->n++] = (struct config_pair){name, value};
}

/* Those members of the context that a template names. */
static void put_context(struct loading *l, const char *template)
{
	static const char context[] = "context.";
	const char *at = template, *name;
	size_t len, skip = sizeof(context) - 1;

	if (!template)
		return;
	while (value_placeholder(&at, template + strlen(template), &name, &len)) {
		if (len <= skip || memcmp(name, context, skip) != 0)
			continue;
		const char *value = queue_context(&l->s->words, name + skip, len - skip, l->a);
		put(l, arena_strndup(l->a, name, len), value);
	}
}

static void put_contexts(struct loading *l, const struct config_http *http,
			 const struct config_command *command)
{
	put_context(l, http->url);
	put_context(l, http->body);
	for (size_t i = 0; command->argv && command->argv[i]; i++)
		put_context(l, command->argv[i]);
	for (size_t i = 0; i < command->nenv; i++)
		put_context(l, command->env[i].value);
}

static struct hook_values placeholders(struct loading *l, const char *key, const char *line)
{
	const struct config_replay *cfg = &l->r->job->replay;

	l->v = ARENA_ARRAY(l->a, struct config_pair, PAIRS);
	l->n = 0;
	put(l, "job", text_str(l->r->job->name));
	put(l, "batch_id", l->s->words.batch_id);
	put(l, "timestamp", l->s->words.timestamp);
	put(l, "error_type", l->s->words.error_type);
	put(l, "key", key);
	put(l, "hash", l->s->hash);
	put(l, "file", l->s->file);
	put(l, "line", line);
	put(l, "last_batch_id", l->r->last_batch_id);
	put_contexts(l, &cfg->http, &cfg->command);
	put_contexts(l, &cfg->probe.http, &cfg->probe.command);
	return (struct hook_values){l->n, l->v};
}

static struct hook_values headers(struct loading *l, const char *key)
{
	l->v = ARENA_ARRAY(l->a, struct config_pair, PAIRS);
	l->n = 0;
	put(l, "Idempotency-Key", key);
	put(l, "X-Sparkops-Job", text_str(l->r->job->name));
	put(l, "X-Sparkops-Batch-Id", l->s->words.batch_id);
	put(l, "X-Sparkops-Attempt", "1");
	return (struct hook_values){l->n, l->v};
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static struct hook_values environment(struct loading *l, const char *key, const char *line)
{
	const struct queue_words *w = &l->s->words;

	l->v = ARENA_ARRAY(l->a, struct config_pair, PAIRS);
	l->n = 0;
	put(l, "SPARKOPS_JOB", text_str(l->r->job->name));
	put(l, "SPARKOPS_BATCH_ID", or_empty(w->batch_id));
	put(l, "SPARKOPS_TIMESTAMP", or_empty(w->timestamp));
	put(l, "SPARKOPS_ERROR_TYPE", or_empty(w->error_type));
	put(l, "SPARKOPS_KEY", key);
	put(l, "SPARKOPS_HASH", l->s->hash);
	put(l, "SPARKOPS_FILE", l->s->file);
	put(l, "SPARKOPS_LINE", line);
	put(l, "SPARKOPS_ATTEMPT", "1");
	return (struct hook_values){l->n, l->v};
}

static void put_number(struct hook_values *values, const char *name, const char *number)
{
	struct config_pair *v = (struct config_pair *)(uintptr_t)values->v;

	for (size_t i = 0; i < values->n; i++)
		if (!strcmp(v[i].name, name))
			v[i].value = number;
}

void replay_number(struct replay_send *s, int64_t number, struct arena *a)
{
	const char *text = arena_printf(a, "%lld", (long long)number);

	put_number(&s->hook.headers, "X-Sparkops-Attempt", text);
	put_number(&s->hook.environment, "SPARKOPS_ATTEMPT", text);
}

int replay_paste(const struct replay *r, const struct replay_unit *unit,
		 const struct replay_send *s, struct arena *a, const char **out, struct err *err)
{
	const struct queue_entry *e = queue_entry(r->queue, unit->first);
	struct hook_body body = {s->file, (int64_t)e->line, queue_is_gz(r->queue, e)};

	return hook_paste(&s->hook, &body, a, out, err);
}

int replay_load(const struct replay *r, const struct replay_unit *unit, struct arena *a,
		struct replay_send *s, struct err *err)
{
	const struct config_replay *cfg = &r->job->replay;
	const struct queue_entry *e = queue_entry(r->queue, unit->first);
	struct loading l = {.r = r, .s = s, .a = a};
	const char *line = arena_printf(a, "%u", e->line), *unused;
	int rc;

	memset(s, 0, sizeof(*s));
	buf_init(&s->bytes, QUEUE_LINE_MAX);
	rc = queue_bytes(r->queue, e, &s->bytes, err);
	if (rc)
		return rc;
	queue_words(r->queue, e, &s->bytes, a, &s->words);
	queue_hex(e->hash, QUEUE_HASH, s->hash);
	snprintf(s->file, sizeof(s->file), "%s/%s", r->folder, queue_file(r->queue, e));
	s->hook = (struct hook_send){.http = cfg->http.url ? &cfg->http : NULL,
				     .command = cfg->http.url ? NULL : &cfg->command,
				     .values = placeholders(&l, unit->key, line),
				     .headers = headers(&l, unit->key),
				     .environment = environment(&l, unit->key, line),
				     .body = s->bytes.data ? s->bytes.data : "",
				     .len = s->bytes.len};
	replay_number(s, unit->attempts + 1, a);
	/* what cannot be filled in is refused before there is an attempt */
	rc = replay_paste(r, unit, s, a, &unused, err);
	return rc == -ERR_LIMIT ? 0 : rc;
}

void replay_unload(struct replay_send *s)
{
	buf_release(&s->bytes);
}
