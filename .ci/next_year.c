/* The clock and the times of files a year ahead, for every program that this is
 * loaded into by LD_PRELOAD. libfaketime does as much and breaks timed waits, which
 * need the monotonic clock as it is.
 *
 * cc -shared -fPIC -o next_year.so next_year.c -ldl */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define YEAR (365 * 24 * 3600)

int clock_gettime(clockid_t id, struct timespec *now)
{
    int failed = syscall(SYS_clock_gettime, id, now);
    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        now->tv_sec += YEAR;
    return failed;
}

time_t time(time_t *now)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return now ? (*now = t.tv_sec) : t.tv_sec;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    now->tv_sec = t.tv_sec;
    now->tv_usec = t.tv_nsec / 1000;
    return 0;
}

/* glibc has each under two names, for one and the same struct on 64 bits */
#define STAT(name, parameters, ...)                                     \
    int name parameters                                                       \
    {                                                                         \
        int (*real) parameters = (int (*) parameters)dlsym(RTLD_NEXT, #name); \
        int failed = real(__VA_ARGS__);                                       \
        if (!failed) {                                                        \
            s->st_atime += YEAR;                                              \
            s->st_mtime += YEAR;                                              \
            s->st_ctime += YEAR;                                              \
        }                                                                     \
        return failed;                                                        \
    }
#define ALL_OF(stat, lstat, fstat, fstatat, type)                             \
    STAT(stat, (const char *path, struct type *s), path, s)             \
    STAT(lstat, (const char *path, struct type *s), path, s)            \
    STAT(fstat, (int fd, struct type *s), fd, s)                        \
    STAT(fstatat, (int fd, const char *path, struct type *s, int flags), fd, path, s, flags)
ALL_OF(stat, lstat, fstat, fstatat, stat)
ALL_OF(stat64, lstat64, fstat64, fstatat64, stat64)

static const struct timespec *back(const struct timespec *given, struct timespec *own)
{
    for (int i = 0; given && i < 2; i++) {
        own[i] = given[i];
        if (given[i].tv_nsec != UTIME_NOW && given[i].tv_nsec != UTIME_OMIT)
            own[i].tv_sec -= YEAR;
    }
    return given ? own : given;
}

int utimensat(int fd, const char *path, const struct timespec given[2], int flags)
{
    struct timespec own[2];
    return syscall(SYS_utimensat, fd, path, back(given, own), flags);
}

int futimens(int fd, const struct timespec given[2])
{
    struct timespec own[2];
    return syscall(SYS_utimensat, fd, NULL, back(given, own), 0);
}
