#include "accounts/passwords.h"

#include "accounts/reasons.h"

namespace filoscope::accounts {
namespace {

constexpr std::int64_t kAttemptsWindowUs = 15LL * 60 * 1'000'000;
constexpr std::size_t kAttemptsTrackedMax = 100'000;
constexpr std::int64_t kWaitingMax = 256;

Error wrong() { return Error(reason("handle_or_password_wrong")); }

}  // namespace

/// One of the few places where hashes are computed.
class Passwords::Turn {
 public:
  explicit Turn(Passwords& owner) : owner_(owner) {
    Lock lock(owner_.mutex_);
    if (owner_.waiting_count_ >= kWaitingMax) return;
    ++owner_.waiting_count_;
    taken_ = owner_.free_.wait_for_ms(
        owner_.mutex_, owner_.wait_ms_,
        [&]() FILOSCOPE_REQUIRES(owner_.mutex_) { return owner_.free_count_ > 0; });
    --owner_.waiting_count_;
    if (taken_) --owner_.free_count_;
  }
  ~Turn() {
    if (!taken_) return;
    Lock lock(owner_.mutex_);
    ++owner_.free_count_;
    owner_.free_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  Result<void> taken() const {
    if (taken_) return {};
    return Error(reason("too_many_sign_ins"));
  }

 private:
  Passwords& owner_;
  bool taken_ = false;
};

Passwords::Passwords(const Config& config, const Clock& clock)
    : clock_(clock),
      memory_bytes_(static_cast<std::size_t>(config[kPasswordMemoryBytes])),
      wait_ms_(config[kPasswordWaitMs]),
      attempts_max_(static_cast<int>(config[kSignInAttemptsMax])),
      free_count_(config[kPasswordHashesMax]),
      attempts_(kAttemptsTrackedMax) {}

Result<std::string> Passwords::hash(std::string_view password) {
  const Turn turn(*this);
  FILOSCOPE_DO(turn.taken());
  return crypto::hash_password(password, memory_bytes_);
}

Result<std::string> Passwords::decoy() {
  Lock lock(mutex_);
  if (decoy_.empty()) {
    FILOSCOPE_TRY(decoy_,
                  crypto::hash_password(crypto::hex(crypto::random_bytes(32)), memory_bytes_));
  }
  return decoy_;
}

Result<void> Passwords::take_attempt(const std::string& account) {
  Lock lock(mutex_);
  const auto now_us = clock_.mono_us();
  auto* attempts = attempts_.find(account);
  if (attempts == nullptr || now_us - attempts->since_us >= kAttemptsWindowUs) {
    attempts = &attempts_.put(account, {0, now_us});
  }
  if (attempts->failed_count >= attempts_max_) {
    const auto left_us = attempts->since_us + kAttemptsWindowUs - now_us;
    const auto minutes = static_cast<int>(left_us / 60'000'000 + 1);
    return Error(reason("too_many_password_tries"), minutes).after_s(minutes * 60);
  }
  // Counted before it is known, so that many at the same time are not more than one after another.
  // The last one allowed begins the full wait anew.
  if (++attempts->failed_count == attempts_max_) attempts->since_us = now_us;
  return {};
}

void Passwords::give_back_attempt(const std::string& account) {
  Lock lock(mutex_);
  auto* attempts = attempts_.find(account);
  if (attempts != nullptr && attempts->failed_count > 0) --attempts->failed_count;
}

Result<void> Passwords::check(std::string_view account, std::string_view password,
                              const std::string& stored) {
  const std::string key(account);
  FILOSCOPE_DO(take_attempt(key));
  FILOSCOPE_TRY(const auto decoy_hash, decoy());
  const Turn turn(*this);
  if (auto taken = turn.taken(); !taken) {
    give_back_attempt(key);
    return taken;
  }
  const bool matches = crypto::password_matches(password, stored.empty() ? decoy_hash : stored);
  if (stored.empty() || !matches) return wrong();
  forgive(key);
  return {};
}

Result<std::string> Passwords::hash_counted(const std::string& key, std::string_view password) {
  FILOSCOPE_DO(take_attempt(key));
  auto made = hash(password);
  if (!made) give_back_attempt(key);
  return made;
}

void Passwords::forgive(const std::string& key) {
  Lock lock(mutex_);
  attempts_.erase(key);
}

bool Passwords::outdated(const std::string& stored) const {
  const auto memory = "$m=" + std::to_string(memory_bytes_ / 1024) + ",";
  return stored.find(memory) == std::string::npos;
}

}  // namespace filoscope::accounts
