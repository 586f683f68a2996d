#pragma once

/// Why the program's start and its commands refuse or fail (docs/problems.md).

#include "base/reason.h"

namespace filoscope::app {

inline constexpr ErrorReason kReasons[] = {
    {"data_folder_not_made", Code::unavailable, "the data folder {path} cannot be made: {problem}"},
    {"not_a_data_folder", Code::not_found, "{path} is not a data folder of this program"},
    {"data_folder_in_use", Code::conflict,
     "the data folder {path} is in use by {program}; stop it first"},
    {"restore_unfinished", Code::conflict,
     "a restore into {path} has begun and not ended; run the same filoscope restore again"},
    {"another_restore_begun", Code::conflict,
     "the restore of {name} into {path} has begun and not ended; end that first"},
    {"restore_folder_not_empty", Code::conflict,
     "{path} is not empty; a backup is restored into a new folder (or, with --records, into the "
     "folder that it is of)"},
    {"restore_database_not_empty", Code::conflict,
     "the database has tables in it; a backup is restored into an empty one"},
    {"restore_of_another_installation", Code::conflict,
     "the backup is of another installation than {path}"},
    {"backup_without_files", Code::conflict,
     "the backup {name} holds the records alone; put them back with --records into the folder "
     "that it is of"},
    {"backup_of_newer_tables", Code::conflict,
     "the records are of a newer release; back them up with that one"},
    {"backup_of_older_tables", Code::conflict,
     "the records are of an older release; back them up with that one, or start this one first"},
    {"no_backups", Code::not_found, "there is no whole backup in {folder}"},
    {"backup_before_migration_failed", Code::unavailable,
     "the records are backed up before a newer release changes their tables, and that failed: "
     "{problem}. Set it right, or switch it off with backup.before_migration = false"},
    {"records_of_another_folder", Code::conflict,
     "the database belongs with another data folder than {folder}; name the right one of both"},
    {"records_elsewhere", Code::conflict,
     "the records of the data folder {folder} are in PostgreSQL; say where with --database or the "
     "setting database.url"},
    {"records_in_folder", Code::conflict,
     "the data folder {folder} has its records in it; start it without --database, or begin a new "
     "folder"},
    {"log_level_unknown", Code::invalid_argument,
     "{setting} must be debug, info, warn, error or off, not {level}"},

    // import
    {"import_path_missing", Code::not_found, "{path}: {problem}"},
    {"import_folder_not_read", Code::unavailable, "{path}: {problem}"},
    {"import_too_many_files", Code::invalid_argument,
     "more than 1,000,000 files; import them in parts"},
    {"import_without_files", Code::invalid_argument, "there is no video file to import"},
    {"import_account_missing", Code::not_found,
     "there is no account @{handle}; make it with: filoscope account create {words}"},
    {"import_token_without_account", Code::unauthenticated, "the token is not that of an account"},
    {"import_token_refused", Code::unauthenticated, "{answer}"},
    {"import_video_missing", Code::not_found, "{answer}"},
    {"import_contradicts_server", Code::conflict, "{answer}"},
    {"import_server_busy", Code::unavailable, "{answer}"},
    {"import_refused", Code::invalid_argument, "{answer}"},
    {"import_not_finished", Code::unavailable,
     "the upload could not be finished; the same call goes on"},

    // another server, asked over HTTP
    {"server_address_not_http", Code::invalid_argument,
     "the address must begin with http:// or https://"},
    {"server_address_without_host", Code::invalid_argument, "the address has no host"},
    {"server_name_not_found", Code::unavailable, "{host}: {problem}"},
    {"server_not_reached", Code::unavailable, "no server answers at {host}:{port}"},
    {"server_not_trusted", Code::unavailable,
     "the certificate of {host} is not trusted: {problem}"},
    {"server_connection_broke", Code::unavailable, "the connection to the server broke"},
    {"server_connection_closed", Code::unavailable, "the server closed the connection"},
    {"server_too_slow", Code::deadline, "the server did not answer within {seconds} s"},

    // benches
    {"bench_without_people", Code::invalid_argument, "it needs at least one person"},
    {"bench_server_not_ready", Code::unavailable, "the server did not become ready"},
    {"bench_clients_not_open", Code::unavailable,
     "{count} clients that were to wait were refused, dropped or not answered"},
    {"bench_clip_refused", Code::invalid_argument, "{clip}: {problem}"},
    {"bench_clip_not_published", Code::deadline, "{clip} is not published after {seconds} s"},
    {"bench_files_too_small", Code::invalid_argument,
     "the files must be larger than the ranges of {range} bytes"},
    {"nginx_folder_not_made", Code::unavailable, "nginx' folder: {problem}"},
    {"nginx_not_started", Code::unavailable, "nginx did not start: {log}"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::app
