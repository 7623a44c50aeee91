/* jvm/attach.c - a question to a JVM through its attach socket.
 *
 * The socket is there once anybody attached; before, a trigger file and SIGQUIT make the JVM open
 * it, without printing anything. Everything waits on a deadline and on the pidfd, so a JVM that
 * ends or never answers costs the limit and no more. The socket lies in a folder everybody may
 * write to: it must belong to the JVM's user, and the kernel must name the JVM as its other end. */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../include/text.h"
#include "hold.h"

enum { LOOK_EVERY_MS = 10, HEAD_MAX = 16 };

struct talk {
	const struct attach_request *ask;
	struct hold hold;
	int64_t end_ms; /* monotonic */
	int folder;     /* that holds the trigger file; its path ends with the process */
	char trigger[40];
};

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int left_ms(const struct talk *t)
{
	return (int)max_i64(0, t->end_ms - mono_ms());
}

static int ended(const struct talk *t, struct err *err)
{
	return err_set(err, ERR_MISSING, "java %lld ended while it was asked",
		       (long long)t->ask->pid);
}

static int took_too_long(const struct talk *t, const char *what, struct err *err)
{
	return err_set(err, ERR_TIMEOUT,
		       "java %lld %s for %.1f s: it hangs, or collects garbage without end; what "
		       "the kernel knows of its threads needs no answer",
		       (long long)t->ask->pid, what, t->ask->limit_ms / 1000.0);
}

/* --- what must be true before anything is sent --- */

static int may_quit(const struct talk *t, struct err *err)
{
	long long pid = (long long)t->ask->pid;

	if (jvm_has_option(t->ask->pid, "-Xrs", NULL) ||
	    jvm_has_option(t->ask->pid, "-XX:+ReduceSignalUsage", "-XX:-ReduceSignalUsage"))
		return err_set(err, ERR_REFUSED,
			       "java %lld runs with -Xrs: SIGQUIT would end it, so no thread dump "
			       "can be asked for",
			       pid);
	if (!t->hold.catches_quit)
		return err_set(err, ERR_REFUSED,
			       "java %lld has no handler for SIGQUIT (it has just begun, or runs "
			       "with -Xrs): the signal would end it, nothing was sent",
			       pid);
	return 0;
}

static int may_attach(const struct talk *t, struct err *err)
{
	const struct attach_request *r = t->ask;

	if (t->hold.state == 'T' || t->hold.state == 't')
		return err_set(err, ERR_REFUSED,
			       "java %lld is stopped (state %c) and answers nothing until it is "
			       "continued: kill -CONT %lld",
			       (long long)r->pid, t->hold.state, (long long)r->pid);
	if (geteuid() != 0 && (int64_t)geteuid() != r->uid)
		return err_set(err, ERR_REFUSED,
			       "java %lld belongs to user %lld: run `sudo -u '#%lld' sparkops` to "
			       "ask it",
			       (long long)r->pid, (long long)r->uid, (long long)r->uid);
	return 0;
}

/* --- the socket --- */

static int check_peer(const struct talk *t, int fd, struct err *err)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    (int64_t)peer.pid != t->ask->pid)
		return err_set(err, ERR_REFUSED,
			       "the attach socket of java %lld is served by another process (%lld)",
			       (long long)t->ask->pid, (long long)peer.pid);
	return 0;
}

/* A connected socket; -1 with errno: there is none (yet). */
static int dial(const struct talk *t)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/%lld/root/tmp/.java_pid%lld",
		 (long long)t->ask->pid, (long long)t->ask->ns_pid);
	if (lstat(to.sun_path, &st) < 0)
		return -1;
	if (!S_ISSOCK(st.st_mode) || (int64_t)st.st_uid != t->ask->uid) {
		errno = ENOENT;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool make_trigger_in(struct talk *t, const char *folder)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%lld/%s", (long long)t->ask->pid, folder);
	t->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(t->trigger, sizeof(t->trigger), ".attach_pid%lld", (long long)t->ask->ns_pid);
	fd = openat(t->folder, t->trigger, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd >= 0) {
		/* a JVM takes root's as well, but for the oldest */
		(void)!fchown(fd, (uid_t)t->ask->uid, (gid_t)-1);
		close(fd);
		return true;
	}
	bool is_others = errno == EEXIST; /* somebody else attaches: theirs will do */
	t->trigger[0] = '\0';
	if (t->folder >= 0)
		close(t->folder);
	t->folder = -1;
	return is_others;
}

static bool make_trigger(struct talk *t)
{
	return make_trigger_in(t, "root/tmp") || make_trigger_in(t, "cwd");
}

static void drop_trigger(struct talk *t)
{
	if (t->trigger[0])
		unlinkat(t->folder, t->trigger, 0);
	if (t->folder >= 0)
		close(t->folder);
}

/* The JVM opens its socket within some 10 ms, if it can. */
static int await_socket(struct talk *t, struct err *err)
{
	struct pollfd fds = {.fd = t->hold.pidfd, .events = POLLIN};
	int fd;

	while ((fd = dial(t)) < 0) {
		if (!left_ms(t))
			return took_too_long(t, "did not open its attach socket", err);
		if (poll(&fds, 1, (int)min_i64(LOOK_EVERY_MS, left_ms(t))) > 0)
			return ended(t, err);
	}
	return fd;
}

static int open_socket(struct talk *t, struct err *err)
{
	int fd = dial(t), rc;

	if (fd >= 0)
		return fd;
	if (errno == EAGAIN) /* it listens, but its queue is full of others who wait */
		return await_socket(t, err);
	if (jvm_has_option(t->ask->pid, "-XX:+DisableAttachMechanism",
			   "-XX:-DisableAttachMechanism"))
		return err_set(err, ERR_REFUSED,
			       "java %lld runs with -XX:+DisableAttachMechanism: it answers no "
			       "questions; SIGQUIT would make it print a dump into its own output",
			       (long long)t->ask->pid);
	rc = may_quit(t, err);
	if (rc < 0)
		return rc;
	if (!make_trigger(t))
		return err_set(err, ERR_REFUSED,
			       "no trigger file can be made for java %lld: neither its /tmp nor "
			       "its working folder can be written to",
			       (long long)t->ask->pid);
	rc = hold_signal(&t->hold, SIGQUIT, err);
	return rc < 0 ? rc : await_socket(t, err);
}

/* --- question and answer --- */

static int send_question(const struct talk *t, int fd, struct err *err)
{
	const char *words[] = {"1", t->ask->command, t->ask->arg, "", ""};
	struct buf q;
	ssize_t n;
	size_t len;

	buf_init(&q, 4096);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		buf_putn(&q, words[i], strlen(words[i]) + 1);
	n = send(fd, q.data, q.len, MSG_NOSIGNAL); /* small: goes in one piece or not at all */
	len = q.len;
	buf_release(&q);
	if (n != (ssize_t)len)
		return err_set(err, ERR_IO, "java %lld closed its attach socket",
			       (long long)t->ask->pid);
	return 0;
}

/* The first line of an answer is its result: 0, or what went wrong. */
struct reply {
	char head[HEAD_MAX];
	size_t nhead;
	bool has_head;
	struct buf *out;
};

static void take(struct reply *r, const char *p, size_t n)
{
	while (n && !r->has_head && r->nhead < HEAD_MAX - 1) {
		r->has_head = *p == '\n';
		if (!r->has_head)
			r->head[r->nhead++] = *p;
		p++;
		n--;
	}
	if (!r->has_head)
		return;
	size_t fits = min_size(n, r->out->cap - r->out->len);
	if (!buf_add(r->out, p, fits) || (fits < n && !buf_add(r->out, p + fits, n - fits)))
		r->out->is_over = true;
}

static bool has_enough(const struct reply *r)
{
	return r->out->is_over || (!r->has_head && r->nhead == HEAD_MAX - 1);
}

static int read_answer(const struct talk *t, int fd, struct reply *r, struct err *err)
{
	struct pollfd fds[2] = {
		{.fd = fd, .events = POLLIN},
		{.fd = t->hold.pidfd, .events = POLLIN},
	};
	char piece[65536];
	ssize_t n;

	while (!has_enough(r)) {
		n = recv(fd, piece, sizeof(piece), 0);
		if (n > 0) {
			take(r, piece, (size_t)n);
			continue;
		}
		if (n == 0)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return err_set(err, ERR_IO, "java %lld broke off its answer: %s",
				       (long long)t->ask->pid, strerror(errno));
		if (!left_ms(t))
			return took_too_long(t, "took the question and has not answered", err);
		if (poll(fds, 2, left_ms(t)) > 0 && !fds[0].revents && fds[1].revents)
			return ended(t, err);
	}
	return 0;
}

static int judge(const struct talk *t, const struct reply *r, struct err *err)
{
	char says[200];

	if (r->has_head && strcmp(r->head, "0") == 0)
		return 0;
	if (r->has_head && r->nhead && strspn(r->head, "-0123456789") == r->nhead) {
		text_clean_to(says, sizeof(says), r->out->data ? r->out->data : "", r->out->len);
		return err_set(err, ERR_REFUSED, "java %lld refused `%s`: %s",
			       (long long)t->ask->pid, t->ask->command, says);
	}
	return err_set(err, ERR_FORMAT, "java %lld closed the connection without an answer%s",
		       (long long)t->ask->pid,
		       geteuid() == 0 ? "" : ": it answers only its own user and group");
}

static int converse(struct talk *t, struct buf *out, struct err *err)
{
	struct reply reply = {.out = out};
	int fd = open_socket(t, err), rc;

	if (fd < 0)
		return fd;
	rc = check_peer(t, fd, err);
	if (rc == 0)
		rc = send_question(t, fd, err);
	if (rc == 0)
		rc = read_answer(t, fd, &reply, err);
	if (rc == 0)
		rc = judge(t, &reply, err);
	close(fd);
	return rc;
}

int attach_ask(const struct attach_request *r, struct buf *out, struct err *err)
{
	struct talk t = {.ask = r, .end_ms = mono_ms() + r->limit_ms, .folder = -1};
	int rc = hold_open(&t.hold, r->pid, r->start_ticks, r->uid, err);

	if (rc < 0)
		return rc;
	rc = may_attach(&t, err);
	if (rc == 0 && r->by_sigquit) {
		rc = may_quit(&t, err);
		if (rc == 0)
			rc = hold_signal(&t.hold, SIGQUIT, err);
	} else if (rc == 0) {
		rc = converse(&t, out, err);
	}
	drop_trigger(&t);
	hold_close(&t.hold);
	return rc;
}
