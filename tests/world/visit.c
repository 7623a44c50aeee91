/* visit.c - see visit.h. libmicrohttpd runs in its epoll mode without a thread: MHD_run is called
 * when its epoll descriptor is readable, and again while it says that work is left. Answers of an
 * unchanged service are built once and queued again and again, so that a benchmark measures the
 * client and not this server. */
#include "visit.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>

#include "answer.h"
#include "heap.h"
#include "serve.h"
#include "when.h"
#include "world.h"

#define CONNECTION_MEMORY 16384
#define CONNECTIONS 100000U
#define WAKE_MS 10

/* One connection. Owned by libmicrohttpd's connection, freed when that closes. */
struct visitor {
	struct visitor *next;
	struct service *service;
	struct MHD_Connection *connection;
	int fd;
	bool is_held;    /* suspended */
	uint64_t due_at; /* on the loop's clock; UINT64_MAX: when the fault ends */
};

/* One answer that stays. */
struct kept {
	struct kept *next;
	char *uri;
	unsigned status;
	struct MHD_Response *response;
};

/* One request under way. */
struct call {
	char *uri;
	char form[512]; /* its body, as far as it fits */
	size_t form_size;
	bool has_begun; /* libmicrohttpd keeps a connection only if we answer its second call */
	bool has_waited;
};

/* The server as a whole. */
struct desk {
	struct MHD_Daemon *daemon;
	uv_poll_t poll;         /* of the daemon's epoll descriptor */
	uv_timer_t again, wake; /* the daemon has work left; held requests may be due */
	struct service *by_port[65536];
	int held, open; /* requests that wait; handles not closed yet */
};

static void on_again(uv_timer_t *timer);

static void run(struct world *world)
{
	struct desk *desk = world->desk;
	MHD_UNSIGNED_LONG_LONG ms = 0;

	/* At most so many turns before other work of the loop gets its own. */
	for (int i = 0; i < 64 && ms == 0; i++) {
		MHD_run(desk->daemon);
		if (MHD_get_timeout(desk->daemon, &ms) != MHD_YES)
			return;
	}
	uv_timer_start(&desk->again, on_again, ms, 0);
}

static void on_again(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_work(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

static void let_go(struct visitor *visitor)
{
	if (!visitor->is_held)
		return;
	visitor->is_held = false;
	visitor->service->world->desk->held--;
	MHD_resume_connection(visitor->connection);
}

static void on_wake(uv_timer_t *timer)
{
	struct world *world = timer->data;
	uint64_t now = uv_now(&world->loop);
	bool has_more = false;

	for (int i = 0; i < world->service_count && world->desk->held > 0; i++)
		for (struct visitor *v = world->services[i].visitors; v; v = v->next) {
			if (v->is_held && v->due_at <= now)
				let_go(v);
			has_more |= v->is_held && v->due_at != UINT64_MAX;
		}
	if (!has_more)
		uv_timer_stop(timer);
	run(world);
}

static void hold(struct visitor *visitor, uint64_t due_at)
{
	struct desk *desk = visitor->service->world->desk;

	visitor->is_held = true;
	visitor->due_at = due_at;
	desk->held++;
	MHD_suspend_connection(visitor->connection);
	if (due_at != UINT64_MAX && !uv_is_active((uv_handle_t *)&desk->wake))
		uv_timer_start(&desk->wake, on_wake, WAKE_MS, WAKE_MS);
}

/* libmicrohttpd's first call for a request; what it returns is *CALL later on. */
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	(void)cls;
	(void)connection;
	struct call *call = heap_zero(sizeof(*call));
	call->uri = heap_text(uri);
	return call;
}

static void on_done(void *cls, struct MHD_Connection *connection, void **slot,
		    enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	struct call *call = *slot;
	if (call)
		heap_free(call->uri);
	heap_free(call);
	*slot = NULL;
}

static void meet(const struct desk *desk, struct MHD_Connection *connection, void **slot)
{
	struct sockaddr_in own;
	socklen_t size = sizeof(own);
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	*slot = NULL;
	if (getsockname(fd, (struct sockaddr *)&own, &size))
		return;
	struct visitor *visitor = heap_zero(sizeof(*visitor));
	visitor->service = desk->by_port[ntohs(own.sin_port)];
	visitor->connection = connection;
	visitor->fd = fd;
	visitor->next = visitor->service->visitors;
	visitor->service->visitors = visitor;
	*slot = visitor;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **slot,
			  enum MHD_ConnectionNotificationCode code)
{
	struct visitor *visitor = *slot;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		meet(cls, connection, slot);
		return;
	}
	if (!visitor)
		return;
	struct visitor **link = &visitor->service->visitors;
	while (*link && *link != visitor)
		link = &(*link)->next;
	if (*link)
		*link = visitor->next;
	heap_free(visitor);
}

static struct MHD_Response *make_response(struct answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->body.size, answer->body.text, MHD_RESPMEM_MUST_FREE);
	answer->body.text = NULL;
	if (answer->type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	if (answer->location)
		MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
	return response;
}

static struct kept *build(struct visitor *visitor, const char *method, const struct call *call)
{
	const char *uri = call->uri;
	struct kept *kept = heap_zero(sizeof(*kept));
	struct request *request = request_new(method, uri, world_now(visitor->service->world));
	const char *host = MHD_lookup_connection_value(visitor->connection, MHD_HEADER_KIND,
						       MHD_HTTP_HEADER_HOST);
	const char *key = MHD_lookup_connection_value(visitor->connection, MHD_HEADER_KIND,
						      "Idempotency-Key");
	struct answer answer;

	if (host) {
		heap_free(request->host);
		request->host = heap_text(host);
	}
	if (key) {
		heap_free(request->key);
		request->key = heap_text(key);
	}
	heap_free(request->form);
	request->form = heap_text(call->form);
	answer_init(&answer);
	serve_answer(visitor->service, request, &answer);
	kept->uri = heap_text(uri);
	kept->status = (unsigned)answer.status;
	kept->response = make_response(&answer);
	answer_release(&answer);
	request_free(request);
	return kept;
}

static void free_kept(struct kept *kept)
{
	MHD_destroy_response(kept->response);
	heap_free(kept->uri);
	heap_free(kept);
}

static enum MHD_Result reply(struct visitor *visitor, const char *method, const struct call *call)
{
	const char *uri = call->uri;
	struct service *service = visitor->service;
	bool is_read = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	bool stays = is_read &&
		     (service->world->is_fixed || fault_on(&service->faults, FAULT_UNCHANGED));
	struct kept *kept = stays ? service->kept : NULL;

	while (kept && strcmp(kept->uri, uri) != 0)
		kept = kept->next;
	bool is_new = !kept;
	if (is_new)
		kept = build(visitor, method, call);
	else
		service->answers++;
	enum MHD_Result result =
		MHD_queue_response(visitor->connection, kept->status, kept->response);
	if (is_new && stays) {
		kept->next = service->kept;
		service->kept = kept;
	} else if (is_new) {
		free_kept(kept);
	}
	return result;
}

static void take_form(struct call *call, const char *bytes, size_t size)
{
	size_t room = sizeof(call->form) - 1 - call->form_size;

	if (size > room)
		size = room;
	memcpy(call->form + call->form_size, size ? bytes : "", size);
	call->form_size += size;
}

/* long: its eight parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **slot)
{
	(void)cls;
	(void)url;
	(void)version;
	struct visitor *visitor =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;
	struct call *call = *slot;

	if (!visitor || !call)
		return MHD_NO;
	if (!call->has_begun || *upload_size > 0) {
		call->has_begun = true;
		take_form(call, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	const struct faults *faults = &visitor->service->faults;
	if (fault_on(faults, FAULT_SILENT)) {
		hold(visitor, UINT64_MAX);
		return MHD_YES;
	}
	if (fault_on(faults, FAULT_SLOW) && !call->has_waited) {
		call->has_waited = true;
		hold(visitor,
		     uv_now(&visitor->service->world->loop) + (uint64_t)faults->number[FAULT_SLOW]);
		return MHD_YES;
	}
	return reply(visitor, method, call);
}

static struct MHD_Daemon *start_daemon(struct desk *desk)
{
	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, desk, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
}

bool visit_start(struct world *world)
{
	struct desk *desk = heap_zero(sizeof(*desk));
	const union MHD_DaemonInfo *info;

	desk->daemon = start_daemon(desk);
	info = desk->daemon ? MHD_get_daemon_info(desk->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info || uv_poll_init(&world->loop, &desk->poll, info->epoll_fd)) {
		if (desk->daemon)
			MHD_stop_daemon(desk->daemon);
		heap_free(desk);
		return false;
	}
	world->desk = desk;
	uv_timer_init(&world->loop, &desk->again);
	uv_timer_init(&world->loop, &desk->wake);
	desk->poll.data = desk->again.data = desk->wake.data = world;
	for (int i = 0; i < world->service_count; i++)
		if (world->services[i].port)
			desk->by_port[world->services[i].port] = &world->services[i];
	return uv_poll_start(&desk->poll, UV_READABLE, on_work) == 0;
}

void visit_take(struct service *service, int fd)
{
	struct sockaddr_in peer = {.sin_family = AF_INET};
	MHD_add_connection(service->world->desk->daemon, fd, (struct sockaddr *)&peer,
			   sizeof(peer));
	run(service->world);
}

void visit_cut(struct service *service)
{
	for (struct visitor *visitor = service->visitors; visitor; visitor = visitor->next) {
		shutdown(visitor->fd, SHUT_RDWR);
		let_go(visitor);
	}
	run(service->world);
}

void visit_wake(struct service *service)
{
	for (struct visitor *visitor = service->visitors; visitor; visitor = visitor->next)
		let_go(visitor);
	run(service->world);
}

void visit_forget(struct service *service)
{
	while (service->kept) {
		struct kept *kept = service->kept;
		service->kept = kept->next;
		free_kept(kept);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct world *world = handle->data;
	if (--world->desk->open > 0)
		return;
	heap_free(world->desk);
	world->desk = NULL;
}

void visit_stop(struct world *world)
{
	struct desk *desk = world->desk;

	for (int i = 0; i < world->service_count; i++)
		for (struct visitor *v = world->services[i].visitors; v; v = v->next)
			let_go(v);
	desk->open = 3;
	uv_close((uv_handle_t *)&desk->poll, on_closed);
	MHD_stop_daemon(desk->daemon);
	for (int i = 0; i < world->service_count; i++)
		visit_forget(&world->services[i]);
	uv_close((uv_handle_t *)&desk->again, on_closed);
	uv_close((uv_handle_t *)&desk->wake, on_closed);
}
