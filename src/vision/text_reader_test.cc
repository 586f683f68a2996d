#include "vision/text_reader.h"

#include <gmock/gmock.h>

#include "vision/test_letters.h"
#include "vision/test_pictures.h"

namespace filoscope::vision {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TextReaderTest : public testing::Test {
 protected:
  std::vector<std::string> read(const Picture& picture) { return reader->read(picture).value(); }
  std::unique_ptr<TextReader> reader = open_text_reader("eng").value();
};

TEST_F(TextReaderTest, ReadsDarkOnLightAndLightOnDark) {
  for (const bool dark : {true, false}) {
    auto picture = plain_picture(360, 640, dark ? kPaper : kNight);
    write_letters(picture, 30, 120, "HELLO THERE", dark ? kNight : kPaper);
    write_letters(picture, 30, 300, "BOTTLE TEA", dark ? kNight : kPaper);
    EXPECT_THAT(read(picture), ElementsAre("HELLO THERE", "BOTTLE TEA")) << dark;
  }
}

TEST_F(TextReaderTest, ReadsLightLettersOverAPicture) {
  auto picture = drawn_picture(3, 360, 640);
  for (auto& value : picture.rgb) value = static_cast<std::uint8_t>(value * 3 / 4);
  write_letters(picture, 30, 300, "BOTTLE TEA", kPaper);
  EXPECT_THAT(read(picture), ElementsAre("BOTTLE TEA"));
}

TEST_F(TextReaderTest, ReadsNothingWhereNothingStands) {
  EXPECT_THAT(read(plain_picture(360, 640, kPaper)), IsEmpty());
  EXPECT_THAT(read(plain_picture(1, 1, kNight)), IsEmpty());
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    EXPECT_THAT(read(drawn_picture(seed, 360, 640)), IsEmpty()) << seed;
}

TEST(TextReaderLanguages, OneThatIsNotInstalledIsSaid) {
  const auto reader = open_text_reader("eng+tlh");
  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().reason, "text_reader_unusable");
  EXPECT_THAT(reader.error().message, HasSubstr("eng+tlh"));
}

}  // namespace
}  // namespace filoscope::vision
