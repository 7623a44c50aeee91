/* jvm/proc.c - reading /proc: files, links, and which processes there are. */
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 + 64, READ_STEP = 16384 };

static int64_t boot_time(void)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return ((int64_t)wall.tv_sec - boot.tv_sec) * 1000 +
	       (wall.tv_nsec - boot.tv_nsec) / 1000000;
}

int proc_open(struct proc *p, const char *dir, struct err *err)
{
	memset(p, 0, sizeof(*p));
	p->dir = dir;
	p->self_uid = (int64_t)geteuid();
	p->tick_hz = sysconf(_SC_CLK_TCK);
	p->page_size = sysconf(_SC_PAGESIZE);
	p->boot_at = boot_time();
	p->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->fd < 0)
		return err_set(err, ERR_MISSING,
			       "%s cannot be read (%s): the processes of this host are not seen",
			       dir, strerror(errno));
	return 0;
}

void proc_close(struct proc *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static const char *path_of(char path[static PATH_SIZE], int64_t pid, const char *name)
{
	snprintf(path, PATH_SIZE, "%" PRId64 "/%s", pid, name);
	return path;
}

int proc_open_at(const struct proc *p, int64_t pid, const char *name, int flags)
{
	char path[PATH_SIZE];
	int fd = openat(p->fd, path_of(path, pid, name), flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

ssize_t proc_read(const struct proc *p, int64_t pid, const char *name, char *out, size_t size)
{
	int fd = proc_open_at(p, pid, name, O_RDONLY);
	size_t len = 0;
	ssize_t n = 0;

	out[0] = '\0';
	if (fd < 0)
		return fd;
	while (len + 1 < size) {
		n = read(fd, out + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		/* a short read is the end of these files; /proc/PID/stat and its like come whole */
		if (len + 1 < size && n < 512)
			break;
	}
	if (n < 0 && !len)
		n = -errno;
	else
		n = (ssize_t)len;
	close(fd);
	out[n < 0 ? 0 : n] = '\0';
	return n;
}

char *proc_read_all(const struct proc *p, int64_t pid, const char *name, size_t max, ssize_t *len)
{
	int fd = proc_open_at(p, pid, name, O_RDONLY);
	size_t size = 0, used = 0;
	char *bytes = NULL;
	ssize_t n;

	*len = fd;
	if (fd < 0)
		return NULL;
	do {
		if (size - used < READ_STEP + 1) {
			size += 2 * READ_STEP + size;
			bytes = xrealloc(bytes, size);
		}
		n = read(fd, bytes + used, min_size(READ_STEP, max - used));
		if (n > 0)
			used += (size_t)n;
	} while ((n > 0 && used < max) || (n < 0 && errno == EINTR));
	*len = n < 0 && !used ? -errno : (ssize_t)used;
	close(fd);
	bytes[used] = '\0';
	if (*len < 0) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

ssize_t proc_link(const struct proc *p, int64_t pid, const char *name, char *out, size_t size)
{
	char path[PATH_SIZE];
	ssize_t n = readlinkat(p->fd, path_of(path, pid, name), out, size - 1);

	out[n < 0 ? 0 : n] = '\0';
	return n < 0 ? -errno : n;
}

uint64_t proc_link_inode(const char *link)
{
	const char *at = strchr(link, '[');

	return at ? strtoull(at + 1, NULL, 10) : 0;
}

static void list_add(struct proc_list *list, int32_t pid)
{
	if (list->n == list->size) {
		list->size = list->size ? list->size * 2 : 256;
		list->v = xrealloc(list->v, list->size * sizeof(*list->v));
	}
	list->v[list->n++] = pid;
}

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static int32_t pid_of_name(const char *name)
{
	int64_t pid = 0;

	for (; *name >= '0' && *name <= '9' && pid < INT32_MAX; name++)
		pid = pid * 10 + (*name - '0');
	return *name || pid > INT32_MAX ? 0 : (int32_t)pid;
}

int proc_pids(const struct proc *p, struct proc_list *list, struct err *err)
{
	int fd = openat(p->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool is_sorted = true;

	list->n = 0;
	if (!dir) {
		int code = err_set(err, ERR_IO, "%s cannot be listed: %s", p->dir, strerror(errno));
		if (fd >= 0)
			close(fd);
		return code;
	}
	for (const struct dirent *d; (d = readdir(dir));) {
		int32_t pid = pid_of_name(d->d_name);

		if (pid <= 0)
			continue;
		is_sorted = is_sorted && (!list->n || list->v[list->n - 1] < pid);
		list_add(list, pid);
	}
	closedir(dir);
	if (!is_sorted)
		qsort(list->v, list->n, sizeof(*list->v), by_number);
	return 0;
}
