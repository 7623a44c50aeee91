/* A process that cannot be held by a pidfd is not signalled at all: no kernel that can, a filter
 * that forbids it, no descriptor left. Each in a child of its own, which then tries in earnest. */
#include "victim_stage.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/syscall.h>

struct trial {
	int call, answers; /* this system call fails with that errno; 0: none does */
	bool has_no_descriptor;
	bool is_held_before; /* the trouble begins once it is held */
};

static void forbid(int call, int answers)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* the number of the call */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)answers),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_LEN(filter), .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(77);
}

/* Descriptors that are open stay so; there is none for a new one. */
static void use_up(void)
{
	struct rlimit limit = {3, 3};

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(77);
}

static void begin(const struct trial *t)
{
	if (t->call)
		forbid(t->call, t->answers);
	if (t->has_no_descriptor)
		use_up();
}

/* In the child: what was said in the end. */
static void try(const struct trial *t, const char *id, int out)
{
	struct err err = {0};
	struct victim v;

	stage.is_frozen = true;
	if (!t->is_held_before)
		begin(t);
	if (victim_capture(&stage, id, &v, &err) == 0) {
		if (t->is_held_before)
			begin(t);
		(void)!victim_end(&stage, &v, 0);
		dprintf(out, "%s", stage.outcome);
	} else {
		dprintf(out, "%s", err.message);
	}
	_exit(0);
}

static void expect_untouched(const struct trial *t, const char *says)
{
	struct animal a;
	char said[1024] = "";
	int out[2], status;
	pid_t child;

	zoo_driver(&a);
	(void)act_look(&stage);
	assert_int_equal(pipe(out), 0);
	child = fork();
	if (child == 0)
		try(t, a.id, out[1]);
	close(out[1]);
	(void)!read(out[0], said, sizeof(said) - 1);
	close(out[0]);
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		print_message("not permitted: no seccomp filter\n");
	else
		expect(said, says);
	assert_true(zoo_lives(a.pid));
	zoo_tell(a.pid, "idle"); /* and takes orders */
	zoo_end(&a);
}

static void where_the_kernel_has_none(void **state)
{
	(void)state;
	expect_untouched(&(struct trial){.call = SYS_pidfd_open, .answers = ENOSYS},
			 "a kernel before 5.3");
	expect_untouched(&(struct trial){.call = SYS_pidfd_open, .answers = EPERM},
			 "nothing is sent to a bare number");
	expect_untouched(&(struct trial){.call = SYS_pidfd_open, .answers = EINVAL},
			 "cannot be held by a pidfd: Invalid argument");
}

static void where_no_descriptor_is_left(void **state)
{
	(void)state;
	expect_untouched(&(struct trial){.call = SYS_pidfd_open, .answers = EMFILE},
			 "cannot be held by a pidfd just now");
	expect_untouched(&(struct trial){.has_no_descriptor = true},
			 "cannot be held by a pidfd just now (Too many open files)");
}

static void where_no_signal_may_be_sent(void **state)
{
	(void)state;
	expect_untouched(&(struct trial){.call = SYS_pidfd_send_signal,
					 .answers = EPERM,
					 .is_held_before = true},
			 "no signal may be sent to java");
	expect_untouched(&(struct trial){.call = SYS_pidfd_send_signal,
					 .answers = ENOSYS,
					 .is_held_before = true},
			 "no signal can be sent to java");
}

/* What cannot be looked at again is not signalled either. */
static void where_it_can_be_looked_at_no_more(void **state)
{
	(void)state;
	expect_untouched(&(struct trial){.has_no_descriptor = true, .is_held_before = true},
			 "cannot be looked at");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_the_kernel_has_none),
		TEST(where_no_descriptor_is_left),
		TEST(where_no_signal_may_be_sent),
		TEST(where_it_can_be_looked_at_no_more),
	};

	return cmocka_run_group_tests(tests, zoo_open, zoo_close);
}
