#pragma once

/// The tables of this module.

#include <array>
#include <span>

#include "ports/database.h"

namespace filoscope::accounts {

inline constexpr std::array kMigrations = {Migration{1, R"(
  CREATE TABLE accounts_people (
    id BIGINT NOT NULL PRIMARY KEY,
    person BIGINT NOT NULL UNIQUE,
    handle TEXT NOT NULL,
    handle_folded TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    bio TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    language TEXT NOT NULL,
    feed_mode TEXT NOT NULL,
    email TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    sample INTEGER NOT NULL,
    logged_age INTEGER NOT NULL,
    created_ms BIGINT NOT NULL
  );
  CREATE TABLE accounts_sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    family TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    used_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL,
    replaced INTEGER NOT NULL
  );
  CREATE INDEX accounts_sessions_account ON accounts_sessions (account, used_ms);
  CREATE INDEX accounts_sessions_family ON accounts_sessions (family);
  CREATE INDEX accounts_sessions_ends ON accounts_sessions (ends_ms);
  CREATE TABLE accounts_guests (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person BIGINT NOT NULL UNIQUE,
    language TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    ends_ms BIGINT NOT NULL
  );
  CREATE INDEX accounts_guests_ends ON accounts_guests (ends_ms);
  CREATE TABLE accounts_handles_gone (
    handle_hash TEXT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL
  );
  CREATE TABLE accounts_words (
    word TEXT NOT NULL,
    account BIGINT NOT NULL,
    PRIMARY KEY (word, account)
  );
  CREATE INDEX accounts_words_account ON accounts_words (account);
  CREATE TABLE accounts_follows (
    follower BIGINT NOT NULL,
    followed BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (follower, followed)
  );
  CREATE INDEX accounts_follows_to ON accounts_follows (followed, at_ms, follower);
  CREATE INDEX accounts_follows_from ON accounts_follows (follower, at_ms, followed);
  CREATE TABLE accounts_blocks (
    account BIGINT NOT NULL,
    other BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (account, other)
  );
  CREATE INDEX accounts_blocks_other ON accounts_blocks (other);
  CREATE TABLE accounts_mutes (
    person BIGINT NOT NULL,
    kind INTEGER NOT NULL,
    what TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (person, kind, what)
  );
  CREATE INDEX accounts_mutes_what ON accounts_mutes (kind, what);
)"},
                                           Migration{2, R"(
  ALTER TABLE accounts_sessions ADD COLUMN client TEXT NOT NULL DEFAULT '';
  ALTER TABLE accounts_sessions ADD COLUMN began_ms BIGINT NOT NULL DEFAULT 0;
  UPDATE accounts_sessions SET began_ms = created_ms;
  CREATE TABLE accounts_recovery (
    account BIGINT NOT NULL,
    code_hash TEXT NOT NULL,
    ends_ms BIGINT NOT NULL,
    PRIMARY KEY (account, code_hash)
  );
)"},
                                           Migration{3, R"(
  CREATE TABLE accounts_reread (
    name TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    below BIGINT NOT NULL
  );
)"},
                                           Migration{4, R"(
  CREATE TABLE accounts_networks (
    account BIGINT NOT NULL,
    network BIGINT NOT NULL,
    used_ms BIGINT NOT NULL,
    PRIMARY KEY (account, network)
  );
)"},
                                           Migration{5, R"(
  ALTER TABLE accounts_people ADD COLUMN role TEXT NOT NULL DEFAULT '';
)"},
                                           Migration{6, R"(
  ALTER TABLE accounts_people ADD COLUMN sensitive INTEGER NOT NULL DEFAULT 0;
)"}};

inline std::span<const Migration> migrations() { return kMigrations; }

}  // namespace filoscope::accounts
