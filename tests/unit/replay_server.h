/* replay_server.h - a job that takes replays over HTTP on loopback, with a log of what really
 * happened: POST /replay/... has an effect under its Idempotency-Key, GET /replayed/KEY says
 * whether it had. It answers as it is told, whatever happened. One thread; calls
 * from any thread. */
#ifndef SPARKOPS_TESTS_REPLAY_SERVER_H
#define SPARKOPS_TESTS_REPLAY_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct replay_server;

enum { SERVER_CLOSES = 0, SERVER_SILENT = -1, SERVER_RESETS = -2 };
struct replay_manner {
	int code;            /* of a POST; or SERVER_... */
	bool has_effect;     /* before it answers */
	const char *headers; /* more of them, each with CR LF; NULL */
	const char *says;    /* the body; NULL: ok */
	int probe;           /* code of GET, 0: the truth (200, 404) */
	int late;            /* GETs that say missing though it is done */
	const char *append;  /* with an effect, this line is appended ... */
	const char *file;    /* ... to this file, with a newline; NULL */
};

struct replay_server *server_start(void);
void server_stop(struct replay_server *s);
const char *server_base(const struct replay_server *s); /* without a trailing slash */
/* From the next request on; strings are borrowed. At first: 200 with an effect, the truth. */
void server_behave(struct replay_server *s, const struct replay_manner *m);
/* Only the next n POSTs go like this, then as before. */
void server_behave_for(struct replay_server *s, const struct replay_manner *m, unsigned n);
unsigned server_posts(struct replay_server *s);
unsigned server_gets(struct replay_server *s);
unsigned server_effects(struct replay_server *s, const char *key); /* NULL: of all keys */
/* The last POST: its head and body, NUL-terminated. */
void server_last(struct replay_server *s, char *head, size_t head_size, char *body,
		 size_t body_size);
/* Every request that was sent before this is over. */
void server_fence(struct replay_server *s);
void server_wait_posts(struct replay_server *s, unsigned n);

#endif
