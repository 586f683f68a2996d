#pragma once

/* A file's identity, by which the shim and the power cut speak of it: inode and time of birth
 * (inodes are reused). C and C++. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { POWER_CUT_ID_BYTES = 64 };

/* As statx(2); 0, or -1 with errno. `mode` gets the kind of file. */
static inline int power_cut_id(int folder, const char* path, int flags, unsigned* mode,
                               char id[POWER_CUT_ID_BYTES]) {
  struct statx info;
  if (statx(folder, path, flags | AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO | STATX_BTIME,
            &info) != 0) {
    return -1;
  }
  *mode = info.stx_mode;
  snprintf(id, POWER_CUT_ID_BYTES, "%llu-%lld-%u", (unsigned long long)info.stx_ino,
           (long long)info.stx_btime.tv_sec, info.stx_btime.tv_nsec);
  return 0;
}
