#include "base/sha1.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace filoscope {
namespace {

std::string sha1(std::string_view text, std::size_t step) {
  Sha1 hash;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size())))
    hash.update(crypto::as_bytes(text.substr(0, step)));
  return crypto::hex(hash.finish());
}

// FIPS 180 examples.
TEST(Sha1, KnownAnswers) {
  EXPECT_EQ(sha1("", 1), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(sha1("abc", 3), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 100),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(sha1(std::string(1'000'000, 'a'), 4096), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Sha1, PartsMakeNoDifference) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto part = text.substr(0, size);
    EXPECT_EQ(sha1(part, 1000), sha1(part, 7)) << size;
  }
}

}  // namespace
}  // namespace filoscope
