/* jvm/proc_stat.c - /proc/PID/stat and /proc/PID/status. The command's name in stat may hold blanks
 * and brackets, so its fields are counted from the last `)`. */
#include "proc.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of the fields as in proc(5). */
enum {
	FIELD_STATE = 3,
	FIELD_PPID = 4,
	FIELD_FLAGS = 9,
	FIELD_UTIME = 14,
	FIELD_STIME = 15,
	FIELD_THREADS = 20,
	FIELD_START = 22,
	FIELD_RSS = 24,
	FIELD_EXIT = 52,
};

static void take_field(struct proc_stat *s, int field, const char *at)
{
	int64_t v = field == FIELD_STATE ? 0 : strtoll(at, NULL, 10);

	switch (field) {
	case FIELD_STATE:
		s->state = (unsigned char)*at;
		break;
	case FIELD_PPID:
		s->ppid = v;
		break;
	case FIELD_FLAGS:
		s->flags = (uint64_t)v;
		break;
	case FIELD_UTIME:
	case FIELD_STIME:
		s->cpu_ticks += max_i64(min_i64(v, INT64_MAX / 4), 0);
		break;
	case FIELD_THREADS:
		s->threads = v;
		break;
	case FIELD_START:
		s->start_ticks = max_i64(v, 0);
		break;
	case FIELD_RSS:
		s->rss_pages = max_i64(min_i64(v, INT64_MAX >> 20), 0);
		break;
	case FIELD_EXIT:
		s->wait_status = v;
		break;
	default:
		break;
	}
}

/* bytes are followed by a NUL. */
bool proc_stat_parse(const char *bytes, size_t len, struct proc_stat *out)
{
	const char *open = memchr(bytes, '(', len), *close = memrchr(bytes, ')', len);
	int field = FIELD_STATE;
	size_t n;

	memset(out, 0, sizeof(*out));
	out->wait_status = ABSENT;
	if (!open || !close || close < open || memchr(bytes, '\0', len))
		return false;
	out->pid = strtoll(bytes, NULL, 10);
	n = min_size((size_t)(close - open) - 1, sizeof(out->comm) - 1);
	memcpy(out->comm, open + 1, n);
	for (const char *at = close + 1; *at == ' '; field++) {
		at++;
		take_field(out, field, at);
		at += strcspn(at, " ");
	}
	return out->pid > 0 && field > FIELD_RSS;
}

bool proc_stat(const struct proc *p, int64_t pid, struct proc_stat *out)
{
	char bytes[1024];
	ssize_t n = proc_read(p, pid, "stat", bytes, sizeof(bytes));

	return n > 0 && proc_stat_parse(bytes, (size_t)n, out) && out->pid == pid;
}

int64_t proc_exit_code(int64_t wait_status)
{
	int64_t signal = wait_status & 0x7f;

	return signal ? 128 + signal : (wait_status >> 8) & 0xff;
}

/* The value of a line `Name:\tvalue`, or NULL. */
static const char *line_of(const char *bytes, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = bytes; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, len) == 0)
			return at + len;
	}
	return NULL;
}

bool proc_status_parse(const char *bytes, struct proc_status *out)
{
	const char *uid = line_of(bytes, "Uid:\t"), *ns = line_of(bytes, "NSpid:\t");
	char *end;

	out->ns_pid = ABSENT;
	if (!uid)
		return false;
	(void)strtoll(uid, &end, 10); /* the real one */
	out->uid = strtoll(end, &end, 10);
	while (ns && *ns != '\n' && *ns) {
		int64_t v = strtoll(ns, &end, 10);

		if (end == ns)
			break;
		out->ns_pid = v;
		ns = end;
	}
	return true;
}
