#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "vision/codebook.h"
#include "vision/colours.h"
#include "vision/linear.h"
#include "vision/reasons.h"
#include "vision/vectors.h"
#include "vision/vlad.h"

namespace filoscope::vision {
namespace {

constexpr std::size_t kEdgesShortDim = 48;
constexpr std::size_t kWordsCount = 64;
constexpr std::size_t kFeaturesMax = 100'000;
constexpr int kSweeps = 40;
constexpr std::uint64_t kCodebookSeed = 1;

/// Every n-th feature, and its mirrored copy, so that about kFeaturesMax are kept, less than twice
/// that.
Matrix sample_of(const std::vector<LocalFeatures>& all, Mirror mirror) {
  std::size_t count = 0;
  for (const auto& features : all) count += features.count();
  const auto stride = std::max<std::size_t>(1, 2 * count / kFeaturesMax);
  const auto dim = all.empty() ? 0 : all.front().dim;
  Matrix sample(0, dim);
  std::size_t at = 0;
  for (const auto& features : all) {
    for (std::size_t i = 0; i < features.count(); ++i, ++at) {
      if (at % stride != 0) continue;
      sample.values.resize(sample.values.size() + 2 * dim);
      float* to = sample.values.data() + sample.values.size() - 2 * dim;
      std::copy_n(features.row(i), dim, to);
      mirror(features.row(i), to + dim);
      sample.rows += 2;
    }
  }
  return sample;
}

/// Words that start at rows drawn by the seed, then Lloyd's sweeps. A word that nothing is near
/// stays where it was.
std::vector<float> learn_words(const Matrix& rows, Random& random) {
  const auto dim = rows.columns;
  std::vector<float> words;
  for (std::size_t w = 0; w < kWordsCount; ++w) {
    const auto drawn = rows.row(static_cast<std::size_t>(random.below(rows.rows)));
    words.insert(words.end(), drawn.begin(), drawn.end());
  }
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    const auto nearest = nearest_words(rows.values, words, dim);
    std::vector<double> sums(words.size());
    std::vector<std::size_t> counts(kWordsCount);
    for (std::size_t i = 0; i < rows.rows; ++i) {
      ++counts[nearest[i]];
      for (std::size_t d = 0; d < dim; ++d) sums[nearest[i] * dim + d] += rows.row(i)[d];
    }
    for (std::size_t at = 0; at < words.size(); ++at)
      if (const auto count = counts[at / dim]; count > 0)
        words[at] = static_cast<float>(sums[at] / static_cast<double>(count));
  }
  return words;
}

/// `strength`: how far an axis is evened out, 0..1: its values are divided by their deviation to
/// that power.
Result<Vocabulary> learn_vocabulary(const std::vector<LocalFeatures>& all, Mirror mirror,
                                    std::size_t short_dim, float strength) {
  Matrix rows = sample_of(all, mirror);
  if (rows.rows < 2 * kWordsCount)
    return Error(reason("vision_nothing_to_learn"),
                 "the pictures have too few places to learn from");
  Vocabulary out;
  out.dim = rows.columns, out.words_count = kWordsCount;
  out.mean = centre(rows);
  Spectrum spectrum = spectrum_of(rows, short_dim);
  for (std::size_t k = 0; k < spectrum.axes.rows; ++k)
    for (auto& value : spectrum.axes.row(k)) value *= std::pow(spectrum.values[k], -strength / 2);
  out.short_dim = spectrum.axes.rows, out.axes = spectrum.axes.values;
  Random random(kCodebookSeed);
  out.words = learn_words(product(rows, spectrum.axes), random);
  return out;
}

}  // namespace

Result<Codebook> learn_codebook(std::span<const Picture> pictures) {
  std::vector<LocalFeatures> edges, colours;
  for (const auto& picture : pictures) {
    const auto [width, height] = size_with_long_side(picture, kLocalSidePx);
    const Planes rgb = resized(picture, {}, width, height);
    edges.push_back(dense_sift(grey_of(rgb), width, height));
    colours.push_back(dense_colours(lab_of(rgb)));
  }
  Codebook codebook;
  FILOSCOPE_TRY(codebook.edges, learn_vocabulary(edges, mirror_sift, kEdgesShortDim, .5F));
  FILOSCOPE_TRY(codebook.colours, learn_vocabulary(colours, mirror_colours, kColourDim, 1));
  return codebook;
}

}  // namespace filoscope::vision
