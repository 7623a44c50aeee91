/* jvm/python.c - is a process a Python, and does it run Spark? The second question comes up for a
 * dead JVM that nobody saw alive: a zombie has no arguments any more, but its Python has. */
#include "python.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

enum { LINK_SIZE = 4096, LINE_MAX_BYTES = 1 << 16, SCRIPT_MAX = 1 << 18 };

static bool is_python_name(const char *name)
{
	return strncmp(name, "python", 6) == 0 || strncmp(name, "pypy", 4) == 0;
}

bool python_is(const struct proc *p, int64_t pid)
{
	char exe[LINK_SIZE];
	const char *slash;
	struct proc_stat stat;

	if (pid <= 1)
		return false;
	if (proc_link(p, pid, "exe", exe, sizeof(exe)) > 0) {
		slash = strrchr(exe, '/');
		return is_python_name(slash ? slash + 1 : exe);
	}
	if (!proc_stat(p, pid, &stat) || stat.state == 'Z')
		return false;
	if (is_python_name(stat.comm))
		return true;
	/* a script started by its own name is named after the script */
	if (proc_read(p, pid, "cmdline", exe, sizeof(exe)) <= 0)
		return false;
	slash = strrchr(exe, '/');
	return is_python_name(slash ? slash + 1 : exe);
}

static bool file_says(const struct proc *p, int64_t pid, const char *name, const char *what)
{
	ssize_t len;
	char *bytes = proc_read_all(p, pid, name, SCRIPT_MAX, &len);
	bool is_there = bytes && memmem(bytes, (size_t)len, what, strlen(what));

	free(bytes);
	return is_there;
}

/* Regular files only: a FIFO would be waited for. */
static bool script_says_spark(const struct proc *p, int64_t pid, const char *script)
{
	char name[LINK_SIZE + 8];
	bool is_file;
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%s/%s", *script == '/' ? "root" : "cwd", script);
	fd = proc_open_at(p, pid, name, O_PATH);
	if (fd < 0)
		return false;
	is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	close(fd);
	return is_file && file_says(p, pid, name, "pyspark");
}

bool python_runs_spark(const struct proc *p, int64_t pid)
{
	struct arena a;
	ssize_t len;
	char *line = proc_read_all(p, pid, "cmdline", LINE_MAX_BYTES, &len);
	const struct text *script;
	bool it_does;

	arena_init(&a);
	script = line ? command_script(&a, line, (size_t)len) : NULL;
	it_does = (line && memmem(line, (size_t)len, "spark", 5)) ||
		  file_says(p, pid, "environ", "SPARK_") ||
		  (script && script_says_spark(p, pid, text_str(script)));
	arena_release(&a);
	free(line);
	return it_does;
}
