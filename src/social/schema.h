#pragma once

/// The tables of this module.

#include <array>
#include <span>

#include "ports/database.h"

namespace filoscope::social {

inline constexpr std::array kMigrations = {Migration{1, R"(
  CREATE TABLE social_counts (
    video BIGINT NOT NULL PRIMARY KEY,
    author BIGINT NOT NULL,
    removed INTEGER NOT NULL,
    version BIGINT NOT NULL,
    views BIGINT NOT NULL,
    likes BIGINT NOT NULL,
    comments BIGINT NOT NULL,
    saves BIGINT NOT NULL,
    shares BIGINT NOT NULL
  );
  CREATE INDEX social_counts_author ON social_counts (author, likes);
  CREATE TABLE social_likes (
    account BIGINT NOT NULL,
    video BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (account, video)
  );
  CREATE INDEX social_likes_video ON social_likes (video);
  CREATE INDEX social_likes_time ON social_likes (account, at_ms, video);
  CREATE TABLE social_saves (
    account BIGINT NOT NULL,
    video BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (account, video)
  );
  CREATE INDEX social_saves_video ON social_saves (video);
  CREATE INDEX social_saves_time ON social_saves (account, at_ms, video);
  CREATE TABLE social_shares (
    person BIGINT NOT NULL,
    video BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (person, video)
  );
  CREATE INDEX social_shares_video ON social_shares (video);
  CREATE TABLE social_not_interested (
    person BIGINT NOT NULL,
    video BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (person, video)
  );
  CREATE INDEX social_not_interested_video ON social_not_interested (video);
  CREATE TABLE social_comments (
    id BIGINT NOT NULL PRIMARY KEY,
    video BIGINT NOT NULL,
    author BIGINT NOT NULL,
    text TEXT NOT NULL,
    at_ms BIGINT NOT NULL
  );
  CREATE INDEX social_comments_video ON social_comments (video, at_ms, id);
  CREATE INDEX social_comments_author ON social_comments (author, at_ms);
  CREATE TABLE social_reports (
    id BIGINT NOT NULL PRIMARY KEY,
    reporter BIGINT NOT NULL,
    video BIGINT NOT NULL,
    account BIGINT NOT NULL,
    comment BIGINT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    UNIQUE (reporter, video, account, comment)
  );
  CREATE INDEX social_reports_time ON social_reports (reporter, at_ms);
  CREATE TABLE social_notifications (
    id BIGINT NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor BIGINT NOT NULL,
    video BIGINT NOT NULL,
    comment BIGINT NOT NULL,
    text TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    seen INTEGER NOT NULL,
    UNIQUE (account, subject)
  );
  CREATE INDEX social_notifications_time ON social_notifications (account, at_ms, id);
  CREATE INDEX social_notifications_actor ON social_notifications (actor);
  CREATE INDEX social_notifications_video ON social_notifications (video);
  CREATE INDEX social_notifications_comment ON social_notifications (comment);
)"}};

inline std::span<const Migration> migrations() { return kMigrations; }

}  // namespace filoscope::social
