#include "search/schema.h"

#include <array>

namespace filoscope::search {
namespace {

constexpr std::array<Migration, 3> kMigrations{{
    {1, R"sql(
      CREATE TABLE search_postings (
        word TEXT NOT NULL,
        video BIGINT NOT NULL,
        weight BIGINT NOT NULL,
        PRIMARY KEY (word, video)
      );
      CREATE INDEX search_postings_video ON search_postings (video, word, weight);
      CREATE TABLE search_words (
        word TEXT NOT NULL PRIMARY KEY,
        videos_count BIGINT NOT NULL
      );
    )sql"},
    {2, R"sql(
      CREATE TABLE search_sounds (
        word TEXT NOT NULL,
        sound BIGINT NOT NULL,
        PRIMARY KEY (word, sound)
      );
      CREATE INDEX search_sounds_sound ON search_sounds (sound);
    )sql"},
    // What is dropped is made again of the catalogue when the module is opened.
    {3, R"sql(
      DROP TABLE search_postings;
      DROP TABLE search_words;
      CREATE TABLE search_postings (
        word TEXT NOT NULL,
        video BIGINT NOT NULL,
        weight BIGINT NOT NULL,
        standing BIGINT NOT NULL,
        PRIMARY KEY (word, video, weight, standing)
      );
      CREATE INDEX search_postings_video ON search_postings (video, word, weight);
      CREATE INDEX search_postings_standing ON search_postings (word, standing, video, weight);
      CREATE TABLE search_words (
        word TEXT NOT NULL PRIMARY KEY,
        videos_count BIGINT NOT NULL,
        public_count BIGINT NOT NULL
      );
      CREATE TABLE search_spellings (
        piece BIGINT NOT NULL,
        word TEXT NOT NULL,
        PRIMARY KEY (piece, word)
      );
      CREATE TABLE search_videos (
        video BIGINT NOT NULL PRIMARY KEY,
        public BIGINT NOT NULL,
        standing BIGINT NOT NULL
      );
      CREATE INDEX search_videos_standing ON search_videos (public, standing, video);
      CREATE TABLE search_indexed (
        at_ms BIGINT NOT NULL PRIMARY KEY
      );
      CREATE TABLE search_topics (
        kind BIGINT NOT NULL,
        topic TEXT NOT NULL,
        hour BIGINT NOT NULL,
        people BIGINT NOT NULL,
        sketch BYTEA NOT NULL,
        PRIMARY KEY (kind, topic, hour)
      );
      CREATE INDEX search_topics_hour ON search_topics (kind, hour, topic, people);
      CREATE TABLE search_hidden (
        kind BIGINT NOT NULL,
        topic TEXT NOT NULL,
        PRIMARY KEY (kind, topic)
      );
    )sql"},
}};

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

}  // namespace filoscope::search
