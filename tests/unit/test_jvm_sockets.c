/* Sockets by the files of /proc and by the kernel's own list, and the open files of this very
 * process. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../backend/jvm/files.h"
#include "../../backend/jvm/sockets.h"
#include "files.h"

static void test_recorded_listeners(void **state)
{
	size_t n;
	char *bytes = file_read("tests/fixture/jvm/3.5-listen.tcp6", &n);
	struct sockets s = {0}, connected = {0};
	const struct socket *ui;

	(void)state;
	sockets_parse(bytes, n, &s, &connected);
	sockets_sort(&s);
	free(bytes);
	assert_int_equal(s.n, 4);
	assert_int_equal(connected.n, 0);
	ui = sockets_find(&s, 24079);
	assert_non_null(ui);
	assert_int_equal(ui->port, 4045);
	assert_true(ui->is_loopback);
	assert_int_equal(ui->queue, 0);
	assert_true(is_absent(ui->backlog));
	assert_null(sockets_find(&s, 1));
	sockets_free(&s);
}

static void test_socket_lines(void **state)
{
	static const char file[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   "
		"uid\n"
		"   0: 00000000:1F90 00000000:0000 0A 00000000:00000033 00:00000000 00000000  1000"
		"        0 77 1\n"
		"   1: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     5"
		"        0 78 1\n"
		"   2: 0100007F:9C41 0100007F:1F90 06 00000000:00000000 00:00000000 00000000     0"
		"        0 0 1\n"
		"   3: nonsense\n   4: 00000000:1F90\n\n   5: 0:0 0:0 0A\n"
		"   6: 0000000000000000000000000000000000:1F90 0:0 0A 0:0";
	struct sockets s = {0}, connected = {0};

	(void)state;
	sockets_parse(file, sizeof(file) - 1, &s, &connected);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.v[0].port, 8080);
	assert_int_equal(s.v[0].queue, 51);
	assert_int_equal(s.v[0].uid, 1000);
	assert_false(s.v[0].is_loopback);
	assert_int_equal(connected.n, 1);
	assert_int_equal(connected.v[0].port, 40000);
	assert_int_equal(connected.v[0].peer_port, 8080);
	assert_int_equal(connected.v[0].inode, 78);
	sockets_free(&s);
	sockets_free(&connected);
}

static int listen_on_loopback(int backlog, int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static int connect_to(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* The kernel's list and the files of /proc say the same of our own socket; only the list has its
 * backlog. */
static void test_own_listener(void **state)
{
	struct sockets s = {0}, connected = {0};
	int port, fd = listen_on_loopback(3, &port), client = connect_to(port);
	const struct socket *one;
	struct proc p;
	struct err err;

	(void)state;
	assert_int_equal(proc_open(&p, "/proc", &err), 0);
	assert_true(sockets_read(&p, getpid(), &s, &connected));
	one = sockets_find(&s, inode_of(fd));
	assert_non_null(one);
	assert_int_equal(one->port, port);
	assert_int_equal(one->queue, 1);
	assert_true(one->is_loopback);
	one = sockets_find(&connected, inode_of(client));
	assert_non_null(one);
	assert_int_equal(one->peer_port, port);

	if (sockets_listening(&s)) { /* a sandbox may have no netlink */
		one = sockets_find(&s, inode_of(fd));
		assert_non_null(one);
		assert_int_equal(one->port, port);
		assert_int_equal(one->queue, 1);
		assert_int_equal(one->backlog, 3);
		assert_true(sockets_connected(&connected));
		one = sockets_find(&connected, inode_of(client));
		assert_non_null(one);
		assert_int_equal(one->peer_port, port);
		assert_true(one->is_loopback);
	}
	sockets_free(&s);
	sockets_free(&connected);
	proc_close(&p);
	close(client);
	close(fd);
}

static bool is_attached(int64_t number)
{
	struct attached a = {0};
	bool is = false;

	assert_true(sockets_attached(&a));
	for (size_t i = 0; i < a.n; i++)
		is = is || a.v[i] == number;
	free(a.v);
	return is;
}

/* Somebody at the attach socket, waiting or accepted, is seen; a listener alone is none. */
static void test_attached(void **state)
{
	struct attached all = {0};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int64_t number = 900000000 + getpid();
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), peer;

	(void)state;
	if (!sockets_attached(&all))
		skip();
	free(all.v);
	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/.java_pid%lld", (long long)number);
	unlink(a.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_false(is_attached(number));
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_true(is_attached(number));
	peer = accept(fd, NULL, NULL);
	assert_true(is_attached(number));
	close(peer);
	close(client);
	assert_false(is_attached(number));
	close(fd);
	unlink(a.sun_path);
}

/* --- open files --- */

static void test_file_kinds(void **state)
{
	static const struct {
		const char *path;
		bool is_output;
		int kind; /* -1: none */
	} all[] = {
		{"/srv/job.log", false, FILE_LOG},
		{"/srv/app-1/0/stderr", false, FILE_LOG},
		{"/srv/spark-root-Master.out", false, FILE_LOG},
		{"/srv/job.log.1", false, FILE_LOG},
		{"/srv/anything", true, FILE_LOG},
		{"/srv/anything", false, -1},
		{"/dev/null", true, -1},
		{"/dev/pts/3", true, -1},
		{"pipe:[123]", true, -1},
		{"/srv/job.log (deleted)", false, -1},
		{"/srv/dlq/failed_batches_20261120.json", false, FILE_DLQ},
		{"/tmp/java_pid77.hprof", false, FILE_DUMP},
		{"/tmp/java_pid77.hprof.p2", false, FILE_DUMP},
		{"/opt/spark/jars/log4j.jar", false, -1},
		{"/proc/1/log", true, -1},
		{"", true, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		enum file_kind kind;
		bool is = files_kind(all[i].path, all[i].is_output, &kind);

		if (is != (all[i].kind >= 0) || (is && (int)kind != all[i].kind))
			fail_msg("%s is something else", all[i].path);
	}
}

static void test_own_files(void **state)
{
	char dir[] = "/tmp/sparkops-files-XXXXXX", path[64];
	int log, port, sock = listen_on_loopback(1, &port), reader;
	struct files f = {0};
	struct proc p;
	struct arena a;
	struct err err;
	int seen = 0;

	(void)state;
	arena_init(&a);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/job.log", dir);
	log = open(path, O_WRONLY | O_CREAT, 0600);
	file_put(dir, "other.log", "read only\n");
	snprintf(path, sizeof(path), "%s/other.log", dir);
	reader = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "%s/job.log", dir);
	assert_int_equal(proc_open(&p, "/proc", &err), 0);
	assert_true(files_read(&p, getpid(), "", &a, &f));
	assert_true(files_has_socket(&f, inode_of(sock)));
	assert_false(files_has_socket(&f, 1));
	for (size_t i = 0; i < f.n; i++) {
		assert_null(strstr(text_str(f.v[i].path), "other.log"));
		seen += f.v[i].kind == FILE_LOG && text_is(f.v[i].path, path);
	}
	assert_int_equal(seen, 1);
	assert_false(files_read(&p, INT32_MAX, "", &a, &f)); /* nobody has that number */
	files_free(&f);
	proc_close(&p);
	arena_release(&a);
	close(log);
	close(reader);
	close(sock);
	folder_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_listeners), cmocka_unit_test(test_socket_lines),
		cmocka_unit_test(test_own_listener),       cmocka_unit_test(test_attached),
		cmocka_unit_test(test_file_kinds),         cmocka_unit_test(test_own_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
