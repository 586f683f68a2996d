#pragma once

/// A video file in; what it is, a ladder of playable renditions, covers, loudness, prints of
/// picture and sound out. The file is decoded only inside a sandboxed worker process
/// (`MediaWorkers`); one decode feeds every output. Sources: ISO/IEC 14496-12 (fragmented MP4,
/// `sidx`), RFC 8216 (HLS), ITU-R BS.1770 / EBU R 128 (loudness).

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "prints/clip_print.h"

namespace filoscope::media {

inline const Setting<std::int64_t> kDurationMax{"media.duration_max_ms", 600'000, 1'000, 1'200'000,
                                                "The longest video that may be uploaded."};
inline const Setting<std::int64_t> kSizeMax{"media.size_max_bytes", 2LL << 30, 1 << 20, 64LL << 30,
                                            "The largest video file that is processed."};
inline const Setting<std::int64_t> kDeadline{"media.deadline_s", 1'800, 10, 86'400,
                                             "Seconds after which a processing job is stopped."};
inline const Setting<std::int64_t> kMemoryMax{"media.memory_max_bytes", 3LL << 30, 512LL << 20,
                                              64LL << 30,
                                              "Address space that one media worker may use."};

struct MediaLimits {
  std::int64_t duration_max_ms = 600'000;
  std::int64_t size_max_bytes = 2LL << 30;
  int long_side_max_px = 4096;   ///< 4K; 8K is refused
  int short_side_max_px = 2304;  ///< of the same picture
  int fps_max = 480;             ///< of the whole clip; renditions have at most 60
  int deadline_s = 1'800;        ///< wall clock of one job
  int cpu_s = 7'200;             ///< processor time of one job
  std::int64_t memory_max_bytes = 3LL << 30;
  std::int64_t output_max_bytes = 512LL << 20;  ///< of one rendition
};

/// A last picture that begins within the longest length may end so much past it: a step of a slow
/// camera.
inline constexpr std::int64_t kLengthOverMaxMs = 100;

MediaLimits media_limits(const Config& config);

inline constexpr std::int64_t kCoverMsMax = 36'000'000;

struct MediaOptions {
  MediaLimits limits;
  int threads_count = 0;  ///< decoder threads; 0 takes the processors at hand, at most 8
  /// From the first picture, 0..kCoverMsMax: what is shown then becomes cover 0 and the
  /// placeholder; past the end, the last picture. None: the picture with most detail and light.
  std::optional<std::int64_t> cover_ms{};
  /// A second file, read as the first is: its sound is taken from its start instead of the own one,
  /// again and again, up to the last picture; −1: none.
  int sound_fd = -1;
};

struct Segment {
  std::int64_t offset = 0;  ///< of the `moof` in the file
  std::int64_t size_bytes = 0;
  std::int64_t start_ms = 0;
  std::int64_t duration_ms = 0;
  bool operator==(const Segment&) const = default;
};

/// One fragmented MP4: [0, init_last] is ftyp + moov + sidx, then the segments without gaps.
struct Rendition {
  std::string name;  ///< "1080", "720", "540" or "360": the short side it aims at; a smaller source
                     ///< keeps its own size
  int width = 0;
  int height = 0;
  double fps = 0;
  std::int64_t bitrate_bps = 0;  ///< average of the whole file
  std::int64_t peak_bps = 0;     ///< of the heaviest segment of at least half a second
  std::string codecs;            ///< RFC 6381, "avc1.64001f,mp4a.40.2"
  std::int64_t size_bytes = 0;
  std::int64_t init_last = 0;  ///< last byte of the init range, inclusive
  std::vector<Segment> segments;
  bool operator==(const Rendition&) const = default;
};

enum class HdrKind : std::uint8_t { none, pq, hlg, dolby_vision };

/// Where a clip may trigger seizures of people with photosensitive epilepsy: stretches in which
/// more than a quarter of the picture flashes more than three times within a second. Sources and
/// what counts as a flash: flashes.h.
struct Flashes {
  std::int64_t first_ms = -1;  ///< where the first such second begins; −1: there is none
  std::int64_t last_ms = -1;   ///< the last flash of the last such second; −1: there is none
  int most_per_second = 0;     ///< 0..kFlashesMax; over kFlashesHarmless exactly when there is
                               ///< such a second
  bool operator==(const Flashes&) const = default;
};
inline constexpr int kFlashesHarmless = 3;  ///< a second
/// More than pictures at the highest rate can show in a second: a flash takes two.
inline constexpr int kFlashesMax = 60;

struct MediaFacts {
  std::int64_t duration_ms = 0;  ///< measured, not what the file claims
  int width = 0;                 ///< as displayed: rotated, square pixels
  int height = 0;
  double fps = 0;  ///< measured
  bool has_audio = false;
  std::string container;
  std::string video_codec;
  std::string audio_codec;
  HdrKind hdr = HdrKind::none;
  bool interlaced = false;
  double loudness_lufs = -70;  ///< integrated, of the source; -70 when silent or without sound
  double gain_db = 0;          ///< what the renditions' sound was raised by, to -14 LUFS; its true
                               ///< peaks are held under -1 dBTP
  std::string placeholder;     ///< "data:image/jpeg;base64,…", some 20 pixels long
  std::vector<std::uint32_t>
      sound_print;                    ///< raw chromaprint, about 8 values a second; of a sound
                                      ///< shorter than 4 s as it plays in a loop; empty: silent
  prints::ClipPrint clip_print;       ///< to tell copies by
  Flashes flashes;                    ///< of the pictures of the largest rendition made
  std::vector<Rendition> renditions;  ///< largest first
  int covers_count = 0;  ///< how many cover outputs were written; 0 is the wanted or best one
  std::int64_t frames_decoded = 0;
  std::int64_t decode_errors = 0;  ///< frames or packets that were damaged or lost
  bool operator==(const MediaFacts&) const = default;
};

inline constexpr std::array<std::string_view, 3> kRenditionNames{"720", "540", "360"};

/// Empty files, readable and writable. Renditions go by the index of their name; those not made
/// stay empty.
struct MediaOutputs {
  std::array<int, kRenditionNames.size()> renditions{-1, -1, -1};
  std::vector<int> covers;  ///< at most kCoversMax, JPEG
  int late = -1;            ///< of kLateName; when it is given, it alone is made
};
/// The rendition that a second job makes of sources that have the lines.
inline constexpr const char* kLateName = "1080";
bool has_late_rung(int display_width, int display_height);
inline constexpr std::size_t kCoversMax = 6;

enum class Stage : std::uint8_t { checking, encoding, finishing };
using Progress = std::function<void(int percent, Stage stage)>;

/// What a file says of itself; nothing of it is decoded.
struct Looks {
  int width = 0, height = 0;
  std::int64_t frames_count = 0;  ///< about
};

struct SandboxFeature {
  std::string name;  ///< "seccomp", "landlock", "network namespace", …
  bool active = false;
  bool required = false;  ///< where it is not active, a worker refuses every job
  std::string detail;     ///< why it is not, or what it does
};

struct WorkerProgram {
  std::string path =
      "/proc/self/exe";  ///< run as `path media-worker`; must call media_worker_main()
};

/// The parent's side: one worker process per call. Threads: any; each call blocks its own.
class MediaWorkers {
 public:
  explicit MediaWorkers(WorkerProgram program = {});

  /// Descriptors stay the caller's; the input is read by position, from its start. `progress` is
  /// called on this thread, never backwards. What the worker reports is checked as outside data.
  /// Errors: invalid_argument (the file is bad or over a limit: a sentence for the uploader, no use
  /// retrying), deadline (took too long), exhausted (needs more memory than allowed), unavailable
  /// (not the file's fault: cancelled, the disk is full, no worker can start or be locked in),
  /// internal (the worker crashed or said what cannot be).
  Result<MediaFacts> process(int input_fd, const MediaOptions& options, const MediaOutputs& outputs,
                             const Progress& progress = {},
                             const std::atomic<bool>* cancel = nullptr) const;
  /// Opens the file in a worker, to tell how much there is to do. Errors: as `process`.
  Result<Looks> look(int input_fd, const MediaLimits& limits,
                     const std::atomic<bool>* cancel = nullptr) const;
  /// What a worker on this machine is locked in by. Errors: internal.
  Result<std::vector<SandboxFeature>> sandbox_report() const;

 private:
  WorkerProgram program_;
};

/// The child's entry: serves one job on descriptor 3. Returns the exit status.
int media_worker_main();

/// HLS (RFC 8216, version 7). `address` gives the address of a file, as "720.m3u8" of a rendition
/// "720".
std::string master_playlist(const MediaFacts& facts,
                            const std::function<std::string(const Rendition&)>& address);
/// The lines of one rendition in it.
std::string master_entry(const Rendition& rendition, std::string_view address);
/// All segments as byte ranges of the one file at `mp4_address`.
std::string media_playlist(const Rendition& rendition, std::string_view mp4_address);

}  // namespace filoscope::media
