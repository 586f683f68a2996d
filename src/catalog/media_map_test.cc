#include "catalog/media_map.h"

#include <gtest/gtest.h>

namespace filoscope::catalog {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

class MediaMapTest : public ::testing::Test {
 protected:
  MediaMapTest() {
    open.renditions = {720, 360};
    open.covers_count = 2;
    closed = open;
    closed.restricted = true;
    map.insert(open_key, open);
    map.insert(closed_key, closed);
  }
  Result<MediaFile> resolve(const std::string& path) const {
    return map.resolve(path, [this](const MediaEntry&, AccountId who) { return who == reader; });
  }
  bool resolves(const std::string& path) const { return resolve(path).has_value(); }

  ManualClock clock;
  MediaMap map{crypto::Key{7}, clock, 3600};
  MediaEntry open, closed;
  AccountId reader{5};
  std::string open_key = new_media_key(), closed_key = new_media_key();
};

TEST_F(MediaMapTest, OnlyFilesThatExistAreServed) {
  const auto file = resolve(map.url(open_key, {}, "720.mp4"));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->blob_key, media_folder(open_key) + "720.mp4");
  EXPECT_EQ(file->content_type, "video/mp4");
  EXPECT_FALSE(file->restricted);
  EXPECT_EQ(resolve(map.url(open_key, {}, "master.m3u8"))->content_type,
            "application/vnd.apple.mpegurl");
  EXPECT_TRUE(resolves(map.url(open_key, {}, "cover1.jpg")));
  EXPECT_TRUE(resolve(map.url(closed_key, reader, "360.m3u8"))->restricted);
  for (const char* file_name :
       {"540.mp4", "0.mp4", "0720.mp4", "cover2.jpg", "cover-1.jpg", "cover.jpg", "original", "..",
        "", "720.mp4/..", "720", ".mp4", "720.avi", "65536720.mp4"}) {
    EXPECT_FALSE(resolves(map.url(open_key, {}, file_name))) << file_name;
  }
}

TEST_F(MediaMapTest, ForgedOrMovedSignaturesDoNotHold) {
  const auto good = map.url(open_key, {}, "720.mp4");
  ASSERT_TRUE(resolves(good));
  for (std::size_t i = good.find('-') + 1; i < good.rfind('/'); ++i) {
    auto forged = good;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(resolves(forged)) << forged;
  }
  auto other_class = good;
  other_class.replace(other_class.find("/p/"), 3, "/r/");
  EXPECT_FALSE(resolves(other_class));
  auto other_key = good;
  other_key.replace(good.find(open_key), 32, closed_key);
  EXPECT_FALSE(resolves(other_key));
  auto later = good;
  const auto at = later.rfind('/', good.find('-')) + 1;
  later.replace(at, later.find('-') - at, std::to_string(clock.now_ms() / kHourMs + 1));
  EXPECT_FALSE(resolves(later));
}

TEST_F(MediaMapTest, ARestrictedFileHasNoPublicAddressHoweverWellSigned) {
  EXPECT_FALSE(resolves(map.url(closed_key, {}, "720.mp4")));
  EXPECT_TRUE(resolves(map.url(open_key, reader, "720.mp4"))) << "made before it was for everyone";
}

TEST_F(MediaMapTest, ARestrictedAddressIsForOneReader) {
  const auto address = map.url(closed_key, reader, "720.mp4");
  EXPECT_TRUE(resolves(address));
  auto others = address;
  const auto at = others.find(reader.text());
  ASSERT_NE(at, std::string::npos);
  others.replace(at, reader.text().size(), AccountId{6}.text());
  EXPECT_FALSE(resolves(others));
  EXPECT_FALSE(resolves(map.url(closed_key, AccountId{6}, "720.mp4")));
  reader = AccountId{7};  // she may not see it any more
  EXPECT_FALSE(resolves(address));
}

TEST_F(MediaMapTest, RestrictedAddressesLiveOneToTwoHours) {
  const auto address = map.url(closed_key, reader, "720.mp4");
  clock.advance_ms(kHourMs);
  EXPECT_TRUE(resolves(address));
  clock.advance_ms(kHourMs);
  EXPECT_FALSE(resolves(address));
}

TEST_F(MediaMapTest, PublicAddressesPlayForADayAndEnd) {
  const auto address = map.url(open_key, {}, "720.mp4");
  clock.advance_ms(24 * kHourMs);
  EXPECT_TRUE(resolves(address));
  clock.advance_ms(kHourMs + 1);
  EXPECT_FALSE(resolves(address));
}

TEST_F(MediaMapTest, AddressesAreTheSameWithinABucket) {
  clock.jump_to_ms(clock.now_ms() / kHourMs * kHourMs);
  const auto address = map.url(open_key, {}, "720.mp4");
  clock.advance_ms(kHourMs - 1);
  EXPECT_EQ(map.url(open_key, {}, "720.mp4"), address);
  clock.advance_ms(1);
  EXPECT_NE(map.url(open_key, {}, "720.mp4"), address);
}

TEST_F(MediaMapTest, AnErasedKeyIsDeadAtOnce) {
  const auto address = map.url(open_key, {}, "720.mp4");
  map.erase(open_key);
  EXPECT_EQ(resolve(address).error().code, Code::not_found);
  EXPECT_EQ(resolve(address).error().reason, "no_such_media");
}

TEST_F(MediaMapTest, AnotherKeyMakesOtherSignatures) {
  MediaMap other(crypto::Key{8}, clock, 3600);
  other.insert(open_key, open);
  EXPECT_FALSE(other
                   .resolve(map.url(open_key, {}, "720.mp4"),
                            [](const MediaEntry&, AccountId) { return true; })
                   .has_value());
}

TEST_F(MediaMapTest, WhatIsNoAddressIsNotFound) {
  for (const char* path :
       {"", "/", "/media", "/media/", "/media/p", "/media/p//1-0123456789abcdef/720.mp4",
        "/media/p/0123456789abcdef0123456789abcdef/1-/720.mp4", "/media/x/k/1-2/f",
        "/media/p/0123456789ABCDEF0123456789abcdef/1-0123456789abcdef/720.mp4",
        "/media/p/0123456789abcdef0123456789abcdef/99999999999999999999-0123456789abcdef/720.mp4"})
    EXPECT_FALSE(resolves(path)) << path;
}

}  // namespace
}  // namespace filoscope::catalog
