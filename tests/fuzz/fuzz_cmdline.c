/* Fuzz target: what processes of other users write about themselves. The first byte chooses the
 * file: a command line, stat, status, net/tcp, cgroup, mountinfo. Whatever is in it, texts that
 * come out are clean and short, and numbers are in their range. */
#include <stdlib.h>
#include <string.h>

#include "../../backend/jvm/cgroup.h"
#include "../../backend/jvm/command.h"
#include "../../backend/jvm/sockets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_clean(const struct text *t, size_t max)
{
	const char *s = text_str(t);

	if (!t)
		return;
	/* a cut text ends in three bytes more */
	if (strlen(s) > max + 3)
		BUG("a text of %zu bytes", strlen(s));
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			BUG("a control character came through");
}

static void command_line(const char *bytes, size_t len)
{
	struct command c;
	struct arena a;
	char name[16];

	arena_init(&a);
	if (command_parse(&a, bytes, len, &c)) {
		if (c.role < 0 || c.role > JVM_OTHER || !c.main_class)
			BUG("a Spark JVM without a role or a class");
		if (!is_absent(c.ui_port) && (c.ui_port < 0 || c.ui_port > 65535))
			BUG("port %lld", (long long)c.ui_port);
		must_be_clean(c.main_class, 512);
		must_be_clean(c.app_name, 512);
		must_be_clean(c.user_class, 512);
		must_be_clean(c.script, 1024);
		must_be_clean(c.master, 512);
		must_be_clean(c.application_id, 128);
		must_be_clean(c.executor_id, 64);
		must_be_clean(c.driver_host, 256);
	}
	must_be_clean(command_text(&a, bytes, len), COMMAND_SHOWN_MAX);
	must_be_clean(command_script(&a, bytes, len), 1024);
	command_program(bytes, len, name, sizeof(name));
	if (strlen(name) >= sizeof(name))
		BUG("a name without an end");
	arena_release(&a);
}

static void stat_file(const char *bytes, size_t len)
{
	struct proc_stat s;

	if (proc_stat_parse(bytes, len, &s) &&
	    (s.pid <= 0 || s.cpu_ticks < 0 || s.rss_pages < 0 || s.start_ticks < 0 ||
	     strlen(s.comm) >= sizeof(s.comm)))
		BUG("a process that cannot be");
}

static void socket_file(const char *bytes, size_t len)
{
	struct sockets listening = {0}, connected = {0};

	sockets_parse(bytes, len, &listening, &connected);
	sockets_sort(&listening);
	for (size_t i = 0; i < listening.n; i++) {
		const struct socket *one = &listening.v[i];

		if (one->port < 0 || one->port > 65535 || !sockets_find(&listening, one->inode))
			BUG("a socket that cannot be");
	}
	sockets_free(&listening);
	sockets_free(&connected);
}

static void group_file(const char *bytes, size_t len)
{
	struct cgroup_place p;

	cgroup_place_parse(bytes, len, &p);
	if ((p.owner == OWNER_NONE) != (p.name[0] == '\0') || strlen(p.name) >= sizeof(p.name) ||
	    strlen(p.v1) >= sizeof(p.v1) || strlen(p.v2) >= sizeof(p.v2))
		BUG("an owner without a name");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_mounts m;
	struct proc_status status;
	char *bytes; /* with a NUL behind, as reads of /proc have it */
	size_t len;

	if (!size)
		return 0;
	len = size - 1;
	bytes = xmalloc(len + 1);
	memcpy(bytes, data + 1, len);
	bytes[len] = '\0';
	switch (data[0] % 6) {
	case 0:
		command_line(bytes, len);
		break;
	case 1:
		stat_file(bytes, len);
		break;
	case 2:
		(void)!proc_status_parse(bytes, &status);
		break;
	case 3:
		socket_file(bytes, len);
		break;
	case 4:
		group_file(bytes, len);
		break;
	default:
		cgroup_mounts_parse(bytes, len, &m);
		break;
	}
	free(bytes);
	return 0;
}
