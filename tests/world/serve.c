/* serve.c - see serve.h. A dead port stays bound without listening, so that connections to it are
 * refused and nobody else can take it meanwhile. */
#include "serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "heap.h"
#include "kill.h"
#include "jvms.h"
#include "poison.h"
#include "raw.h"
#include "replay.h"
#include "visit.h"
#include "world.h"

/* Jetty's acceptor of a Spark UI leaves one connection waiting; Flask's server 128. */
#define BACKLOG_SPARK 1
#define BACKLOG_FLASK 128

static const char *kind_name(enum service_kind kind)
{
	return kind == SERVICE_HEALTH ? "health" : kind == SERVICE_UI ? "ui" : "master";
}

int serve_bind(int port)
{
	const struct sockaddr_in own = {.sin_family = AF_INET,
					.sin_port = htons((uint16_t)port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (const struct sockaddr *)&own, sizeof(own)) == 0)
		return fd;
	close(fd);
	return -1;
}

int serve_port(int fd)
{
	struct sockaddr_in own;
	socklen_t size = sizeof(own);
	return getsockname(fd, (struct sockaddr *)&own, &size) ? 0 : ntohs(own.sin_port);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct service *service = poll->data;
	int fd;

	(void)status;
	(void)events;
	while ((fd = accept4(service->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (raw_wanted(service))
			raw_take(service, fd);
		else
			visit_take(service, fd);
	}
}

static void on_poll_closed(uv_handle_t *handle)
{
	heap_free(handle);
}

static void stop_listening(struct service *service)
{
	if (!service->poll)
		return;
	uv_poll_stop(service->poll);
	uv_close((uv_handle_t *)service->poll, on_poll_closed);
	service->poll = NULL;
	close(service->fd);
	service->fd = serve_bind(service->port);
}

static void start_listening(struct service *service)
{
	int backlog = service->kind == SERVICE_HEALTH ? BACKLOG_FLASK : BACKLOG_SPARK;
	if (service->poll)
		return;
	if (service->fd < 0 || listen(service->fd, backlog)) {
		fprintf(stderr, "world: port %d: %s\n", service->port, strerror(errno));
		return;
	}
	service->poll = heap_zero(sizeof(*service->poll));
	service->poll->data = service;
	uv_poll_init(&service->world->loop, service->poll, service->fd);
}

void serve_apply(struct service *service)
{
	const struct faults *faults = &service->faults;

	if (!service->port)
		return;
	visit_forget(service);
	if (service->front)
		jvms_apply(service);
	if (fault_on(faults, FAULT_DEAD)) {
		stop_listening(service);
		visit_cut(service);
		return;
	}
	start_listening(service);
	if (!service->poll)
		return;
	if (fault_on(faults, FAULT_SILENT)) {
		uv_poll_stop(service->poll);
		return;
	}
	if (raw_wanted(service))
		visit_cut(service);
	else
		visit_wake(service);
	uv_poll_start(service->poll, UV_READABLE, on_connection);
}

bool serve_open(struct world *world)
{
	int next = world->first_port;
	for (int i = 0; i < world->service_count; i++) {
		struct service *service = &world->services[i];
		if ((service->kind == SERVICE_HEALTH && !world->has_health) ||
		    (service->kind != SERVICE_HEALTH && !world->has_ui))
			continue;
		if (jvms_front(service)) {
			service->front_fd = serve_bind(next);
			service->front = service->front_fd < 0 ? 0 : serve_port(service->front_fd);
		}
		service->fd = serve_bind(service->front ? 0 : next);
		if (service->fd < 0) {
			fprintf(stderr, "world: port %d of %s: %s\n", next,
				service->job ? service->job->name : "master", strerror(errno));
			return false;
		}
		service->port = serve_port(service->fd);
		next += next > 0;
	}
	if (!visit_start(world)) {
		fprintf(stderr, "world: cannot start the HTTP server\n");
		return false;
	}
	for (int i = 0; i < world->service_count; i++)
		serve_apply(&world->services[i]);
	return true;
}

static void trace(struct service *service, const struct request *request,
		  const struct answer *answer)
{
	struct world *world = service->world;
	if (!world->trace)
		return;
	fprintf(world->trace, "%lld %s %s %s %s%s%s %d %zu\n", (long long)uv_now(&world->loop),
		service->job ? service->job->name : "master", kind_name(service->kind),
		request->method, request->path, request->query[0] ? "?" : "", request->query,
		answer->status, answer->body.size);
	fflush(world->trace);
}

static void answer_well(struct service *service, const struct request *request,
			struct answer *answer)
{
	if (kill_asked(service, request, answer))
		return;
	if (service->kind == SERVICE_HEALTH && replay_asked(service->job, request, answer))
		return;
	if (service->kind == SERVICE_HEALTH)
		answer_health(answer, service->job, request,
			      fault_on(&service->faults, FAULT_BASIC));
	else if (service->kind == SERVICE_UI)
		answer_spark(answer, service->job, request, service);
	else
		answer_master(answer, service->world, request);
}

void serve_answer(struct service *service, const struct request *request, struct answer *answer)
{
	const struct faults *faults = &service->faults;
	struct poison poison;

	poison_init(&poison, service->answers++);
	if (fault_on(faults, FAULT_POISONED))
		answer->body.poison = &poison;
	answer->body.is_wrong = fault_on(faults, FAULT_WRONG);
	if (fault_on(faults, FAULT_HTML)) {
		answer_page(answer, "It works!");
	} else if (fault_on(faults, FAULT_STATUS)) {
		answer_line(answer, (int)faults->number[FAULT_STATUS], "text/plain",
			    "not now, please\n");
	} else if (fault_on(faults, FAULT_REDIRECT)) {
		answer->status = 302;
		answer->location = heap_text("http://127.0.0.1:1/elsewhere");
	} else {
		answer_well(service, request, answer);
	}
	if (fault_on(faults, FAULT_HALF))
		answer->body.size /= 2;
	answer->body.poison = NULL;
	trace(service, request, answer);
}

void serve_close(struct world *world)
{
	for (int i = 0; i < world->service_count; i++) {
		struct service *service = &world->services[i];
		if (service->poll) {
			uv_poll_stop(service->poll);
			uv_close((uv_handle_t *)service->poll, on_poll_closed);
			service->poll = NULL;
		}
		if (service->fd >= 0)
			close(service->fd);
		service->fd = -1;
		if (service->front)
			close(service->front_fd);
	}
	raw_stop(world->services, world->service_count);
	if (world->desk)
		visit_stop(world);
}
