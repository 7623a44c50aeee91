/* ui.c - see ui.h. One request a connection. */
#include "ui.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "life.h"

#define REQUEST_BYTES 8192
#define BODY_BYTES 1024

static bool read_head(int fd, char *head)
{
	size_t used = 0;

	while (used < REQUEST_BYTES - 1) {
		ssize_t size = recv(fd, head + used, REQUEST_BYTES - 1 - used, 0);
		if (size <= 0)
			return false;
		used += (size_t)size;
		head[used] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return true;
	}
	return false;
}

static bool answers(const struct life *life, const char *path, char *body)
{
	if (life->self->role != ROLE_DRIVER)
		return false;
	if (strcmp(path, "/api/v1/version") == 0)
		snprintf(body, BODY_BYTES, "{\n  \"spark\" : \"%s\"\n}", life->self->version);
	else if (strcmp(path, "/api/v1/applications") == 0)
		snprintf(body, BODY_BYTES,
			 "[ {\n  \"id\" : \"local-%d\",\n  \"name\" : \"%.200s\",\n"
			 "  \"attempts\" : [ {\n    \"sparkUser\" : \"etl\",\n"
			 "    \"completed\" : false,\n    \"appSparkVersion\" : \"%s\"\n  } ]\n} ]",
			 getpid(), life->self->app_name, life->self->version);
	else
		return false;
	return true;
}

void ui_serve(int fd, struct port *port)
{
	const struct life *life = port->data;
	char head[REQUEST_BYTES], path[256] = "", body[BODY_BYTES] = "", reply[BODY_BYTES + 256];

	if (!read_head(fd, head) || sscanf(head, "%*7s %255s", path) != 1)
		return;
	path[strcspn(path, "?")] = '\0';
	gate_pass(port->gate);
	bool is_known = answers(life, path, body);
	int size = snprintf(reply, sizeof(reply),
			    "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			    "Connection: close\r\nServer: Jetty(9.4.56)\r\n\r\n%s",
			    is_known ? "200 OK" : "404 Not Found",
			    is_known ? "application/json" : "text/html;charset=iso-8859-1",
			    strlen(body), body);
	send(fd, reply, (size_t)size, MSG_NOSIGNAL);
}
