#include "eval/dense_baselines.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>

#include "base/random.h"

namespace filoscope::eval {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Lists = std::vector<std::vector<std::uint32_t>>;

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

/// The items of each person and the people of each item.
struct Incidence {
  Lists items_of, people_of;

  void add(const World& world, const Interaction& event) {
    if (items_of.empty())
      items_of.resize(world.people_count()), people_of.resize(world.items_count());
    if (world.has_had(event.person, event.item)) return;
    items_of[event.person].push_back(event.item);
    people_of[event.item].push_back(event.person);
  }
};

/// (A A^T + ridge I)^-1 of the binary matrix whose row r has ones at rows[r]; `columns` is its
/// transpose.
Matrix inverse_gram(const Lists& rows, const Lists& columns, float ridge) {
  Matrix gram = Matrix::Zero(index(rows.size()), index(rows.size()));
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (const auto column : rows[r])
      for (const auto other : columns[column]) gram(index(r), other) += 1;
  gram.diagonal().array() += ridge;
  Eigen::LLT<Eigen::Ref<Matrix>> factors(gram);
  return factors.solve(Matrix::Identity(gram.rows(), gram.cols()));
}

/// With P = (X^T X + ridge I)^-1, a person's scores are x_i - (x P)_i / P_ii. By the matrix
/// inversion lemma row u of X P is row u of K X, K = (X X^T + ridge I)^-1, and P_ii = (1 - x_i^T K
/// x_i) / ridge for the column x_i: the smaller side is inverted.
class Ease final : public ScoredRanker {
 public:
  void learn(const World& world, const Interaction& event) override { had_.add(world, event); }

  void finish(const World&) override {
    by_people_ = had_.items_of.size() < had_.people_of.size();
    inverse_ = by_people_ ? inverse_gram(had_.items_of, had_.people_of, kEaseRidge)
                          : inverse_gram(had_.people_of, had_.items_of, kEaseRidge);
    diagonal_.resize(had_.people_of.size());
    for (std::size_t item = 0; item < diagonal_.size(); ++item)
      diagonal_[item] =
          by_people_ ? by_lemma(had_.people_of[item]) : inverse_(index(item), index(item));
  }

 private:
  float by_lemma(const std::vector<std::uint32_t>& people) const {
    double sum = 0;
    for (const auto one : people)
      for (const auto other : people) sum += static_cast<double>(inverse_(one, other));
    return static_cast<float>((1 - sum) / static_cast<double>(kEaseRidge));
  }
  void score(const World&, const RankQuery& query, std::span<float> scores) override {
    if (by_people_) {
      for (std::size_t other = 0; other < had_.items_of.size(); ++other)
        for (const auto item : had_.items_of[other])
          scores[item] -= inverse_(query.person, index(other));
    } else {
      Eigen::Map<Eigen::RowVectorXf> sums(scores.data(), index(scores.size()));
      for (const auto item : had_.items_of[query.person]) sums -= inverse_.row(item);
    }
    for (std::size_t item = 0; item < scores.size(); ++item) scores[item] /= diagonal_[item];
  }

  Incidence had_;
  bool by_people_ = false;
  Matrix inverse_;
  std::vector<float> diagonal_;  // of P
};

/// Minimises the sum over pairs had of (1 - u.v)^2, plus kUnseenWeight times that over all pairs of
/// (u.v)^2, plus kAlsRidge times the squares of all factors.
class ImplicitAls final : public ScoredRanker {
 public:
  void learn(const World& world, const Interaction& event) override { had_.add(world, event); }

  void finish(const World& world) override {
    people_ = random_rows(world.people_count(), 1);
    items_ = random_rows(world.items_count(), 2);
    for (std::size_t sweep = 0; sweep < kSweeps; ++sweep) {
      solve(had_.items_of, items_, people_);
      solve(had_.people_of, people_, items_);
    }
    solve(had_.items_of, items_, people_);
  }

 private:
  static constexpr std::size_t kSweeps = 12;
  static constexpr float kUnseenWeight = 0.03F, kAlsRidge = 2;

  static Matrix random_rows(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    Matrix rows(index(count), index(kFactorsCount));
    const double scale = 0.2 / std::sqrt(static_cast<double>(kFactorsCount));
    for (Eigen::Index i = 0; i < rows.size(); ++i)
      rows.data()[i] = static_cast<float>((random.unit() - 0.5) * scale);
    return rows;
  }
  static void solve(const Lists& had, const Matrix& fixed, Matrix& solved) {
    const Matrix all = kUnseenWeight * (fixed.transpose() * fixed);
    Matrix normal(all.rows(), all.cols());
    Eigen::VectorXf right(all.rows());
    for (std::size_t row = 0; row < had.size(); ++row) {
      normal = all, right.setZero();
      for (const auto other : had[row]) {
        normal.selfadjointView<Eigen::Lower>().rankUpdate(fixed.row(other).transpose());
        right += fixed.row(other).transpose();
      }
      normal.diagonal().array() += kAlsRidge;
      solved.row(index(row)) =
          normal.selfadjointView<Eigen::Lower>().llt().solve(right).transpose();
    }
  }
  void score(const World&, const RankQuery& query, std::span<float> scores) override {
    Eigen::Map<Eigen::VectorXf>(scores.data(), index(scores.size())).noalias() =
        items_ * people_.row(query.person).transpose();
  }

  Incidence had_;
  Matrix people_, items_;  // by row
};

}  // namespace

std::unique_ptr<Ranker> make_ease() { return std::make_unique<Ease>(); }
std::unique_ptr<Ranker> make_implicit_als() { return std::make_unique<ImplicitAls>(); }

}  // namespace filoscope::eval
