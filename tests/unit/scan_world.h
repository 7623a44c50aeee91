/* scan_world.h - a /proc made of files, and a scan that looks at it. */
#ifndef SPARKOPS_TESTS_SCAN_WORLD_H
#define SPARKOPS_TESTS_SCAN_WORLD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../backend/jvm/scan.h"
#include "../../include/row/jvm.h"
#include "files.h"

#define SUBMIT "org.apache.spark.deploy.SparkSubmit"

struct world {
	char dir[32];
	struct scan *scan;
	struct scan_time at;
	struct dataset *rows;
};

struct process {
	int pid, ppid, state, ticks, start, exit, uid;
	const char *comm, *exe, *args; /* blanks between the arguments */
};

static ATTR_UNUSED void put(const struct world *w, int pid, const char *name, const char *text,
			    size_t len)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d/%s", w->dir, pid, name);
	f = fopen(path, "wb");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	fwrite(text, 1, len, f);
	fclose(f);
}

static ATTR_UNUSED void link_to(const struct world *w, int pid, const char *name, const char *to)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%d/%s", w->dir, pid, name);
	unlink(path);
	assert_int_equal(symlink(to, path), 0);
}

static ATTR_UNUSED void folder(const struct world *w, int pid, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%d/%s", w->dir, pid, name);
	if (mkdir(path, 0700) && errno != EEXIST)
		fail_msg("%s", path);
}

/* stat alone: what changes from look to look. */
static ATTR_UNUSED void alter(const struct world *w, const struct process *p)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "%d (%s) %c %d 1 1 0 -1 0 0 0 0 0 %d 0 0 0 20 0 1 0 %d 1000 100 "
			 "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 %d\n",
			 p->pid, p->comm, p->state, p->ppid, p->ticks, p->start, p->exit);

	put(w, p->pid, "stat", text, (size_t)n);
}

static ATTR_UNUSED void add(const struct world *w, const struct process *p)
{
	char text[512];
	size_t len = strlen(p->args) + 1;
	int n;

	folder(w, p->pid, "");
	folder(w, p->pid, "fd");
	folder(w, p->pid, "net");
	folder(w, p->pid, "ns");
	alter(w, p);
	memcpy(text, p->args, len);
	for (size_t i = 0; i < len; i++)
		text[i] = text[i] == ' ' ? '\0' : text[i];
	put(w, p->pid, "cmdline", text, len);
	n = snprintf(text, sizeof(text), "Uid:\t%d\t%d\t%d\t%d\nNSpid:\t%d\n", p->uid, p->uid,
		     p->uid, p->uid, p->pid);
	put(w, p->pid, "status", text, (size_t)n);
	n = snprintf(text, sizeof(text), "%s\n", p->comm);
	put(w, p->pid, "comm", text, (size_t)n);
	put(w, p->pid, "maps", "7f00-7f01 r-xp 0 0 1 /usr/lib/jvm/lib/server/libjvm.so\n", 55);
	put(w, p->pid, "net/tcp", "", 0);
	put(w, p->pid, "cgroup", "0::/system.slice/copy.service\n", 30);
	if (p->exe)
		link_to(w, p->pid, "exe", p->exe);
	link_to(w, p->pid, "ns/net", "net:[1]");
	link_to(w, p->pid, "ns/mnt", "mnt:[1]");
}

static ATTR_UNUSED void remove_tree(const char *dir, int pid)
{
	char path[64];

	snprintf(path, sizeof(path), pid ? "%s/%d" : "%s", dir, pid);
	folder_remove(path);
}

/* LISTEN rows of our namespace: `inode port queue`. */
static ATTR_UNUSED void listeners(const struct world *w, const int (*v)[3], size_t n,
				  const char *more)
{
	char text[2048];
	int len = 0;

	for (size_t i = 0; i < n; i++)
		len += snprintf(
			text + len, sizeof(text) - (size_t)len,
			" %zu: 0100007F:%04X 00000000:0000 0A 00000000:%08X 00:0 0 0 0 %d 1\n", i,
			(unsigned)v[i][1], (unsigned)v[i][2], v[i][0]);
	len += snprintf(text + len, sizeof(text) - (size_t)len, "%s", more);
	put(w, (int)getpid(), "net/tcp", text, (size_t)len);
}

static ATTR_UNUSED const struct jvm_row *look(struct world *w, int64_t later_ms, size_t want)
{
	const struct rowset *set;
	struct err err;

	w->at.wall += later_ms;
	w->at.mono += later_ms;
	dataset_unref(w->rows);
	w->rows = scan_look(w->scan, &w->at, &err);
	assert_non_null(w->rows);
	set = dataset_rows(w->rows, &schema_jvm);
	assert_int_equal(set->n, want);
	return want ? set->rows[0] : NULL;
}

static ATTR_UNUSED const struct jvm_row *jvm_at(const struct world *w, size_t i)
{
	return dataset_rows(w->rows, &schema_jvm)->rows[i];
}

static ATTR_UNUSED int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct process us = {(int)getpid(), 1, 'S', 0, 1, 0, 0, "test", NULL, "test"};

	snprintf(w->dir, sizeof(w->dir), "/tmp/sparkops-scan-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	add(w, &us);
	put(w, us.pid, "mountinfo", "", 0);
	w->scan = scan_new(w->dir);
	w->at = (struct scan_time){1795206600000, 1000000};
	*state = w;
	return 0;
}

static ATTR_UNUSED int teardown(void **state)
{
	struct world *w = *state;

	dataset_unref(w->rows);
	scan_free(w->scan);
	remove_tree(w->dir, 0);
	free(w);
	return 0;
}

static ATTR_UNUSED const struct process python = {
	50, 1, 'S', 5, 100, 0, 0, "python", "/usr/bin/python3.11", "python -u job.py --ui 4040"};
static ATTR_UNUSED const struct process java = {51,
						50,
						'S',
						10,
						200,
						0,
						0,
						"java",
						"/opt/jdk/bin/java",
						"java -Xmx512m " SUBMIT
						" --conf spark.app.name=copy pyspark-shell"};

#endif
