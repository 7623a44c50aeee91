/* action/victim_ports.c - listening sockets by inode: they are a victim's own, whatever port a
 * stranger opens, and a connection in TIME_WAIT is no listener. */
#include "victim_ports.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../../include/buf.h"
#include "../jvm/files.h"
#include "../jvm/sockets.h"

static bool listening(struct sockets *s)
{
	struct sockets none = {0};
	bool is_read =
		sockets_listening(s) || sockets_read(sight_proc(), (int64_t)getpid(), s, &none);

	sockets_free(&none);
	return is_read;
}

static void add(struct victim *v, const struct socket *s)
{
	for (size_t i = 0; i < v->nports; i++)
		if (v->inodes[i] == s->inode)
			return;
	if (v->nports == VICTIM_PORTS)
		return;
	v->ports[v->nports] = s->port;
	v->inodes[v->nports++] = s->inode;
}

void victim_see_ports(struct victim *v)
{
	struct files files = {.root = ""};
	struct sockets all = {0};
	struct arena a;

	if (v->has_own_net)
		return;
	arena_init(&a);
	files.arena = &a;
	if (files_read(sight_proc(), v->pid, "", &a, &files) && listening(&all))
		for (size_t i = 0; i < all.n; i++)
			if (files_has_socket(&files, all.v[i].inode))
				add(v, &all.v[i]);
	sockets_free(&all);
	files_free(&files);
	arena_release(&a);
}

const char *victim_ports_text(const struct victim *v, struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < v->nports; i++)
		if (i == 0 || v->ports[i] != v->ports[i - 1]) /* both families of one */
			text = arena_printf(a, "%s%s:%" PRId64, text, *text ? " " : "",
					    v->ports[i]);
	return text;
}

static const struct socket *on_port(const struct sockets *all, int64_t port)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].port == port)
			return &all->v[i];
	return NULL;
}

static const char *describe(const struct victim *v, size_t i, const struct socket *s,
			    struct arena *a)
{
	int64_t pid = sight_socket_holder(s->inode);
	bool is_same = s->inode == v->inodes[i];
	char comm[64];

	if (!pid)
		return arena_printf(a, ":%" PRId64 " is %s", v->ports[i],
				    is_same ? "still open; who holds it cannot be seen"
					    : "listened on again; by whom cannot be seen");
	sight_line(pid, "comm", comm, sizeof(comm));
	return arena_printf(a, ":%" PRId64 " is %s by %s %" PRId64, v->ports[i],
			    is_same ? "still held" : "listened on again", comm, pid);
}

const char *victim_ports_held(const struct victim *v, struct arena *a)
{
	struct sockets all = {0};
	const char *says = NULL;

	if (v->nports && !listening(&all))
		says = "whether its ports are free cannot be seen";
	for (size_t i = 0; i < v->nports && !says; i++) {
		const struct socket *s = sockets_find(&all, v->inodes[i]);

		s = s ? s : on_port(&all, v->ports[i]);
		says = s ? describe(v, i, s, a) : NULL;
	}
	sockets_free(&all);
	return says;
}
