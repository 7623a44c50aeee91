/* action/replay_lock.c - one replay at a time on a dead-letter folder, also between ledgers.
 *
 * flock() on the folder itself writes nothing and ends with its holder, whatever kills it. It says
 * nothing about the past: for that, the other ledgers of this host that we may read are asked
 * whether they hold attempts from this folder: those in the usual places, and those of consoles
 * that run with a --state-dir of their own. A ledger that is closed to us, or lies where nobody
 * runs any more, stays unknown, as the man page says (HOOKS): a trace in the folder itself would be
 * written into what is not ours, one in another state folder than the given is written nowhere. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../jvm/proc.h"
#include "replay.h"
#include "victim_look.h"

enum { LINE_MAX_BYTES = 1 << 16 };

/* Who holds it, from /proc/locks: `7: FLOCK  ADVISORY  WRITE 4711 08:01:131085 0 EOF`. */
static long holder_of(const struct stat *st)
{
	FILE *f = fopen("/proc/locks", "re");
	char line[256];
	long pid = 0;

	while (f && !pid && fgets(line, sizeof(line), f)) {
		unsigned major, minor;
		unsigned long inode;
		long holder;
		if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &holder, &major, &minor,
			   &inode) == 4 &&
		    makedev(major, minor) == st->st_dev && inode == st->st_ino)
			pid = holder;
	}
	if (f)
		fclose(f);
	return pid;
}

static int say_held(const char *folder, int fd, struct err *err)
{
	char path[64], who[32] = "";
	struct stat st, process;
	long pid = fstat(fd, &st) == 0 ? holder_of(&st) : 0;
	struct passwd entry, *found = NULL;
	char names[2048];

	if (pid > 0)
		snprintf(who, sizeof(who), " (process %ld)", pid);
	snprintf(path, sizeof(path), "/proc/%ld", pid);
	if (pid > 0 && stat(path, &process) == 0)
		(void)getpwuid_r(process.st_uid, &entry, names, sizeof(names), &found);
	return err_set(err, ERR_REFUSED,
		       "another sparkops%s%s%s replays from %.180s now; one at a time, try again "
		       "when it has ended",
		       who, found ? " of " : "", found ? found->pw_name : "", folder);
}

int replay_lock(const char *folder, int *fd, struct err *err)
{
	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return err_set(err, ERR_REFUSED, "%.200s cannot be opened: %s", folder,
			       strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0 || errno == ENOLCK || errno == EOPNOTSUPP)
		return 0; /* where there are no locks the ledger alone keeps order */
	int rc = errno == EWOULDBLOCK ? say_held(folder, *fd, err)
				      : err_set(err, ERR_REFUSED, "%.200s cannot be locked: %s",
						folder, strerror(errno));
	close(*fd);
	*fd = -1;
	return rc;
}

static bool is_from(const struct ledger_attempt *t, const char *folder)
{
	size_t n = strlen(folder);

	return t->id && t->file && !strncmp(t->file, folder, n) && t->file[n] == '/';
}

/* What the ledger of that state folder has to do with the folder; NULL: nothing. */
static const char *attempts_in(const char *state, const char *folder, struct arena *a)
{
	struct ledger_list known;
	const char *says = NULL;
	size_t n = 0;
	struct ledger *l = ledger_open(state, true, NULL);

	if (!l)
		return NULL;
	if (ledger_states(l, NULL, a, &known, NULL) == 0)
		for (size_t i = 0; i < known.n; i++)
			n += is_from(&known.v[i], folder);
	if (n)
		says = arena_printf(a,
				    "another ledger, %s/ledger.db, knows %zu entr%s of this "
				    "folder: what was replayed there is not seen here",
				    state, n, n == 1 ? "y" : "ies");
	ledger_close(l);
	return says;
}

static bool is_same_folder(const char *a, const char *b)
{
	struct stat x, y;

	return b && stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

static const char *state_of_user(uid_t uid, struct arena *a)
{
	struct passwd entry, *found = NULL;
	char names[4096];

	if (getpwuid_r(uid, &entry, names, sizeof(names), &found) || !found)
		return NULL;
	return arena_printf(a, "%s/.local/state/sparkops", found->pw_dir);
}

/* --- ledgers of those that run --- */

/* Of a command line the value of --state-dir; NULL: it has none. */
static const char *state_option(const char *line, size_t len)
{
	static const char option[] = "--state-dir";
	const size_t n = sizeof(option) - 1;

	for (const char *word = line; word < line + len; word += strlen(word) + 1) {
		if (strncmp(word, option, n) != 0)
			continue;
		if (word[n] == '=')
			return word + n + 1;
		if (word[n] == '\0' && word + n + 1 < line + len)
			return word + n + 1;
	}
	return NULL;
}

/* What it names is opened: so not the one of whoever calls himself so. */
static bool is_our_sparkops(int64_t pid)
{
	struct proc_status status;
	char name[16], text[4096];
	ssize_t len;

	if (proc_read(sight_proc(), pid, "comm", name, sizeof(name)) < 0 ||
	    strncmp(name, "sparkops", 8) != 0)
		return false;
	len = proc_read(sight_proc(), pid, "status", text, sizeof(text));
	return len > 0 && proc_status_parse(text, &status) && status.uid == (int64_t)geteuid();
}

/* The folder that a sparkops was started with; NULL: it is none, or has none of its own. */
static const char *state_of_process(int64_t pid, struct arena *a)
{
	const char *dir = NULL;
	char folder[4096], *line;
	ssize_t len;

	if (!is_our_sparkops(pid))
		return NULL;
	line = proc_read_all(sight_proc(), pid, "cmdline", LINE_MAX_BYTES, &len);
	if (line)
		dir = state_option(line, (size_t)len);
	if (dir && *dir == '/')
		dir = arena_strdup(a, dir);
	else if (dir && proc_link(sight_proc(), pid, "cwd", folder, sizeof(folder)) > 0)
		dir = arena_printf(a, "%s/%s", folder, dir);
	else
		dir = NULL;
	free(line);
	return dir;
}

static const char *ask_running(const char *folder, const char *state_dir, struct arena *a)
{
	struct proc_list list = {0};
	const char *says = NULL;
	struct err err;

	if (proc_pids(sight_proc(), &list, &err) < 0)
		list.n = 0;
	for (size_t i = 0; i < list.n && !says; i++) {
		const char *dir = list.v[i] == getpid() ? NULL : state_of_process(list.v[i], a);
		if (dir && !is_same_folder(dir, state_dir))
			says = attempts_in(dir, folder, a);
	}
	free(list.v);
	return says;
}

const char *replay_others(const char *folder, const char *state_dir, struct arena *a)
{
	const char *home = getenv("XDG_STATE_HOME"), *says = NULL;
	const char *places[5] = {"/var/lib/sparkops"};
	struct stat st;
	size_t n = 1;

	if (home && *home == '/')
		places[n++] = arena_printf(a, "%s/sparkops", home);
	places[n++] = state_of_user(geteuid(), a);
	places[n++] = stat(folder, &st) == 0 ? state_of_user(st.st_uid, a) : NULL;
	for (size_t i = 0; i < n && !says; i++)
		if (places[i] && !is_same_folder(places[i], state_dir))
			says = attempts_in(places[i], folder, a);
	return says ? says : ask_running(folder, state_dir, a);
}
