#include "media/source.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <string_view>

extern "C" {
#include <libavutil/dovi_meta.h>
#include <libavutil/opt.h>
}

namespace filoscope::media {

const char* const kDecoders =
    // what phones, cameras and the web make
    "h264,hevc,libdav1d,vp8,vp9,libvpx,libvpx-vp9,mpeg4,mpeg1video,mpeg2video,h261,h263,h263i,"
    "h263p,"
    "mjpeg,mjpegb,gif,apng,png,theora,vc1,wmv1,wmv2,wmv3,msmpeg4,msmpeg4v1,msmpeg4v2,flv,vp6,vp6a,"
    "vp6f,flashsv,flashsv2,dvvideo,"
    // editors, screen recorders and collections of old
    "prores,dnxhd,cfhd,ffv1,ffvhuff,huffyuv,utvideo,lagarith,magicyuv,v210,v308,v408,v410,yuv4,"
    "rawvideo,qtrle,rpza,smc,svq1,svq3,cinepak,msvideo1,msrle,indeo2,indeo3,indeo4,indeo5,tscc,"
    "tscc2,zmbv,camstudio,jpeg2000,hap,vp3,vp4,vp5,vp7,rv10,rv20,rv30,rv40,dirac,snow,fraps,"
    // sound
    "aac,aac_latm,mp1float,mp2float,mp3float,mp1,mp2,mp3,mp3adufloat,mp3on4float,als,ac3,eac3,dca,"
    "truehd,mlp,opus,libopus,vorbis,libvorbis,flac,alac,tta,wavpack,ape,tak,amrnb,amrwb,qcelp,evrc,"
    "ilbc,gsm,gsm_ms,g722,g723_1,g726,g726le,g729,speex,libspeex,nellymoser,wmav1,wmav2,wmapro,"
    "wmalossless,wmavoice,qdm2,qdmc,mace3,mace6,ralf,cook,sipr,real_144,real_288,atrac3,atrac3plus,"
    "imc,iac,truespeech,metasound,dvaudio,s302m,dolby_e,"
    "adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_swf,adpcm_yamaha,adpcm_ima_amv,adpcm_ct,adpcm_g722,"
    "pcm_s8,pcm_u8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_s64le,pcm_s64be,"
    "pcm_u16le,pcm_u16be,pcm_u24le,pcm_u24be,pcm_u32le,pcm_u32be,pcm_f16le,pcm_f24le,pcm_f32le,"
    "pcm_f32be,pcm_f64le,pcm_f64be,pcm_alaw,pcm_mulaw,pcm_vidc,pcm_bluray,pcm_dvd,pcm_s8_planar,"
    "pcm_s16le_planar,pcm_s16be_planar,pcm_s24le_planar,pcm_s32le_planar,pcm_lxf,pcm_s24daud";

namespace {

constexpr int kIoBytes = 64 << 10;
constexpr int kStreamsMax = 64;          // pictures, sounds and texts that a video may have
constexpr int kStreamsOpened = 100'000;  // so that more can be told from too little memory
constexpr int kReadErrorsMax = 64;
constexpr int kLookPacketsMax = 3'000;  // some half minute, to tell videos from their covers
// Where sound or a free-running clock shows that nothing at all was recorded for so long, the clock
// has jumped; a silent slide show may stand still for as long as a video may last.
constexpr std::int64_t kStillMax = 60 * kTicksPerSecond;
constexpr const char* kContainers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,live_flv,mpegts,mpeg,ogg,asf,mpegvideo,m4v,"
    "gif,apng";
// A demuxer's place for what libwebp takes apart.
const AVInputFormat kWebp = [] {
  AVInputFormat format{};
  format.name = "webp";
  format.long_name = "WebP";
  return format;
}();

bool is_picture_format(std::string_view name) {
  return name.ends_with("_pipe") || name.starts_with("image2") || name == "gif" || name == "ico" ||
         name == "apng" || name == "webp" || name == "fits" || name == "xbin";
}

bool is_listed(std::string_view list, std::string_view name) {
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    if (list.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

bool is_allowed_container(const AVInputFormat& format) {
  const std::string_view names = format.name;
  return is_listed(kContainers, names.substr(0, names.find(',')));
}

bool is_encrypted(const AVStream& stream) {
  const auto tag = stream.codecpar->codec_tag;
  return av_stream_get_side_data(&stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, nullptr) != nullptr ||
         av_dict_get(stream.metadata, "enc_key_id", nullptr, 0) != nullptr ||  // Matroska
         tag == MKTAG('e', 'n', 'c', 'v') || tag == MKTAG('e', 'n', 'c', 'a');
}

/// Empty where the file does not say.
std::string codec_text(const AVCodecParameters& parameters) {
  if (parameters.codec_id != AV_CODEC_ID_NONE) return avcodec_get_name(parameters.codec_id);
  if (parameters.codec_tag == 0) return "";
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) {
    const auto c = static_cast<char>(parameters.codec_tag >> shift & 0xFF);
    text += c > ' ' && c < 127 ? c : '?';
  }
  return text;
}

std::int64_t stream_ms(const AVStream& stream, std::int64_t time) {
  return av_rescale_q(time, stream.time_base, AVRational{1, 1000});
}

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EACCES);
}

Result<void> check_size(const AVCodecParameters& parameters, const MediaLimits& limits) {
  const int long_side = std::max(parameters.width, parameters.height);
  const int short_side = std::min(parameters.width, parameters.height);
  if (long_side <= limits.long_side_max_px && short_side <= limits.short_side_max_px) return {};
  return Error(reason("picture_too_large"), parameters.width, parameters.height,
               limits.long_side_max_px, limits.short_side_max_px);
}

HdrKind hdr_kind(const AVStream& stream) {
  const auto transfer = stream.codecpar->color_trc;
  const bool dovi = av_stream_get_side_data(&stream, AV_PKT_DATA_DOVI_CONF, nullptr) != nullptr;
  if (transfer == AVCOL_TRC_SMPTE2084) return dovi ? HdrKind::dolby_vision : HdrKind::pq;
  if (transfer == AVCOL_TRC_ARIB_STD_B67) return dovi ? HdrKind::dolby_vision : HdrKind::hlg;
  return HdrKind::none;
}

/// Dolby Vision whose base layer means nothing without its metadata (profile 5) would come out
/// green and violet.
bool is_bare_dolby_vision(const AVStream& stream) {
  std::size_t size = 0;
  const auto* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DOVI_CONF, &size);
  if (data == nullptr || size < sizeof(AVDOVIDecoderConfigurationRecord)) return false;
  AVDOVIDecoderConfigurationRecord record;
  std::memcpy(&record, data, sizeof record);
  return record.dv_profile == 5;
}

/// Which of several pictures is the video: readable ones first, then those that move, the default,
/// the largest and the first. `packets` is how many each stream has in the first stretch.
int video_rank(const AVStream& stream, const std::vector<int>& packets) {
  const auto index = static_cast<std::size_t>(stream.index);
  const int own = index < packets.size() ? packets[index] : 0;
  const int most = packets.empty() ? 0 : *std::max_element(packets.begin(), packets.end());
  int rank = 0;
  if (find_decoder(stream) != nullptr && !is_encrypted(stream)) rank += 1000;
  if (stream.codecpar->format != AV_PIX_FMT_NONE) rank += 500;
  if (own > 1) rank += 200;
  if (own * 4 > most) rank += 100;
  if ((stream.disposition & AV_DISPOSITION_DEFAULT) != 0) rank += 50;
  const std::int64_t pixels = std::int64_t{stream.codecpar->width} * stream.codecpar->height;
  return rank + static_cast<int>(
                    std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(pixels, 0))));
}

Error not_a_video(const AVInputFormat* format) {
  if (format == nullptr) return Error(reason("file_not_a_video"));
  const std::string_view name = format->name;
  if (is_picture_format(name)) return Error(reason("file_still_picture"));
  const std::string_view long_name =
      format->long_name != nullptr ? format->long_name : format->name;
  static constexpr std::string_view kSoundFormats =
      "mp3,aac,wav,flac,ac3,eac3,dts,dtshd,truehd,mlp,amr,amrnb,amrwb,aiff,w64,caf,loas,ape,wv,tta,"
      "tak,mpc,mpc8,au,voc,gsm,oma,xwma,aax,dsf,qcp,sbc,shn,spdif,ac4";
  if (is_listed(kSoundFormats, name)) return Error(reason("file_only_sound"));
  return Error(reason("file_kind_not_accepted"), long_name);
}

}  // namespace

const AVCodec* find_decoder(const AVStream& stream) {
  const AVCodec* decoder = avcodec_find_decoder(stream.codecpar->codec_id);
  const auto* alpha = av_dict_get(stream.metadata, "alpha_mode", nullptr, 0);  // Matroska
  if (alpha != nullptr && std::string_view(alpha->value) == "1") {
    const auto id = stream.codecpar->codec_id;
    const AVCodec* other = avcodec_find_decoder_by_name(id == AV_CODEC_ID_VP9   ? "libvpx-vp9"
                                                        : id == AV_CODEC_ID_VP8 ? "libvpx"
                                                                                : "");
    if (other != nullptr) decoder = other;
  }
  return decoder != nullptr && is_listed(kDecoders, decoder->name) ? decoder : nullptr;
}

double ratio_of(const AVRational& aspect) {
  return aspect.num > 0 && aspect.den > 0 ? av_q2d(aspect) : 1;
}

Error too_long(std::int64_t ms, const MediaLimits& limits) {
  return Error(reason("video_too_long"), ms, limits.duration_max_ms);
}

Source::~Source() {
  avformat_close_input(&context_);
  if (io_ != nullptr) av_freep(&io_->buffer);
  avio_context_free(&io_);
}

int Source::read_callback(void* self, std::uint8_t* out, int size) {
  auto& source = *static_cast<Source*>(self);
  const auto count = source.bytes_.read_at(source.position_, {out, static_cast<std::size_t>(size)});
  if (count < 0) return AVERROR(EIO);
  if (count == 0) return AVERROR_EOF;
  source.position_ += count;
  return static_cast<int>(count);
}

std::int64_t Source::seek_callback(void* self, std::int64_t offset, int whence) {
  auto& source = *static_cast<Source*>(self);
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return source.bytes_.size_bytes();
    case SEEK_CUR:
      offset += source.position_;
      break;
    case SEEK_END:
      offset += source.bytes_.size_bytes();
      break;
    default:
      break;
  }
  if (offset < 0) return AVERROR(EINVAL);
  return source.position_ = offset;
}

Result<void> Source::open_container(const MediaLimits& limits) {
  if (bytes_.size_bytes() == 0) return Error(reason("file_empty"));
  if (bytes_.size_bytes() > limits.size_max_bytes)
    return Error(reason("file_too_large"), bytes_.size_bytes(), limits.size_max_bytes);
  scan_ = scan_container(bytes_);
  if (scan_.joined) return Error(reason("file_several_videos"));
  context_ = avformat_alloc_context();
  if (context_ == nullptr) return av_failure("opening the file", AVERROR(ENOMEM));
  if (WebpFrames::is_animation(bytes_)) {
    FILOSCOPE_DO(open_webp());
    return check_streams(limits);
  }
  FILOSCOPE_DO(open_demuxer());
  FILOSCOPE_DO(check_streams(limits));
  context_->max_analyze_duration = 10 * AV_TIME_BASE;
  context_->probesize = 16 << 20;
  if (avformat_find_stream_info(context_, nullptr) < 0)
    return Error(reason("file_streams_damaged"));
  return {};
}

Result<void> Source::open_demuxer() {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kIoBytes));
  if (buffer == nullptr) return av_failure("opening the file", AVERROR(ENOMEM));
  io_ = avio_alloc_context(buffer, kIoBytes, 0, this, &read_callback, nullptr, &seek_callback);
  if (io_ == nullptr) return av_failure("opening the file", AVERROR(ENOMEM));
  context_->pb = io_;
  context_->flags |= AVFMT_FLAG_CUSTOM_IO;
  context_->io_open = &refuse_to_open;
  context_->max_streams = kStreamsOpened;
  context_->codec_whitelist = av_strdup(kDecoders);
  context_->format_whitelist = av_strdup(kContainers);

  const AVInputFormat* format = nullptr;
  const int score = av_probe_input_buffer2(io_, &format, "", nullptr, 0, 1 << 20);
  const bool guessed = score <= AVPROBE_SCORE_RETRY;  // random bytes look a little like MP3
  if (score < 0 || (guessed && format != nullptr && !is_allowed_container(*format)))
    format = nullptr;
  if (format == nullptr || !is_allowed_container(*format)) return not_a_video(format);
  AVDictionary* options = nullptr;
  if (std::string_view(format->name) == "apng") {
    // As browsers do (and the GIF demuxer): what wants to be gone within 10 ms stays for 100.
    av_dict_set_int(&options, "max_fps", 99, 0);
    av_dict_set_int(&options, "default_fps", 10, 0);
  }
  const int status = avformat_open_input(&context_, "", format, &options);
  av_dict_free(&options);
  if (status == AVERROR(ENOMEM)) return av_failure("opening the file", status);
  if (status < 0) {
    if (scan_.still_picture) return Error(reason("file_still_picture"));
    if (scan_.iso_boxes && !scan_.has_moov) return Error(reason("file_index_missing"));
    return Error(reason("file_header_damaged"));
  }
  return {};
}

/// The stream that a demuxer of FFmpeg would give.
Result<void> Source::open_webp() {
  FILOSCOPE_TRY(webp_, WebpFrames::open(bytes_));
  context_->iformat = &kWebp;
  AVStream* stream = avformat_new_stream(context_, nullptr);
  if (stream == nullptr) return av_failure("opening the file", AVERROR(ENOMEM));
  stream->time_base = AVRational{1, 1000};
  stream->start_time = 0;
  stream->duration = webp_->duration_ms();
  stream->nb_frames = webp_->frames_count();
  if (webp_->duration_ms() > 0) {
    av_reduce(&stream->avg_frame_rate.num, &stream->avg_frame_rate.den,
              std::int64_t{1000} * webp_->frames_count(), webp_->duration_ms(), 1 << 20);
  }
  stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
  stream->codecpar->codec_id = AV_CODEC_ID_RAWVIDEO;
  stream->codecpar->format = AV_PIX_FMT_BGRA;
  stream->codecpar->width = webp_->width();
  stream->codecpar->height = webp_->height();
  return {};
}

/// Before any of them is read.
Result<void> Source::check_streams(const MediaLimits& limits) {
  int count = 0;
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    const auto& parameters = *context_->streams[i]->codecpar;
    if (parameters.codec_type != AVMEDIA_TYPE_ATTACHMENT) ++count;
    if (parameters.codec_type == AVMEDIA_TYPE_VIDEO && find_decoder(*context_->streams[i]))
      FILOSCOPE_DO(check_size(parameters, limits));
  }
  if (count > kStreamsMax) return Error(reason("file_too_many_tracks"), count, kStreamsMax);
  context_->max_streams = std::max(static_cast<int>(context_->nb_streams), kStreamsMax);
  return {};
}

/// How many packets of each stream come first. Reads, then begins again.
std::vector<int> Source::count_packets() {
  std::vector<int> counts(context_->nb_streams);
  const PacketPtr packet = make_packet();
  for (int i = 0; i < kLookPacketsMax && av_read_frame(context_, packet.get()) >= 0; ++i) {
    const auto index = static_cast<std::size_t>(packet->stream_index);
    if (index < counts.size()) ++counts[index];
    av_packet_unref(packet.get());
  }
  return start_again() ? counts : std::vector<int>{};
}

Result<void> Source::choose_video(const MediaLimits& limits) {
  const std::span streams(context_->streams, context_->nb_streams);
  std::vector<int> packets;
  const auto is_candidate = [](const AVStream* stream) { return is_moving(*stream); };
  if (std::count_if(streams.begin(), streams.end(), is_candidate) > 1) packets = count_packets();
  int best = -1;
  int best_rank = -1;
  bool sound = false;
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    const AVStream& stream = *context_->streams[i];
    sound = sound || stream.codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    if (!is_moving(stream)) continue;
    const int rank = video_rank(stream, packets);
    if (rank > best_rank) best = static_cast<int>(i), best_rank = rank;
  }
  if (best < 0 && sound) return Error(reason("file_only_sound"));
  if (best < 0) return Error(reason("file_without_picture"));
  const AVStream& stream = *context_->streams[best];
  if (is_encrypted(stream)) return Error(reason("video_encrypted"));
  if (find_decoder(stream) == nullptr) {
    const auto codec = codec_text(*stream.codecpar);
    if (codec.empty()) return Error(reason("picture_codec_unknown"));
    return Error(reason("picture_codec_not_read"), codec);
  }
  if (is_bare_dolby_vision(stream)) return Error(reason("picture_dolby_vision_5"));
  FILOSCOPE_DO(check_size(*stream.codecpar, limits));
  if (stream.codecpar->width <= 0 || stream.codecpar->height <= 0)
    return Error(reason("picture_without_frames"));
  video_.stream_index = best;
  return {};
}

Result<void> Source::choose_audio() {
  const AVStream* unreadable = nullptr;
  int best_rank = -1;
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    const AVStream& stream = *context_->streams[i];
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
    if (find_decoder(stream) == nullptr || is_encrypted(stream)) {
      if (unreadable == nullptr) unreadable = &stream;
      continue;
    }
    // One that was announced and has not been heard yet may begin late, or never.
    const bool heard =
        stream.codecpar->sample_rate > 0 && stream.codecpar->ch_layout.nb_channels > 0;
    const int rank = (heard ? 2 : 0) + ((stream.disposition & AV_DISPOSITION_DEFAULT) != 0 ? 1 : 0);
    if (rank > best_rank) audio_index_ = static_cast<int>(i), best_rank = rank;
  }
  if (audio_index_ >= 0 || unreadable == nullptr) return {};
  if (is_encrypted(*unreadable)) return Error(reason("sound_encrypted"));
  const auto codec = codec_text(*unreadable->codecpar);
  if (codec.empty()) return Error(reason("sound_codec_unknown"));
  return Error(reason("sound_codec_not_read"), codec);
}

void Source::describe_video() {
  AVStream& stream = *video_stream();
  const auto& parameters = *stream.codecpar;
  std::size_t size = 0;
  Orientation orientation;
  const auto* matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (matrix != nullptr && size >= 9 * sizeof(std::int32_t)) {
    std::array<std::int32_t, 9> values{};
    std::memcpy(values.data(), matrix, sizeof values);
    orientation = orientation_of(values.data());
    video_.says_orientation = true;
  }
  const AVRational aspect = av_guess_sample_aspect_ratio(context_, &stream, nullptr);
  video_.look = look_of(parameters.width, parameters.height, ratio_of(aspect), orientation);
  video_.hdr = hdr_kind(stream);
  video_.field_order_interlaced =
      parameters.field_order != AV_FIELD_UNKNOWN && parameters.field_order != AV_FIELD_PROGRESSIVE;
  if (stream.duration > 0) {
    video_.claimed_ms = stream_ms(stream, stream.duration);
  } else if (context_->duration > 0) {
    video_.claimed_ms = context_->duration / 1000;
  }
  if (scan_.iso_boxes && !scan_.has_moof)
    video_.indexed_frames = avformat_index_get_entries_count(&stream);
}

/// The index of an MP4 names each frame's place: count those that lie behind the end of the file.
Result<void> Source::check_index() {
  if (video_.indexed_frames == 0) return {};
  AVStream& stream = *video_stream();
  std::int64_t missing = 0;
  std::int64_t first_missing = AV_NOPTS_VALUE;
  std::int64_t first = AV_NOPTS_VALUE;
  std::int64_t last = 0;
  for (int i = 0; i < video_.indexed_frames; ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(&stream, i);
    if (first == AV_NOPTS_VALUE) first = entry->timestamp;
    last = std::max(last, entry->timestamp);
    if (entry->pos + entry->size <= bytes_.size_bytes()) continue;
    if (missing++ == 0) first_missing = entry->timestamp;
  }
  if (missing * 20 <= video_.indexed_frames) return {};
  return Error(reason("file_cut_off"), stream_ms(stream, first_missing - first),
               std::max(video_.claimed_ms, stream_ms(stream, last - first)));
}

Result<void> Source::check_duration(const MediaLimits& limits) {
  const auto claimed_ms = video_.claimed_ms;
  if (claimed_ms <= limits.duration_max_ms) return {};
  const bool ends_late = claimed_ms > limits.duration_max_ms + kLengthOverMaxMs;
  if (webp_) {  // the sum of what its frames say
    if (ends_late) return too_long(claimed_ms, limits);
    return {};
  }
  if (video_.indexed_frames <= 1) return read_duration(limits);
  // FFmpeg holds the claim of an MP4 to what its index sums up to.
  AVStream& stream = *video_stream();
  const auto* first = avformat_index_get_entry(&stream, 0);
  const auto* last = avformat_index_get_entry(&stream, static_cast<int>(video_.indexed_frames) - 1);
  const auto begins_ms = stream_ms(stream, last->timestamp - first->timestamp);
  if (ends_late || begins_ms > limits.duration_max_ms)
    return too_long(std::max(begins_ms, claimed_ms), limits);
  return {};
}

/// The claim may be a lie: reads the time stamps, decodes nothing, then starts again.
Result<void> Source::read_duration(const MediaLimits& limits) {
  const AVStream& stream = *video_stream();
  const PacketPtr packet = make_packet();
  std::int64_t first = AV_NOPTS_VALUE;
  std::int64_t last_ms = 0;  // since the first
  std::int64_t end_ms = 0;   // of that picture
  line_ = new_line(limits);
  while (read(*packet)) {
    const auto time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    const bool counts = packet->stream_index == video_.stream_index && time != AV_NOPTS_VALUE;
    const auto length = packet->duration;
    av_packet_unref(packet.get());
    if (!counts) continue;
    if (first == AV_NOPTS_VALUE) first = time;
    const auto ms = stream_ms(stream, time - first);
    if (ms > limits.duration_max_ms)
      return Error(reason("video_goes_on_too_long"), limits.duration_max_ms);
    if (ms < last_ms) continue;
    last_ms = ms;
    end_ms = ms + stream_ms(stream, length);
  }
  if (end_ms > limits.duration_max_ms + kLengthOverMaxMs) return too_long(end_ms, limits);
  video_.claimed_ms = 0;
  if (!start_again()) return Error(reason("file_length_wrong"));
  return {};
}

/// A clock that jumps misleads a search by time: such files are searched by place.
bool Source::start_again() {
  tracks_ = {};
  const auto by_place = [this] {
    return avformat_seek_file(context_, -1, INT64_MIN, 0, INT64_MAX, AVSEEK_FLAG_BYTE) >= 0;
  };
  if (may_be_joined() && by_place()) return true;
  const auto start = context_->start_time != AV_NOPTS_VALUE ? context_->start_time : 0;
  return av_seek_frame(context_, -1, start, AVSEEK_FLAG_BACKWARD) >= 0 || by_place();
}

TimeLine Source::new_line(const MediaLimits& limits) const {
  const bool clock_shows = audio_index_ >= 0 || may_be_joined();
  return TimeLine(clock_shows ? kStillMax : limits.duration_max_ms * 90);
}

/// Puts a packet of a taken stream on the time line.
void Source::set_times(AVPacket& packet) {
  const bool picture = packet.stream_index == video_.stream_index;
  if (!picture && packet.stream_index != audio_index_) return;
  // FFmpeg means those of a fragment whose clock has restarted.
  if (scan_.has_moof) packet.flags &= ~AV_PKT_FLAG_DISCARD;
  const auto base = context_->streams[packet.stream_index]->time_base;
  const auto ticks = [&](std::int64_t time) -> std::optional<std::int64_t> {
    if (time == AV_NOPTS_VALUE) return std::nullopt;
    return av_rescale_q(time, base, kTimeBase);
  };
  const Stamp stamp{ticks(packet.dts), ticks(packet.pts), ticks(packet.duration).value_or(0),
                    (packet.flags & AV_PKT_FLAG_KEY) != 0};
  const auto track = picture ? TimeLine::Track::picture : TimeLine::Track::sound;
  const auto add = av_rescale_q(line_.shift(track, stamp), kTimeBase, base);
  if (add == 0) return;
  if (packet.dts != AV_NOPTS_VALUE) packet.dts = av_sat_add64(packet.dts, add);
  if (packet.pts != AV_NOPTS_VALUE) packet.pts = av_sat_add64(packet.pts, add);
}

Result<std::unique_ptr<Source>> Source::open(const ByteSource& bytes, const MediaLimits& limits) {
  std::unique_ptr<Source> source(new Source(bytes));
  FILOSCOPE_DO(source->open_container(limits));
  FILOSCOPE_DO(source->choose_video(limits));
  source->describe_video();
  FILOSCOPE_DO(source->choose_audio());
  FILOSCOPE_DO(source->check_index());
  for (unsigned i = 0; i < source->context_->nb_streams; ++i) {
    AVStream& stream = *source->context_->streams[i];
    const bool taken = static_cast<int>(i) == source->video_.stream_index ||
                       static_cast<int>(i) == source->audio_index_;
    const bool watched = source->may_be_joined() && is_moving(stream);
    if (!taken && !watched) stream.discard = AVDISCARD_ALL;
  }
  FILOSCOPE_DO(source->check_duration(limits));
  source->line_ = source->new_line(limits);
  return source;
}

bool Source::read(AVPacket& packet) {
  while (errors_in_a_row_ < kReadErrorsMax) {
    const int status = webp_ ? webp_->read(packet) : av_read_frame(context_, &packet);
    if (status >= 0) {
      errors_in_a_row_ = 0;
      if (may_be_joined())
        tracks_.note(*context_->streams[packet.stream_index], video_.stream_index);
      set_times(packet);
      return true;
    }
    if (status == AVERROR_EOF || status == AVERROR(EIO)) return false;
    ++errors_in_a_row_;
  }
  return false;
}

void Source::go_to(std::int64_t ms) {
  if (webp_) return;
  const auto time = av_rescale_q(ms, AVRational{1, 1000}, video_stream()->time_base);
  av_seek_frame(context_, video_.stream_index, time, AVSEEK_FLAG_BACKWARD);
}

bool Source::may_be_joined() const { return (context_->iformat->flags & AVFMT_TS_DISCONT) != 0; }

bool Source::is_picture_file() const {
  return scan_.still_picture || is_picture_format(container());
}

std::string Source::container() const {
  const std::string_view names = context_->iformat->name;
  return std::string(names.substr(0, names.find(',')));
}

}  // namespace filoscope::media
