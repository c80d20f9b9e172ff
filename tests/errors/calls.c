/*
 * Calls: the system calls of the whole process, as the C library names them. A function
 * with the label of a call is put in front of it and asks whether it fails. What the C
 * library calls inside itself is out of reach: streams fail at fopen(), fclose() and in
 * the streams that commands.c makes, folders at fdopendir() and readdir().
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "tests/errors/faults.h"

#define SEEN __attribute__((visibility("default")))

/* dlsym gives an object pointer where a function is meant. */
static void find(void *function, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (!found) {
		fprintf(stderr, "errors: the C library has no %s()\n", name);
		abort();
	}
	*(void **)function = found;
}

/* type NAME(parameters): `path` or `fd` say which file; `failed` is the bad answer. */
#define CALL(type, name, parameters, arguments, path, fd, failed) \
	SEEN type fault_##name parameters __asm__(#name);         \
	type fault_##name parameters                              \
	{                                                         \
		static type(*real) parameters;                    \
		int number = faults_call(#name, path, fd, 0);     \
		if (number) {                                     \
			errno = number;                           \
			return failed;                            \
		}                                                 \
		if (!real)                                        \
			find(&real, #name);                       \
		return real arguments;                            \
	}

/* The same where less than `size` may be done. */
#define TRANSFER(name, parameters, arguments, can)              \
	SEEN ssize_t fault_##name parameters __asm__(#name);    \
	ssize_t fault_##name parameters                         \
	{                                                       \
		static ssize_t(*real) parameters;               \
		int number = faults_call(#name, NULL, fd, can); \
		if (number > 0) {                               \
			errno = number;                         \
			return -1;                              \
		}                                               \
		if (number == FAULT_SHORT && size > 1)          \
			size /= 2;                              \
		if (!real)                                      \
			find(&real, #name);                     \
		return real arguments;                          \
	}

/* The same where the descriptor is closed either way, as Linux does. */
#define CLOSE(type, name, parameter, argument, fd, failed)    \
	SEEN type fault_##name(parameter) __asm__(#name);     \
	type fault_##name(parameter)                          \
	{                                                     \
		static type (*real)(parameter);               \
		int number = faults_call(#name, NULL, fd, 0); \
		if (!real)                                    \
			find(&real, #name);                   \
		type result = real(argument);                 \
		if (!number)                                  \
			return result;                        \
		errno = number;                               \
		return failed;                                \
	}

CALL(int, open, (const char *path, int flags, unsigned mode), (path, flags, mode), path,
	-1, -1)
CALL(int, open64, (const char *path, int flags, unsigned mode), (path, flags, mode), path,
	-1, -1)
CALL(int, openat, (int fd, const char *path, int flags, unsigned mode),
	(fd, path, flags, mode), path, -1, -1)
CALL(int, openat64, (int fd, const char *path, int flags, unsigned mode),
	(fd, path, flags, mode), path, -1, -1)
TRANSFER(read, (int fd, void *bytes, size_t size), (fd, bytes, size), CALL_READS)
TRANSFER(pread, (int fd, void *bytes, size_t size, off_t at), (fd, bytes, size, at),
	CALL_READS)
TRANSFER(pread64, (int fd, void *bytes, size_t size, off_t at), (fd, bytes, size, at),
	CALL_READS)
TRANSFER(write, (int fd, const void *bytes, size_t size), (fd, bytes, size), CALL_WRITES)
TRANSFER(pwrite, (int fd, const void *bytes, size_t size, off_t at),
	(fd, bytes, size, at), CALL_WRITES)
TRANSFER(pwrite64, (int fd, const void *bytes, size_t size, off_t at),
	(fd, bytes, size, at), CALL_WRITES)
CALL(int, ftruncate, (int fd, off_t size), (fd, size), NULL, fd, -1)
CALL(int, ftruncate64, (int fd, off_t size), (fd, size), NULL, fd, -1)
CALL(int, rename, (const char *path, const char *to), (path, to), path, -1, -1)
CALL(int, unlink, (const char *path), (path), path, -1, -1)
CALL(int, rmdir, (const char *path), (path), path, -1, -1)
CALL(int, mkdir, (const char *path, unsigned mode), (path, mode), path, -1, -1)
CALL(char *, mkdtemp, (char *path), (path), path, -1, NULL)
CALL(int, access, (const char *path, int mode), (path, mode), path, -1, -1)
CALL(int, stat, (const char *path, void *out), (path, out), path, -1, -1)
CALL(int, stat64, (const char *path, void *out), (path, out), path, -1, -1)
CALL(int, lstat, (const char *path, void *out), (path, out), path, -1, -1)
CALL(int, lstat64, (const char *path, void *out), (path, out), path, -1, -1)
CALL(int, fstat, (int fd, void *out), (fd, out), NULL, fd, -1)
CALL(int, fstat64, (int fd, void *out), (fd, out), NULL, fd, -1)
CALL(int, fstatat, (int fd, const char *path, void *out, int flags),
	(fd, path, out, flags), path, -1, -1)
CALL(ssize_t, readlink, (const char *path, char *out, size_t size), (path, out, size),
	path, -1, -1)
CALL(ssize_t, readlinkat, (int fd, const char *path, char *out, size_t size),
	(fd, path, out, size), path, fd, -1)
CALL(char *, realpath, (const char *path, char *out), (path, out), path, -1, NULL)
CALL(char *, getcwd, (char *out, size_t size), (out, size), ".", -1, NULL)
CALL(int, fchmod, (int fd, unsigned mode), (fd, mode), NULL, fd, -1)
CALL(int, fchown, (int fd, unsigned user, unsigned group), (fd, user, group), NULL, fd,
	-1)
CALL(int, fcntl, (int fd, int command, void *argument), (fd, command, argument), NULL, fd,
	-1)
CALL(int, fcntl64, (int fd, int command, void *argument), (fd, command, argument), NULL,
	fd, -1)
CALL(void *, fdopendir, (int fd), (fd), NULL, fd, NULL)
CALL(void *, readdir, (void *stream), (stream), NULL, dirfd(stream), NULL)
CALL(void *, readdir64, (void *stream), (stream), NULL, dirfd(stream), NULL)
CALL(void *, fopen, (const char *path, const char *mode), (path, mode), path, -1, NULL)
CALL(void *, fdopen, (int fd, const char *mode), (fd, mode), NULL, fd, NULL)
CALL(int, gethostname, (char *out, size_t size), (out, size), "host name", -1, -1)
CALL(int, pipe, (int *ends), (ends), "pipe", -1, -1)
CALL(int, pipe2, (int *ends, int flags), (ends, flags), "pipe", -1, -1)
CALL(pid_t, fork, (void), (), "fork", -1, -1)
CLOSE(int, close, int fd, fd, fd, -1)
CLOSE(int, closedir, void *stream, stream, dirfd(stream), -1)
CLOSE(int, fclose, void *stream, stream, fileno(stream), EOF)

ssize_t plain_readlink(const char *path, char *out, size_t size);

ssize_t plain_readlink(const char *path, char *out, size_t size)
{
	static ssize_t (*real)(const char *, char *, size_t);
	if (!real)
		find(&real, "readlink");
	return real(path, out, size);
}

/* Nothing here has to survive the machine. */
#define SYNC(name)                                       \
	SEEN int fault_##name(int fd) __asm__(#name);    \
	int fault_##name(int fd)                         \
	{                                                \
		errno = faults_call(#name, NULL, fd, 0); \
		return errno ? -1 : 0;                   \
	}

SYNC(fsync)
SYNC(fdatasync)

/* The heap is the sanitizer's matter, files are ours. */
#define MAP(name)                                                                     \
	SEEN void *fault_##name(void *at, size_t size, int rights, int flags, int fd, \
		off_t offset) __asm__(#name);                                         \
	void *fault_##name(                                                           \
		void *at, size_t size, int rights, int flags, int fd, off_t offset)   \
	{                                                                             \
		static void *(*real)(void *, size_t, int, int, int, off_t);           \
		int number = fd >= 0 ? faults_call(#name, NULL, fd, 0) : 0;           \
		if (number) {                                                         \
			errno = number;                                               \
			return (void *)-1;                                            \
		}                                                                     \
		if (!real)                                                            \
			find(&real, #name);                                           \
		return real(at, size, rights, flags, fd, offset);                     \
	}

MAP(mmap)
MAP(mmap64)

SEEN long fault_syscall(
	long call, long a, long b, long c, long d, long e, long f) __asm__("syscall");

long fault_syscall(long call, long a, long b, long c, long d, long e, long f)
{
	static long (*real)(long, long, long, long, long, long, long);
	if (call == SYS_openat2) {
		int number = faults_call("openat2", (const char *)b, -1, 0);
		if (number) {
			errno = number;
			return -1;
		}
	}
	if (!real)
		find(&real, "syscall");
	return real(call, a, b, c, d, e, f);
}
