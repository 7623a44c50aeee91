/* retry.c - see retry.h. Texts are of a recorded job that retried on a dead session. */
#include "retry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "thread.h"

#define ATTEMPTS 4
#define PAUSE 12 /* so much longer after the last attempt, before it begins anew */

struct watch {
	int fd, port, every_ms;
};

void retry_say(const char *level, const char *message)
{
	time_t now = time(NULL);
	struct tm parts;
	char stamp[32];

	localtime_r(&now, &parts);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &parts);
	printf("%s - migration_orchestrator - %s - %s\n", stamp, level, message);
	fflush(stdout);
}

static void say_empty(void)
{
	fputs("ERROR:root:Exception while sending command.\n"
	      "Traceback (most recent call last):\n"
	      "  File \"/opt/spark/python/py4j/clientserver.py\", line 516, in send_command\n"
	      "    raise Py4JNetworkError(\"Answer from Java side is empty\")\n"
	      "py4j.protocol.Py4JNetworkError: Answer from Java side is empty\n",
	      stderr);
}

static void say_refused(int port)
{
	fprintf(stderr,
		"ERROR:py4j.java_gateway:An error occurred while trying to connect to the Java "
		"server (127.0.0.1:%d)\n",
		port);
	fputs("Traceback (most recent call last):\n"
	      "  File \"/opt/spark/python/py4j/clientserver.py\", line 438, in "
	      "connect_to_java_server\n"
	      "    self.socket.connect((self.java_address, self.java_port))\n"
	      "ConnectionRefusedError: [Errno 111] Connection refused\n",
	      stderr);
}

/* 0, or the errno of a connection to PORT. */
static int try_port(int port)
{
	const struct sockaddr_in there = {.sin_family = AF_INET,
					  .sin_port = htons((unsigned short)port),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), problem = 0;

	if (connect(fd, (const struct sockaddr *)&there, sizeof(there)))
		problem = errno;
	close(fd);
	return problem;
}

static void *watch_gateway(void *data)
{
	struct watch watch = *(struct watch *)data;
	char byte, text[160];

	free(data);
	while (recv(watch.fd, &byte, 1, 0) > 0) {
	}
	say_empty();
	retry_say("ERROR",
		  "Attempt 1 failed for table AGENTSVES: Py4JNetworkError: Answer from Java "
		  "side is empty");
	for (int attempt = 2;; attempt = attempt < ATTEMPTS ? attempt + 1 : 1) {
		poll(NULL, 0, attempt > 1 ? watch.every_ms : watch.every_ms * PAUSE);
		snprintf(text, sizeof(text), "Migrating table AGENTSVES (attempt %d/%d)", attempt,
			 ATTEMPTS);
		retry_say("INFO", text);
		if (try_port(watch.port) != ECONNREFUSED)
			continue;
		say_refused(watch.port);
		snprintf(text, sizeof(text),
			 "Attempt %d failed for table AGENTSVES: ConnectionRefusedError: [Errno "
			 "111] Connection refused",
			 attempt);
		retry_say("ERROR", text);
	}
	return NULL;
}

void retry_watch(int fd, int port, int every_ms)
{
	struct watch *watch = malloc(sizeof(*watch));

	*watch = (struct watch){fd, port, every_ms};
	thread_start("python3", watch_gateway, watch);
}
