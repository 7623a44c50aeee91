/* raw.c - see raw.h. One request a connection: it is read to its blank line, the answer is made
 * like any other and put into bytes by hand, and those bytes are doled out by a timer. */
#include "raw.h"

#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "heap.h"
#include "serve.h"
#include "world.h"

#define REQUEST_BYTES 8192
#define ENDLESS_CHUNK 16384

struct raw {
	struct raw *next;
	struct service *service;
	uv_tcp_t tcp;
	uv_timer_t timer;
	int open; /* handles not closed yet */
	char request[REQUEST_BYTES];
	size_t request_size;
	struct writer out;
	size_t sent;
};

bool raw_wanted(const struct service *service)
{
	const uint32_t raw = 1U << FAULT_TRICKLE | 1U << FAULT_RESET | 1U << FAULT_ENDLESS;
	return service->faults.on & raw;
}

static void on_closed(uv_handle_t *handle)
{
	struct raw *raw = handle->data;
	if (--raw->open > 0)
		return;
	struct raw **link = &raw->service->raws;
	while (*link != raw)
		link = &(*link)->next;
	*link = raw->next;
	writer_release(&raw->out);
	heap_free(raw);
}

static void finish(struct raw *raw, bool with_reset)
{
	if (uv_is_closing((uv_handle_t *)&raw->tcp))
		return;
	if (!with_reset || uv_tcp_close_reset(&raw->tcp, on_closed))
		uv_close((uv_handle_t *)&raw->tcp, on_closed);
	uv_close((uv_handle_t *)&raw->timer, on_closed);
}

static bool send_some(struct raw *raw, size_t size)
{
	const uv_buf_t buf = uv_buf_init(raw->out.text + raw->sent, (unsigned)size);
	int sent = uv_try_write((uv_stream_t *)&raw->tcp, &buf, 1);
	if (sent == UV_EAGAIN)
		return true;
	if (sent < 0)
		return false;
	raw->sent += (size_t)sent;
	return true;
}

static void on_trickle(uv_timer_t *timer)
{
	struct raw *raw = timer->data;
	if (raw->sent == raw->out.size || !send_some(raw, 1))
		finish(raw, false);
}

static void on_endless(uv_timer_t *timer)
{
	struct raw *raw = timer->data;
	if (raw->sent == raw->out.size)
		raw->sent = raw->out.size - ENDLESS_CHUNK - 8;
	if (!send_some(raw, raw->out.size - raw->sent))
		finish(raw, false);
}

/* The bytes before the reset are sent at once; the reset follows when they had time to arrive. */
static void on_reset(uv_timer_t *timer)
{
	finish(timer->data, true);
}

static void write_answer(struct raw *raw, const struct answer *answer)
{
	struct writer *out = &raw->out;
	writer_print(out, "HTTP/1.1 %d %s\r\n", answer->status,
		     answer->status == 200 ? "OK" : "No");
	if (answer->type)
		writer_print(out, "Content-Type: %s\r\n", answer->type);
	if (answer->location)
		writer_print(out, "Location: %s\r\n", answer->location);
	if (fault_on(&raw->service->faults, FAULT_ENDLESS)) {
		char blanks[ENDLESS_CHUNK];
		memset(blanks, ' ', sizeof(blanks));
		writer_print(out, "Transfer-Encoding: chunked\r\n\r\n");
		writer_print(out, "1\r\n[\r\n");
		writer_print(out, "%04x\r\n", ENDLESS_CHUNK);
		writer_raw(out, blanks, sizeof(blanks));
		writer_print(out, "\r\n");
		return;
	}
	writer_print(out, "Content-Length: %zu\r\n\r\n", answer->body.size);
	writer_raw(out, answer->body.text ? answer->body.text : "", answer->body.size);
}

static void begin_sending(struct raw *raw)
{
	struct service *service = raw->service;
	const struct faults *faults = &service->faults;

	if (fault_on(faults, FAULT_RESET)) {
		int64_t limit = faults->number[FAULT_RESET];
		size_t size = (size_t)(limit >= 0 ? limit : service->resets);
		service->resets++;
		if (size > raw->out.size)
			size = raw->out.size;
		if (size > 0)
			send_some(raw, size);
		uv_timer_start(&raw->timer, on_reset, 20, 0);
	} else if (fault_on(faults, FAULT_ENDLESS)) {
		uv_timer_start(&raw->timer, on_endless, 0, 1);
	} else {
		uint64_t each = (uint64_t)faults->number[FAULT_TRICKLE];
		uv_timer_start(&raw->timer, on_trickle, 0, each ? each : 1);
	}
}

/* REQUEST holds a whole head: METHOD URI VERSION. */
static void reply(struct raw *raw)
{
	char *method = raw->request;
	char *uri = strchr(method, ' ');
	char *end = uri ? strpbrk(uri + 1, " \r\n") : NULL;
	struct answer answer;

	if (!end) {
		finish(raw, false);
		return;
	}
	*uri++ = '\0';
	*end = '\0';
	struct request *request = request_new(method, uri, world_now(raw->service->world));
	answer_init(&answer);
	serve_answer(raw->service, request, &answer);
	write_answer(raw, &answer);
	answer_release(&answer);
	request_free(request);
	begin_sending(raw);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	struct raw *raw = handle->data;
	(void)wanted;
	*buf = uv_buf_init(raw->request + raw->request_size,
			   (unsigned)(REQUEST_BYTES - 1 - raw->request_size));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
	struct raw *raw = stream->data;
	(void)buf;
	if (size < 0) {
		finish(raw, false);
		return;
	}
	if (raw->out.size > 0) {
		raw->request_size = 0; /* more of it is of no interest */
		return;
	}
	raw->request_size += (size_t)size;
	raw->request[raw->request_size] = '\0';
	if (strstr(raw->request, "\r\n\r\n"))
		reply(raw);
}

void raw_take(struct service *service, int fd)
{
	struct raw *raw = heap_zero(sizeof(*raw));
	raw->service = service;
	raw->next = service->raws;
	service->raws = raw;
	raw->open = 2;
	uv_tcp_init(&service->world->loop, &raw->tcp);
	uv_timer_init(&service->world->loop, &raw->timer);
	raw->tcp.data = raw->timer.data = raw;
	uv_tcp_open(&raw->tcp, fd);
	uv_tcp_nodelay(&raw->tcp, 1);
	uv_read_start((uv_stream_t *)&raw->tcp, on_room, on_read);
}

void raw_stop(struct service *services, int count)
{
	for (int i = 0; i < count; i++)
		for (struct raw *raw = services[i].raws; raw; raw = raw->next)
			finish(raw, false);
}
