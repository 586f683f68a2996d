#include "base/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <new>

namespace filoscope::memory {
namespace {

constexpr int kExitStatus = 71;  // EX_OSERR

/// A mapping, so that giving it up gives address space back at once. Null: given up, or never
/// taken.
std::atomic<void*> reserve{nullptr};
std::atomic<bool> kept{false};

void* take(std::size_t bytes) {
  void* const taken = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return taken == MAP_FAILED ? nullptr : taken;
}

void give_up() {
  void* const held = reserve.exchange(nullptr);
  if (held == nullptr) throw std::bad_alloc();
  ::munmap(held, kReserveBytes);
}

}  // namespace

void keep_reserve() {
  if (kept.exchange(true)) return;
  reserve = take(kReserveBytes);
  std::set_new_handler(give_up);
}

bool is_low() {
  if (!kept || reserve.load(std::memory_order_relaxed) != nullptr) return false;
  // Twice as much has to be there, so that it is not given up again at once.
  void* const more = take(kReserveBytes);
  if (more == nullptr) return true;
  void* const taken = take(kReserveBytes);
  ::munmap(more, kReserveBytes);
  if (taken == nullptr) return true;
  void* expected = nullptr;
  if (!reserve.compare_exchange_strong(expected, taken)) ::munmap(taken, kReserveBytes);
  return false;
}

void end_for_want_of_memory(const char* where) {
  static constexpr char kText[] = "filoscope: no memory is left to go on with: ";
  static_cast<void>(!::write(STDERR_FILENO, kText, sizeof kText - 1));
  static_cast<void>(!::write(STDERR_FILENO, where, std::strlen(where)));
  static_cast<void>(!::write(STDERR_FILENO, "\n", 1));
  ::_exit(kExitStatus);
}

}  // namespace filoscope::memory
