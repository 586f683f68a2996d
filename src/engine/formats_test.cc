/// What other releases wrote: golden bytes of the first, and what a newer one may add.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <tuple>

#include "base/blake2b.h"
#include "base/crypto.h"
#include "base/test_result.h"
#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

using ::testing::HasSubstr;

const std::string kFolder = FILOSCOPE_FORMATS;

Bytes bytes_of_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

/// The records of a file by their names.
std::map<std::string, LogRecord> records_of(const std::string& file) {
  std::map<std::string, LogRecord> records;
  std::ifstream in(kFolder + "/" + file);
  for (std::string text; std::getline(in, text);) {
    std::istringstream line(text);
    std::string name, hex;
    LogRecord record;
    line >> name >> record.kind >> record.version >> record.person.value >> hex;
    record.body = bytes_of_hex(hex);
    records[name] = record;
  }
  return records;
}

std::map<std::string, LogRecord> records_of_the_first_release() {
  auto records = records_of("records_1.txt");
  EXPECT_EQ(records.size(), 10U);
  return records;
}

Bytes file_bytes(const std::string& name) {
  std::ifstream in(kFolder + "/" + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Decoded, and written as this release writes it.
template <typename Body>
void expect_means(const LogRecord& old, const LogRecord& now) {
  const auto body = decode<Body>(old);
  ASSERT_TRUE(body.has_value()) << body.error().message;
  EXPECT_EQ(old.person, now.person);
  LogRecord again;
  if constexpr (requires { encode(old.person, *body); }) {
    again = encode(old.person, *body);
  } else {
    again = encode(*body);
  }
  EXPECT_EQ(again.body, now.body);
}

TEST(FormatsOfTheFirstRelease, EveryRecordIsReadAsItWasMeant) {
  auto old = records_of_the_first_release();
  VideoPublished video;
  video.video = {11}, video.author = {12}, video.sound = {13};
  video.language = text_key("en"), video.created_ms = 1'700'000'000'123, video.duration_ms = 2000;
  video.age_min = 18, video.followers_only = true;
  video.hashtags = {text_key("cats"), text_key("dogs")}, video.words = {text_key("hello")};
  expect_means<VideoPublished>(old["video_published"], encode(video));
  expect_means<VideoRemoved>(old["video_removed"], encode(VideoRemoved{{11}}));
  const PersonKey her{4};
  expect_means<PersonChanged>(old["person_changed"], encode(her, PersonChanged{7, 30}));
  expect_means<Follow>(old["follow"], encode(her, Follow{{12}, true}));
  expect_means<Block>(old["block"], encode(her, Block{{13}, false}));
  expect_means<Mute>(old["mute"], encode(her, Mute{MuteKind::hashtag, 77, true}));
  Event event;
  event.video = {1}, event.request = {2}, event.type = EventType::watch,
  event.surface = Surface::video_page;
  event.ended = WatchEnd::swipe, event.sound = true, event.loops = 3, event.watch_ms = 4000;
  event.watched = {{0, 1000}, {1500, 2000}};
  expect_means<Event>(old["event"], encode(her, event));
  expect_means<ErasePerson>(old["erase_person"], encode(her, ErasePerson{}));
  WeightsChanged weights;
  for (std::size_t i = 0; i < 9; ++i) weights.weights[i] = 0.5F * static_cast<float>(i) - 1;
  expect_means<WeightsChanged>(old["weights_changed"], encode(weights));
}

TEST(FormatsOfEarlierReleases, ADecisionIsReadAsItWasMeant) {
  Decision meant;
  meant.request = {5}, meant.mode = Mode::following, meant.seed = 6, meant.read_position = 7;
  meant.candidates_count = 8, meant.weights[2] = 0.5F;
  DecisionItem item;
  item.video = {9}, item.route = Route::content, item.routes = 0x11, item.repeat = true;
  item.propensity = 0.25F, item.value = 1.5F, item.probabilities[8] = 0.125F;
  meant.items = {item}, meant.history = {{{10}, 0.75F}};
  meant.at_ms = 99, meant.count = 8, meant.language = 3, meant.age = 30;
  meant.held = {{1}, {2}}, meant.shown = {{3}}, meant.cursor = "c", meant.exhausted = true;
  for (const auto* file : {"records_1.txt", "records_2.txt", "records_3.txt"}) {
    const auto old = records_of(file)["decision"];
    expect_means<Decision>(old, encode(PersonKey{4}, meant));
    const auto features = must(decode<Decision>(old)).items.at(0).features;
    if (old.version < 3) {
      EXPECT_EQ(features, (std::vector<float>{1.0F, -0.5F, 0.0F}));
    }
  }
}

TEST(FormatsOfTheFirstRelease, ASnapshotIsGoneOnFrom) {
  const auto old = file_bytes("snapshot_1.bin");
  auto engine = must(Engine::load({}, old));
  EXPECT_LT(engine->made_by(), kEngineVersion);
  const auto stats = engine->stats();
  EXPECT_EQ(stats.position, 143);
  EXPECT_EQ(stats.videos_count, 12U);
  EXPECT_EQ(stats.people_count, 3U);
  EXPECT_EQ(stats.examples_count, 0U) << "its model had other inputs: learning begins anew";
  EXPECT_EQ(engine->summary({1}).seen_count, 12U);
  const auto again = must(Engine::load({}, engine->save()));
  EXPECT_EQ(again->made_by(), kEngineVersion);
  EXPECT_EQ(again->state_hash(), engine->state_hash());
}

TEST(FormatsOfTheSecondRelease, ASnapshotIsGoneOnFrom) {
  auto engine = must(Engine::load({}, file_bytes("snapshot_2.bin")));
  EXPECT_EQ(engine->made_by(), 4);
  const auto stats = engine->stats();
  EXPECT_EQ(stats.position, 45);
  EXPECT_EQ(stats.videos_count, 12U);
  EXPECT_EQ(stats.people_count, 3U);
  EXPECT_EQ(engine->summary({1}).seen_count, 4U);
  EXPECT_EQ(engine->erasing_records(), 0U);
  const auto again = must(Engine::load({}, engine->save()));
  EXPECT_EQ(again->made_by(), kEngineVersion);
  EXPECT_EQ(again->state_hash(), engine->state_hash());
}

TEST(FormatsOfTheThirdRelease, ASnapshotIsGoneOnFrom) {
  auto engine = must(Engine::load({}, file_bytes("snapshot_3.bin")));
  EXPECT_EQ(engine->made_by(), 7);
  EXPECT_EQ(engine->stats().position, 256);
  const auto stats = engine->stats();
  EXPECT_GT(stats.examples_count, 0U);
  EXPECT_GT(stats.prequential_loss[0], 0.0F);
  EXPECT_EQ(stats.loss_lately, stats.prequential_loss) << "the quick mean begins with the slow one";
  EXPECT_EQ(stats.calibration[0].sum().count, 0);
  const auto summary = engine->summary({5});
  EXPECT_EQ(summary.seen_count, 1U);
  EXPECT_EQ(summary.recent.size(), 2U);
  auto undone = encode(PersonKey{1}, Withdraw{{9}, WithdrawKind::everything, 0});
  undone.position = 257;
  ASSERT_TRUE(engine->apply(undone));
  EXPECT_EQ(engine->summary({1}).seen_count, 0U);
  const auto again = must(Engine::load({}, engine->save()));
  EXPECT_EQ(again->state_hash(), engine->state_hash());
}

TEST(FormatsOfNewerReleases, FieldsAtTheEndArePassedOver) {
  auto record = encode(PersonKey{4}, Follow{{12}, true});
  record.version = 2, record.body.push_back(7);
  EXPECT_TRUE(must(decode<Follow>(record)).on);
  record.body.resize(3);
  EXPECT_EQ(code_of(decode<Follow>(record)), Code::corrupt);
}

TEST(FormatsOfNewerReleases, ARecordThatAsksForANewerReaderIsRefusedInWords) {
  auto record = encode(PersonKey{4}, Follow{{12}, true});
  record.position = 17, record.version = 3, record.reader_version = 2;
  const auto refused = decode<Follow>(record);
  EXPECT_EQ(code_of(refused), Code::conflict);
  EXPECT_EQ(refused.error().reason, "log_record_too_new");
  EXPECT_EQ(refused.error().message,
            "the log record at position 17 (kind 11) has format 3, and this program reads up to 1; "
            "start the release that wrote it, or a newer one");
}

TEST(FormatsOfNewerReleases, HeadsThatItDoesNotKnowArePassedOver) {
  WeightsChanged body;
  body.weights[8] = 2;
  auto record = encode(body);
  ++record.version;
  ASSERT_EQ(record.body.front(), kHeadsCount);
  ++record.body.front();
  record.body.insert(record.body.end(), 4, 0);
  EXPECT_EQ(must(decode<WeightsChanged>(record)).weights[8], 2);
}

TEST(FormatsOfNewerReleases, AnUnreadableRecordLeavesTheStateAsItWas) {
  TestWorld world;
  world.publish(1, 100, 2);
  const auto hash = world.engine().state_hash();
  auto record = encode(PersonKey{4}, Follow{{12}, true});
  record.position = 2, record.at_ms = world.now_ms + 5000;
  for (const auto& [kind, version, word] : {std::tuple{11, 9, "log_record_too_new"},
                                            std::tuple{999, 1, "log_record_of_unknown_kind"}}) {
    record.kind = static_cast<std::uint16_t>(kind);
    record.version = record.reader_version = static_cast<std::uint16_t>(version);
    const auto refused = world.engine().apply(record);
    EXPECT_EQ(code_of(refused), Code::conflict);
    EXPECT_EQ(refused.error().reason, word);
    EXPECT_EQ(world.engine().state_hash(), hash);
    EXPECT_EQ(world.engine().position(), 1);
  }
}

/// A snapshot whose bytes `change` has changed, with the right digest.
Bytes changed(Bytes snapshot, const std::function<void(Bytes&)>& change) {
  snapshot.resize(snapshot.size() - 32);
  change(snapshot);
  crypto::Blake2b digesting;
  digesting.update(snapshot);
  const auto digest = digesting.finish();
  snapshot.insert(snapshot.end(), digest.begin(), digest.end());
  return snapshot;
}

class NewerSnapshot : public ::testing::Test {
 protected:
  /// Magic and format, then engine version; the first section behind.
  static constexpr std::size_t kFormatAt = 7, kEngineAt = 8, kSectionsAt = 16;
  /// Of a section's head.
  static constexpr std::size_t kVersionAt = 4, kReaderAt = 6, kSizeAt = 8, kHeadBytes = 16;

  NewerSnapshot() {
    for (int i = 1; i <= 5; ++i) world.publish(static_cast<std::uint64_t>(i), 100, i);
    saved = world.engine().save();
  }
  void expect_refused(const std::function<void(Bytes&)>& change, const std::string& part) {
    const auto refused = Engine::load({}, changed(saved, change));
    EXPECT_EQ(code_of(refused), Code::conflict);
    if (refused) return;
    EXPECT_EQ(refused.error().reason, "snapshot_too_new");
    EXPECT_THAT(refused.error().message, HasSubstr(part));
    EXPECT_THAT(refused.error().message, HasSubstr("start that release, or a newer one"));
  }
  /// Where the section begins that `add` is to go behind: after the options.
  std::size_t second_section() const {
    std::uint64_t size = 0;
    std::memcpy(&size, saved.data() + kSectionsAt + kSizeAt, sizeof size);
    return kSectionsAt + kHeadBytes + size;
  }

  TestWorld world;
  Bytes saved;
};

TEST_F(NewerSnapshot, WhatAsksForANewerReaderIsRefusedInWords) {
  expect_refused([](Bytes& bytes) { bytes[kFormatAt] = 4; }, "format 4");
  expect_refused([](Bytes& bytes) { ++bytes[kEngineAt]; },
                 "engine " + std::to_string(kEngineVersion + 1));
  expect_refused(
      [&](Bytes& bytes) {
        bytes[second_section() + kVersionAt] = 9, bytes[second_section() + kReaderAt] = 8;
      },
      "its section \"base\" 9");
  expect_refused([&](Bytes& bytes) { bytes[second_section()] = 99; }, "its section 99");
}

TEST_F(NewerSnapshot, WhatMayBePassedOverIs) {
  const auto with_more = changed(saved, [&](Bytes& bytes) {
    Bytes section(kHeadBytes + 3, 0);
    section[0] = 99, section[kVersionAt] = 1, section[kSizeAt] = 3;
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(second_section()), section.begin(),
                 section.end());
  });
  EXPECT_EQ(must(Engine::load({}, with_more))->state_hash(), world.engine().state_hash());
}

TEST_F(NewerSnapshot, EveryFlippedBitAndEveryCutIsFound) {
  for (std::size_t at = 0; at < saved.size(); at += 1 + at / 64) {
    auto flipped = saved;
    flipped[at] ^= 1;
    EXPECT_EQ(code_of(Engine::load({}, flipped)), Code::corrupt) << at;
    EXPECT_EQ(code_of(Engine::load({}, std::span(saved).first(at))), Code::corrupt) << at;
  }
}

TEST_F(NewerSnapshot, SectionsThatDoNotFitAreDamageAlsoWithTheRightDigest) {
  const auto twice = changed(saved, [&](Bytes& bytes) {
    const Bytes options(bytes.begin() + kSectionsAt,
                        bytes.begin() + static_cast<std::ptrdiff_t>(second_section()));
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(second_section()), options.begin(),
                 options.end());
  });
  EXPECT_EQ(code_of(Engine::load({}, twice)), Code::corrupt);
  const auto without_the_rest =
      changed(saved, [&](Bytes& bytes) { bytes.resize(second_section()); });
  EXPECT_EQ(code_of(Engine::load({}, without_the_rest)), Code::corrupt);
}

}  // namespace
}  // namespace filoscope::engine
