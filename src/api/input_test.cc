// What comes from outside besides HTTP itself: forms, JSON, tus header fields.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "api/json_input.h"
#include "api/multipart.h"
#include "api/tus.h"

namespace filoscope::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Writes down what the parser says, one line per part.
class Collector final : public PartHandler {
 public:
  Result<void> begin_part(const PartHead& head) override {
    parts.push_back(head.name + (head.is_file ? "(" + head.filename + ")" : "") + "=");
    return {};
  }
  Result<void> part_data(std::string_view bytes) override {
    parts.back() += bytes;
    return {};
  }
  Result<void> end_part() override {
    parts.back() += ";";
    return {};
  }
  std::vector<std::string> parts;
};

Result<std::vector<std::string>> parse_form(std::string_view body, std::size_t step) {
  Collector collector;
  MultipartParser parser("BOUND", collector);
  for (std::size_t at = 0; at < body.size(); at += step) {
    FILOSCOPE_DO(parser.feed(body.substr(at, step)));
  }
  FILOSCOPE_DO(parser.finish());
  return collector.parts;
}

constexpr std::string_view kForm =
    "preamble is ignored\r\n--BOUND\r\n"
    "Content-Disposition: form-data; name=\"caption\"\r\n\r\nhello \r\n--BOUN world\r\n--BOUND \r\n"
    "content-type: video/mp4\r\n"
    "CONTENT-DISPOSITION: form-data; name=file; filename=\"a \\\"b\\\".mp4\"\r\n\r\n"
    "\r\n\r\n--BOUN\r\n-\r\n--BOUND\r\n"
    "Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--BOUND--\r\nepilogue";

TEST(MultipartTest, GivesThePartsHoweverTheyAreCut) {
  for (const std::size_t step : {1U, 2U, 3U, 5U, 7U, 64U, 4096U}) {
    const auto parts = parse_form(kForm, step);
    ASSERT_TRUE(parts) << parts.error().message;
    EXPECT_THAT(*parts, ElementsAre("caption=hello \r\n--BOUN world;",
                                    "file(a \"b\".mp4)=\r\n\r\n--BOUN\r\n-;", "empty=;"))
        << step;
  }
}

TEST(MultipartTest, TakesAFileNameInAnyEncoding) {
  const auto head = parse_part_head(
      "Content-Disposition: form-data; name=\"file\"; filename=\"caf\xE9.mp4\"\r\n");
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->filename, "caf\xE9.mp4");
}

TEST(MultipartTest, RefusesWhatIsBroken) {
  const std::string disposition = "Content-Disposition: form-data; name=\"a\"\r\n";
  const std::string cases[] = {
      "",
      "no boundary at all",
      "--BOUND\r\n" + disposition + "\r\nnever closed",
      "--BOUND\r\n\r\nno head\r\n--BOUND--",
      "--BOUND\r\nnonsense\r\n\r\nx\r\n--BOUND--",
      "--BOUND\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--BOUND--",
      "--BOUND\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\nx\r\n--BOUND--",
      "--BOUND\r\nContent-Disposition: form-data; name=\"\xFF\"\r\n\r\nx\r\n--BOUND--",
      "--BOUND\r\nContent-Disposition: form-data; name=\"open\r\n\r\nx\r\n--BOUND--",
      "--BOUNDextra\r\n" + disposition + "\r\nx\r\n--BOUND--",
      "--BOUND\r\n" + disposition + "X: " + std::string(5000, 'x') + "\r\n\r\nx\r\n--BOUND--",
  };
  for (const auto& body : cases) {
    for (const std::size_t step : {1U, 4096U}) {
      const auto parts = parse_form(body, step);
      ASSERT_FALSE(parts) << body.substr(0, 80);
      EXPECT_EQ(parts.error().code, Code::invalid_argument);
    }
  }
  std::string many;
  for (int i = 0; i < 100; ++i) many += "--BOUND\r\n" + disposition + "\r\nx\r\n";
  EXPECT_FALSE(parse_form(many + "--BOUND--", 4096));
}

TEST(MultipartTest, ReadsTheBoundary) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(boundary_of("Multipart/Form-Data; charset=x; Boundary=\"a b\""), "a b");
  for (const std::string_view bad :
       {"", "multipart/form-data", "multipart/mixed; boundary=a", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"a", "text/plain; boundary=a"}) {
    EXPECT_FALSE(boundary_of(bad)) << bad;
  }
  EXPECT_FALSE(boundary_of("multipart/form-data; boundary=" + std::string(71, 'a')));
}

Result<nlohmann::json> read(const std::string& body) {
  Request request;
  request.body = body;
  return read_object(request);
}

TEST(JsonInputTest, RefusesWhatIsNoObject) {
  for (const std::string bad :
       {"", "[]", "1", "null", "{", "{\"a\":}", "{\"a\":1}}", "{\"a\":\"\xFF\"}", "{'a':1}",
        "{\"a\":\"\\ud800\"}", "{\"a\":NaN}", "{\"a\":01}"}) {
    const auto object = read(bad);
    ASSERT_FALSE(object) << bad;
    EXPECT_EQ(object.error().code, Code::invalid_argument);
  }
  EXPECT_TRUE(read(" {\"a\" : [1, 2.5e3, \"\\u00fc\"], \"b\" : null} "));
}

TEST(JsonInputTest, LimitsTheDepth) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(read(nested(15)));
  EXPECT_FALSE(read(nested(16)));
  EXPECT_FALSE(read(nested(100'000)));
  EXPECT_TRUE(read("{\"a\":\"" + std::string(1000, '[') + "\"}")) << "brackets in a text";
}

TEST(JsonInputTest, NamesTheFieldThatIsWrong) {
  const auto object = *read(R"({"text": "t", "number": 5, "flag": true, "none": null, "big": 1e300,
                                "too_big": 9223372036854775808.0,
                                "unsigned": 18446744073709551615, "nul": "a\u0000b"})");
  EXPECT_EQ(*text_field(object, "text"), "t");
  EXPECT_EQ(*text_field(object, "none"), std::nullopt);
  EXPECT_EQ(*text_field(object, "absent"), std::nullopt);
  EXPECT_EQ(*integer_field(object, "number", 0, 9), 5);
  EXPECT_EQ(*flag_field(object, "flag"), true);
  EXPECT_THAT(text_field(object, "number").error().message, HasSubstr("number: "));
  EXPECT_THAT(required_text(object, "absent").error().message, HasSubstr("absent: is missing"));
  EXPECT_FALSE(text_field(object, "nul"));
  EXPECT_FALSE(integer_field(object, "number", 6, 9));
  EXPECT_FALSE(integer_field(object, "text", 0, 9));
  EXPECT_FALSE(integer_field(object, "big", INT64_MIN, INT64_MAX));
  EXPECT_FALSE(integer_field(object, "too_big", INT64_MIN, INT64_MAX));
  EXPECT_FALSE(integer_field(object, "unsigned", INT64_MIN, INT64_MAX));
  EXPECT_FALSE(flag_field(object, "number"));
}

TEST(JsonInputTest, ReadsTheLimitOfAList) {
  Request request;
  EXPECT_EQ(*limit_of(request, 20, 50), 20);
  for (const auto* good : {"1", "50"}) {
    request.query["limit"] = good;
    EXPECT_TRUE(limit_of(request, 20, 50)) << good;
  }
  for (const auto* bad : {"0", "51", "-1", "1.5", "a", "1 ", "99999999999999999999"}) {
    request.query["limit"] = bad;
    EXPECT_FALSE(limit_of(request, 20, 50)) << bad;
  }
}

TEST(TusTest, ReadsNumbers) {
  EXPECT_EQ(parse_count("0"), 0);
  EXPECT_EQ(parse_count("9223372036854775807"), INT64_MAX);
  for (const auto* bad : {"", "-1", "+1", " 1", "1 ", "0x10", "9223372036854775808"}) {
    EXPECT_FALSE(parse_count(bad)) << bad;
  }
}

TEST(TusTest, ReadsMetadata) {
  const auto form =
      parse_upload_metadata("filename aC5tcDQ=,caption w7xiZXI=, draft dHJ1ZQ==,other");
  ASSERT_TRUE(form) << form.error().message;
  EXPECT_EQ(form->filename, "h.mp4");
  EXPECT_EQ(form->caption, "über");
  EXPECT_TRUE(form->draft);
  EXPECT_EQ(form->cover_ms, std::nullopt);
  EXPECT_EQ(parse_upload_metadata("cover_ms MjUwMA==")->cover_ms, 2'500);
  EXPECT_TRUE(parse_upload_metadata(""));
  EXPECT_EQ(parse_upload_metadata("filename Y2Fm6Q==")->filename, "caf\xE9");
  for (const std::string_view bad :
       {"caption !!!", "caption /w==", "caption AA==", " , ", "cover_ms LTE="}) {
    const auto refused = parse_upload_metadata(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, Code::invalid_argument);
  }
  EXPECT_FALSE(parse_upload_metadata(std::string(100'000, 'a')));
}

TEST(TusTest, WritesHttpDates) {
  EXPECT_EQ(http_date(784'111'777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace filoscope::api
