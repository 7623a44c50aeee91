/* jvm/identity.c - is a process a Spark JVM, and who is it? A Spark JVM is: its program is named
 * java, libjvm.so is mapped, and a Spark main class is an argument of its own. Of another user's
 * process only the arguments can be seen: they have to do, and the row says so. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python.h"
#include "scan_parts.h"

enum { LINK_SIZE = 4096, CHUNK = 65536 };

/* `/usr/lib/jvm/.../bin/java`, also when the file was replaced since (an upgrade). */
static bool is_java(const char *exe)
{
	const char *slash = strrchr(exe, '/'), *name = slash ? slash + 1 : exe;

	return strcmp(name, "java") == 0 || strcmp(name, "java (deleted)") == 0;
}

static bool has_libjvm(const struct proc *p, int64_t pid)
{
	static const char what[] = "/libjvm.so";
	enum { KEEP = sizeof(what) - 1 };
	int fd = proc_open_at(p, pid, "maps", O_RDONLY);
	char *bytes;
	size_t kept = 0;
	bool is_there = false;

	if (fd < 0)
		return false;
	bytes = xmalloc(CHUNK + KEEP);
	while (!is_there) {
		ssize_t n = read(fd, bytes + kept, CHUNK);
		size_t len = n > 0 ? kept + (size_t)n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		is_there = memmem(bytes, len, what, KEEP) != NULL;
		kept = min_size(len, KEEP);
		memmove(bytes, bytes + len - kept, kept);
	}
	free(bytes);
	close(fd);
	return is_there;
}

static void see_namespaces(const struct scan *s, struct jvm_identity *w)
{
	char link[64];

	if (proc_link(&s->proc, w->pid, "ns/net", link, sizeof(link)) > 0 &&
	    proc_link_inode(link) != s->net)
		w->net = proc_link_inode(link);
	if (proc_link(&s->proc, w->pid, "ns/mnt", link, sizeof(link)) > 0)
		w->has_own_files = proc_link_inode(link) != s->mnt;
}

static const struct text *what_is_unseen(struct arena *a, const struct jvm_identity *w,
					 const struct scan *s)
{
	const char *user = text_str(w->user);

	if (w->is_ours)
		return NULL;
	if (w->uid == s->proc.self_uid)
		return text_format(a, "its ports, files and heap: this process does not let itself "
				      "be read; sudo sparkops would see them");
	return text_format(a,
			   "its ports, files, heap and exit code belong to %s: sudo -u %s sparkops "
			   "would see them",
			   user, user);
}

/* Whose it is and when it began; texts into the arena of kept. */
static bool fill_identity(struct scan *s, const struct proc_stat *stat, struct arena *a,
			  struct jvm_identity *w)
{
	struct proc_status status;
	const char *user;
	char bytes[4096];
	ssize_t n = proc_read(&s->proc, stat->pid, "status", bytes, sizeof(bytes));

	if (n <= 0 || !proc_status_parse(bytes, &status))
		return false;
	w->pid = stat->pid;
	w->start_ticks = stat->start_ticks;
	w->started_at = s->proc.boot_at + stat->start_ticks * 1000 / s->proc.tick_hz;
	w->uid = status.uid;
	w->ns_pid = is_absent(status.ns_pid) ? stat->pid : status.ns_pid;
	user = scan_user(s, w->uid);
	w->user = text_clean(a, user, strlen(user));
	w->id = text_format(a, "%" PRId64 "@%" PRId64, w->pid, w->start_ticks);
	return true;
}

/* A JVM forks to run a helper: until the child execs, it is its parent's likeness in all but its
 * number, with the same sockets. */
static bool is_likeness(const struct scan *s, int64_t ppid, const char *line, ssize_t len)
{
	ssize_t n;
	char *above =
		ppid > 1 ? proc_read_all(&s->proc, ppid, "cmdline", COMMAND_BYTES_MAX, &n) : NULL;
	bool is_same = above && n == len && memcmp(above, line, (size_t)len) == 0;

	free(above);
	return is_same;
}

static struct jvm *jvm_make(struct scan *s, const struct proc_stat *stat,
			    const struct jvm_identity *who, struct dataset *kept)
{
	struct jvm *j = xcalloc(1, sizeof(*j));

	j->who = *who;
	j->who.kept = kept;
	j->now = *stat;
	j->is_dead = stat->state == 'Z' && stat->threads <= 1;
	near_init(&j->near);
	watch_init(&j->watch, &s->at);
	return j;
}

struct jvm *jvm_new(struct scan *s, const struct proc_stat *stat)
{
	struct jvm_identity who = {0};
	struct dataset *kept;
	struct jvm *j = NULL;
	char exe[LINK_SIZE];
	ssize_t n = proc_link(&s->proc, stat->pid, "exe", exe, sizeof(exe)), len;
	char *line;

	who.is_ours = n > 0;
	if (n > 0 ? !is_java(exe) : n == -ENOENT || strcmp(stat->comm, "java") != 0)
		return NULL;
	line = proc_read_all(&s->proc, stat->pid, "cmdline", COMMAND_BYTES_MAX, &len);
	if (!line || !len) {
		free(line);
		return NULL;
	}
	kept = dataset_new();
	if (command_parse(&kept->arena, line, (size_t)len, &who.command) &&
	    !is_likeness(s, stat->ppid, line, len) &&
	    (!who.is_ours || has_libjvm(&s->proc, stat->pid)) &&
	    fill_identity(s, stat, &kept->arena, &who)) {
		who.line = command_text(&kept->arena, line, (size_t)len);
		who.unseen = what_is_unseen(&kept->arena, &who, s);
		if (who.is_ours)
			see_namespaces(s, &who);
		j = jvm_make(s, stat, &who, kept);
	} else {
		dataset_unref(kept);
	}
	free(line);
	return j;
}

/* Its command line is gone with its memory: the parent and the exit code have to say it. */
struct jvm *jvm_new_zombie(struct scan *s, const struct proc_stat *stat)
{
	struct jvm_identity who = {0};
	struct dataset *kept;
	int64_t code = is_absent(stat->wait_status) ? 0 : proc_exit_code(stat->wait_status);

	if (strcmp(stat->comm, "java") != 0 || stat->threads > 1 ||
	    !python_is(&s->proc, stat->ppid) ||
	    (code != 52 && !python_runs_spark(&s->proc, stat->ppid)))
		return NULL;
	kept = dataset_new();
	if (!fill_identity(s, stat, &kept->arena, &who)) {
		dataset_unref(kept);
		return NULL;
	}
	who.is_ours = s->proc.self_uid == 0 || s->proc.self_uid == who.uid;
	who.command.role = JVM_DRIVER;
	who.command.is_pyspark_shell = true;
	who.command.driver_port = who.command.cores = ABSENT;
	who.command.ui_port = who.command.heap_bytes = ABSENT;
	who.unseen = what_is_unseen(&kept->arena, &who, s);
	return jvm_make(s, stat, &who, kept);
}

void jvm_free(struct jvm *j)
{
	near_release(&j->near);
	dataset_unref(j->who.kept);
	free(j);
}
