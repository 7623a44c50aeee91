/* fuzz_answers.c - whatever a health endpoint, a driver's UI or a master answers: rows that can be
 * printed, or a sentence. The first byte says which endpoint is played. */
#include <stdlib.h>
#include <string.h>

#include "../../backend/source/health_rows.h"
#include "../../backend/source/master_rows.h"
#include "../../backend/source/spark_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1000000000, HEALTH = SPARK_PARTS, MASTER, KINDS };

static void print_all(const struct dataset *d)
{
	struct buf out;

	buf_init(&out, (size_t)256 << 20);
	for (size_t i = 0; i < d->nsets; i++)
		for (size_t k = 0; k < d->sets[i].n; k++)
			field_json_row(d->sets[i].schema, d->sets[i].rows[k], &out);
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)out.data[i] < ' ' || out.data[i] == 0x7f)
			abort();
	buf_release(&out);
}

static struct dataset *play_health(const char *text, size_t len, struct err *err)
{
	struct health_answer parts[PART_COUNT] = {0};
	struct dataset *d = NULL;
	int64_t zone;

	if (health_read(text, len, NOW, &parts[PART_DETAILED], err) < 0)
		return NULL;
	if (health_read(text, len, NOW, &parts[PART_DLQ], err) == 0) {
		zone = health_zone(parts);
		if (!is_absent(zone) && zone % (15 * 60 * 1000))
			abort();
		d = health_merge(parts, zone, 3600000, TRI_TRUE);
	}
	health_drop(&parts[PART_DETAILED]);
	health_drop(&parts[PART_DLQ]);
	return d;
}

static struct dataset *play_spark(const struct spark_body *body, struct err *err)
{
	struct dataset *parts[SPARK_PARTS] = {0}, *all;
	struct json_flags odd;

	parts[body->part] = spark_read(body, &odd, err);
	if (!parts[body->part])
		return NULL;
	all = spark_merge(parts, true, NOW);
	dataset_unref(parts[body->part]);
	return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spark_body body = {.job = "j", .application_id = "a", .now = NOW};
	struct dataset *d;
	struct err err = {0};
	size_t strays;
	char *text;
	int kind;

	if (size == 0)
		return 0;
	kind = data[0] % KINDS;
	text = xmalloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	body.bytes = text;
	body.len = size - 1;
	if (kind == HEALTH)
		d = play_health(text, size - 1, &err);
	else if (kind == MASTER)
		d = master_read("c", text, size - 1, &strays, &err);
	else {
		body.part = (enum spark_part)kind;
		d = play_spark(&body, &err);
	}
	free(text);
	if (!d && !err.message[0])
		abort();
	if (d)
		print_all(d);
	dataset_unref(d);
	return 0;
}
