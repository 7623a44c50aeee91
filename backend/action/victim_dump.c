/* action/victim_dump.c - evidence first: after the end there is none. The thread dump of the JVM,
 * or why there is none and what the kernel knows of its threads, in a file of the state folder. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../../include/row/dlq.h"
#include "../failpoint.h"
#include "../jvm/dump.h"
#include "victim_look.h"
#include "victim.h"

static int open_folder(const char *state_dir, struct err *err)
{
	char path[4096];
	int fd;

	if (!state_dir)
		return err_set(err, ERR_IO, "there is no state folder (--state-dir)");
	snprintf(path, sizeof(path), "%s/dumps", state_dir);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(err, ERR_IO, "%s cannot be made: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_set(err, ERR_IO, "%s cannot be opened: %s", path, strerror(errno)) : fd;
}

/* Takes over fd. 0, or an errno. */
static int write_rows(int fd, const struct dataset *rows)
{
	const struct rowset *set = dataset_rows(rows, &schema_detail);
	FILE *out = fdopen(fd, "w");
	int error = errno;

	if (!out) {
		close(fd);
		return error;
	}
	for (size_t i = 0; i < set->n; i++)
		fprintf(out, "%s\n", text_str(((const struct detail_row *)set->rows[i])->line));
	error = fflush(out) || fsync(fd) ? errno : 0;
	return fclose(out) && !error ? errno : error;
}

/* Its name in the state folder. */
static int save(struct act *a, const struct victim *v, const struct dataset *rows, char *name,
		size_t size, struct err *err)
{
	time_t at = (time_t)(clock_wall(&clock_real) / 1000);
	int folder = open_folder(act_state_dir(a), err), fd, error;
	struct tm local;
	char date[32];

	if (folder < 0)
		return folder;
	localtime_r(&at, &local);
	strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &local);
	snprintf(name, size, "%s-%" PRId64 ".txt", date, v->pid);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	error = fd < 0 ? errno : 0;
	close(folder);
	if (error)
		return err_set(err, ERR_IO, "dumps/%s cannot be made: %s", name, strerror(error));
	error = write_rows(fd, rows);
	if (error)
		return err_set(err, ERR_IO, "dumps/%s cannot be written: %s", name,
			       strerror(error));
	return 0;
}

/* By the attach socket; else SIGQUIT, which a JVM answers in its own output. */
static struct dataset *take(const struct victim *v, struct err *err)
{
	struct attach_request ask = {
		.pid = v->pid,
		.start_ticks = v->start_ticks,
		.ns_pid = v->ns_pid,
		.uid = v->uid,
		.limit_ms = (int)failpoint_ms(DUMP_LIMIT_MS),
	};
	struct dataset *rows, *printed;
	struct err quit = {0};

	rows = dump_take(&ask, err);
	if (!err->code || err->code == ERR_TIMEOUT || err->code == ERR_MISSING)
		return rows; /* one that is silent has had its SIGQUIT */
	ask.by_sigquit = true;
	printed = dump_take(&ask, &quit);
	if (!quit.code)
		*err = quit;
	dataset_unref(quit.code ? printed : rows);
	return quit.code ? rows : printed;
}

int victim_dump(struct act *a, const struct victim *v)
{
	struct err err = {0}, unsaved = {0};
	struct dataset *rows;
	char name[64];
	int rc;

	if (v->kind != VICTIM_JVM)
		return 0;
	act_says(a, "takes a thread dump (at most %d s)", DUMP_LIMIT_MS / 1000);
	failpoint("kill.dump");
	rows = take(v, &err);
	if (save(a, v, rows, name, sizeof(name), &unsaved) < 0)
		rc = act_step(a, "dump", "no thread dump was kept: %s", unsaved.message);
	else if (err.code)
		rc = act_step(a, "dump",
			      "no thread dump: %.*s; what the kernel knows of its threads is in "
			      "dumps/%s",
			      (int)strcspn(err.message, ";"), err.message, name);
	else
		rc = act_step(a, "dump", "thread dump saved in dumps/%s", name);
	dataset_unref(rows);
	failpoint("kill.dumped");
	return rc;
}
