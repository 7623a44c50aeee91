/* jvm/sockets.c - listening and connected TCP sockets from /proc/PID/net/tcp{,6}, and the lists
 * that hold them. The kernel's own list is in sockets_diag.c. */
#include "sockets.h"

#include <stdlib.h>
#include <string.h>

enum { NET_BYTES_MAX = 64 << 20, STATE_CONNECTED = 1, STATE_LISTEN = 10 };

void sockets_add(struct sockets *s, const struct socket *one)
{
	if (s->n == s->size) {
		s->size = s->size ? s->size * 2 : 64;
		s->v = xrealloc(s->v, s->size * sizeof(*s->v));
	}
	s->v[s->n++] = *one;
}

static int by_inode(const void *a, const void *b)
{
	const struct socket *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Also gives back what a busy moment took. */
void sockets_sort(struct sockets *s)
{
	if (s->size > 64 && s->n < s->size / 4) {
		s->size = s->n < 32 ? 64 : s->n * 2;
		s->v = xrealloc(s->v, s->size * sizeof(*s->v));
	}
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_inode);
}

const struct socket *sockets_find(const struct sockets *s, uint64_t inode)
{
	const struct socket key = {.inode = inode};

	return s->n ? bsearch(&key, s->v, s->n, sizeof(key), by_inode) : NULL;
}

void sockets_free(struct sockets *s)
{
	free(s->v);
	memset(s, 0, sizeof(*s));
}

/* ADDRESS:PORT in hex; the address is printed in words of 32 bits as they lie in memory, so on a
 * little-endian machine 127.0.0.1 is 0100007F. */
static bool take_address(const char **at, int32_t *port, bool *is_loopback)
{
	size_t n = strspn(*at, "0123456789ABCDEFabcdef");
	unsigned char bytes[16] = {0};
	const unsigned char *v4 = bytes;
	static const unsigned char one[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};

	if ((n != 8 && n != 32) || (*at)[n] != ':')
		return false;
	for (size_t i = 0; i < n / 8; i++) {
		char word[9] = "";
		uint32_t v;

		memcpy(word, *at + i * 8, 8);
		v = (uint32_t)strtoul(word, NULL, 16);
		memcpy(bytes + i * 4, &v, 4);
	}
	if (n == 32 && memcmp(bytes, mapped, 12) == 0)
		v4 = bytes + 12;
	else if (n == 32)
		v4 = NULL;
	*is_loopback = v4 ? v4[0] == 127 : memcmp(bytes, one, 16) == 0;
	*port = (int32_t)strtol(*at + n + 1, NULL, 16);
	*at += n + 1 + strspn(*at + n + 1, "0123456789ABCDEFabcdef");
	return *port >= 0 && *port < 65536;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " ");
}

static const char *skip_field(const char *at)
{
	at = skip_blanks(at);
	return at + strcspn(at, " \n");
}

/* `sl local rem st tx:rx tr:when retrnsmt uid timeout inode ...` */
static bool parse_line(const char *at, struct socket *s, unsigned long *state)
{
	bool peer_is_loopback;
	char *end;

	*s = (struct socket){.backlog = ABSENT};
	at = skip_blanks(skip_field(at));
	if (!take_address(&at, &s->port, &s->is_loopback))
		return false;
	at = skip_blanks(at);
	if (!take_address(&at, &s->peer_port, &peer_is_loopback))
		return false;
	*state = strtoul(skip_blanks(at), &end, 16);
	at = skip_blanks(end);
	at += strcspn(at, ": \n");
	if (*at != ':')
		return false;
	s->queue = (int64_t)strtoul(at + 1, &end, 16);
	at = skip_field(skip_field(end)); /* timer, retransmits */
	s->uid = strtoll(at, &end, 10);
	at = skip_field(end);
	s->inode = strtoull(at, &end, 10);
	return end != at && s->inode != 0;
}

void sockets_parse(const char *bytes, size_t len, struct sockets *listening,
		   struct sockets *connected)
{
	const char *end = bytes + len;
	char line[256];

	while (bytes < end) {
		const char *nl = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t n = (size_t)((nl ? nl : end) - bytes), take = min_size(n, sizeof(line) - 1);
		unsigned long state;
		struct socket s;

		memcpy(line, bytes, take);
		line[take] = '\0';
		bytes += n + 1;
		if (!parse_line(line, &s, &state))
			continue;
		if (state == STATE_LISTEN && listening)
			sockets_add(listening, &s);
		else if (state == STATE_CONNECTED && connected)
			sockets_add(connected, &s);
	}
}

bool sockets_read(const struct proc *p, int64_t pid, struct sockets *listening,
		  struct sockets *connected)
{
	static const char *const files[] = {"net/tcp", "net/tcp6"};
	bool is_read = false;

	if (listening)
		listening->n = 0;
	if (connected)
		connected->n = 0;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		ssize_t len;
		char *bytes = proc_read_all(p, pid, files[i], NET_BYTES_MAX, &len);

		if (!bytes)
			continue;
		sockets_parse(bytes, (size_t)len, listening, connected);
		free(bytes);
		is_read = true;
	}
	if (listening)
		sockets_sort(listening);
	if (connected)
		sockets_sort(connected);
	return is_read;
}
