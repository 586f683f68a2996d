#pragma once

/// A full disk, for tests: while this lives, no file of the process can be written.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

namespace filoscope {

class NoSpace {
 public:
  NoSpace() : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    struct rlimit none = before_;
    none.rlim_cur = 0;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  }
  ~NoSpace() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0);
    ::signal(SIGXFSZ, handler_);
  }
  NoSpace(const NoSpace&) = delete;
  NoSpace& operator=(const NoSpace&) = delete;

 private:
  using Handler = void (*)(int);
  const Handler handler_;
  struct rlimit before_ {};
};

}  // namespace filoscope
