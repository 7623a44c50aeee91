/* own_names.c - from gethostname(2) and getifaddrs(3). */
#include "own_names.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MAX = 64 };

static size_t add_addresses(struct arena *a, const char **names, size_t n)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all))
		return n;
	for (const struct ifaddrs *i = all; i && n < NAMES_MAX; i = i->ifa_next) {
		const void *sa = i->ifa_addr;
		char text[INET6_ADDRSTRLEN] = "";

		if (!sa)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr, text,
				  sizeof(text));
		else if (i->ifa_addr->sa_family == AF_INET6)
			inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)sa)->sin6_addr, text,
				  sizeof(text));
		if (text[0])
			names[n++] = arena_strdup(a, text);
	}
	freeifaddrs(all);
	return n;
}

const char *const *own_names(struct arena *a)
{
	const char **names = ARENA_ARRAY(a, const char *, NAMES_MAX + 3);
	char host[256] = "";
	size_t n = 0;

	if (gethostname(host, sizeof(host) - 1) == 0 && host[0]) {
		names[n++] = arena_strdup(a, host);
		if (strchr(host, '.'))
			names[n++] = arena_strndup(a, host, strcspn(host, "."));
	}
	add_addresses(a, names, n);
	return names;
}
