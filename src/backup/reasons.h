#pragma once

/// Why a backup or a restore refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::backup {

inline constexpr ErrorReason kReasons[] = {
    {"no_backup_there", Code::not_found, "{folder} holds no backup of this program"},
    {"backup_not_there", Code::not_found,
     "there is no backup {name} in {folder}; filoscope restore with --list shows what there is"},
    {"backup_folder_in_use", Code::conflict,
     "another backup or restore uses {folder}; wait until it has ended"},
    {"backups_of_another_installation", Code::conflict,
     "{folder} has backups of another installation; name another folder"},
    {"backup_too_new", Code::conflict,
     "the backup {name} was made by a newer release; restore it with that or a newer one"},
    {"backup_damaged", Code::conflict,
     "the backup {name} is damaged and nothing was changed: {problem}; copy it again from where "
     "it is kept, or restore another one (--at)"},
    {"backup_log_too_old", Code::conflict,
     "the event log in the backup is of an older release: restore it into the kind of database it "
     "is from, start that once, and make a new backup of it"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::backup
