#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <set>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/config.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"
#include "base/pool.h"
#include "base/random.h"

namespace filoscope {
namespace {

const Setting<std::int64_t> kLimit{"base_test.limit_max", 7, 1, 10, "A limit for the test."};

TEST(Id, TextRoundTripsAndRejectsWhatIsNotAnId) {
  const VideoId id = new_id_of<VideoId>(1'790'000'000'000);
  EXPECT_EQ(VideoId::parse(id.text()), id);
  EXPECT_EQ(id.text().size(), 13U);
  EXPECT_FALSE(VideoId::parse("short"));
  EXPECT_FALSE(VideoId::parse("zzzzzzzzzzzzz"));
  EXPECT_FALSE(VideoId::parse("0000000000u00"));
  EXPECT_EQ(parse_id_text(id_text(~std::uint64_t{0})), ~std::uint64_t{0}) << "all 64 bits";
}

TEST(Id, LaterIdsAreLarger) { EXPECT_LT(new_id(1000), new_id(1001)); }

TEST(Id, ThoseOfOneMillisecondDiffer) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 2'000;  // by chance alone some sixteen of them would meet
  std::array<std::vector<std::uint64_t>, kThreads> drawn;
  std::vector<std::thread> threads;
  for (auto& ids : drawn) {
    threads.emplace_back([&ids] {
      for (std::size_t i = 0; i < kEach; ++i) {
        ids.push_back(new_id(1'790'000'000'000 + static_cast<std::int64_t>(i % 2)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& ids : drawn) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), kThreads * kEach);
}

TEST(Bytes, ReaderStopsAtTheEnd) {
  ByteWriter out;
  out.put<std::uint32_t>(5);
  out.put_varint(300);
  out.put_text("höhle");
  ByteReader in(out.bytes());
  EXPECT_EQ(in.get<std::uint32_t>(), 5U);
  EXPECT_EQ(in.get_varint(), 300U);
  EXPECT_EQ(in.get_text(), "höhle");
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(in.get<std::uint8_t>(), 0);
  EXPECT_FALSE(in.ok());
}

TEST(Bytes, ArrayLongerThanTheDataFails) {
  ByteWriter out;
  out.put_varint(1ULL << 60);
  ByteReader in(out.bytes());
  EXPECT_TRUE(in.get_array<float>().empty());
  EXPECT_FALSE(in.ok());
}

TEST(Config, RejectsUnknownNamesAndValuesOutOfRange) {
  Config config;
  EXPECT_EQ(config[kLimit], 7);
  EXPECT_TRUE(config.set("base_test.limit_max", "10").has_value());
  EXPECT_EQ(config[kLimit], 10);
  const auto outside = config.set("base_test.limit_max", "11");
  EXPECT_EQ(outside.error().code, Code::invalid_argument);
  EXPECT_EQ(outside.error().reason, "setting_out_of_range");
  EXPECT_EQ(outside.error().message, "base_test.limit_max = 11: allowed is 1..10");
  EXPECT_EQ(config.set("base_test.limit_max", "ten").error().reason, "setting_of_wrong_kind");
  EXPECT_EQ(config.set("base_test.no_such", "1").error().reason, "setting_unknown");
}

TEST(Config, EnvironmentWins) {
  const auto config = Config::load("", {{"FILOSCOPE_BASE_TEST_LIMIT_MAX", "3"}});
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ((*config)[kLimit], 3);
}

TEST(Crypto, HmacMatchesRfc4231Case2) {
  crypto::Key key{};
  const std::string text = "Jefe";
  std::copy(text.begin(), text.end(), key.begin());  // HMAC pads a short key with zeros
  EXPECT_EQ(crypto::hex(crypto::hmac_sha256(key, "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, Base64RoundTripsAndRejectsGarbage) {
  const auto bytes = crypto::random_bytes(33);
  EXPECT_EQ(crypto::from_base64url(crypto::base64url(bytes)), bytes);
  EXPECT_FALSE(crypto::from_base64url("a b"));
}

TEST(Crypto, PasswordMatchesOnlyItself) {
  const auto stored = crypto::hash_password("correct horse", 8U << 20);
  ASSERT_TRUE(stored.has_value());
  EXPECT_TRUE(crypto::password_matches("correct horse", *stored));
  EXPECT_FALSE(crypto::password_matches("correct horsf", *stored));
}

TEST(Pool, FullQueueAnswersExhaustedAndStopFinishesTheRest) {
  Mutex gate;
  std::atomic<int> done = 0;
  Pool pool("test", 1, 2);
  gate.lock();
  EXPECT_TRUE(pool.post([&] {
                    Lock lock(gate);
                    ++done;
                  })
                  .has_value());
  int accepted = 0;
  Result<void> posted;
  while ((posted = pool.post([&] { ++done; })).has_value()) ++accepted;
  EXPECT_GE(accepted, 1);
  EXPECT_EQ(posted.error().reason, "queue_full");
  EXPECT_EQ(posted.error().code, Code::exhausted);
  gate.unlock();
  pool.stop();
  EXPECT_EQ(done, accepted + 1);
  EXPECT_EQ(pool.post([] {}).error().reason, "server_stopping");
}

TEST(Random, SameSeedSameBits) {
  Random a(1), b(1), c(2);
  const auto first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  for (int i = 0; i < 1000; ++i) EXPECT_LT(a.below(7), 7U);
}

TEST(File, APipeIsWrittenIntoAndStaysOne) {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("base_test_" + crypto::hex(crypto::random_bytes(6)));
  std::filesystem::create_directory(folder);
  const auto path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const UniqueFd reader(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  const std::string said = "hello";
  ASSERT_TRUE(write_file_durably(path, crypto::as_bytes(said)).has_value());
  EXPECT_TRUE(std::filesystem::is_fifo(path));
  std::array<char, 5> got{};
  EXPECT_EQ(::read(reader.get(), got.data(), got.size()), 5);
  EXPECT_EQ(std::string(got.data(), got.size()), said);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace filoscope
