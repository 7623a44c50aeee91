/* jvm_process.c - see jvm_process.h. */
#include "jvm_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "heap.h"
#include "serve.h"
#include "world.h"

#define READY_MS 15000
#define ANSWER_S 2
#define READY_FD 3
#define VARIABLES 512

extern char **environ;

static void on_closed(uv_handle_t *handle)
{
	heap_free(handle);
}

static void on_exit_of(uv_process_t *process, int64_t status, int number)
{
	struct jvm *jvm = process->data;

	(void)status;
	(void)number;
	if (jvm && jvm->process == process)
		jvm->process = NULL;
	uv_close((uv_handle_t *)process, on_closed);
}

/* Reads until the JVM has said that it is ready; its lines in TEXT. */
static bool read_ready(int fd, char *text, size_t room)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	size_t used = 0;

	while (used + 1 < room) {
		int count = poll(&wait, 1, READY_MS);
		if (count < 0 && errno == EINTR) /* one of the others has ended */
			continue;
		ssize_t size = count > 0 ? read(fd, text + used, room - 1 - used) : 0;
		if (size <= 0)
			break;
		used += (size_t)size;
		text[used] = '\0';
		const char *java = strstr(text, "java ");
		if (java && strchr(java, '\n'))
			return true;
	}
	return false;
}

static bool take_ready(struct jvm *jvm, int fd)
{
	char text[256] = "";
	bool is_good = read_ready(fd, text, sizeof(text));
	const char *java = strstr(text, "java ");

	if (is_good)
		is_good = sscanf(java, "java %d %*d %*d %d", &jvm->java, &jvm->rpc) == 2;
	if (is_good && jvm->kind == JVM_PAIR)
		is_good = sscanf(text, "python %d", &jvm->python) == 1;
	if (!is_good)
		fprintf(stderr, "world: a stand-in JVM did not become ready, see the log in %s\n",
			jvm->job < 0 ? jvm->world->dir : jvm->world->jobs[jvm->job]->work);
	return is_good;
}

/* The job's log: what its processes print. */
static int open_log(const struct world *world, int job)
{
	char *path =
		job < 0 ? heap_print("%s/cluster.log", world->dir)
			: heap_print("%s/%s.log", world->jobs[job]->work, world->jobs[job]->name);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	heap_free(path);
	return fd;
}

static bool spawn(struct jvm *jvm, const struct args *command, char **variables, int ready)
{
	struct world *world = jvm->world;
	int log = open_log(world, jvm->job);
	uv_stdio_container_t files[] = {
		{.flags = UV_IGNORE},
		{.flags = UV_INHERIT_FD, .data.fd = log},
		{.flags = UV_INHERIT_FD, .data.fd = log},
		{.flags = UV_INHERIT_FD, .data.fd = ready},
	};
	uv_process_options_t options = {
		.exit_cb = on_exit_of,
		.file = command->v[0],
		.args = (char **)(uintptr_t)command->v,
		.env = variables,
		.cwd = jvm->job < 0 ? world->dir : world->jobs[jvm->job]->work,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = READY_FD + 1,
		.stdio = files,
	};
	jvm->process = heap_zero(sizeof(*jvm->process));
	jvm->process->data = jvm;
	int problem = uv_spawn(&world->loop, jvm->process, &options);
	close(log);
	if (!problem)
		return true;
	fprintf(stderr, "world: %s: %s\n", command->v[0], uv_strerror(problem));
	uv_close((uv_handle_t *)jvm->process, on_closed);
	jvm->process = NULL;
	return false;
}

/* The variable that names the ports kept for it. */
static void keep_ports(struct jvm *jvm, struct args *variables)
{
	char *line = heap_text("WORLD_PORTS=");

	for (int i = 0; i < JVM_KEPT; i++) {
		jvm->kept[i] = serve_bind(0);
		char *longer = heap_print("%s%s%d", line, i ? "," : "", serve_port(jvm->kept[i]));
		heap_free(line);
		line = longer;
	}
	args_add(variables, "%s", line);
	heap_free(line);
}

void jvm_give_up(struct jvm *jvm)
{
	for (int i = 0; i < JVM_KEPT; i++) {
		if (jvm->kept[i] > 0)
			close(jvm->kept[i]);
		jvm->kept[i] = 0;
	}
}

bool jvm_start(struct jvm *jvm, const struct jvm_ports *ports, const char *token)
{
	struct world *world = jvm->world;
	const struct job *job = jvm->job < 0 ? NULL : world->jobs[jvm->job];
	struct args command = {.is_v4 = job ? job->is_v4 : world->master_is_v4}, extra = {.n = 0};
	char *variables[VARIABLES];
	int ready[2], count = 0;

	if (pipe2(ready, O_CLOEXEC))
		return false;
	jvm_command(&command, jvm->kind, job, ports, jvm->executor);
	jvm_environment(&extra, jvm->kind, job, ports);
	args_add(&extra, "WORLD_READY=%d", READY_FD);
	args_add(&extra, "%s", token);
	args_add(&extra, "WORLD_MEMORY=%s/memory", world->dir);
	keep_ports(jvm, &extra);
	for (char **v = environ; *v && count < VARIABLES - (int)extra.n - 1; v++)
		variables[count++] = *v;
	memcpy(variables + count, extra.v, (extra.n + 1) * sizeof(*variables));
	bool is_good = spawn(jvm, &command, variables, ready[1]);
	close(ready[1]);
	is_good = is_good && take_ready(jvm, ready[0]);
	close(ready[0]);
	args_free(&command);
	args_free(&extra);
	return is_good;
}

void jvm_release(struct jvm *jvm)
{
	if (!jvm->process)
		return;
	jvm->process->data = NULL;
	uv_close((uv_handle_t *)jvm->process, on_closed);
	jvm->process = NULL;
}

void jvm_tell(pid_t pid, const char *format, ...)
{
	struct sockaddr_un there = {.sun_family = AF_UNIX};
	const struct timeval patience = {ANSWER_S, 0};
	char line[512], answer[256];
	va_list list;

	if (pid <= 0)
		return;
	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	int size = snprintf(there.sun_path + 1, sizeof(there.sun_path) - 1, "sparkops-stand-in-%d",
			    pid);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&there,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size)) == 0) {
		dprintf(fd, "%s\n", line);
		while (read(fd, answer, sizeof(answer) - 1) < 0 && errno == EINTR) {
		} /* an order to die has no answer */
	}
	close(fd);
}
