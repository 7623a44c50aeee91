/* discover/found_logs.c - the logs of a job's executors, where a standalone worker gives them.
 *
 * An executor of such a cluster writes into a pipe, its worker reads that and keeps the file: it is
 * the worker's UI that is asked. The worker is the executor's parent. The last few that ended stay
 * listed, since it is the end of a log that says why. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/url.h"
#include "../rule/jvms.h"
#include "found_parts.h"

enum { EXECUTORS_MAX = 64, ENDED_MAX = 8, WORD_MAX = 128 };

/* What may stand in a URL as it is; command lines hold anything. */
static bool is_word(const struct text *t)
{
	const char *s = text_str(t);

	if (!t || !*s || text_len(t) > WORD_MAX)
		return false;
	while (isalnum((unsigned char)*s) || (*s && strchr("-_.", *s)))
		s++;
	return *s == '\0';
}

static bool has_log(const struct jvm_row *jvm)
{
	return jvm->role == JVM_EXECUTOR && !jvm_is_dead(jvm) && jvm->id &&
	       text_len(jvm->id) < PROCESS_ID_MAX && is_word(jvm->application_id) &&
	       is_word(jvm->executor_id);
}

static const struct port_answer *worker_of(const struct found_look *look,
					   const struct jvm_row *executor)
{
	for (size_t i = 0; i < look->n; i++)
		if (look->jvms[i]->role == JVM_WORKER && look->jvms[i]->pid == executor->ppid)
			return ports_known(look->jvms[i], look->book, PORT_IS_WORKER);
	return NULL;
}

static bool is_driver_of(const struct jvm_row *driver, const struct jvm_row *executor,
			 const struct found_look *look)
{
	const char *host = executor->driver_host ? text_str(executor->driver_host) : "";
	const struct port_answer *ui = ports_known(driver, look->book, PORT_IS_UI);

	if (ui && text_is(executor->application_id, ui->application_id))
		return true;
	return executor->driver_port > 0 && host_is_own(host, strlen(host), look->own_names) &&
	       ports_have(&driver->listens, executor->driver_port);
}

static struct found_job *job_of(const struct found *f, const struct found_look *look,
				const struct jvm_row *const *drivers, size_t n,
				const struct jvm_row *executor)
{
	for (size_t i = 0; i < n; i++)
		if (!jvm_is_dead(drivers[i]) && is_driver_of(drivers[i], executor, look))
			return found_by_id(f, drivers[i]->id);
	return NULL;
}

static void take_out(struct found_job *j, size_t at)
{
	free(j->executors[at].url);
	j->nexecutors--;
	memmove(&j->executors[at], &j->executors[at + 1],
		(j->nexecutors - at) * sizeof(j->executors[0]));
}

/* Only so many that ended, the oldest go first. */
static void forget_ended(struct found_job *j, size_t keep)
{
	size_t ended = 0;

	for (size_t i = 0; i < j->nexecutors; i++)
		ended += !j->executors[i].is_here;
	for (size_t i = 0; i < j->nexecutors && ended > keep;) {
		if (j->executors[i].is_here) {
			i++;
			continue;
		}
		take_out(j, i);
		ended--;
	}
}

static void add(struct found_job *j, const struct jvm_row *executor, int64_t port)
{
	struct found_executor *e;
	struct buf url;

	for (size_t i = 0; i < j->nexecutors; i++) {
		if (text_is(executor->id, j->executors[i].id)) {
			j->executors[i].is_here = true;
			return;
		}
	}
	if (j->nexecutors == EXECUTORS_MAX)
		return;
	if (!j->executors)
		j->executors = xcalloc(EXECUTORS_MAX, sizeof(*j->executors));
	buf_init(&url, 1024);
	buf_printf(&url, "http://127.0.0.1:%lld/log/?appId=%s&executorId=%s&logType=stderr",
		   (long long)port, text_str(executor->application_id),
		   text_str(executor->executor_id));
	e = &j->executors[j->nexecutors++];
	*e = (struct found_executor){.url = xstrdup(url.data), .is_here = true};
	memcpy(e->id, text_str(executor->id), text_len(executor->id) + 1);
	buf_release(&url);
}

static bool lives(const struct found_look *look, const char *id)
{
	for (size_t i = 0; i < look->n; i++)
		if (look->jvms[i]->id && text_is(look->jvms[i]->id, id))
			return !jvm_is_dead(look->jvms[i]);
	return false;
}

void found_look_at_executors(struct found *f, const struct found_look *look,
			     const struct jvm_row *const *drivers, size_t n)
{
	for (struct found_job *j = f->jobs; j; j = j->next) {
		for (size_t i = 0; i < j->nexecutors; i++)
			j->executors[i].is_here = lives(look, j->executors[i].id);
		forget_ended(j, ENDED_MAX);
	}
	for (size_t i = 0; i < look->n; i++) {
		const struct jvm_row *jvm = look->jvms[i];
		const struct port_answer *worker = has_log(jvm) ? worker_of(look, jvm) : NULL;
		struct found_job *j = worker ? job_of(f, look, drivers, n, jvm) : NULL;

		if (j)
			add(j, jvm, worker->port);
	}
}

const char *const *found_worker_logs(const struct found_job *j, struct arena *a)
{
	const char **urls;

	if (!j->nexecutors)
		return NULL;
	urls = ARENA_ARRAY(a, const char *, j->nexecutors + 1);
	for (size_t i = 0; i < j->nexecutors; i++)
		urls[i] = j->executors[i].url;
	return urls;
}

void found_free_executors(struct found_job *j)
{
	while (j->nexecutors)
		take_out(j, j->nexecutors - 1);
	free(j->executors);
}
