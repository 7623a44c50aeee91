/* orders.c - see orders.h. */
#include "orders.h"

#include <stdio.h>
#include <string.h>

#include "heap.h"
#include "order.h"
#include "world.h"
#include "writer.h"

#define LINE_BYTES 4096

struct orders {
	struct world *world;
	orders_end_fn *on_end;
	void *data;
	uv_pipe_t pipe;
	char line[LINE_BYTES];
	size_t size;
};

static void answer(const char *why)
{
	struct writer out;
	writer_init(&out, WRITER_COMPACT);
	writer_object(&out, NULL);
	if (why)
		writer_text(&out, "error", why);
	else
		writer_bool(&out, "done", true);
	writer_end(&out);
	writer_raw(&out, "\n", 1);
	fwrite(out.text, 1, out.size, stdout);
	fflush(stdout);
	writer_release(&out);
}

static char *carry_out(struct world *world, struct order *order)
{
	if (order->word_count == 0)
		return NULL;
	if (order->verb == VERB_SET || order->at_ms >= 0)
		return heap_text("properties and times are for scripts; this happens now");
	if (order->target && !world_find(world, order->target))
		return heap_print("there is no job `%s`", order->target);
	order_do(order, world);
	return NULL;
}

static void obey(struct world *world, const char *line)
{
	struct order order;
	char *why = NULL;
	if (order_parse(&order, line, 0, &why))
		why = carry_out(world, &order);
	answer(why);
	heap_free(why);
	order_release(&order);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	struct orders *orders = handle->data;
	(void)wanted;
	if (orders->size == LINE_BYTES - 1) /* no order is that long */
		orders->size = 0;
	*buf = uv_buf_init(orders->line + orders->size, (unsigned)(LINE_BYTES - 1 - orders->size));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
	struct orders *orders = stream->data;
	char *end;

	(void)buf;
	if (size < 0) {
		orders->on_end(orders->data);
		return;
	}
	orders->size += (size_t)size;
	orders->line[orders->size] = '\0';
	while ((end = strchr(orders->line, '\n'))) {
		*end++ = '\0';
		obey(orders->world, orders->line);
		orders->size -= (size_t)(end - orders->line);
		memmove(orders->line, end, orders->size + 1);
	}
}

static void on_closed(uv_handle_t *handle)
{
	heap_free(handle->data);
}

struct orders *orders_open(struct world *world, orders_end_fn *on_end, void *data)
{
	struct orders *orders = heap_zero(sizeof(*orders));
	orders->world = world;
	orders->on_end = on_end;
	orders->data = data;
	orders->pipe.data = orders;
	uv_pipe_init(&world->loop, &orders->pipe, 0);
	if (uv_pipe_open(&orders->pipe, 0) == 0 &&
	    uv_read_start((uv_stream_t *)&orders->pipe, on_room, on_read) == 0)
		return orders;
	orders_close(orders);
	return NULL;
}

void orders_close(struct orders *orders)
{
	uv_close((uv_handle_t *)&orders->pipe, on_closed);
}
