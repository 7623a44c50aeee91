/* schemas.c - every row type of the program in one list, for what walks all of them: the generic
 * table, --json, the consistency tests. Derived row types stand here; those of a source come from
 * its ops, so that a new source needs no line in this file. */
#include <pthread.h>
#include <string.h>

#include "../include/row/action.h"
#include "../include/row/dlq.h"
#include "../include/row/error.h"
#include "../include/row/executor.h"
#include "../include/row/incident.h"
#include "../include/row/job.h"
#include "../include/row/jvm.h"
#include "../include/row/target.h"
#include "../include/schemas.h"
#include "source/source.h"

enum { SCHEMAS_MAX = 64 };

static const struct schema *const derived[] = {
	&schema_job,      &schema_executor, &schema_error,  &schema_dlq_entry, &schema_jvm,
	&schema_incident, &schema_target,   &schema_action, &schema_detail,
};

/* NULL-terminated; built once, by whichever thread asks first. */
static const struct schema *all[SCHEMAS_MAX + 1];
static size_t nall;
static pthread_once_t all_once = PTHREAD_ONCE_INIT;

static void add(const struct schema *s)
{
	for (size_t i = 0; i < nall; i++)
		if (all[i] == s)
			return;
	if (nall == SCHEMAS_MAX)
		BUG("more than %d row types", SCHEMAS_MAX);
	all[nall++] = s;
}

static void build(void)
{
	for (size_t i = 0; i < ARRAY_LEN(derived); i++)
		add(derived[i]);
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		const struct schema *const *own = source_registry[i]->schemas;
		for (size_t k = 0; own && own[k]; k++)
			add(own[k]);
	}
}

const struct schema *const *schemas_all(void)
{
	pthread_once(&all_once, build);
	return all;
}

const struct schema *schemas_find(const char *name)
{
	const struct schema *const *list = schemas_all();
	for (size_t i = 0; list[i]; i++) {
		const struct schema *s = list[i];
		if (!strcmp(s->name, name) || !strcmp(s->title, name) ||
		    (s->member && !strcmp(s->member, name)))
			return s;
	}
	return NULL;
}
