#include "tests/hostile/trace.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))
#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)
#define SYSTEM_CALL (SIGTRAP | 0x80)

/* Where the path stands among the arguments; -1: there is none, or it does not matter. */
static const struct {
	long number;
	int path;
} calls[] = {
#ifdef SYS_open
	{SYS_open, 0},
	{SYS_stat, 0},
	{SYS_lstat, 0},
	{SYS_access, 0},
	{SYS_readlink, 0},
	{SYS_unlink, -1},
	{SYS_rename, -1},
	{SYS_mkdir, -1},
#endif
#ifdef SYS_renameat
	{SYS_renameat, -1},
#endif
	{SYS_openat, 1},
	{SYS_openat2, 1},
	{SYS_newfstatat, 1},
	{SYS_statx, 1},
	{SYS_faccessat, 1},
	{SYS_readlinkat, 1},
	{SYS_fstat, -1},
	{SYS_statfs, -1},
	{SYS_getcwd, -1},
	{SYS_getdents64, -1},
	{SYS_read, -1},
	{SYS_readv, -1},
	{SYS_pread64, -1},
	{SYS_lseek, -1},
	{SYS_mmap, -1},
	{SYS_write, -1},
	{SYS_pwrite64, -1},
	{SYS_ftruncate, -1},
	{SYS_fsync, -1},
	{SYS_fdatasync, -1},
	{SYS_fchown, -1},
	{SYS_fchmod, -1},
	{SYS_fcntl, -1},
	{SYS_flock, -1},
	{SYS_close, -1},
	{SYS_unlinkat, -1},
	{SYS_renameat2, -1},
	{SYS_mkdirat, -1},
	{SYS_exit_group, -1},
};

struct watch {
	struct trace *trace;
	bool begun;
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	perror(what);
	exit(2);
}

/* The first byte of what the program names. */
static bool is_relative(pid_t pid, uint64_t address)
{
	char first = '\0';
	struct iovec here = {&first, 1}, there = {(void *)(uintptr_t)address, 1};
	return process_vm_readv(pid, &here, 1, &there, 1, 0) == 1 && first &&
		first != '/';
}

static bool counts(struct watch *watch, pid_t pid)
{
	struct __ptrace_syscall_info info;
	must(ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) > 0,
		"PTRACE_GET_SYSCALL_INFO");
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		if (calls[i].number != (long)info.entry.nr)
			continue;
		if (!watch->begun && calls[i].path >= 0)
			watch->begun = is_relative(pid, info.entry.args[calls[i].path]);
		return watch->begun;
	}
	return false;
}

/* Lets the program go on from stop to stop until its end, whose status is returned. */
static int until_its_end(pid_t pid, void *data)
{
	struct watch *watch = data;
	struct trace *trace = watch->trace;
	int status, signal = 0;
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	if (WIFSTOPPED(status))
		must(!ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)OPTIONS), "ptrace");
	while (WIFSTOPPED(status)) {
		if (WSTOPSIG(status) == SYSTEM_CALL) {
			if (counts(watch, pid) && trace->count++ == trace->stop)
				trace->act(trace->data);
		} else if (WSTOPSIG(status) != SIGTRAP) {
			signal = WSTOPSIG(status);
		}
		must(!ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal),
			"ptrace");
		signal = 0;
		must(waitpid(pid, &status, 0) == pid, "waitpid");
	}
	return status;
}

/* Each openat2() says ENOSYS. */
static void be_old(void)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {COUNT_OF(code), code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		_exit(TRACE_REFUSED);
}

static void be_traced(void *data)
{
	const struct watch *watch = data;
	if (watch->trace->old)
		be_old();
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(TRACE_REFUSED);
}

void trace_run(struct ran *ran, const char *const *words, struct trace *trace)
{
	struct watch watch = {.trace = trace};
	trace->count = 0;
	run_watched(ran, words, be_traced, until_its_end, &watch);
}
