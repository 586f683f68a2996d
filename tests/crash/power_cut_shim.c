/* A disk that forgets what was not synced, as a library for LD_PRELOAD.
 *
 * Below the folder FILOSCOPE_POWER_CUT_ROOT only fsync and fdatasync make anything durable: they
 * copy the file's content as it is now, or the folder's list of names as it is now, into
 * FILOSCOPE_POWER_CUT_SHADOW. All other calls go to the real file system untouched. After the
 * process was killed, `power_cut cut` replaces the tree by what the shadow holds (power_cut.h).
 *
 * Not durable here, whatever a real system says: close, rename, link, sync, syncfs,
 * sync_file_range, msync, O_SYNC, O_DSYNC. When FILOSCOPE_POWER_CUT_FULL names a file that exists,
 * the disk is full as well, see full().
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include "power_cut_id.h"

static void give_up(const char* what) {
  dprintf(2, "power_cut_shim: %s: %s\n", what, strerror(errno));
  abort();
}

static void* real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == NULL) give_up(name);
  return found;
}

static int below_root(int fd) {
  const char* root = getenv("FILOSCOPE_POWER_CUT_ROOT");
  if (root == NULL || fd < 0) return 0;
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = '\0';
  const size_t root_size = strlen(root);
  return strncmp(path, root, root_size) == 0 && (path[root_size] == '/' || path[root_size] == '\0');
}

static void shadow_path(char path[PATH_MAX], const char* folder, const char* name) {
  const char* shadow = getenv("FILOSCOPE_POWER_CUT_SHADOW");
  if (shadow == NULL) give_up("FILOSCOPE_POWER_CUT_SHADOW is not set");
  if (snprintf(path, PATH_MAX, "%s/%s%s", shadow, folder, name) >= PATH_MAX)
    give_up("path too long");
}

static void copy_content(int from, int to) {
  static const size_t kBlock = 1 << 20;
  char* buffer = malloc(kBlock);
  if (buffer == NULL) give_up("malloc");
  ssize_t (*real_pwrite)(int, const void*, size_t, off_t) = real("pwrite");
  off_t at = 0;
  for (ssize_t count; (count = pread(from, buffer, kBlock, at)) != 0; at += count) {
    if (count < 0) give_up("read a file to be synced");
    if (real_pwrite(to, buffer, (size_t)count, at) != count) give_up("write the shadow");
  }
  free(buffer);
}

static void list_names(int folder, int to) {
  DIR* names = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (names == NULL) give_up("list a folder");
  for (struct dirent* entry; (entry = readdir(names)) != NULL;) {
    unsigned mode;
    char id[POWER_CUT_ID_BYTES];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (power_cut_id(folder, entry->d_name, 0, &mode, id) != 0) continue; /* just removed */
    dprintf(to, "%c %s %s\n", S_ISDIR(mode) ? 'd' : 'f', id, entry->d_name);
  }
  closedir(names);
}

/* The moment of durability. One at a time, also between processes: a slow copy must not replace a
 * newer one. */
static void keep(int fd) {
  unsigned mode;
  char id[POWER_CUT_ID_BYTES];
  char lock_path[PATH_MAX];
  char new_path[PATH_MAX];
  char path[PATH_MAX];
  char link[64];
  if (power_cut_id(fd, "", AT_EMPTY_PATH, &mode, id) != 0) give_up("statx");
  shadow_path(lock_path, "lock", "");
  const int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) give_up("lock the shadow");
  shadow_path(new_path, "new", "");
  shadow_path(path, S_ISDIR(mode) ? "folders/" : "files/", id);
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const int from = open(link, O_RDONLY | O_CLOEXEC); /* the caller's may be write-only */
  const int to = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (from < 0 || to < 0) give_up("open the shadow");
  if (S_ISDIR(mode)) {
    list_names(from, to);
  } else {
    copy_content(from, to);
  }
  close(from);
  close(to);
  if (rename(new_path, path) != 0) give_up("rename the shadow");
  close(lock);
}

/* The flag's file: none, all is well; empty, no write finds space; "sync", only syncs fail, as
 * where space is looked for late (delayed allocation); "readonly" and "broken", every write fails
 * as on a disk that was remounted read-only, or that is broken. */
static int full(int fd, int syncing) {
  const char* flag = getenv("FILOSCOPE_POWER_CUT_FULL");
  if (flag == NULL || !below_root(fd)) return 0;
  const int file = open(flag, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char how = 0;
  if (read(file, &how, 1) < 0) how = 0;
  close(file);
  if ((how == 's') != syncing) return 0;
  errno = how == 'r' ? EROFS : how == 'b' ? EIO : ENOSPC;
  return 1;
}

int fsync(int fd) {
  if (!below_root(fd)) {
    int (*next)(int) = real("fsync");
    return next(fd);
  }
  if (full(fd, 1)) return -1;
  keep(fd);
  return 0;
}

int fdatasync(int fd) {
  if (!below_root(fd)) {
    int (*next)(int) = real("fdatasync");
    return next(fd);
  }
  if (full(fd, 1)) return -1;
  keep(fd);
  return 0;
}

/* ---- the full disk, for what needs space ---- */

ssize_t write(int fd, const void* data, size_t size) {
  static ssize_t (*next)(int, const void*, size_t);
  if (next == NULL) next = real("write");
  return full(fd, 0) ? -1 : next(fd, data, size);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static ssize_t (*next)(int, const void*, size_t, off_t);
  if (next == NULL) next = real("pwrite");
  return full(fd, 0) ? -1 : next(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static ssize_t (*next)(int, const void*, size_t, off64_t);
  if (next == NULL) next = real("pwrite64");
  return full(fd, 0) ? -1 : next(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  static ssize_t (*next)(int, const struct iovec*, int);
  if (next == NULL) next = real("writev");
  return full(fd, 0) ? -1 : next(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t at) {
  static ssize_t (*next)(int, const struct iovec*, int, off_t);
  if (next == NULL) next = real("pwritev");
  return full(fd, 0) ? -1 : next(fd, parts, count, at);
}

ssize_t copy_file_range(int from, off64_t* in, int to, off64_t* out, size_t size, unsigned flags) {
  static ssize_t (*next)(int, off64_t*, int, off64_t*, size_t, unsigned);
  if (next == NULL) next = real("copy_file_range");
  return full(to, 0) ? -1 : next(from, in, to, out, size, flags);
}

int fallocate(int fd, int mode, off_t at, off_t size) {
  static int (*next)(int, int, off_t, off_t);
  if (next == NULL) next = real("fallocate");
  return full(fd, 0) ? -1 : next(fd, mode, at, size);
}
