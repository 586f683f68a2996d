#include <cstring>

#include "accounts/accounts_impl.h"
#include "accounts/text.h"
#include "base/bytes.h"

namespace filoscope::accounts {
namespace {

// A guest's token says all there is about a visitor who has not acted, 31 bytes as base64url:
// person 8 | ends s 4 | language 3 | mac 16 (HMAC-SHA-256, cut).
constexpr std::size_t kLanguageBytes = 3;
constexpr std::size_t kBodyBytes = 8 + 4 + kLanguageBytes;
constexpr std::size_t kMacBytes = 16;

crypto::Digest mac_of(const crypto::Key& key, std::span<const std::uint8_t> body) {
  return crypto::hmac_sha256(key, "guest:" + std::string(crypto::as_text(body)));
}

Error no_room() { return Error(reason("too_many_guests")); }

}  // namespace

std::string AccountsImpl::guest_token(PersonKey person, std::int64_t ends_ms,
                                      std::string_view language) const {
  ByteWriter writer;
  writer.put(person.value);
  writer.put(static_cast<std::uint32_t>(ends_ms / 1000));
  for (std::size_t i = 0; i < kLanguageBytes; ++i) {
    writer.put(static_cast<std::uint8_t>(i < language.size() ? language[i] : 0));
  }
  Bytes bytes = writer.take();
  const auto mac = mac_of(parts_.key, bytes);
  bytes.insert(bytes.end(), mac.begin(), mac.begin() + kMacBytes);
  return crypto::base64url(bytes);
}

Result<Viewer> AccountsImpl::guest_of(std::string_view token, std::int64_t now_ms) {
  const auto bytes = crypto::from_base64url(token);
  if (!bytes || bytes->size() != kBodyBytes + kMacBytes) return signed_out();
  const std::span<const std::uint8_t> all(*bytes);
  const auto mac = mac_of(parts_.key, all.first(kBodyBytes));
  if (!crypto::equal_constant_time(all.subspan(kBodyBytes), std::span(mac).first(kMacBytes))) {
    return signed_out();
  }
  ByteReader reader(all.first(kBodyBytes));
  Viewer viewer;
  viewer.person = PersonKey{reader.get<std::uint64_t>()};
  viewer.guest_ends_ms = std::int64_t{reader.get<std::uint32_t>()} * 1000;
  for (std::size_t i = 0; i < kLanguageBytes; ++i) {
    if (const auto letter = reader.get<std::uint8_t>(); letter != 0) {
      viewer.language += static_cast<char>(letter);
    }
  }
  // Taken along by an account, or signed out.
  const bool over = directory_.account_of(viewer.person) || guests_.ended(viewer.person);
  if (over || viewer.guest_ends_ms <= now_ms) return signed_out();
  viewer.session_hash = crypto::hex(crypto::sha256(token));
  viewer.kept = guests_.contains(viewer.person);
  return viewer;
}

Result<Accounts::Guest> AccountsImpl::make_guest(std::string_view language) {
  sweep();
  FILOSCOPE_DO(check_language(language));
  const auto primary = primary_language(language);
  Guest guest;
  while (!guest.person) guest.person.value = crypto::random_u64() >> 1;
  const auto ttl_ms = parts_.config[kGuestTtlHours] * kHourMs;
  guest.expires_at_ms = (parts_.clock.now_ms() + ttl_ms + 999) / 1000 * 1000;  // whole seconds
  guest.token = guest_token(guest.person, guest.expires_at_ms,
                            primary.size() <= kLanguageBytes ? primary : std::string());
  return guest;
}

Result<void> AccountsImpl::keep_guest(const Viewer& viewer) {
  const auto now_ms = parts_.clock.now_ms();
  if (!viewer.guest() || guests_.act(viewer.person, now_ms)) return {};
  const bool over = directory_.account_of(viewer.person) || guests_.ended(viewer.person);
  if (over || viewer.guest_ends_ms <= now_ms) return signed_out();
  const auto gone = guests_.reserve(viewer.person, now_ms);
  if (!gone) return no_room();
  std::vector<PersonKey> people;
  for (const auto& guest : *gone) people.push_back(guest.person);
  ErasedGuests erased;
  const auto done = parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const bool signed_up, is_account(session, viewer.person));
    if (signed_up) return signed_out();
    FILOSCOPE_DO(erase_guests(session, people, erased));
    // Their tokens stay good: they may come back, as somebody of whom nothing is known.
    for (const auto person : erased.people) FILOSCOPE_DO(append_erasure(session, person));
    FILOSCOPE_DO(session.execute(
        "INSERT INTO accounts_guests (token_hash, person, language, created_ms, ends_ms) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        {viewer.session_hash, viewer.person.db(), viewer.language, now_ms, viewer.guest_ends_ms}));
    return {};
  });
  if (!done) {
    guests_.give_back(viewer.person, *gone);
    for (const auto person : people) {  // sign_up() puts her there, then takes her out here
      if (directory_.account_of(person)) guests_.erase(person);
    }
    return done;
  }
  guests_.settle(viewer.person);
  forget_guests(erased);
  return {};
}

/// Who has become an account meanwhile only loses her row.
Result<void> AccountsImpl::erase_guests(Session& session, std::span<const PersonKey> people,
                                        ErasedGuests& erased) const {
  erased = {};
  for (const auto person : people) {
    const auto tokens_before = erased.tokens.size();
    FILOSCOPE_DO(session.query("SELECT token_hash FROM accounts_guests WHERE person = ?",
                               {person.db()},
                               [&](const Row& row) { erased.tokens.push_back(row.text(0)); }));
    if (erased.tokens.size() == tokens_before) continue;
    FILOSCOPE_DO(session.execute("DELETE FROM accounts_guests WHERE person = ?", {person.db()}));
    FILOSCOPE_TRY(const bool signed_up, is_account(session, person));
    if (signed_up) continue;
    FILOSCOPE_DO(erase_rows(session, {}, person));
    erased.people.push_back(person);
  }
  return {};
}

void AccountsImpl::forget_guests(const ErasedGuests& erased) {
  for (const auto person : erased.people) directory_.forget_mutes(person);
  sessions_.forget(erased.tokens);
}

/// Her rows go at the next sweep.
Result<void> AccountsImpl::sign_out_guest(const Viewer& guest) {
  if (guest.kept) {
    FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("UPDATE accounts_guests SET ends_ms = ? WHERE person = ?",
                                   {parts_.clock.now_ms(), guest.person.db()}));
      return append_erasure(session, guest.person);
    }));
  }
  guests_.end(guest.person);
  sessions_.forget(std::vector{guest.session_hash});
  return {};
}

/// What the engine holds of them ends by itself, a day behind their last act.
Result<void> AccountsImpl::sweep_guests() {
  const auto now_ms = parts_.clock.now_ms();
  std::vector<PersonKey> people;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    people.clear();
    return session.query(
        "SELECT person FROM accounts_guests WHERE ends_ms <= ? ORDER BY ends_ms LIMIT ?",
        {now_ms, kSweepMax},
        [&](const Row& row) { people.push_back(PersonKey::from_db(row.integer(0))); });
  }));
  if (people.empty()) return {};  // without a write where there is nothing to do
  ErasedGuests erased;
  FILOSCOPE_DO(parts_.database.write(
      [&](Session& session) { return erase_guests(session, people, erased); }));
  for (const auto person : people) guests_.erase(person);
  forget_guests(erased);
  if (people.size() == static_cast<std::size_t>(kSweepMax)) next_sweep_ms_ = 0;
  return {};
}

}  // namespace filoscope::accounts
