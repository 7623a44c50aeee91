/* ledger_stage.h - a state folder of its own for each test of the ledger and the audit. */
#ifndef SPARKOPS_TESTS_LEDGER_STAGE_H
#define SPARKOPS_TESTS_LEDGER_STAGE_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "../../backend/store/audit.h"
#include "../../backend/store/ledger.h"
#include "files.h"

static char stage_folder[64], stage_path[96];
static bool stage_is_mounted;

static inline const char *stage_state(void)
{
	return stage_path;
}

static inline int stage_begin(void **unused ATTR_UNUSED)
{
	const char *base = getenv("TMPDIR");

	snprintf(stage_folder, sizeof(stage_folder), "%s/sparkops-ledger-XXXXXX",
		 base ? base : "/tmp");
	assert_non_null(mkdtemp(stage_folder));
	snprintf(stage_path, sizeof(stage_path), "%s/state", stage_folder);
	return 0;
}

#define STAGE_KEY "0123456789abcdef0123456789abcdef"

/* Of a line in the queue, as a replay begins it. */
static inline struct ledger_attempt stage_attempt(const char *key)
{
	return (struct ledger_attempt){.key = key,
				       .hash = key,
				       .job = "health",
				       .batch_id = "42",
				       .error_type = "SchemaError",
				       .file = "/dlq/failed_batches_20261120.json",
				       .line = 7};
}

static inline int stage_end(void **unused ATTR_UNUSED)
{
	if (stage_is_mounted)
		umount2(stage_path, MNT_DETACH);
	stage_is_mounted = false;
	folder_remove(stage_folder);
	return 0;
}

/* A small file system in the place of the state folder; false: that takes root. */
static inline bool stage_tmpfs(const char *options)
{
	char with_mode[64];

	snprintf(with_mode, sizeof(with_mode), "%s,mode=0700", options);
	mkdir(stage_path, 0700);
	stage_is_mounted = mount("none", stage_path, "tmpfs", 0, with_mode) == 0;
	return stage_is_mounted;
}

static inline struct ledger *stage_ledger(void)
{
	struct err err = {0};
	struct ledger *l = ledger_open(stage_path, false, &err);

	if (l == NULL)
		fail_msg("%s", err.message);
	return l;
}

static inline void stage_wait_killed(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* The ledger's file is no database any more. */
static inline void stage_spoil(void)
{
	char path[200], junk[8192];
	int fd;

	ledger_close(stage_ledger());
	snprintf(path, sizeof(path), "%s/ledger.db", stage_path);
	memset(junk, 0x5a, sizeof(junk));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 0), sizeof(junk));
	close(fd);
}

/* All room of a small file system is taken, by a file that is given back when it is cut. */
static inline int stage_fill(void)
{
	char filler[200], block[4096] = {0};
	int fd;

	snprintf(filler, sizeof(filler), "%s/filler", stage_path);
	fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	return fd;
}

/* Whatever a test did, the chain is whole. */
static inline void stage_verify(void)
{
	struct audit_verdict v;
	struct err err = {0};
	struct ledger *l = ledger_open(stage_path, true, &err);

	if (l == NULL || audit_verify(l, &v, &err) != 0)
		fail_msg("%s", err.message);
	if (!v.is_whole)
		fail_msg("%s", v.says);
	ledger_close(l);
}

#endif
