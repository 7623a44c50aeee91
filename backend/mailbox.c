/* mailbox.c - a ring of requests behind one mutex, and a uv_async_t to wake the loop.
 *
 * DESIGN. uv_async_send is a doorbell, not a queue: many sends become one wake-up, so the callback
 * drains the ring to its end every time. The ring is bounded; who finds it full is told so and may
 * ask again, instead of the loop being buried. The mutex is held for one copy; the doorbell is rung
 * under it, so that it cannot be rung after it was taken down. */
#include "mailbox.h"

#include <pthread.h>
#include <stdlib.h>

enum { SLOTS = 64 };

struct mailbox {
	pthread_mutex_t lock;
	uv_async_t bell;
	struct request ring[SLOTS];
	size_t first, n;
	bool is_refusing; /* stop was asked for */
	bool is_closed;   /* the bell is gone */
	mailbox_fn *take;
	mailbox_stop_fn *stop;
	void *data;
};

static bool take_one(struct mailbox *m, struct request *out)
{
	bool has_one;

	pthread_mutex_lock(&m->lock);
	has_one = m->n > 0;
	if (has_one) {
		*out = m->ring[m->first];
		m->first = (m->first + 1) % SLOTS;
		m->n--;
	}
	pthread_mutex_unlock(&m->lock);
	return has_one;
}

static void on_bell(uv_async_t *bell)
{
	struct mailbox *m = CONTAINER_OF(bell, struct mailbox, bell);
	struct request r;
	bool is_end;

	pthread_mutex_lock(&m->lock);
	is_end = m->is_refusing && !m->is_closed;
	pthread_mutex_unlock(&m->lock);
	if (is_end) {
		m->stop(m->data);
		return;
	}
	while (take_one(m, &r))
		m->take(m->data, &r);
}

struct mailbox *mailbox_new(uv_loop_t *loop, mailbox_fn *take, mailbox_stop_fn *stop, void *data)
{
	struct mailbox *m = xcalloc(1, sizeof(*m));

	pthread_mutex_init(&m->lock, NULL);
	m->take = take;
	m->stop = stop;
	m->data = data;
	if (uv_async_init(loop, &m->bell, on_bell))
		BUG("no descriptor left for the mailbox");
	return m;
}

int mailbox_put(struct mailbox *m, const struct request *r, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&m->lock);
	if (m->is_refusing) {
		rc = err_set(err, ERR_REFUSED, "the program is ending");
	} else if (m->n == SLOTS) {
		rc = err_set(err, ERR_LIMIT, "%d requests wait already; try again", SLOTS);
	} else {
		m->ring[(m->first + m->n++) % SLOTS] = *r;
		uv_async_send(&m->bell);
	}
	pthread_mutex_unlock(&m->lock);
	return rc;
}

void mailbox_ask_stop(struct mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	m->is_refusing = true;
	if (!m->is_closed)
		uv_async_send(&m->bell);
	pthread_mutex_unlock(&m->lock);
}

void mailbox_close(struct mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	m->is_refusing = m->is_closed = true;
	pthread_mutex_unlock(&m->lock);
	uv_close((uv_handle_t *)&m->bell, NULL);
}

void mailbox_free(struct mailbox *m)
{
	pthread_mutex_destroy(&m->lock);
	free(m);
}
