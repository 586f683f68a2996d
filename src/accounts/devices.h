#pragma once

/// The mark that a device keeps of the accounts that signed in there, signed by this server: it
/// opens nothing, it only tells a device that the owner has used from a stranger's. Internal to
/// this module. Immutable. Threads: any.

#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/id.h"

namespace filoscope::accounts {

class Devices {
 public:
  explicit Devices(const crypto::Key& key) : key_(key) {}
  /// `marks` with a fresh one of `account` before the others, at most four.
  std::string add(AccountId account, std::string_view marks) const;
  /// The one among `marks` that is of `account` and genuine, or "".
  std::string find(AccountId account, std::string_view marks) const;

 private:
  std::string signature(AccountId account, std::string_view nonce) const;
  const crypto::Key key_;
};

}  // namespace filoscope::accounts
