#include "media/mp4_writer.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "media/boxes.h"

namespace filoscope::media {
namespace {

constexpr std::int64_t kTimescale = 90'000;
constexpr std::int64_t kFirstSegment = kTimescale;      // 1 s: a swipe starts with little
constexpr std::int64_t kNextSegments = 2 * kTimescale;  // 2 s
constexpr std::uint32_t kVideoId = 1;
constexpr std::uint32_t kAudioId = 2;
constexpr std::uint32_t kSyncFlags = 0x02000000;   // depends on no other sample
constexpr std::uint32_t kOtherFlags = 0x01010000;  // depends on others, not a sync sample
constexpr std::uint32_t kAacSamples = 1024;

/// Calls `each` with every NAL unit of an Annex B stream.
template <typename Each>
void for_each_nal(std::span<const std::uint8_t> data, Each each) {
  const auto next_start = [&](std::size_t from) {
    for (std::size_t i = from; i + 3 <= data.size(); ++i) {
      if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1) return i;
    }
    return data.size();
  };
  for (std::size_t start = next_start(0); start < data.size();) {
    const std::size_t begin = start + 3;
    start = next_start(begin);
    std::size_t end = start;
    while (end > begin && data[end - 1] == 0) --end;
    if (end > begin) each(data.subspan(begin, end - begin));
  }
}

struct ParameterSets {
  std::vector<std::span<const std::uint8_t>> sps;
  std::vector<std::span<const std::uint8_t>> pps;
};

ParameterSets split_parameter_sets(std::span<const std::uint8_t> data) {
  ParameterSets sets;
  for_each_nal(data, [&](std::span<const std::uint8_t> nal) {
    if ((nal[0] & 0x1F) == 7 && nal.size() >= 4) sets.sps.push_back(nal);
    if ((nal[0] & 0x1F) == 8) sets.pps.push_back(nal);
  });
  return sets;
}

void write_avcc(BoxWriter& out, const VideoTrack& track) {
  const ParameterSets sets = split_parameter_sets(track.parameter_sets);
  out.box("avcC", [&] {
    out.u8(1);
    const auto sps = sets.sps.empty() ? std::span<const std::uint8_t>() : sets.sps[0];
    for (std::size_t i = 1; i <= 3; ++i) out.u8(i < sps.size() ? sps[i] : 0);
    out.u8(0xFF);  // lengths of 4 bytes
    out.u8(0xE0 | static_cast<std::uint32_t>(sets.sps.size()));
    for (const auto& set : sets.sps) out.u16(static_cast<std::uint32_t>(set.size())), out.raw(set);
    out.u8(static_cast<std::uint32_t>(sets.pps.size()));
    for (const auto& set : sets.pps) out.u16(static_cast<std::uint32_t>(set.size())), out.raw(set);
    if (sps.size() > 1 && sps[1] == 100) {  // High: 4:2:0, 8 bits, no extensions
      out.u8(0xFC | 1), out.u8(0xF8), out.u8(0xF8), out.u8(0);
    }
  });
}

void write_video_entry(BoxWriter& out, const VideoTrack& track) {
  out.box("avc1", [&] {
    out.zeros(6), out.u16(1), out.zeros(16);
    out.u16(static_cast<std::uint32_t>(track.width));
    out.u16(static_cast<std::uint32_t>(track.height));
    out.u32(0x00480000), out.u32(0x00480000), out.u32(0), out.u16(1);
    out.zeros(32), out.u16(24), out.u16(0xFFFF);
    write_avcc(out, track);
    out.box("colr", [&] {
      out.text("nclx");
      out.u16(static_cast<std::uint32_t>(track.colour.primaries));
      out.u16(static_cast<std::uint32_t>(track.colour.transfer));
      out.u16(static_cast<std::uint32_t>(track.colour.matrix));
      out.u8(0);
    });
    out.box("pasp", [&] { out.u32(1), out.u32(1); });
  });
}

void write_audio_entry(BoxWriter& out, const AudioTrack& track) {
  const auto config_size = static_cast<std::uint32_t>(track.specific_config.size());
  out.box("mp4a", [&] {
    out.zeros(6), out.u16(1), out.zeros(8);
    out.u16(static_cast<std::uint32_t>(track.channels_count)), out.u16(16), out.zeros(4);
    out.u32(static_cast<std::uint64_t>(track.sample_rate) << 16);
    out.full_box("esds", 0, 0, [&] {
      out.u8(3), out.u8(3 + 2 + 13 + 2 + config_size + 3), out.u16(2), out.u8(0);
      out.u8(4), out.u8(13 + 2 + config_size), out.u8(0x40), out.u8(0x15), out.u24(0);
      out.u32(160'000), out.u32(128'000);
      out.u8(5), out.u8(config_size), out.raw(track.specific_config);
      out.u8(6), out.u8(1), out.u8(2);
    });
  });
}

void write_matrix(BoxWriter& out) {
  for (const std::uint32_t value : {0x10000U, 0U, 0U, 0U, 0x10000U, 0U, 0U, 0U, 0x40000000U}) {
    out.u32(value);
  }
}

/// The track's presentation begins at `media_time`: behind reordering delay or encoder priming.
void write_edit_list(BoxWriter& out, std::int64_t media_time) {
  out.box("edts", [&] {
    out.full_box("elst", 0, 0, [&] {
      out.u32(1), out.u32(0), out.u32(static_cast<std::uint64_t>(media_time)), out.u32(0x10000);
    });
  });
}

void write_track_header(BoxWriter& out, std::uint32_t id, bool sound, int width, int height) {
  out.full_box("tkhd", 0, 3, [&] {
    out.u32(0), out.u32(0), out.u32(id), out.u32(0), out.u32(0), out.zeros(8);
    out.u16(0), out.u16(0), out.u16(sound ? 0x0100 : 0), out.u16(0);
    write_matrix(out);
    out.u32(static_cast<std::uint64_t>(width) << 16);
    out.u32(static_cast<std::uint64_t>(height) << 16);
  });
}

template <typename Entry>
void write_media(BoxWriter& out, bool sound, std::uint32_t timescale, Entry entry) {
  out.box("mdia", [&] {
    out.full_box("mdhd", 0, 0, [&] {
      out.u32(0), out.u32(0), out.u32(timescale), out.u32(0), out.u16(0x55C4), out.u16(0);
    });
    out.full_box("hdlr", 0, 0,
                 [&] { out.u32(0), out.text(sound ? "soun" : "vide"), out.zeros(12), out.u8(0); });
    out.box("minf", [&] {
      if (sound) {
        out.full_box("smhd", 0, 0, [&] { out.zeros(4); });
      } else {
        out.full_box("vmhd", 0, 1, [&] { out.zeros(8); });
      }
      out.box("dinf", [&] {
        out.full_box("dref", 0, 0, [&] { out.u32(1), out.full_box("url ", 0, 1, [] {}); });
      });
      out.box("stbl", [&] {
        out.full_box("stsd", 0, 0, [&] { out.u32(1), entry(); });
        out.full_box("stts", 0, 0, [&] { out.u32(0); });
        out.full_box("stsc", 0, 0, [&] { out.u32(0); });
        out.full_box("stsz", 0, 0, [&] { out.u32(0), out.u32(0); });
        out.full_box("stco", 0, 0, [&] { out.u32(0); });
      });
    });
  });
}

/// How long each picture is shown, in the order of decoding; together exactly as long as the
/// segment.
std::vector<std::int64_t> lengths_of(const std::vector<Sample>& pictures, std::int64_t end) {
  std::vector<std::size_t> shown(pictures.size());
  for (std::size_t i = 0; i < shown.size(); ++i) shown[i] = i;
  std::sort(shown.begin(), shown.end(),
            [&](auto a, auto b) { return pictures[a].pts < pictures[b].pts; });
  std::vector<std::int64_t> lengths(pictures.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto next = i + 1 < shown.size() ? pictures[shown[i + 1]].pts : end;
    lengths[shown[i]] = next - pictures[shown[i]].pts;
  }
  return lengths;
}

Result<void> read_back(int fd, std::span<std::uint8_t> out, std::int64_t at) {
  while (!out.empty()) {
    const auto got = ::pread(fd, out.data(), out.size(), at);
    if (got <= 0) return errno_error("reading back a rendition");
    out = out.subspan(static_cast<std::size_t>(got));
    at += got;
  }
  return {};
}

/// A worker may write so much to one file: what wants more does so again at every try, unlike on a
/// disk that is full.
Result<void> write_output(int fd, std::span<const std::uint8_t> data, std::int64_t at) {
  rlimit most{};
  const bool known = ::getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur != RLIM_INFINITY;
  if (known && static_cast<rlim_t>(at + std::ssize(data)) > most.rlim_cur) {
    return Error{Code::internal,
                 fmt::format("a rendition grew over {} bytes, the most allowed", most.rlim_cur)};
  }
  return write_all(fd, data, at);
}

std::int64_t to_ms(std::int64_t ticks) { return (ticks * 1000 + kTimescale / 2) / kTimescale; }

}  // namespace

Bytes annex_b_to_lengths(std::span<const std::uint8_t> data) {
  BoxWriter out;
  for_each_nal(data, [&](std::span<const std::uint8_t> nal) {
    const int type = nal[0] & 0x1F;
    const bool user_data = type == 6 && nal.size() > 1 && nal[1] == 5;
    if (type == 7 || type == 8 || type == 9 || user_data) return;
    out.u32(nal.size());
    out.raw(nal);
  });
  return out.take();
}

Result<std::string> avc_codec_text(std::span<const std::uint8_t> parameter_sets) {
  const ParameterSets sets = split_parameter_sets(parameter_sets);
  if (sets.sps.empty()) return Error{Code::corrupt, "the encoder gave no sequence parameter set"};
  const auto sps = sets.sps[0];
  return fmt::format("avc1.{:02x}{:02x}{:02x}", sps[1], sps[2], sps[3]);
}

Mp4Writer::Mp4Writer(int fd, VideoTrack video, std::optional<AudioTrack> audio)
    : fd_(fd), video_(std::move(video)), audio_(std::move(audio)), audio_ended_(!audio_) {}

Result<void> Mp4Writer::add_video(Sample sample) {
  if (!open_) {
    begin_segment(sample.pts);
  } else if (sample.key) {
    const auto written = static_cast<std::int64_t>(written_.size() + closed_.size());
    if (sample.pts >= kFirstSegment + written * kNextSegments ||
        sample.pts - open_->start >= kNextSegments) {
      close_segment(sample.pts);
      begin_segment(sample.pts);
    }
  }
  ++samples_count_;
  open_->video.push_back(std::move(sample));
  return write_ready();
}

Result<void> Mp4Writer::add_audio(SamplePtr sample) {
  audio_seen_ = sample->pts + kAacSamples;
  sound_.push_back(std::move(sample));
  return write_ready();
}

void Mp4Writer::begin_segment(std::int64_t start) {
  open_ = Pending();  // emplace(): clang 14 takes a nested aggregate for not constructible
  open_->start = start;
}

void Mp4Writer::close_segment(std::int64_t end) {
  open_->end = end;
  closed_.push_back(std::move(*open_));
  open_.reset();
}

Result<void> Mp4Writer::write_ready() {
  while (!closed_.empty()) {
    const Pending& segment = closed_.front();
    if (!audio_ended_ && audio_seen_ * kTimescale < segment.end * audio_->sample_rate) return {};
    FILOSCOPE_DO(write_segment(segment));
    closed_.pop_front();
  }
  return {};
}

/// Composition offsets are without the delay, which is known only at the end.
void Mp4Writer::write_video_run(BoxWriter& out, const Pending& segment) {
  const auto lengths = lengths_of(segment.video, segment.end);
  auto dts = segment.start;
  for (std::size_t i = 0; i < segment.video.size(); ++i) {
    const Sample& sample = segment.video[i];
    out.u32(static_cast<std::uint64_t>(lengths[i]));
    out.u32(sample.data.size());
    out.u32(static_cast<std::uint64_t>(sample.pts - dts));
    delay_ = std::max(delay_, dts - sample.pts);
    dts += lengths[i];
  }
}

Mp4Writer::FragmentHeader Mp4Writer::fragment_header(const Pending& segment,
                                                     const std::vector<SamplePtr>& sound,
                                                     std::int64_t video_bytes) {
  BoxWriter out;
  std::size_t video_offset_at = 0;
  std::size_t audio_offset_at = 0;
  out.box("moof", [&] {
    out.full_box("mfhd", 0, 0, [&] { out.u32(sequence_); });
    out.box("traf", [&] {
      out.full_box("tfhd", 0, 0x020020, [&] { out.u32(kVideoId), out.u32(kOtherFlags); });
      out.full_box("tfdt", 1, 0, [&] { out.u64(static_cast<std::uint64_t>(segment.start)); });
      // Offset, first flags; durations, sizes, composition offsets.
      out.full_box("trun", 1, 0xB05, [&] {
        out.u32(segment.video.size());
        video_offset_at = out.size();
        out.u32(0), out.u32(kSyncFlags);
        write_video_run(out, segment);
      });
    });
    if (sound.empty()) return;
    out.box("traf", [&] {
      out.full_box("tfhd", 0, 0x020028,
                   [&] { out.u32(kAudioId), out.u32(kAacSamples), out.u32(kSyncFlags); });
      out.full_box("tfdt", 1, 0, [&] {
        out.u64(static_cast<std::uint64_t>(sound[0]->pts + audio_->priming_samples));
      });
      out.full_box("trun", 0, 0x301, [&] {
        out.u32(sound.size());
        audio_offset_at = out.size();
        out.u32(0);
        for (const SamplePtr& sample : sound) {
          std::int64_t left = kAacSamples;  // the very last one stops with the picture
          if (end_ > 0)
            left = std::min(left, end_ * audio_->sample_rate / kTimescale - sample->pts);
          out.u32(static_cast<std::uint64_t>(std::max<std::int64_t>(left, 1)));
          out.u32(sample->data.size());
        }
      });
    });
  });
  const auto data_at = static_cast<std::uint32_t>(out.size() + 8);
  out.patch_u32(video_offset_at, data_at);
  if (!sound.empty()) {
    out.patch_u32(audio_offset_at, data_at + static_cast<std::uint32_t>(video_bytes));
  }
  return {out.take(), static_cast<std::int64_t>(video_offset_at) + 8};
}

Result<void> Mp4Writer::write_segment(const Pending& segment) {
  std::vector<SamplePtr> sound;
  while (!sound_.empty() && sound_.front()->pts * kTimescale < segment.end * audio_->sample_rate) {
    sound.push_back(std::move(sound_.front()));
    sound_.pop_front();
  }
  std::int64_t video_bytes = 0;
  for (const Sample& sample : segment.video) video_bytes += std::ssize(sample.data);
  std::int64_t total = video_bytes;
  for (const SamplePtr& sample : sound) total += std::ssize(sample->data);
  ++sequence_;
  BoxWriter out;
  const FragmentHeader header = fragment_header(segment, sound, video_bytes);
  out.raw(header.bytes);
  out.u32(static_cast<std::uint64_t>(total) + 8);
  out.text("mdat");
  for (const Sample& sample : segment.video) out.raw(sample.data);
  for (const SamplePtr& sample : sound) out.raw(sample->data);
  FILOSCOPE_DO(write_output(fd_, out.bytes(), body_bytes_));
  body_bytes_ += std::ssize(out.bytes());
  written_.push_back({std::ssize(out.bytes()), segment.start, segment.end, header.samples_at,
                      std::ssize(segment.video)});
  return {};
}

/// Adds the delay to all composition offsets: no picture is shown before it is decoded.
Result<void> Mp4Writer::delay_pictures() {
  constexpr std::size_t kEntryBytes = 12;
  std::int64_t at = 0;
  for (const Written& segment : written_) {
    Bytes table(static_cast<std::size_t>(segment.samples_count) * kEntryBytes);
    FILOSCOPE_DO(read_back(fd_, table, at + segment.samples_at));
    for (std::size_t entry = 8; entry < table.size(); entry += kEntryBytes) {
      std::uint32_t offset = 0;
      for (std::size_t i = 0; i < 4; ++i) offset = offset << 8 | table[entry + i];
      offset += static_cast<std::uint32_t>(delay_);
      for (std::size_t i = 0; i < 4; ++i)
        table[entry + i] = static_cast<std::uint8_t>(offset >> (24 - 8 * i));
    }
    FILOSCOPE_DO(write_output(fd_, table, at + segment.samples_at));
    at += segment.size_bytes;
  }
  return {};
}

Bytes Mp4Writer::head(std::int64_t end) const {
  BoxWriter out;
  out.box("ftyp", [&] { out.text("iso6"), out.u32(0), out.text("iso6cmfcdashmp41"); });
  out.box("moov", [&] {
    out.full_box("mvhd", 0, 0, [&] {
      out.u32(0), out.u32(0), out.u32(kTimescale), out.u32(0), out.u32(0x10000), out.u16(0x0100);
      out.zeros(10);
      write_matrix(out);
      out.zeros(24), out.u32(audio_ ? 3 : 2);
    });
    out.box("trak", [&] {
      write_track_header(out, kVideoId, false, video_.width, video_.height);
      write_edit_list(out, delay_);
      write_media(out, false, kTimescale, [&] { write_video_entry(out, video_); });
    });
    if (audio_) {
      out.box("trak", [&] {
        write_track_header(out, kAudioId, true, 0, 0);
        write_edit_list(out, audio_->priming_samples);
        write_media(out, true, static_cast<std::uint32_t>(audio_->sample_rate),
                    [&] { write_audio_entry(out, *audio_); });
      });
    }
    out.box("mvex", [&] {
      out.full_box("mehd", 1, 0, [&] { out.u64(static_cast<std::uint64_t>(end)); });
      for (std::uint32_t id = kVideoId; id <= (audio_ ? kAudioId : kVideoId); ++id) {
        out.full_box("trex", 0, 0, [&] { out.u32(id), out.u32(1), out.zeros(12); });
      }
    });
  });
  out.full_box("sidx", 1, 0, [&] {
    out.u32(kVideoId), out.u32(kTimescale), out.u64(0), out.u64(0), out.u16(0);
    out.u16(static_cast<std::uint32_t>(written_.size()));
    for (const Written& segment : written_) {
      out.u32(static_cast<std::uint64_t>(segment.size_bytes));
      out.u32(static_cast<std::uint64_t>(segment.end - segment.start));
      out.u32(0x90000000);  // begins with a key frame, SAP type 1
    }
  });
  return out.take();
}

/// Moves the segments up and puts the head before them: its length is known only now.
Result<void> Mp4Writer::insert_head(const Bytes& head_bytes) {
  Bytes block(1 << 20);
  for (std::int64_t left = body_bytes_; left > 0;) {
    const auto size = std::min<std::int64_t>(left, std::ssize(block));
    left -= size;
    const auto part = std::span(block).first(static_cast<std::size_t>(size));
    FILOSCOPE_DO(read_back(fd_, part, left));
    FILOSCOPE_DO(write_output(fd_, part, left + std::ssize(head_bytes)));
  }
  return write_output(fd_, head_bytes, 0);
}

Result<Rendition> Mp4Writer::finish(std::int64_t end) {
  if (!open_) return Error{Code::internal, "the encoder made no picture"};
  std::int64_t latest = 0;
  for (const Sample& sample : open_->video) latest = std::max(latest, sample.pts);
  end = std::max(end, latest + 1);
  audio_ended_ = true;
  FILOSCOPE_DO(write_ready());
  end_ = end;
  close_segment(end);
  FILOSCOPE_DO(write_ready());
  FILOSCOPE_DO(delay_pictures());
  const Bytes head_bytes = head(end);
  FILOSCOPE_DO(insert_head(head_bytes));

  Rendition rendition;
  rendition.width = video_.width;
  rendition.height = video_.height;
  rendition.fps = static_cast<double>(samples_count_) * kTimescale / static_cast<double>(end);
  FILOSCOPE_TRY(rendition.codecs, avc_codec_text(video_.parameter_sets));
  if (audio_) rendition.codecs += ",mp4a.40.2";
  rendition.init_last = std::ssize(head_bytes) - 1;
  rendition.size_bytes = std::ssize(head_bytes) + body_bytes_;
  rendition.bitrate_bps = rendition.size_bytes * 8 * kTimescale / end;
  rendition.peak_bps = rendition.bitrate_bps;
  std::int64_t offset = std::ssize(head_bytes);
  for (const Written& segment : written_) {
    const auto start_ms = to_ms(segment.start);
    rendition.segments.push_back(
        {offset, segment.size_bytes, start_ms, to_ms(segment.end) - start_ms});
    offset += segment.size_bytes;
    if (segment.end - segment.start < kTimescale / 2) continue;
    rendition.peak_bps = std::max(
        rendition.peak_bps, segment.size_bytes * 8 * kTimescale / (segment.end - segment.start));
  }
  return rendition;
}

}  // namespace filoscope::media
