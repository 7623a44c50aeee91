/* job_set.c - the properties of a job that a script may set: name, what fits, where it goes. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "when.h"

enum value_kind {
	VALUE_SPAN,
	VALUE_REAL,
	VALUE_WHOLE,
	VALUE_COUNT,
	VALUE_PERCENT,
	VALUE_CHOICE,
	VALUE_ZONE,
	VALUE_WORD,
	VALUE_FLAG
};

#define AT(member) offsetof(struct job, member)

/* clang-format off */
static const struct property {
	const char *key;
	enum value_kind kind;
	size_t offset;      /* of the member */
	double low;         /* at least */
	const char *choice; /* VALUE_CHOICE: the word that sets the bool, then the one that clears;
			       VALUE_WORD: the words whose number is the value */
	const char *other;
	const char *want;
} properties[] = {
	{"version", VALUE_CHOICE, AT(is_v4), 0, "4.3", "3.5", "3.5 or 4.3"},
	{"kind", VALUE_CHOICE, AT(is_standalone), 0, "standalone", "local", "standalone or local"},
	{"deploy", VALUE_CHOICE, AT(is_cluster), 0, "cluster", "client", "cluster or client"},
	{"work", VALUE_CHOICE, AT(is_copy), 0, "copy", "stream", "stream or copy"},
	{"rate", VALUE_REAL, AT(rate), 0, NULL, NULL, "records per second: 5.49"},
	{"room", VALUE_REAL, AT(room), 0.01, NULL, NULL, "a ratio above 0: 2.4"},
	{"interval", VALUE_SPAN, AT(interval_ms), 1, NULL, NULL, "a span: 10s"},
	{"took", VALUE_SPAN, AT(batch_ms), 1, NULL, NULL, "a span: 800ms"},
	{"up", VALUE_SPAN, AT(up_ms), 0, NULL, NULL, "a span: 12d"},
	{"last", VALUE_SPAN, AT(last_ms), 0, NULL, NULL, "a span: 15s"},
	{"zone", VALUE_ZONE, AT(zone_ms), 0, NULL, NULL, "a span east of UTC: 5h30m or -8h"},
	{"batch", VALUE_WHOLE, AT(first_batch), 0, NULL, NULL, "a number: 42"},
	{"memory", VALUE_WHOLE, AT(memory_mb), 400, NULL, NULL, "MiB, 400 or more: 2048"},
	{"heap", VALUE_PERCENT, AT(heap_pct), 0, NULL, NULL, "0 to 100"},
	{"executors", VALUE_COUNT, AT(executors), 0, NULL, NULL, "0 to 10000"},
	{"cores", VALUE_COUNT, AT(cores), 0, NULL, NULL, "0 to 10000"},
	{"jvm", VALUE_FLAG, AT(has_jvm), 0, NULL, NULL, "no value: the word alone"},
	{"pyspark", VALUE_FLAG, AT(is_pyspark), 0, NULL, NULL, "no value: the word alone"},
	{"gc", VALUE_WORD, AT(collector), 0, "G1 Parallel Serial ZGC", NULL,
	 "G1, Parallel, Serial or ZGC"},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};
/* clang-format on */

static bool set_number(const struct property *property, void *member, const char *value)
{
	char *end;
	errno = 0;
	double number = strtod(value, &end);
	if (end == value || *end || errno || !(number >= property->low && number <= 1e15))
		return false;
	if (property->kind == VALUE_WHOLE)
		*(int64_t *)member = (int64_t)number;
	else if (property->kind == VALUE_REAL)
		*(double *)member = number;
	else if (number > (property->kind == VALUE_PERCENT ? 100 : 10000))
		return false;
	else
		*(int *)member = (int)number;
	return true;
}

static bool set_zone(struct job *job, const char *value)
{
	bool is_west = *value == '-';
	if (!when_span(value + is_west, &job->zone_ms))
		return false;
	if (is_west)
		job->zone_ms = -job->zone_ms;
	return true;
}

static bool set_word(const struct property *property, int *member, const char *value)
{
	const char *word = property->choice;
	size_t size = strlen(value);

	for (int i = 0; size > 0 && *word; i++) {
		size_t length = strcspn(word, " ");
		if (length == size && strncmp(word, value, size) == 0) {
			*member = i;
			return true;
		}
		word += length + (word[length] == ' ');
	}
	return false;
}

static bool set_profile(struct job *job, const char *value)
{
	size_t size = strlen(value);
	if (size == 0 || size > JOB_PROFILE || strspn(value, "0123456789") != size)
		return false;
	memcpy(job->profile, value, size + 1);
	return true;
}

bool job_set(struct job *job, const char *key, const char *value, const char **want)
{
	if (strcmp(key, "profile") == 0 && value) {
		*want = "up to 15 digits, one a minute";
		return set_profile(job, value);
	}
	const struct property *property = properties;
	while (property->key && strcmp(property->key, key) != 0)
		property++;
	*want = property->key ? property->want
			      : "version, kind, work, rate, room, interval, took, up, last, zone, "
				"batch, memory, heap, executors, cores, profile, jvm, pyspark or "
				"gc";
	if (!property->key || !value != (property->kind == VALUE_FLAG))
		return false;
	void *member = (char *)job + property->offset;
	switch (property->kind) {
	case VALUE_CHOICE:
		*(bool *)member = strcmp(value, property->choice) == 0;
		return *(bool *)member || strcmp(value, property->other) == 0;
	case VALUE_FLAG:
		*(bool *)member = true;
		return true;
	case VALUE_WORD:
		return set_word(property, member, value);
	case VALUE_ZONE:
		return set_zone(job, value);
	case VALUE_SPAN:
		return when_span(value, member) && (double)*(int64_t *)member >= property->low;
	default:
		return set_number(property, member, value);
	}
}
