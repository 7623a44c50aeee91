/* dlq_stage.h - a folder of a dead-letter queue and its rows, for the tests of backend/dlq/page.h.
 * Static functions, so that each test is one file. */
#ifndef SPARKOPS_TESTS_DLQ_STAGE_H
#define SPARKOPS_TESTS_DLQ_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../backend/dlq/page.h"

#define NOW INT64_C(1795210260000) /* 2026-11-20T21:31:00Z */

static char dir[64];
static struct folder *folder;
static struct page_look look;

static ATTR_UNUSED int open_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/sparkops-rows-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	folder = folder_new(dir);
	look = (struct page_look){"job", NULL, 1000, ABSENT, NOW, 0, NULL};
	return 0;
}

static ATTR_UNUSED int close_dir(void **state)
{
	char path[400];

	(void)state;
	for (size_t i = 0; i < folder->nfiles; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, folder->files[i]->name);
		unlink(path);
	}
	folder_free(folder);
	return rmdir(dir);
}

static ATTR_UNUSED void put(const char *name, const char *bytes)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *out = fopen(path, "ab");
	assert_non_null(out);
	fwrite(bytes, 1, strlen(bytes), out);
	fclose(out);
}

static ATTR_UNUSED void read_folder(void)
{
	struct err err;

	assert_int_equal(folder_scan(folder, &err), 0);
	while (folder_step(folder, 1 << 20))
		continue;
	/* a folder that waits holds nothing that is only for reading */
	assert_true(!folder->buf && !folder->index.scratch.data && !folder->index.lately);
}

static ATTR_UNUSED struct dataset *rows_of_folder(void)
{
	read_folder();
	return page_snapshot(folder, &look);
}

static ATTR_UNUSED const struct dlq_entry_row *entry(const struct dataset *d, size_t i)
{
	const struct rowset *r = dataset_rows(d, &schema_dlq_entry);

	assert_true(i < r->n);
	return r->rows[i];
}

static ATTR_UNUSED const struct dlq_folder_row *folder_row(const struct dataset *d)
{
	return dataset_one(d, &schema_dlq_folder);
}

#endif
