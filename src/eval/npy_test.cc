#include "eval/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/test_result.h"
#include "eval/test_files.h"

namespace filoscope::eval {
namespace {

template <typename Number>
std::string bytes_of(std::initializer_list<Number> numbers) {
  std::string bytes;
  for (const Number number : numbers) {
    bytes.append(sizeof number, '\0');
    std::memcpy(bytes.data() + bytes.size() - sizeof number, &number, sizeof number);
  }
  return bytes;
}

std::string file_of(const std::string& type, const std::string& shape, const std::string& data,
                    int version = 1, const std::string& order = "False") {
  const auto header =
      "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  file += static_cast<char>(header.size());
  file.append(version == 1 ? 1 : 3, '\0');
  return file + header + data;
}

TEST(Npy, ReadsEveryTypeAndVersion) {
  const TestFiles files;
  // 1, -2, 65504 (the largest), 2^-24 (the smallest) in IEEE 754 binary16.
  const auto half = must(read_npy(files.write_gzip(
      "h.npy.gz",
      file_of("<f2", "(2, 2)", bytes_of<std::uint16_t>({0x3C00, 0xC000, 0x7BFF, 0x0001})))));
  EXPECT_EQ(half.rows, 2U);
  EXPECT_EQ(half.values, (std::vector<float>{1, -2, 65504, 0x1p-24F}));
  for (const int version : {1, 2, 3}) {
    const auto single = must(read_npy(
        files.write("s.npy", file_of("<f4", "(1, 3)", bytes_of<float>({1.5F, 0, -7}), version))));
    EXPECT_EQ(single.columns, 3U);
    EXPECT_EQ(single.values, (std::vector<float>{1.5F, 0, -7}));
  }
  const auto wide =
      must(read_npy(files.write("d.npy", file_of("<f8", "(2, 1)", bytes_of<double>({0.5, 2})))));
  EXPECT_EQ(wide.values, (std::vector<float>{0.5F, 2}));
}

TEST(Npy, RefusesWhatItIsNot) {
  const TestFiles files;
  const auto one = bytes_of<float>({1});
  const std::pair<std::string, const char*> cases[] = {
      {"not a matrix at all", "no .npy file"},
      {file_of("<f4", "(1, 1)", one, 4), "no .npy file"},
      {file_of("<f4", "(1, 1)", one).substr(0, 40), "no .npy file"},
      {file_of("<i4", "(1, 1)", one), "not float16"},
      {file_of(">f4", "(1, 1)", one), "not float16"},
      {file_of("<f4", "(1, 1)", one, 1, "True"), "not in C order"},
      {file_of("<f4", "(1,)", one), "shape is not"},
      {file_of("<f4", "(1, 1, 1)", one), "shape is not"},
      {file_of("<f4", "(0, 1)", ""), "shape is not"},
      {file_of("<f4", "(2, 1)", one), "as many numbers"},
      {file_of("<f4", "(1, 1)", one + "x"), "as many numbers"},
      {file_of("<f4", "(4611686018427387905, 4)", one), "as many numbers"},
      {file_of("<f2", "(1, 1)", bytes_of<std::uint16_t>({0x7C00})), "row 0 has a number"},
  };
  for (const auto& [content, problem] : cases) {
    const auto matrix = read_npy(files.write("m.npy", content));
    ASSERT_FALSE(matrix) << problem;
    EXPECT_NE(matrix.error().message.find(problem), std::string::npos) << matrix.error().message;
  }
  EXPECT_FALSE(read_npy(files.write_gzip("m.npy.gz", file_of("<f4", "(1, 1)", one), 6)));
}

}  // namespace
}  // namespace filoscope::eval
