/* Faults in the operating system's answers, loaded before the C library (LD_PRELOAD).
 *
 * Every call that changes a file below one folder is counted, whichever library makes it. At a chosen one the
 * process is killed (of a write, half is written first), or the call fails with an error number: once, or from
 * there on, as on a disk that stays full. Unarmed, nothing changes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT = 0, KILL = 1, ONCE = 2, FROM = 3 };
/* What a full disk refuses, and what it still allows. */
enum { GROWS = 1, MOVES = 2 };

static char under[4096];
static size_t under_length;
static int mode, number, record = -1;
static long at, passed;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Arm: `record_handle` is a file that each counted call is named in, or -1. */
void fault_arm(const char *folder, int new_mode, long new_at, int error, int record_handle)
{
    strncpy(under, folder, sizeof under - 1);
    under_length = strlen(under);
    mode = new_mode, at = new_at, number = error, record = record_handle;
    __atomic_store_n(&passed, 0, __ATOMIC_SEQ_CST);
}

static const char *path_of(int handle, char *found)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, found, 4095);
    found[length > 0 ? length : 0] = 0;
    return found;
}

/* Whether the call is the one; it does not return where the process is to be killed, unless `torn`. */
static int meets(const char *call, const char *path, int kind, int torn)
{
    if (!under_length || !path || strncmp(path, under, under_length)) return 0;
    long mine = __atomic_fetch_add(&passed, 1, __ATOMIC_SEQ_CST);
    if (record >= 0) {
        char said[4200];
        int length = snprintf(said, sizeof said, "%s %s\n", call, path + under_length);
        REAL(write)(record, said, length);
    }
    if (mode == COUNT || mine < at || (mode != FROM && mine > at)) return 0;
    if (mode == KILL) {
        if (!torn) kill(getpid(), SIGKILL), pause();
        return 1;
    }
    if (number == ENOSPC && kind != GROWS) return 0;
    errno = number;
    return 1;
}

#define HANDLE_CALL(name, call, torn_write, ...)                                   \
    {                                                                              \
        char path[4096];                                                           \
        int kept = errno;                                                          \
        if (under_length && meets(#name, path_of(handle, path), GROWS, 1)) {       \
            if (mode == KILL) { torn_write; kill(getpid(), SIGKILL), pause(); }    \
            return -1;                                                             \
        }                                                                          \
        errno = kept;                                                              \
        return call;                                                               \
    }

ssize_t write(int handle, const void *bytes, size_t size)
    HANDLE_CALL(write, REAL(write)(handle, bytes, size), REAL(write)(handle, bytes, size / 2))

ssize_t pwrite(int handle, const void *bytes, size_t size, off_t place)
    HANDLE_CALL(pwrite, REAL(pwrite)(handle, bytes, size, place), REAL(pwrite)(handle, bytes, size / 2, place))

ssize_t pwrite64(int handle, const void *bytes, size_t size, off64_t place)
    HANDLE_CALL(pwrite64, REAL(pwrite64)(handle, bytes, size, place),
                REAL(pwrite64)(handle, bytes, size / 2, place))

ssize_t writev(int handle, const struct iovec *parts, int count)
    HANDLE_CALL(writev, REAL(writev)(handle, parts, count), REAL(writev)(handle, parts, count / 2))

int ftruncate(int handle, off_t size) HANDLE_CALL(ftruncate, REAL(ftruncate)(handle, size), (void)0)

int ftruncate64(int handle, off64_t size) HANDLE_CALL(ftruncate64, REAL(ftruncate64)(handle, size), (void)0)

int fsync(int handle) HANDLE_CALL(fsync, REAL(fsync)(handle), (void)0)

int fdatasync(int handle) HANDLE_CALL(fdatasync, REAL(fdatasync)(handle), (void)0)

#define PATH_CALL(name, path, kind, call)                \
    {                                                    \
        int kept = errno;                                \
        if (meets(#name, path, kind, 0)) return -1;      \
        errno = kept;                                    \
        return call;                                     \
    }

int rename(const char *from, const char *to) PATH_CALL(rename, to, MOVES, REAL(rename)(from, to))

int unlink(const char *path) PATH_CALL(unlink, path, MOVES, REAL(unlink)(path))

int rmdir(const char *path) PATH_CALL(rmdir, path, MOVES, REAL(rmdir)(path))

int mkdir(const char *path, mode_t rights) PATH_CALL(mkdir, path, GROWS, REAL(mkdir)(path, rights))

/* Relative to an open folder, as shutil.rmtree does. */
int unlinkat(int folder, const char *name, int flags)
{
    char path[4096];
    int kept = errno;
    if (under_length && name[0] != '/' && folder != AT_FDCWD) {
        path_of(folder, path);
        size_t length = strlen(path);
        snprintf(path + length, sizeof path - length, "/%s", name);
    } else {
        snprintf(path, sizeof path, "%s", name);
    }
    if (meets("unlinkat", path, MOVES, 0)) return -1;
    errno = kept;
    return REAL(unlinkat)(folder, name, flags);
}

#define OPEN(name)                                                                    \
    int name(const char *path, int flags, ...)                                        \
    {                                                                                 \
        va_list rest;                                                                 \
        va_start(rest, flags);                                                        \
        mode_t rights = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;   \
        va_end(rest);                                                                 \
        int kept = errno;                                                             \
        if (flags & O_CREAT && meets("create", path, GROWS, 0)) return -1;            \
        errno = kept;                                                                 \
        return REAL(name)(path, flags, rights);                                       \
    }

OPEN(open)
OPEN(open64)
