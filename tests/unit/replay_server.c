/* replay_server.c - see replay_server.h. A connection is served whole before the next one, but a
 * silent one is put aside. */
#include "replay_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../include/base.h"

enum { KEYS_MAX = 4096, HELD_MAX = 64, HEAD_MAX = 8192, BODY_MAX = 1 << 20 };

struct effect {
	char key[64];
	unsigned n;
};

struct replay_server {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int listener, wake[2];
	char base[64];
	struct replay_manner manner, next;
	unsigned next_left;
	struct effect effects[KEYS_MAX];
	size_t neffects;
	unsigned posts, gets, all_effects;
	int held[HELD_MAX];
	size_t nheld;
	char head[HEAD_MAX], body[BODY_MAX];
	size_t nhead, nbody;
};

static struct effect *effect_of(struct replay_server *s, const char *key, bool make)
{
	for (size_t i = 0; i < s->neffects; i++)
		if (strcmp(s->effects[i].key, key) == 0)
			return &s->effects[i];
	if (!make || s->neffects == KEYS_MAX)
		return NULL;
	snprintf(s->effects[s->neffects].key, sizeof(s->effects[0].key), "%s", key);
	return &s->effects[s->neffects++];
}

/* Reads head and body; false: the other end went away. */
static bool read_request(struct replay_server *s, int fd)
{
	char *end = NULL;
	const char *length;

	s->nhead = s->nbody = 0;
	while (!end) {
		ssize_t n = read(fd, s->head + s->nhead, HEAD_MAX - 1 - s->nhead);
		if (n <= 0)
			return false;
		s->nhead += (size_t)n;
		s->head[s->nhead] = '\0';
		end = strstr(s->head, "\r\n\r\n");
	}
	end += 4;
	s->nbody = (size_t)(s->head + s->nhead - end);
	memcpy(s->body, end, s->nbody);
	*end = '\0';
	length = strcasestr(s->head, "\r\nContent-Length:");
	size_t want = length ? strtoul(length + 17, NULL, 10) : 0;
	while (s->nbody < want && want < BODY_MAX) {
		ssize_t n = read(fd, s->body + s->nbody, want - s->nbody);
		if (n <= 0)
			return false;
		s->nbody += (size_t)n;
	}
	s->body[s->nbody] = '\0';
	return true;
}

static void say(int fd, int code, const char *headers, const char *body)
{
	char out[1024];
	int n = snprintf(out, sizeof(out),
			 "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%sConnection: "
			 "close\r\n\r\n%s",
			 code, strlen(body), headers ? headers : "", body);

	(void)!send(fd, out, (size_t)n, MSG_NOSIGNAL);
}

static void key_of(const struct replay_server *s, char *key, size_t size)
{
	const char *p = strcasestr(s->head, "\r\nIdempotency-Key:");

	snprintf(key, size, "%.*s", p ? (int)strcspn(p + 18 + (p[18] == ' '), "\r") : 0,
		 p ? p + 18 + (p[18] == ' ') : "");
}

static void take_effect(struct replay_server *s, const struct replay_manner *m)
{
	char key[64];

	key_of(s, key, sizeof(key));
	struct effect *e = effect_of(s, key, true);
	if (e)
		e->n++;
	s->all_effects++;
	FILE *f = m->append && m->file ? fopen(m->file, "ae") : NULL;
	if (f) {
		fprintf(f, "%s\n", m->append);
		fclose(f);
	}
}

/* The code to answer with. */
static int answer_post(struct replay_server *s, struct replay_manner *m)
{
	*m = s->next_left ? s->next : s->manner;
	s->next_left -= s->next_left > 0;
	if (m->has_effect)
		take_effect(s, m);
	s->posts++;
	pthread_cond_broadcast(&s->changed);
	return m->code;
}

static int answer_get(struct replay_server *s)
{
	char key[64] = "";
	bool is_there;

	s->gets++;
	if (s->manner.probe)
		return s->manner.probe;
	(void)!sscanf(s->head, "GET /replayed/%63[0-9a-f]", key);
	is_there = effect_of(s, key, false) != NULL;
	if (is_there && s->manner.late > 0) {
		s->manner.late--;
		return 404;
	}
	return is_there ? 200 : 404;
}

static void serve(struct replay_server *s, int fd)
{
	struct linger hard = {1, 0};
	struct replay_manner m = {0};
	int code;

	if (!read_request(s, fd)) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&s->lock);
	code = strncmp(s->head, "POST ", 5) == 0 ? answer_post(s, &m) : answer_get(s);
	pthread_mutex_unlock(&s->lock);
	if (code == SERVER_SILENT && s->nheld < HELD_MAX) {
		s->held[s->nheld++] = fd;
		return;
	}
	if (code == SERVER_RESETS)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	if (code > 0)
		say(fd, code, m.headers, m.says ? m.says : "ok");
	close(fd);
}

static void *run(void *data)
{
	struct replay_server *s = data;
	struct pollfd p[2] = {{.fd = s->listener, .events = POLLIN},
			      {.fd = s->wake[0], .events = POLLIN}};

	while (poll(p, 2, -1) > 0 && !p[1].revents) {
		int fd = accept(s->listener, NULL, NULL);
		if (fd >= 0)
			serve(s, fd);
	}
	for (size_t i = 0; i < s->nheld; i++)
		close(s->held[i]);
	return NULL;
}

struct replay_server *server_start(void)
{
	struct replay_server *s = xcalloc(1, sizeof(*s));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->manner = (struct replay_manner){.code = 200, .has_effect = true};
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pipe(s->wake) || bind(s->listener, (struct sockaddr *)&at, len) ||
	    listen(s->listener, 64) || getsockname(s->listener, (struct sockaddr *)&at, &len))
		BUG("the stand-in job cannot listen");
	snprintf(s->base, sizeof(s->base), "http://127.0.0.1:%d", ntohs(at.sin_port));
	pthread_create(&s->thread, NULL, run, s);
	return s;
}

void server_stop(struct replay_server *s)
{
	(void)!write(s->wake[1], "x", 1);
	pthread_join(s->thread, NULL);
	close(s->listener);
	close(s->wake[0]);
	close(s->wake[1]);
	free(s);
}

const char *server_base(const struct replay_server *s)
{
	return s->base;
}

void server_behave(struct replay_server *s, const struct replay_manner *m)
{
	pthread_mutex_lock(&s->lock);
	s->manner = *m;
	s->next_left = 0;
	pthread_mutex_unlock(&s->lock);
}

void server_behave_for(struct replay_server *s, const struct replay_manner *m, unsigned n)
{
	pthread_mutex_lock(&s->lock);
	s->next = *m;
	s->next_left = n;
	pthread_mutex_unlock(&s->lock);
}

static unsigned read_count(struct replay_server *s, const unsigned *n)
{
	pthread_mutex_lock(&s->lock);
	unsigned v = *n;
	pthread_mutex_unlock(&s->lock);
	return v;
}

unsigned server_posts(struct replay_server *s)
{
	return read_count(s, &s->posts);
}

unsigned server_gets(struct replay_server *s)
{
	return read_count(s, &s->gets);
}

unsigned server_effects(struct replay_server *s, const char *key)
{
	pthread_mutex_lock(&s->lock);
	struct effect *e = key ? effect_of(s, key, false) : NULL;
	unsigned n = key ? e ? e->n : 0 : s->all_effects;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void server_last(struct replay_server *s, char *head, size_t head_size, char *body,
		 size_t body_size)
{
	pthread_mutex_lock(&s->lock);
	snprintf(head, head_size, "%s", s->head);
	snprintf(body, body_size, "%s", s->body);
	pthread_mutex_unlock(&s->lock);
}

/* Connections are served in the order in which they were made. */
void server_fence(struct replay_server *s)
{
	static const char ask[] = "GET /replayed/0 HTTP/1.1\r\nHost: fence\r\n\r\n";
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char unused[256];

	at.sin_port = htons((uint16_t)strtol(strrchr(s->base, ':') + 1, NULL, 10));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) < 0)
		BUG("the stand-in job cannot be asked");
	while (read(fd, unused, sizeof(unused)) > 0)
		;
	close(fd);
}

void server_wait_posts(struct replay_server *s, unsigned n)
{
	pthread_mutex_lock(&s->lock);
	while (s->posts < n)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}
