/* store/who.c - see who.h. A pid alone names nobody: it is used again, after a boot and inside
 * another container it means another process. */
#include "who.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../jvm/proc.h"

enum { OUT_OF_SIGHT_MS = 3600000 };

static const int64_t nobody = 0xffffffff; /* login uid of what nobody logged in for */

/* The first bytes of a file, NUL behind them; their number. */
static size_t read_some(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void read_line(const char *path, char *out, size_t size)
{
	read_some(path, out, size);
	out[strcspn(out, "\n")] = '\0';
}

static void look_boot(char *out, size_t size)
{
	char id[48], ns[40];
	ssize_t n = readlink("/proc/self/ns/pid", ns, sizeof(ns) - 1);

	ns[n > 0 ? n : 0] = '\0';
	read_line("/proc/sys/kernel/random/boot_id", id, sizeof(id));
	snprintf(out, size, "%s %s", id, ns);
}

/* False: there is no such process, or only what is left of it. */
static bool look_start(int64_t pid, int64_t *start_ticks)
{
	char path[64], bytes[1024];
	struct proc_stat st;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	if (!proc_stat_parse(bytes, read_some(path, bytes, sizeof(bytes)), &st) ||
	    st.state == 'Z' || st.state == 'X')
		return false;
	*start_ticks = st.start_ticks;
	return true;
}

static void look_user(struct who *w)
{
	char names[4096];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(geteuid(), &entry, names, sizeof(names), &found) == 0 && found != NULL)
		snprintf(w->user, sizeof(w->user), "%s", found->pw_name);
	else
		snprintf(w->user, sizeof(w->user), "uid %u", (unsigned)geteuid());
}

void who_look(struct who *w)
{
	const char *client = getenv("SSH_CONNECTION");
	char login[32];

	memset(w, 0, sizeof(*w));
	w->uid = (int64_t)geteuid();
	read_line("/proc/self/loginuid", login, sizeof(login));
	w->login_uid = login[0] == '\0' ? ABSENT : strtoll(login, NULL, 10);
	if (w->login_uid == nobody)
		w->login_uid = ABSENT;
	w->pid = (int64_t)getpid();
	if (!look_start(w->pid, &w->start_ticks))
		w->start_ticks = ABSENT;
	look_user(w);
	if (gethostname(w->host, sizeof(w->host) - 1) != 0)
		w->host[0] = '\0';
	for (int fd = 0; fd < 3 && w->tty[0] == '\0'; fd++)
		if (ttyname_r(fd, w->tty, sizeof(w->tty)) != 0)
			w->tty[0] = '\0';
	if (client == NULL)
		client = getenv("SSH_CLIENT");
	snprintf(w->client, sizeof(w->client), "%s", client == NULL ? "" : client);
	look_boot(w->boot, sizeof(w->boot));
}

bool who_is_gone(int64_t pid, int64_t start_ticks, const char *boot, int64_t at)
{
	char now[96];
	size_t id;
	int64_t start;

	look_boot(now, sizeof(now));
	id = strcspn(now, " ");
	if (boot == NULL || is_absent(pid) || strncmp(boot, now, id + 1) != 0)
		return true;
	if (strcmp(boot, now) != 0)
		return clock_wall(&clock_real) - at > OUT_OF_SIGHT_MS;
	return !look_start(pid, &start) || start != start_ticks;
}
