#include "feed/token.h"

#include <gtest/gtest.h>

namespace filoscope::feed {
namespace {

const crypto::Key kKey{7};

Impression sample() {
  Impression impression;
  impression.request = RequestId{11};
  impression.entry = EntryId{22};
  impression.kind = catalog::Kind::product;
  impression.person = PersonKey{33};
  impression.surface = Surface::hashtag;
  impression.issued_ms = 1'700'000'000'000;
  impression.route = engine::Route::repeat;
  impression.recorded = false;
  impression.profiled = false;
  return impression;
}

TEST(Token, SaysWhatItWasMadeWith) {
  const auto token = make_token(kKey, sample());
  const auto read = read_token(kKey, token);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->request, RequestId{11});
  EXPECT_EQ(read->entry, EntryId{22});
  EXPECT_EQ(read->kind, catalog::Kind::product);
  EXPECT_EQ(read->person, PersonKey{33});
  EXPECT_EQ(read->surface, Surface::hashtag);
  EXPECT_EQ(read->issued_ms, 1'700'000'000'000);
  EXPECT_EQ(read->route, engine::Route::repeat);
  EXPECT_FALSE(read->recorded);
  EXPECT_FALSE(read->profiled);
}

TEST(Token, OneOfAnEarlierReleaseIsOfAVideo) {
  // Made by the release before kinds, with the same key.
  const auto read =
      read_token(kKey, "CwAAAAAAAAAWAAAAAAAAACEAAAAAAAAA_ADxU2W3VNdlKaQerRmUulumk0fz");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->entry, EntryId{22});
  EXPECT_EQ(read->kind, catalog::Kind::video);
  EXPECT_EQ(read->surface, Surface::hashtag);
  EXPECT_EQ(read->issued_ms, 1'700'000'000'000);
}

TEST(Token, EveryRouteOnEverySurfaceIsTold) {
  for (std::size_t route = 0; route <= engine::kRoutesCount; ++route) {
    for (int surface = 0; surface <= static_cast<int>(Surface::other); ++surface) {
      auto impression = sample();
      impression.surface = static_cast<Surface>(surface);
      impression.route.reset();
      if (route > 0) impression.route = static_cast<engine::Route>(route - 1);
      impression.recorded = impression.profiled = route % 2 == 0;
      const auto read = read_token(kKey, make_token(kKey, impression));
      ASSERT_TRUE(read.has_value());
      EXPECT_EQ(read->surface, impression.surface);
      EXPECT_EQ(read->route, impression.route);
      EXPECT_EQ(read->recorded, impression.recorded);
      EXPECT_EQ(read->profiled, impression.profiled);
    }
  }
}

TEST(Token, AnyChangedCharacterIsRefused) {
  const auto token = make_token(kKey, sample());
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_token(kKey, forged).has_value()) << i;
  }
  EXPECT_FALSE(read_token(crypto::Key{8}, token).has_value());
  EXPECT_FALSE(read_token(kKey, "").has_value());
  EXPECT_FALSE(read_token(kKey, token + "A").has_value());
  EXPECT_FALSE(read_token(kKey, std::string(token.size(), '*')).has_value());
}

TEST(Token, NumbersTellTokensApart) {
  auto other = sample();
  other.entry = EntryId{23};
  EXPECT_NE(token_number(make_token(kKey, sample())), token_number(make_token(kKey, other)));
}

}  // namespace
}  // namespace filoscope::feed
