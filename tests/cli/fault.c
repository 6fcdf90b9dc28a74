/* tests/cli/fault.c: power cuts and full disks, for LD_PRELOAD. Every call that changes a disk is counted, of a program
 * and of those it starts together: a write to a file, rename, fsync, ftruncate, mkdir, unlink, link, a file made.
 *
 *	FAULT_FILE	what is shared: three numbers of 8 bytes, made by the test as zeros: calls so far, pid of the
 *			program that was started, reserved
 *	FAULT_AT	at this call (from 1) it happens; 0: never
 *	FAULT_HOW	kill: program and caller end at once, the call is not made; half: a write is made in half before;
 *			full: from this call on, the disk is full
 *	FAULT_MODES	set: the disk keeps no modes, as FAT does not */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static struct shared { uint64_t calls, pid, unused; } *shared;
static uint64_t at;
static enum { KILL, HALF, FULL } how;

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("FAULT_FILE"), *n = getenv("FAULT_AT"), *what = getenv("FAULT_HOW");
	uint64_t none = 0;
	int fd;

	if (!file || (fd = open(file, O_RDWR | O_CLOEXEC)) < 0)
		return;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared == MAP_FAILED) {
		shared = NULL;
		return;
	}
	at = n ? strtoull(n, NULL, 10) : 0;
	how = what && strcmp(what, "full") == 0 ? FULL : what && strcmp(what, "half") == 0 ? HALF : KILL;
	__atomic_compare_exchange_n(&shared->pid, &none, (uint64_t)getpid(), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#define REAL(name) static __typeof__(&name) real; if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

static bool is_file(int fd)
{
	struct stat st;

	return shared && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static void cut(void)
{
	kill((pid_t)shared->pid, SIGKILL);
	kill(getpid(), SIGKILL);
}

/* Counts one call. *half: write the half first, then cut. true: the disk is full. */
static bool count(bool *half)
{
	uint64_t n;

	if (!shared)
		return false;
	n = __atomic_add_fetch(&shared->calls, 1, __ATOMIC_SEQ_CST);
	if (half)
		*half = how == HALF && n == at;
	if (at && how == FULL && n >= at) {
		errno = ENOSPC;
		return true;
	}
	if (at && n == at && !(half && *half))
		cut();
	return false;
}

ssize_t write(int fd, const void *p, size_t n)
{
	bool half;
	ssize_t k;
	REAL(write);

	if (!is_file(fd))
		return real(fd, p, n);
	if (count(&half))
		return -1;
	if (!half)
		return real(fd, p, n);
	k = real(fd, p, n / 2);
	cut();
	return k;
}

#define PWRITE(name, offset) \
ssize_t name(int fd, const void *p, size_t n, offset o) \
{ \
	bool half; \
	ssize_t k; \
	REAL(name); \
\
	if (!is_file(fd)) \
		return real(fd, p, n, o); \
	if (count(&half)) \
		return -1; \
	if (!half) \
		return real(fd, p, n, o); \
	k = real(fd, p, n / 2, o); \
	cut(); \
	return k; \
}
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define CALL(type, name, params, args, where) \
type name params \
{ \
	REAL(name); \
\
	return (where) && count(NULL) ? -1 : real args; \
}
/* A full disk lets these through: they take no room. */
#define FREE(type, name, params, args, where) \
type name params \
{ \
	REAL(name); \
\
	if (where) \
		(void)count(NULL); \
	return real args; \
}
CALL(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n), is_file(fd))
CALL(ssize_t, pwritev, (int fd, const struct iovec *v, int n, off_t o), (fd, v, n, o), is_file(fd))
CALL(ssize_t, pwritev64, (int fd, const struct iovec *v, int n, off64_t o), (fd, v, n, o), is_file(fd))
int fchmod(int fd, mode_t mode)
{
	REAL(fchmod);

	if (!getenv("FAULT_MODES"))
		return real(fd, mode);
	errno = ENOSYS;
	return -1;
}

CALL(int, mkdir, (const char *p, mode_t m), (p, m), true)
CALL(int, link, (const char *p, const char *q), (p, q), true)
CALL(int, symlink, (const char *p, const char *q), (p, q), true)
CALL(int, ftruncate, (int fd, off_t n), (fd, n), true)
CALL(int, ftruncate64, (int fd, off64_t n), (fd, n), true)
FREE(int, rename, (const char *p, const char *q), (p, q), true)
FREE(int, unlink, (const char *p), (p), true)
FREE(int, rmdir, (const char *p), (p), true)

/* Programs end here, not machines: nothing is waited for. */
int fsync(int fd)
{
	if (is_file(fd))
		(void)count(NULL);
	return 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}


#define OPEN(name, head, args, exists) \
int name(head int flags, ...) \
{ \
	va_list list; \
	struct stat st; \
	mode_t m = 0; \
	REAL(name); \
\
	va_start(list, flags); \
	if (flags & (O_CREAT | O_TMPFILE)) \
		m = va_arg(list, mode_t); \
	va_end(list); \
	return flags & O_CREAT && !(exists) && count(NULL) ? -1 : real args; \
}
#define PATH const char *p,
#define AT int d, const char *p,
OPEN(open, PATH, (p, flags, m), stat(p, &st) == 0)
OPEN(open64, PATH, (p, flags, m), stat(p, &st) == 0)
OPEN(openat, AT, (d, p, flags, m), fstatat(d, p, &st, 0) == 0)
OPEN(openat64, AT, (d, p, flags, m), fstatat(d, p, &st, 0) == 0)
