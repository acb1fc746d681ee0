/*
 * Counts what a program and its children read of the files below some folders, and makes seeks as slow as a disk's.
 *
 *     cc -O2 -shared -fPIC -o reads.so reads.c -ldl -lpthread
 *     READS_ROOTS=/raw:/out READS_SLOW=1 READS_COUNTS=/tmp/counts READS_DELAY_US=8000 READS_SEEK=strict \
 *         LD_PRELOAD=./reads.so COMMAND
 *
 * READS_COUNTS is a file of zeros, `struct counts`, which all processes map; tests/benchmarks/reads.py makes and reads it.
 * Only the first READS_SLOW of the roots are on the slow disk.
 * What a seek is can be understood in three ways. All three are counted; READS_SEEK names the one that takes its time.
 *
 *     strict  a read that does not start where the last one of the same file descriptor ended
 *     skip    the same, but skipping less than 128 kB forwards is none: a disk or the system has read that ahead
 *     head    one head serves all processes, and the system reads 128 kB ahead for each place where something is read.
 *             Only what it has not got needs the head, and a seek is needed if that is not within 128 kB after its place
 *
 * One disk has one head, so nobody reads while it seeks. Reads of libc's own streams (fread) and of mapped files are not
 * seen; that a file is mapped is counted. WILLNEED is a read for `head` alone. Linux only.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define ROOTS 4
#define DESCRIPTORS 4096
#define WINDOWS 1024
#define AHEAD (128 * 1024)

struct root_counts {
    uint64_t reads, bytes, strict, skip, head, mapped;
};

struct counts {
    struct root_counts root[ROOTS];
    uint64_t head_device, head_inode, head_place;
};

/* What is known of a file descriptor: its file, the root that it is below or -1, and where its last read ended. */
struct descriptor {
    uint64_t device, inode;
    int root, known;
    int64_t end;
};

/* What the system has read of a file. */
struct window {
    uint64_t device, inode;
    int64_t start, end;
};

static char *roots[ROOTS];
static int root_count, slow_roots;
static enum { STRICT, SKIP, HEAD } seek_is = STRICT;
static long delay_us;
static struct counts *counts;
static int lock_file = -1;
static pid_t lock_owner;
static struct descriptor descriptors[DESCRIPTORS];
static struct window windows[WINDOWS];
static unsigned next_window;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void) {
    const char *path = getenv("READS_COUNTS"), *given = getenv("READS_ROOTS"), *delay = getenv("READS_DELAY_US");
    const char *seek = getenv("READS_SEEK"), *slow = getenv("READS_SLOW");
    if (!path || !given)
        return;
    delay_us = delay ? atol(delay) : 0;
    slow_roots = slow ? atoi(slow) : ROOTS;
    if (seek)
        seek_is = !strcmp(seek, "skip") ? SKIP : !strcmp(seek, "head") ? HEAD : STRICT;
    char *rest = strdup(given);
    for (char *each = strtok_r(rest, ":", &rest); each && root_count < ROOTS; each = strtok_r(NULL, ":", &rest))
        roots[root_count++] = each;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED)
        counts = mapped;
}

/* Threads exclude each other by the mutex, processes by the lock of a file that the system releases if they die. */
static void lock(void) {
    pthread_mutex_lock(&mutex);
    if (lock_owner != getpid()) {
        /* A child shares its parent's description of the file, whose lock would not keep them apart. */
        lock_file = open(getenv("READS_COUNTS"), O_RDWR | O_CLOEXEC);
        lock_owner = getpid();
    }
    flock(lock_file, LOCK_EX);
}

static void unlock(void) {
    flock(lock_file, LOCK_UN);
    pthread_mutex_unlock(&mutex);
}

/* What is known of a descriptor of a file below a root; NULL for any other. */
static struct descriptor *of_interest(int fd) {
    pthread_once(&once, start);
    if (!counts || fd < 0 || fd >= DESCRIPTORS)
        return NULL;
    struct stat found;
    if (fstat(fd, &found) || !S_ISREG(found.st_mode))
        return NULL;
    struct descriptor *each = &descriptors[fd];
    if (!each->known || each->device != found.st_dev || each->inode != found.st_ino) {
        char link[64], path[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, path, sizeof path - 1);
        path[length < 0 ? 0 : length] = 0;
        *each = (struct descriptor){found.st_dev, found.st_ino, -1, 1, -1};
        for (int i = 0; i < root_count; i++) {
            size_t long_as = strlen(roots[i]);
            if (!strncmp(path, roots[i], long_as) && (path[long_as] == '/' || !path[long_as]))
                each->root = i;
        }
    }
    return each->root < 0 ? NULL : each;
}

/* Whether the head has to move for some bytes of a file. */
static int moves_head(const struct descriptor *of, int64_t from, int64_t size, int64_t ahead) {
    struct window *mine = NULL;
    for (int i = 0; i < WINDOWS && !mine; i++) {
        struct window *each = &windows[i];
        if (each->end && each->inode == of->inode && each->device == of->device && from >= each->start && from <= each->end)
            mine = each;
    }
    int64_t missing = mine ? mine->end : from, end = from + size;
    if (end <= missing)
        return 0;
    int64_t gap = missing - (int64_t)counts->head_place;
    int is_there = counts->head_inode == of->inode && counts->head_device == of->device && gap >= 0 && gap < AHEAD;
    if (!mine) {
        mine = &windows[next_window++ % WINDOWS];
        *mine = (struct window){of->device, of->inode, from, 0};
    }
    mine->end = end + ahead;
    counts->head_device = of->device;
    counts->head_inode = of->inode;
    counts->head_place = mine->end;
    return !is_there;
}

static void seek_time(const struct descriptor *of) {
    struct timespec time = {delay_us / 1000000, delay_us % 1000000 * 1000};
    if (delay_us && of->root < slow_roots)
        nanosleep(&time, NULL);
}

/* Before `size` bytes are read from a place on. */
static void will_read(struct descriptor *of, int64_t from, int64_t size) {
    struct root_counts *mine = &counts->root[of->root];
    lock();
    int64_t gap = from - of->end;
    int strict = of->end < 0 || gap != 0, skip = of->end < 0 || gap < 0 || gap >= AHEAD;
    int head = moves_head(of, from, size, AHEAD);
    mine->reads += 1;
    mine->strict += strict;
    mine->skip += skip;
    mine->head += head;
    if (seek_is == STRICT ? strict : seek_is == SKIP ? skip : head)
        seek_time(of);
    unlock();
}

static void has_read(struct descriptor *of, int64_t from, ssize_t size) {
    if (size < 0)
        return;
    lock();
    of->end = from + size;
    counts->root[of->root].bytes += size;
    unlock();
}

static int64_t whole(const struct iovec *parts, int count) {
    int64_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

#define REAL(name, ...)                                   \
    static __typeof__(&name) real;                        \
    if (!real)                                            \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define WATCHED(from, size, call)                         \
    struct descriptor *of = of_interest(fd);              \
    if (!of)                                              \
        return call;                                      \
    int64_t place = from;                                 \
    will_read(of, place, size);                           \
    ssize_t got = call;                                   \
    has_read(of, place, got);                             \
    return got

ssize_t read(int fd, void *to, size_t size) {
    REAL(read);
    WATCHED(lseek(fd, 0, SEEK_CUR), size, real(fd, to, size));
}

ssize_t pread(int fd, void *to, size_t size, off_t from) {
    REAL(pread);
    WATCHED(from, size, real(fd, to, size, from));
}

ssize_t pread64(int fd, void *to, size_t size, off64_t from) {
    REAL(pread64);
    WATCHED(from, size, real(fd, to, size, from));
}

ssize_t readv(int fd, const struct iovec *parts, int count) {
    REAL(readv);
    WATCHED(lseek(fd, 0, SEEK_CUR), whole(parts, count), real(fd, parts, count));
}

ssize_t preadv(int fd, const struct iovec *parts, int count, off_t from) {
    REAL(preadv);
    WATCHED(from, whole(parts, count), real(fd, parts, count, from));
}

ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t from) {
    REAL(preadv64);
    WATCHED(from, whole(parts, count), real(fd, parts, count, from));
}

/* What compilers make of `read` and `pread` where they know the size of the buffer. */
ssize_t __read_chk(int fd, void *to, size_t size, size_t room) {
    (void)room;
    return read(fd, to, size);
}

ssize_t __pread_chk(int fd, void *to, size_t size, off_t from, size_t room) {
    (void)room;
    return pread(fd, to, size, from);
}

ssize_t __pread64_chk(int fd, void *to, size_t size, off64_t from, size_t room) {
    (void)room;
    return pread64(fd, to, size, from);
}

static void advised(int fd, int64_t from, int64_t size, int advice) {
    struct descriptor *of = advice == POSIX_FADV_WILLNEED ? of_interest(fd) : NULL;
    if (!of)
        return;
    lock();
    int head = moves_head(of, from, size, 0);
    counts->root[of->root].head += head;
    if (head && seek_is == HEAD)
        seek_time(of); /* the system would return at once, and the next read would wait */
    unlock();
}

int posix_fadvise(int fd, off_t from, off_t size, int advice) {
    REAL(posix_fadvise);
    advised(fd, from, size, advice);
    return real(fd, from, size, advice);
}

int posix_fadvise64(int fd, off64_t from, off64_t size, int advice) {
    REAL(posix_fadvise64);
    advised(fd, from, size, advice);
    return real(fd, from, size, advice);
}

static void was_mapped(int fd, size_t size) {
    struct descriptor *of = of_interest(fd);
    if (!of)
        return;
    lock();
    counts->root[of->root].mapped += size;
    unlock();
}

/* `counts` is NULL while start() maps its own file. */
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t from) {
    REAL(mmap);
    if (!(flags & MAP_ANONYMOUS) && fd >= 0 && counts)
        was_mapped(fd, size);
    return real(at, size, protection, flags, fd, from);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t from) {
    REAL(mmap64);
    if (!(flags & MAP_ANONYMOUS) && fd >= 0 && counts)
        was_mapped(fd, size);
    return real(at, size, protection, flags, fd, from);
}
