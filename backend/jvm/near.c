/* jvm/near.c - what is around a JVM: its open files and ports, the Python above it, its control
 * group. Read into a dataset of its own, which the rows of many looks share. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python.h"
#include "scan_parts.h"

enum { LINK_SIZE = 4096, NEAR_MS = 30000, NEAR_EACH_MS = 120, MEMORY_MS = 10000 };

void near_init(struct jvm_near *n)
{
	memset(n, 0, sizeof(*n));
	n->ppid = n->python.pid = n->dump_bytes = ABSENT;
	n->dump_per_s = ABSENT_REAL;
	n->memory = (struct cgroup_memory){ABSENT, ABSENT, ABSENT};
	n->memory_at = n->dump_at = INT64_MIN / 2;
}

void near_release(struct jvm_near *n)
{
	dataset_unref(n->kept);
	free(n->ports.v);
	free(n->python_ports.v);
	free(n->child_ports.v);
	free(n->group);
}

/* --- ports --- */

static void set_queue(const struct scan *s, struct jvm_port *port, int64_t queue)
{
	bool waited = !is_absent(port->queue) && port->queue > 0 && !s->had_gap;

	port->queue = queue;
	if (queue <= 0)
		port->queue_since = ABSENT;
	else if (!waited || is_absent(port->queue_since))
		port->queue_since = s->at.wall;
}

static void set_ports(struct scan *s, const struct sockets *all, const struct files *files,
		      struct jvm_ports_state *ports)
{
	struct jvm_ports_state old = *ports;

	memset(ports, 0, sizeof(*ports));
	for (size_t i = 0; i < files->nsockets; i++) {
		const struct socket *one = sockets_find(all, files->sockets[i]);
		struct jvm_port_state state = {.inode = files->sockets[i]};

		if (!one)
			continue;
		state.port.queue = state.port.queue_since = ABSENT;
		for (size_t k = 0; k < old.n; k++) {
			if (old.v[k].inode == one->inode)
				state = old.v[k];
		}
		state.port.port = one->port;
		state.port.backlog = one->backlog;
		state.port.is_loopback = one->is_loopback;
		set_queue(s, &state.port, one->queue);
		if (ports->n == ports->size) {
			ports->size = ports->size ? ports->size * 2 : 8;
			ports->v = xrealloc(ports->v, ports->size * sizeof(*ports->v));
		}
		ports->v[ports->n++] = state;
	}
	free(old.v);
}

static void follow_ports(struct scan *s, const struct sockets *all, struct jvm_ports_state *ports)
{
	size_t n = 0;

	for (size_t i = 0; i < ports->n; i++) {
		const struct socket *one = sockets_find(all, ports->v[i].inode);

		if (!one)
			continue;
		set_queue(s, &ports->v[i].port, one->queue);
		ports->v[n++] = ports->v[i];
	}
	ports->n = n;
}

void near_ports(struct scan *s, struct jvm *j)
{
	const struct sockets *all = scan_listening(s, j);

	follow_ports(s, all, &j->near.ports);
	follow_ports(s, all, &j->near.python_ports);
	follow_ports(s, all, &j->near.child_ports);
}

/* A connection of one half to a port of the other makes that port theirs alone. */
static void link_ports(const struct sockets *connected, const struct files *from,
		       struct jvm_ports_state *to)
{
	for (size_t i = 0; i < from->nsockets; i++) {
		const struct socket *one = sockets_find(connected, from->sockets[i]);

		for (size_t k = 0; one && k < to->n; k++)
			to->v[k].port.is_linked |= to->v[k].port.port == one->peer_port;
	}
}

static const struct sockets *connections(struct scan *s, const struct jvm *j)
{
	if (j->who.net || s->connected_look != s->looks) {
		bool is_known = !j->who.net && s->is_real && sockets_connected(&s->connected);

		if (!is_known && !sockets_read(&s->proc, j->who.pid, NULL, &s->connected))
			s->connected.n = 0;
		s->connected_look = j->who.net ? 0 : s->looks;
	}
	return &s->connected;
}

/* --- files --- */

static void add_dlq_folder(struct scan *s, int64_t pid, const struct text *cwd, struct arena *a,
			   struct files *files)
{
	char path[LINK_SIZE + 8];
	struct stat st;
	int fd = cwd ? proc_open_at(&s->proc, pid, "cwd/dlq", O_PATH | O_DIRECTORY) : -1;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		const char *slash = text_is(cwd, "/") ? "" : "/";

		snprintf(path, sizeof(path), "%s%sdlq", text_str(cwd), slash);
		files_add(files, a, FILE_DLQ, path, ABSENT);
	}
	close(fd);
}

static const struct text *working_folder(struct scan *s, int64_t pid, const char *root,
					 struct arena *a)
{
	char path[LINK_SIZE + 64];
	size_t n = strlen(root);
	ssize_t len;

	memcpy(path, root, n);
	len = proc_link(&s->proc, pid, "cwd", path + n, LINK_SIZE);
	return len > 0 ? text_clean_max(a, path, n + (size_t)len, LINK_SIZE) : NULL;
}

static struct texts paths_of(const struct files *files, enum file_kind kind, struct arena *a)
{
	const struct text **v = ARENA_ARRAY(a, const struct text *, files->n ? files->n : 1);
	size_t n = 0;

	for (size_t i = 0; i < files->n; i++) {
		if (files->v[i].kind == kind)
			v[n++] = files->v[i].path;
	}
	return (struct texts){n, v};
}

/* The dump that is being written, and how fast. Several parts of one dump count as one. */
static void see_dump(struct scan *s, const struct files *files, struct jvm_near *n)
{
	int64_t bytes = 0, before = n->dump_bytes, passed = s->at.mono - n->dump_at;

	n->dump = NULL;
	for (size_t i = 0; i < files->n; i++) {
		if (files->v[i].kind != FILE_DUMP)
			continue;
		n->dump = n->dump ? n->dump : files->v[i].path;
		bytes += files->v[i].bytes;
	}
	if (!n->dump) {
		n->dump_bytes = ABSENT;
		n->dump_per_s = ABSENT_REAL;
	} else if (is_absent(before) || passed >= 200) {
		n->dump_per_s = is_absent(before)
					? ABSENT_REAL
					: (double)(bytes - before) * 1000.0 / (double)passed;
		n->dump_bytes = bytes;
		n->dump_at = s->at.mono;
	}
}

/* --- the Python above --- */

static void see_python(struct scan *s, struct jvm *j, struct arena *a)
{
	struct jvm_python *py = &j->near.python;
	struct proc_stat stat;
	ssize_t len;
	char *line;

	j->near.ppid = j->now.ppid;
	*py = (struct jvm_python){.pid = ABSENT};
	if (!python_is(&s->proc, j->now.ppid) || !proc_stat(&s->proc, j->now.ppid, &stat))
		return;
	py->pid = stat.pid;
	py->start_ticks = stat.start_ticks;
	py->id = text_format(a, "%" PRId64 "@%" PRId64, stat.pid, stat.start_ticks);
	line = proc_read_all(&s->proc, stat.pid, "cmdline", COMMAND_BYTES_MAX, &len);
	if (line) {
		py->line = command_text(a, line, (size_t)len);
		py->script = command_script(a, line, (size_t)len);
	}
	free(line);
}

/* --- all of it --- */

static void see_group(struct scan *s, struct jvm *j)
{
	ssize_t len;
	char *bytes = proc_read_all(&s->proc, j->who.pid, "cgroup", 1 << 16, &len);

	if (!bytes)
		return;
	if (!j->near.group)
		j->near.group = xcalloc(1, sizeof(*j->near.group));
	cgroup_place_parse(bytes, (size_t)len, j->near.group);
	free(bytes);
}

static void keep_paths(const struct texts *old, enum file_kind kind, struct arena *a,
		       struct files *files)
{
	for (size_t i = 0; i < old->n; i++)
		files_add(files, a, kind, text_str(old->v[i]), ABSENT);
}

static void see_own_files(struct scan *s, struct jvm *j, const char *root, struct arena *a,
			  struct files *files)
{
	struct jvm_near *n = &j->near;

	n->cwd = working_folder(s, j->who.pid, root, a);
	if (files_read(&s->proc, j->who.pid, root, a, files))
		set_ports(s, scan_listening(s, j), files, &n->ports);
	add_dlq_folder(s, j->who.pid, n->cwd, a, files);
	see_dump(s, files, n);
	see_group(s, j);
}

/* The other half of a pair. Its logs and folders are kept with those of the JVM; its sockets are
 * not. Returns its working folder. */
static const struct text *see_half(struct scan *s, struct jvm *j, int64_t pid,
				   struct jvm_ports_state *ports, struct files *files)
{
	struct jvm_near *n = &j->near;
	struct arena *a = files->arena;
	struct files own = *files;
	const struct text *cwd = working_folder(s, pid, files->root, a);

	files->sockets = NULL;
	files->nsockets = files->size = 0;
	if (files_read(&s->proc, pid, files->root, a, files)) {
		set_ports(s, scan_listening(s, j), files, ports);
		link_ports(connections(s, j), files, &n->ports);
		link_ports(connections(s, j), &own, ports);
	}
	add_dlq_folder(s, pid, cwd, a, files);
	free(files->sockets);
	files->sockets = own.sockets;
	files->nsockets = own.nsockets;
	files->size = own.size;
	return cwd;
}

/* `spark-submit job.py`: there the JVM is the parent, and the job's Python its child. */
static int64_t python_below(const struct scan *s, const struct jvm *j)
{
	const struct command *c = &j->who.command;
	size_t len = text_len(c->script);

	if (c->role != JVM_DRIVER || j->is_dead || len < 3 ||
	    strcmp(text_str(c->script) + len - 3, ".py") != 0)
		return ABSENT;
	for (size_t i = 0; i < s->nothers; i++) {
		if (s->others[i].ppid == j->who.pid && python_is(&s->proc, s->others[i].pid))
			return s->others[i].pid;
	}
	return ABSENT;
}

static void see_child(struct scan *s, struct jvm *j, struct files *files)
{
	struct jvm_near *n = &j->near;
	int64_t pid = python_below(s, j);
	struct proc_stat stat;

	n->child = NULL;
	if (is_absent(pid) || !proc_stat(&s->proc, pid, &stat)) {
		n->child_ports.n = 0;
		return;
	}
	n->child = text_format(files->arena, "%" PRId64 "@%" PRId64, pid, stat.start_ticks);
	(void)see_half(s, j, pid, &n->child_ports, files);
}

/* A young JVM opens ports and files, an old one rarely does; with many the turns take longer. */
static int64_t next_read(const struct scan *s, const struct jvm *j)
{
	int64_t most = max_i64(NEAR_MS, (int64_t)s->njvms * NEAR_EACH_MS);
	int64_t age = s->at.wall - j->who.started_at;

	if (j->near.dump)
		return 0;
	return max_i64(min_i64(most - j->who.pid % 8 * 500, age / 4), 0);
}

void near_read(struct scan *s, struct jvm *j)
{
	struct jvm_near *n = &j->near;
	const struct dataset *old = n->kept;
	struct dataset *kept = dataset_new();
	struct arena *a = &kept->arena;
	char root[64] = "";
	struct files files = {.arena = a, .root = root};

	__atomic_store_n(&s->busy, j->who.pid, __ATOMIC_RELAXED);
	if (j->who.has_own_files)
		snprintf(root, sizeof(root), "%.30s/%" PRId64 "/root", s->dir, j->who.pid);
	counters_find(s, j);
	see_python(s, j, a);
	if (!j->is_dead) {
		see_own_files(s, j, root, a, &files);
	} else if (old) { /* what it had open is gone: what was seen of it stays */
		n->cwd = text_copy(a, n->cwd);
		keep_paths(&n->logs, FILE_LOG, a, &files);
		keep_paths(&n->dlq, FILE_DLQ, a, &files);
	}
	if (j->who.has_own_files && j->is_dead && !is_absent(n->python.pid))
		snprintf(root, sizeof(root), "%.30s/%" PRId64 "/root", s->dir, n->python.pid);
	if (is_absent(n->python.pid))
		n->python_ports.n = 0;
	else
		n->python.cwd = see_half(s, j, n->python.pid, &n->python_ports, &files);
	see_child(s, j, &files);
	n->logs = paths_of(&files, FILE_LOG, a);
	n->dlq = paths_of(&files, FILE_DLQ, a);
	files_free(&files);
	__atomic_store_n(&s->busy, 0, __ATOMIC_RELAXED);
	n->kept = kept;
	n->look = s->looks;
	dataset_unref(old);
	n->due = s->at.mono + next_read(s, j);
}

void near_memory(struct scan *s, struct jvm *j)
{
	struct jvm_near *n = &j->near;
	int64_t every = min_i64((int64_t)s->njvms * 20, MEMORY_MS);

	if (!n->group || j->is_dead || s->at.mono - n->memory_at < every)
		return;
	cgroup_memory_read(&s->mounts, n->group, &n->memory);
	n->memory_at = s->at.mono;
}
