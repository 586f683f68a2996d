#include "crash/power_cut.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "crash/power_cut_id.h"

namespace filoscope::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSectorBytes = 512;
constexpr std::size_t kFileBytesMax = std::size_t{4} << 30;

struct Entry {
  bool folder = false;
  std::string id;
  std::string name;
};

Result<Entry> identify(const fs::path& path) {
  unsigned mode = 0;
  char id[POWER_CUT_ID_BYTES];
  if (power_cut_id(AT_FDCWD, path.c_str(), 0, &mode, id) != 0) {
    return errno_error("look at " + path.string());
  }
  return Entry{S_ISDIR(mode), id, path.filename().string()};
}

Result<std::vector<Entry>> entries_now(const fs::path& folder) {
  std::vector<Entry> entries;
  for (const auto& one : fs::directory_iterator(folder)) {
    FILOSCOPE_TRY(auto entry, identify(one.path()));
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

std::vector<Entry> entries_kept(const fs::path& list) {
  std::vector<Entry> entries;
  std::ifstream in(list);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string kind;
    Entry entry;
    words >> kind >> entry.id >> std::ws;
    std::getline(words, entry.name);
    entry.folder = kind == "d";
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<std::uint8_t> content(const fs::path& path) {
  auto data = read_file(path, kFileBytesMax);
  return data ? *std::move(data) : std::vector<std::uint8_t>();
}

void write_content(const fs::path& path, const std::vector<std::uint8_t>& data) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

class Survivor {
 public:
  Survivor(const fs::path& shadow, Cut kind, std::uint64_t seed)
      : shadow_(shadow), kind_(kind), random_(seed) {}

  /// Where every file and folder lies now, by its id.
  Result<void> find_all(const fs::path& folder) {
    FILOSCOPE_TRY(const auto entries, entries_now(folder));
    for (const auto& entry : entries) {
      now_[entry.id] = folder / entry.name;
      if (entry.folder) FILOSCOPE_DO(find_all(folder / entry.name));
    }
    return {};
  }

  Result<void> restore_folder(const std::string& id, const fs::path& now, const fs::path& to) {
    fs::create_directory(to);
    const bool all_names = !now.empty() && (kind_ == Cut::eager || (kind_ == Cut::torn && coin()));
    std::vector<Entry> entries = entries_kept(shadow_ / "folders" / id);
    if (all_names) {
      FILOSCOPE_TRY(entries, entries_now(now));
    }
    for (const auto& entry : entries) {
      const auto at = now_.find(entry.id);
      const fs::path here = at == now_.end() ? fs::path() : at->second;
      if (entry.folder) {
        FILOSCOPE_DO(restore_folder(entry.id, here, to / entry.name));
      } else {
        restore_file(entry.id, here, to / entry.name);
      }
    }
    return {};
  }

 private:
  bool coin() { return random_.below(2) == 0; }

  void restore_file(const std::string& id, const fs::path& now, const fs::path& to) {
    auto kept = content(shadow_ / "files" / id);
    if (kind_ == Cut::torn && !now.empty()) {
      const auto newer = content(now);
      if (newer != kept) tear(kept, newer);
    }
    write_content(to, kept);
  }

  /// Any of the sectors written since the last sync may have arrived, and the new length.
  void tear(std::vector<std::uint8_t>& kept, const std::vector<std::uint8_t>& newer) {
    const std::size_t size = coin() ? newer.size() : kept.size();
    kept.resize(size);
    for (std::size_t at = 0; at < std::min(size, newer.size()); at += kSectorBytes) {
      const auto end = std::min({at + kSectorBytes, size, newer.size()});
      if (coin()) {
        std::copy(newer.begin() + static_cast<std::ptrdiff_t>(at),
                  newer.begin() + static_cast<std::ptrdiff_t>(end),
                  kept.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
  }

  const fs::path& shadow_;
  const Cut kind_;
  Random random_;
  std::map<std::string, fs::path> now_;
};

Result<void> keep_all(const fs::path& folder, const fs::path& shadow) {
  FILOSCOPE_TRY(const auto self, identify(folder));
  FILOSCOPE_TRY(const auto entries, entries_now(folder));
  std::ofstream list(shadow / "folders" / self.id);
  for (const auto& entry : entries) {
    list << (entry.folder ? 'd' : 'f') << ' ' << entry.id << ' ' << entry.name << '\n';
    if (entry.folder) {
      FILOSCOPE_DO(keep_all(folder / entry.name, shadow));
    } else {
      fs::copy_file(folder / entry.name, shadow / "files" / entry.id);
    }
  }
  return {};
}

Result<void> caught(const std::function<Result<void>()>& work) {
  try {
    return work();
  } catch (const std::exception& problem) {
    return Error(Code::internal, problem.what());
  }
}

}  // namespace

Result<void> PowerCut::prepare() {
  return caught([&]() -> Result<void> {
    fs::remove_all(shadow_);
    fs::create_directories(shadow_ / "files");
    fs::create_directories(shadow_ / "folders");
    return keep_all(root_, shadow_);
  });
}

std::map<std::string, std::string> PowerCut::environment(const fs::path& shim) const {
  return {{"LD_PRELOAD", shim.string()},
          {"FILOSCOPE_POWER_CUT_ROOT", root_.string()},
          {"FILOSCOPE_POWER_CUT_SHADOW", shadow_.string()},
          {"FILOSCOPE_SQLITE_MMAP_BYTES", "0"},
          {"ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0"}};
}

Result<void> PowerCut::cut(Cut kind, std::uint64_t seed) {
  return caught([&]() -> Result<void> {
    Survivor survivor(shadow_, kind, seed);
    FILOSCOPE_TRY(const auto self, identify(root_));
    FILOSCOPE_DO(survivor.find_all(root_));
    const fs::path survived = root_.string() + ".survived";
    fs::remove_all(survived);
    FILOSCOPE_DO(survivor.restore_folder(self.id, root_, survived));
    fs::remove_all(root_);
    fs::rename(survived, root_);
    return {};
  });
}

}  // namespace filoscope::crash
