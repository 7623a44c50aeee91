/* log.c - a ring of the last lines and, if one was named, a file. A line is cleaned before it is
 * kept, so neither the file nor the messages view can carry a control sequence. */
#include "../include/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../include/clock.h"
#include "../include/text.h"

enum { KEPT_LINES = 512, LINE_BYTES = 400 };

struct kept {
	uint64_t seq;
	int64_t at;
	enum log_level level;
	char message[LINE_BYTES];
};

static struct {
	pthread_mutex_t lock;
	int fd;
	uint64_t seq;
	struct kept ring[KEPT_LINES];
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	return names[level];
}

int log_open(const char *path, struct err *err)
{
	if (!path)
		return 0;
	sink.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
	if (sink.fd < 0)
		return err_set(err, ERR_IO, "log file %s: %s; name a file you may write", path,
			       strerror(errno));
	return 0;
}

void log_close(void)
{
	if (sink.fd >= 0)
		close(sink.fd);
	sink.fd = -1;
}

static void write_line(const struct kept *k)
{
	char stamp[32], line[LINE_BYTES + 64];
	int len;

	clock_rfc3339(k->at, stamp);
	len = snprintf(line, sizeof(line), "%s %-5s %s\n", stamp, log_level_name(k->level),
		       k->message);
	/* A full disk must not end the program; the line is still in the ring. */
	if (len > 0 && write(sink.fd, line, (size_t)len) < 0)
		return;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	char raw[LINE_BYTES];
	struct kept *k;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&sink.lock);
	k = &sink.ring[sink.seq % KEPT_LINES];
	k->seq = ++sink.seq;
	k->at = clock_wall(&clock_real);
	k->level = level;
	text_clean_to(k->message, sizeof(k->message), raw, strlen(raw));
	if (sink.fd >= 0)
		write_line(k);
	pthread_mutex_unlock(&sink.lock);
}

size_t log_tail(struct arena *a, size_t max, const struct log_line **lines)
{
	struct log_line *out;
	size_t n;

	pthread_mutex_lock(&sink.lock);
	n = min_size(max, min_size((size_t)sink.seq, KEPT_LINES));
	out = ARENA_ARRAY(a, struct log_line, n ? n : 1);
	for (size_t i = 0; i < n; i++) {
		const struct kept *k = &sink.ring[(sink.seq - n + i) % KEPT_LINES];

		out[i] = (struct log_line){k->seq, k->at, k->level, arena_strdup(a, k->message)};
	}
	pthread_mutex_unlock(&sink.lock);
	*lines = out;
	return n;
}
