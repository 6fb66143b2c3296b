/* While the file named by FAILING_DISK exists, durable writes and syncs fail, as on a disk that is breaking.
   Every other write reaches the file all the same before it fails: nobody can tell. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(void) {
    const char *name = getenv("FAILING_DISK");
    return name != NULL && access(name, F_OK) == 0;
}

ssize_t write(int file, const void *data, size_t size) {
    static int turn = 0;
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    int before = errno;
    if (file > 2 && (fcntl(file, F_GETFL) & O_DSYNC) && fails()) {
        if (turn++ % 2) real(file, data, size);
        errno = EIO;
        return -1;
    }
    errno = before;
    return real(file, data, size);
}

static int sync_of(const char *name, int file) {
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    if (fails()) {
        errno = EIO;
        return -1;
    }
    return real(file);
}

int fsync(int file) { return sync_of("fsync", file); }
int fdatasync(int file) { return sync_of("fdatasync", file); }
