/* url.h - does a URL ask this host, and at which port? Pure. */
#ifndef SPARKOPS_URL_H
#define SPARKOPS_URL_H

#include "base.h"

/* localhost, a loopback address, or one of own_names (NULL-terminated, or NULL). */
bool host_is_own(const char *host, size_t len, const char *const *own_names);
/* The port of a URL whose host is this one; 0 when it is another host's or no URL. */
int64_t url_port_here(const char *url, const char *const *own_names);

#endif
