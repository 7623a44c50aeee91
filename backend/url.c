/* url.c - host and port of a URL, as far as they tell whether it asks this host. */
#include "../include/url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool host_is_own(const char *host, size_t len, const char *const *own_names)
{
	if (len == 9 && strncasecmp(host, "localhost", len) == 0)
		return true;
	if (len > 4 && memcmp(host, "127.", 4) == 0)
		return true;
	if (len == 3 && memcmp(host, "::1", len) == 0)
		return true;
	for (; own_names && *own_names; own_names++)
		if (strlen(*own_names) == len && strncasecmp(host, *own_names, len) == 0)
			return true;
	return false;
}

int64_t url_port_here(const char *url, const char *const *own_names)
{
	const char *host = url ? strstr(url, "://") : NULL, *end, *at, *port;
	size_t len;

	if (!host)
		return 0;
	host += 3;
	end = host + strcspn(host, "/?#");
	at = memchr(host, '@', (size_t)(end - host));
	host = at ? at + 1 : host;
	if (*host == '[') {
		host++;
		len = strcspn(host, "]");
		port = host + len + (host[len] == ']');
	} else {
		len = min_size(strcspn(host, ":"), (size_t)(end - host));
		port = host + len;
	}
	if (port > end || !host_is_own(host, len, own_names))
		return 0;
	if (*port == ':' && isdigit((unsigned char)port[1]))
		return strtol(port + 1, NULL, 10) & 0xffff;
	return strncmp(url, "https", 5) == 0 ? 443 : 80;
}
