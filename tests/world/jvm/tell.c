/* tell.c - gives one order to a stand-in: `tell PID ORDER...`. Status 0 when it was done. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un there = {.sun_family = AF_UNIX};
	char answer[4096] = "";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 3) {
		fputs("usage: tell PID ORDER...\n", stderr);
		return 64;
	}
	int size = snprintf(there.sun_path + 1, sizeof(there.sun_path) - 1, "sparkops-stand-in-%s",
			    argv[1]);
	if (connect(fd, (const struct sockaddr *)&there,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size))) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	for (int i = 2; i < argc; i++)
		dprintf(fd, "%s%s", argv[i], i + 1 < argc ? " " : "\n");
	for (size_t used = 0; used < sizeof(answer) - 1;) {
		ssize_t got = read(fd, answer + used, sizeof(answer) - 1 - used);
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	fputs(answer, stdout);
	return strcmp(answer, "done\n") == 0 || !*answer ? EXIT_SUCCESS : EXIT_FAILURE;
}
