/* jvm/cgroup.c - the owner by the group's name, and its memory figures. */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* cgroup v1 writes a number near 2^63 for "none". */
#define NO_LIMIT (INT64_C(1) << 60)

/* Calls take for each line, NUL-ended, cut at CGROUP_PATH * 2. */
static void each_line(const char *bytes, size_t len, void (*take)(void *data, char *line),
		      void *data)
{
	char line[CGROUP_PATH * 2];

	for (const char *end = bytes + len; bytes < end;) {
		const char *nl = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t n = (size_t)((nl ? nl : end) - bytes);

		if (n < sizeof(line)) {
			memcpy(line, bytes, n);
			line[n] = '\0';
			take(data, line);
		}
		bytes += n + 1;
	}
}

static void copy(char *out, size_t size, const char *from)
{
	if (strlen(from) < size)
		memcpy(out, from, strlen(from) + 1);
}

/* --- mounts --- */

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += len) {
		if ((at == list || at[-1] == ',') && (at[len] == '\0' || at[len] == ','))
			return true;
	}
	return false;
}

/* `31 23 0:28 ROOT MOUNT_POINT options [more] - type source superoptions` */
static void take_mount(void *data, char *line)
{
	struct cgroup_mounts *m = data;
	char *dash = strstr(line, " - "), *field[5], *kind[3], *save;
	size_t n = 0, k = 0;

	if (!dash)
		return;
	*dash = '\0';
	for (char *at = strtok_r(line, " ", &save); at && n < 5; at = strtok_r(NULL, " ", &save))
		field[n++] = at;
	for (char *at = strtok_r(dash + 3, " ", &save); at && k < 3;
	     at = strtok_r(NULL, " ", &save))
		kind[k++] = at;
	if (n < 5 || k < 3)
		return;
	if (strcmp(kind[0], "cgroup2") == 0 && !*m->v2) {
		copy(m->v2_root, sizeof(m->v2_root), field[3]);
		copy(m->v2, sizeof(m->v2), field[4]);
	} else if (strcmp(kind[0], "cgroup") == 0 && has_word(kind[2], "memory") && !*m->v1) {
		copy(m->v1_root, sizeof(m->v1_root), field[3]);
		copy(m->v1, sizeof(m->v1), field[4]);
	}
}

void cgroup_mounts_parse(const char *bytes, size_t len, struct cgroup_mounts *out)
{
	memset(out, 0, sizeof(*out));
	each_line(bytes, len, take_mount, out);
}

void cgroup_mounts_read(const struct proc *p, struct cgroup_mounts *out)
{
	ssize_t len;
	char *bytes = proc_read_all(p, (int64_t)getpid(), "mountinfo", 1 << 20, &len);

	cgroup_mounts_parse(bytes ? bytes : "", bytes ? (size_t)len : 0, out);
	free(bytes);
}

/* --- the owner --- */

/* The 64 hex digits of a container in a part such as `docker-3f...e1.scope`; its first twelve are
 * what the tools print. */
static bool take_container(const char *part, size_t len, struct cgroup_place *out)
{
	size_t run = 0;

	for (size_t i = 0; i < len; i++) {
		run = strchr("0123456789abcdef", part[i]) && part[i] ? run + 1 : 0;
		if (run == 64) {
			memcpy(out->name, part + i - 63, 12);
			out->name[12] = '\0';
			out->owner = OWNER_CONTAINER;
			return true;
		}
	}
	return false;
}

/* `pod8f3e...` or `kubepods-burstable-pod8f3e_....slice`; systemd writes - as _ in names. */
static bool take_pod(const char *part, size_t len, struct cgroup_place *out)
{
	const char *dash = memrchr(part, '-', len), *pod = part;
	size_t n = 0;

	if (dash && memcmp(part, "kubepods-", min_size(len, 9)) == 0)
		pod = dash + 1;
	len -= (size_t)(pod - part);
	if (len < 3 + 32 || memcmp(pod, "pod", 3) != 0)
		return false;
	for (pod += 3, len -= 3; n < len && strchr("0123456789abcdef-_", pod[n]); n++)
		out->name[min_size(n, CGROUP_NAME - 1)] = pod[n] == '_' ? '-' : pod[n];
	if (n < 32 || n >= CGROUP_NAME || (n < len && pod[n] != '.'))
		return false;
	out->name[n] = '\0';
	out->owner = OWNER_POD;
	return true;
}

/* Units whose processes are somebody else's work: starting the unit again starts no job. */
static bool is_launcher(const char *name)
{
	static const char *const names[] = {"ssh",     "sshd",       "cron",     "crond",
					    "atd",     "anacron",    "docker",   "containerd",
					    "kubelet", "supervisor", "podman",   "dbus",
					    "crio",    "init",       "rc-local", NULL};
	size_t len = strcspn(name, ".@");

	for (const char *const *n = names; *n; n++) {
		if (strlen(*n) == len && memcmp(*n, name, len) == 0)
			return true;
	}
	return false;
}

static void take_unit(const char *part, size_t len, bool is_user, struct cgroup_place *out)
{
	if (len <= 8 || len >= sizeof(out->name) || memcmp(part + len - 8, ".service", 8) != 0)
		return;
	if (memcmp(part, "user@", 5) == 0 || is_launcher(part)) {
		out->owner = OWNER_NONE;
		out->name[0] = '\0';
		return;
	}
	memcpy(out->name, part, len);
	out->name[len] = '\0';
	out->owner = OWNER_SYSTEMD;
	out->is_user_unit = is_user;
}

/* Parts are read from the root and the inner one wins, but a unit inside a container is none of
 * this host, and a pod's container is the pod's: the order of enum jvm_owner. */
static void take_owner(const char *path, struct cgroup_place *out)
{
	bool is_user = false;

	for (const char *part = path; *part;) {
		size_t len = strcspn(part, "/");
		struct cgroup_place found = {.owner = OWNER_NONE};

		if (len > 10 && memcmp(part, "container_", 10) == 0 && len < sizeof(found.name)) {
			memcpy(found.name, part, len);
			found.owner = OWNER_YARN;
		} else if (!take_pod(part, len, &found) && !take_container(part, len, &found)) {
			take_unit(part, len, is_user, &found);
		}
		if (found.owner != OWNER_NONE && found.owner >= out->owner) {
			out->owner = found.owner;
			out->is_user_unit = found.is_user_unit;
			memcpy(out->name, found.name, sizeof(out->name));
		}
		is_user = is_user || (len > 5 && memcmp(part, "user@", 5) == 0);
		part += len;
		part += strspn(part, "/");
	}
}

/* `0::/path` or `4:memory:/path` */
static void take_place(void *data, char *line)
{
	struct cgroup_place *out = data;
	char *controllers = strchr(line, ':'), *path;
	int owner = out->owner;

	if (!controllers || !(path = strchr(controllers + 1, ':')))
		return;
	*path++ = '\0';
	controllers++;
	if (*controllers == '\0')
		copy(out->v2, sizeof(out->v2), path);
	else if (has_word(controllers, "memory"))
		copy(out->v1, sizeof(out->v1), path);
	if (owner == OWNER_NONE) /* the same of all hierarchies, if any */
		take_owner(path, out);
}

void cgroup_place_parse(const char *bytes, size_t len, struct cgroup_place *out)
{
	memset(out, 0, sizeof(*out));
	each_line(bytes, len, take_place, out);
}

/* --- memory --- */

static ssize_t read_file(const char *dir, const char *name, char *out, size_t size)
{
	char path[CGROUP_PATH * 2 + 64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, out, size - 1);
	close(fd);
	out[n < 0 ? 0 : n] = '\0';
	return n;
}

static int64_t read_number(const char *dir, const char *name)
{
	char text[64], *end;
	int64_t v;

	if (read_file(dir, name, text, sizeof(text)) <= 0)
		return ABSENT;
	v = strtoll(text, &end, 10);
	return end == text || v < 0 || v >= NO_LIMIT ? ABSENT : v;
}

/* The number behind `key ` at the beginning of a line. */
static int64_t read_key(const char *dir, const char *name, const char *key)
{
	char text[4096];
	size_t len = strlen(key);

	if (read_file(dir, name, text, sizeof(text)) <= 0)
		return ABSENT;
	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, key, len) == 0 && at[len] == ' ')
			return strtoll(at + len, NULL, 10);
	}
	return ABSENT;
}

/* The folder of a group; a path may be relative to another group than the one mounted here. */
static bool folder_of(const char *mount, const char *root, const char *path, char *out, size_t size)
{
	size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (!*mount || !*path || strstr(path, "/.."))
		return false;
	if (n && strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0'))
		path += n;
	return snprintf(out, size, "%s%s", mount, strcmp(path, "/") == 0 ? "" : path) < (int)size;
}

/* The smallest limit from the group up to the mount. */
static int64_t limit_of(char *dir, size_t mount_len, const char *name)
{
	int64_t limit = ABSENT;

	for (;;) {
		int64_t v = read_number(dir, name);
		char *slash = strrchr(dir, '/');

		if (!is_absent(v) && (is_absent(limit) || v < limit))
			limit = v;
		if (!slash || (size_t)(slash - dir) < mount_len)
			return limit;
		*slash = '\0';
	}
}

void cgroup_memory_read(const struct cgroup_mounts *m, const struct cgroup_place *place,
			struct cgroup_memory *out)
{
	char dir[CGROUP_PATH * 2];

	*out = (struct cgroup_memory){ABSENT, ABSENT, ABSENT};
	if (folder_of(m->v1, m->v1_root, place->v1, dir, sizeof(dir))) {
		out->used = read_number(dir, "memory.usage_in_bytes");
		out->oom_kills = read_key(dir, "memory.oom_control", "oom_kill");
		out->limit = limit_of(dir, strlen(m->v1), "memory.limit_in_bytes");
	} else if (folder_of(m->v2, m->v2_root, place->v2, dir, sizeof(dir))) {
		out->used = read_number(dir, "memory.current");
		out->oom_kills = read_key(dir, "memory.events", "oom_kill");
		out->limit = limit_of(dir, strlen(m->v2), "memory.max");
	}
}
