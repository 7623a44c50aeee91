/* log_source_stage.h - the log source on a real loop, with a folder of its own. Included by the
 * tests of backend/source/log.c only. */
#ifndef SPARKOPS_TESTS_LOG_SOURCE_STAGE_H
#define SPARKOPS_TESTS_LOG_SOURCE_STAGE_H

#include "source_harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/row/log.h"

static struct dataset *answer;

void source_detail(struct target *t, struct dataset *rows)
{
	dataset_unref(answer);
	answer = rows;
	uv_stop(&t->loop);
}

static char dir[64], path[128];

static int begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/sparkops-source-log-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/job.log", dir);
	return 0;
}

static int end(void **state)
{
	char name[400];
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	while (d && (e = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(name);
	}
	closedir(d);
	rmdir(dir);
	dataset_unref(answer);
	answer = NULL;
	return 0;
}

static ATTR_UNUSED void write_file(const char *name, const char *text, const char *mode)
{
	FILE *f = fopen(name, mode);

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static ATTR_UNUSED const struct log_file_row *file_row(const struct target *t)
{
	const struct rowset *set = dataset_rows(t->rows, &schema_log_file);

	assert_int_equal(set->n, 1);
	return set->rows[0];
}

static ATTR_UNUSED size_t marks(const struct target *t)
{
	return dataset_rows(t->rows, &schema_log_mark)->n;
}

static ATTR_UNUSED const struct log_line_row *line_row(const struct dataset *d, size_t i)
{
	const struct rowset *set = dataset_rows(d, &schema_log_line);

	assert_true(i < set->n);
	return set->rows[i];
}

static ATTR_UNUSED void ask(struct target *t, struct request r)
{
	r.kind = REQUEST_LOG_PAGE;
	dataset_unref(answer);
	answer = NULL;
	assert_null(t->ops->detail(t, &r));
	while (!answer && uv_run(&t->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_non_null(answer);
}

static ATTR_UNUSED size_t page_lines(void)
{
	return dataset_rows(answer, &schema_log_line)->n;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
