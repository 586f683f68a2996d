#include "media/source.h"

#include <gmock/gmock.h>
#include <sys/mman.h>

#include <array>
#include <cstring>
#include <functional>

#include "media/boxes.h"
#include "media/pipeline.h"
#include "media/test_clips.h"
#include "media/test_outputs.h"
#include "media/video_decoder.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace filoscope::media {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using Rgba = std::array<std::uint8_t, 4>;
constexpr Rgba kRed{220, 30, 30, 255}, kBlue{30, 30, 220, 255};
constexpr Rgba kGlass{0, 255, 0, 0};  ///< bright green under no opacity at all

/// Halves of one colour each.
FramePtr paint(AVPixelFormat format, int width, int height, Rgba left, Rgba right) {
  const auto make = [&](AVPixelFormat of) {
    FramePtr frame = make_frame();
    frame->format = of;
    frame->width = width;
    frame->height = height;
    FILOSCOPE_CHECK(av_frame_get_buffer(frame.get(), 0) >= 0);
    return frame;
  };
  FramePtr out = make(format);
  const bool indexed = format == AV_PIX_FMT_PAL8;
  const FramePtr drawn = indexed ? share_frame(*out) : make(AV_PIX_FMT_RGBA);
  for (int y = 0; y < height; ++y) {
    std::uint8_t* row = drawn->data[0] + y * std::ptrdiff_t{drawn->linesize[0]};
    for (int x = 0; x < width; ++x) {
      const bool is_left = x < width / 2;
      if (indexed) row[x] = is_left ? 0 : 1;
      if (!indexed) std::memcpy(row + 4 * x, (is_left ? left : right).data(), 4);
    }
  }
  if (indexed) {
    const auto argb = [](Rgba c) { return c[3] << 24U | c[0] << 16U | c[1] << 8U | c[2]; };
    const std::array<std::uint32_t, 256> palette{static_cast<std::uint32_t>(argb(left)),
                                                 static_cast<std::uint32_t>(argb(right))};
    std::memcpy(out->data[1], palette.data(), sizeof palette);
    return out;
  }
  const SwsPtr sws(sws_getContext(width, height, AV_PIX_FMT_RGBA, width, height, format,
                                  SWS_BILINEAR, nullptr, nullptr, nullptr));
  FILOSCOPE_CHECK(sws_scale(sws.get(), drawn->data, drawn->linesize, 0, height, out->data,
                            out->linesize) == height);
  return out;
}

/// A file of several pictures' tracks. Times in milliseconds.
class Muxer {
 public:
  explicit Muxer(const char* container) {
    const std::string url = "file:/proc/self/fd/" + std::to_string(file_.get());
    FILOSCOPE_CHECK(avformat_alloc_output_context2(&format_, nullptr, container, nullptr) >= 0);
    FILOSCOPE_CHECK(avio_open2(&format_->pb, url.c_str(), AVIO_FLAG_WRITE, nullptr, nullptr) >= 0);
  }

  struct Track {
    const char* encoder;
    AVPixelFormat format = AV_PIX_FMT_YUV420P;
    int width = 160;
    int height = 120;
    int disposition = 0;
    bool alpha = false;
  };
  void add(const Track& track) {
    const AVCodec* codec = avcodec_find_encoder_by_name(track.encoder);
    FILOSCOPE_CHECK(codec != nullptr);
    CodecPtr encoder(avcodec_alloc_context3(codec));
    encoder->width = track.width;
    encoder->height = track.height;
    encoder->pix_fmt = track.format;
    encoder->time_base = AVRational{1, 1000};
    encoder->framerate = AVRational{25, 1};
    encoder->thread_count = 1;
    encoder->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
    encoder->bit_rate = 2'000'000;
    if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0)
      encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (track.alpha) av_opt_set(encoder->priv_data, "auto-alt-ref", "0", 0);  // or it refuses
    FILOSCOPE_CHECK(avcodec_open2(encoder.get(), codec, nullptr) >= 0);
    AVStream* stream = avformat_new_stream(format_, nullptr);
    avcodec_parameters_from_context(stream->codecpar, encoder.get());
    stream->time_base = encoder->time_base;
    stream->avg_frame_rate = encoder->framerate;
    stream->disposition = track.disposition;
    if (track.alpha) av_dict_set(&stream->metadata, "alpha_mode", "1", 0);
    encoders_.push_back(std::move(encoder));
  }
  void begin() { FILOSCOPE_CHECK(avformat_write_header(format_, nullptr) >= 0); }
  void write(std::size_t track, const AVFrame* frame, int length_ms = 40) {
    AVCodecContext& encoder = *encoders_[track];
    FILOSCOPE_CHECK(avcodec_send_frame(&encoder, frame) >= 0);
    const PacketPtr packet = make_packet();
    while (avcodec_receive_packet(&encoder, packet.get()) >= 0) {
      packet->stream_index = static_cast<int>(track);
      if (packet->duration == 0) packet->duration = length_ms;
      av_packet_rescale_ts(packet.get(), encoder.time_base, format_->streams[track]->time_base);
      FILOSCOPE_CHECK(av_interleaved_write_frame(format_, packet.get()) >= 0);
    }
  }
  Bytes finish() {
    for (std::size_t i = 0; i < encoders_.size(); ++i) write(i, nullptr);
    FILOSCOPE_CHECK(av_write_trailer(format_) >= 0);
    avio_closep(&format_->pb);
    avformat_free_context(format_);
    return content_of(file_.get());
  }

 private:
  UniqueFd file_{::memfd_create("clip", MFD_CLOEXEC)};
  AVFormatContext* format_ = nullptr;
  std::vector<CodecPtr> encoders_;
};

struct Kind {
  const char* container;
  const char* encoder;
  AVPixelFormat format;
};
constexpr Kind kAnimations[] = {{"gif", "gif", AV_PIX_FMT_PAL8},
                                {"apng", "apng", AV_PIX_FMT_RGBA},
                                {"webp", "libwebp_anim", AV_PIX_FMT_BGRA}};

/// Left nothing, right red and blue by turns, `step_ms` each.
Bytes animation(const Kind& kind, int frames_count, int step_ms, bool alpha = false) {
  Muxer muxer(kind.container);
  muxer.add({.encoder = kind.encoder, .format = kind.format, .alpha = alpha});
  muxer.begin();
  for (int i = 0; i < frames_count; ++i) {
    const FramePtr frame = paint(kind.format, 160, 120, kGlass, i % 2 == 0 ? kRed : kBlue);
    frame->pts = std::int64_t{i} * step_ms;
    muxer.write(0, frame.get(), step_ms);
  }
  return muxer.finish();
}

struct Made {
  MediaFacts facts;
  Bytes rendition;
  Bytes cover;
};

Result<Made> process(const Bytes& clip, const MediaOptions& options = {}) {
  silence_ffmpeg();
  const UniqueFd large = file_of({}), medium = file_of({}), small = file_of({}),
                 cover = file_of({});
  MediaOutputs outputs;
  outputs.renditions[0] = large.get();
  outputs.renditions[1] = medium.get();
  outputs.renditions[2] = small.get();
  outputs.covers = {cover.get()};
  FILOSCOPE_TRY(MediaFacts facts, process_media(MemoryBytes(clip), options, outputs));
  return Made{std::move(facts), content_of(small.get()), content_of(cover.get())};
}

std::vector<FramePtr> pictures_of(const Bytes& file) {
  std::vector<FramePtr> pictures;
  const MemoryBytes bytes(file);
  auto source = Source::open(bytes, MediaLimits{});
  FILOSCOPE_CHECK(source.has_value());
  auto decoder = VideoDecoder::open(*(*source)->video_stream(), MediaLimits{}, 1);
  FILOSCOPE_CHECK(decoder.has_value());
  const auto sink = [&](AVFrame& frame) -> Result<void> {
    pictures.push_back(share_frame(frame));
    return {};
  };
  const PacketPtr packet = make_packet();
  while ((*source)->read(*packet)) {
    if (packet->stream_index == (*source)->video().stream_index)
      FILOSCOPE_CHECK(decoder->push(packet.get(), sink).has_value());
    av_packet_unref(packet.get());
  }
  FILOSCOPE_CHECK(decoder->push(nullptr, sink).has_value());
  return pictures;
}

int value_at(const AVFrame& frame, int plane, double x, double y) {
  const int shift = plane == 0 ? 0 : 1;
  const int column = static_cast<int>(x * frame.width) >> shift;
  const int row = static_cast<int>(y * frame.height) >> shift;
  return frame.data[plane][row * std::ptrdiff_t{frame.linesize[plane]} + column];
}

/// Left the neutral ground, right the colour that was painted.
void expect_grey_left(const AVFrame& frame, bool red, const char* what) {
  EXPECT_NEAR(value_at(frame, 0, 0.2, 0.5), 116, 8) << what;
  EXPECT_NEAR(value_at(frame, 1, 0.2, 0.5), 128, 4) << what;
  EXPECT_NEAR(value_at(frame, 2, 0.2, 0.5), 128, 4) << what;
  EXPECT_GT(value_at(frame, red ? 2 : 1, 0.8, 0.5), 160) << what;
}

TEST(Animations, BecomeVideosOnANeutralGround) {
  for (const Kind& kind : kAnimations) {
    const auto made = process(animation(kind, 10, 200));
    ASSERT_TRUE(made) << kind.container << ": " << made.error().message;
    EXPECT_EQ(made->facts.container, kind.container);
    EXPECT_NEAR(static_cast<double>(made->facts.duration_ms), 2'000, 40) << kind.container;
    const auto pictures = pictures_of(made->rendition);
    ASSERT_EQ(pictures.size(), 10U) << kind.container;
    for (std::size_t i = 0; i < pictures.size(); ++i)
      expect_grey_left(*pictures[i], i % 2 == 0, kind.container);
  }
}

TEST(Animations, OfOneFrameAreStillPictures) {
  for (const Kind& kind : kAnimations)
    EXPECT_EQ(refused_for(animation(kind, 1, 200)), "file_still_picture") << kind.container;
}

TEST(Animations, FramesThatWantToBeGoneAtOnceStayAsInABrowser) {
  Bytes gif = animation(kAnimations[0], 10, 100);
  int delays_count = 0;
  for (std::size_t i = 0; i + 6 < gif.size(); ++i) {
    if (gif[i] != 0x21 || gif[i + 1] != 0xF9 || gif[i + 2] != 4) continue;
    gif[i + 4] = delays_count++ % 2 == 0 ? 0 : 1;  // hundredths of a second
    gif[i + 5] = 0;
  }
  ASSERT_EQ(delays_count, 10);
  for (const Bytes& clip :
       {gif, animation(kAnimations[1], 10, 8), animation(kAnimations[2], 10, 8)}) {
    const auto made = process(clip);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_NEAR(static_cast<double>(made->facts.duration_ms), 1'000, 10) << made->facts.container;
  }
}

TEST(Animations, ACutOffWebpIsRefused) {
  Bytes clip = animation(kAnimations[2], 10, 100);
  clip.resize(clip.size() * 2 / 3);
  EXPECT_EQ(refused_for(clip), "file_end_missing");
}

TEST(Transparency, OfVideosGetsANeutralGroundToo) {
  for (const char* encoder : {"libvpx-vp9", "libvpx"}) {
    const auto made = process(animation({"webm", encoder, AV_PIX_FMT_YUVA420P}, 10, 100, true));
    ASSERT_TRUE(made) << encoder << ": " << made.error().message;
    const auto pictures = pictures_of(made->rendition);
    ASSERT_EQ(pictures.size(), 10U) << encoder;
    for (std::size_t i = 0; i < pictures.size(); ++i)
      expect_grey_left(*pictures[i], i % 2 == 0, encoder);
  }
}

TEST(Refusals, APhotoInBoxesIsAPicture) {
  for (const char* brand : {"heic", "mif1", "avif"}) {
    BoxWriter out;
    out.box("ftyp", [&] { out.text(brand), out.u32(0), out.text("mif1"); });
    out.box("meta", [&] { out.zeros(60); });
    out.box("mdat", [&] { out.zeros(500); });
    EXPECT_EQ(refused_for(out.take()), "file_still_picture") << brand;
  }
}

TEST(Refusals, TwoLengthsNeverReadTheSame) {
  MediaOptions options;
  options.limits.duration_max_ms = 1'000;
  ClipOptions clip;
  clip.fps = 50;
  clip.frames_count = 52;
  EXPECT_THAT(refusal(make_clip(clip), options),
              StartsWith("the video is 1.04 s long; the longest allowed is 1 s;"));
}

TEST(Refusals, TheLastPictureCountsAsLongAsItStands) {
  MediaOptions options;
  options.limits.duration_max_ms = 1'000;
  ClipOptions slides;
  slides.frames_count = 2;
  slides.times_ms = {0, 800};
  slides.last_ms = 800;
  slides.sound = false;
  const auto clip = [&](const char* container, const char* flags) {
    slides.container = container;
    slides.muxer_flags = flags;
    return make_clip(slides);
  };
  const std::vector<std::pair<std::string, Bytes>> clips{
      {"mp4", clip("mp4", "")},
      {"fragments", clip("mp4", "frag_keyframe+empty_moov+default_base_moof")},
      {"matroska", clip("matroska", "")},
      {"gif", animation(kAnimations[0], 2, 800)},
      {"apng", animation(kAnimations[1], 2, 800)},
      {"webp", animation(kAnimations[2], 2, 800)}};
  for (const auto& [what, file] : clips) {
    EXPECT_THAT(refusal(file, options),
                StartsWith("the video is 1.6 s long; the longest allowed is 1.0 s;"))
        << what;
    MediaOptions enough;
    enough.limits.duration_max_ms = 1'600;
    EXPECT_TRUE(process(file, enough)) << what;
  }
}

TEST(Refusals, TwoSizesNeverReadTheSame) {
  MediaOptions options;
  options.limits.size_max_bytes = 99'999;
  EXPECT_THAT(refusal(Bytes(100'001, 1), options),
              StartsWith("the file has 100001 bytes; the largest allowed is 99999 bytes;"));
  options.limits.size_max_bytes = 40'000;
  EXPECT_THAT(refusal(Bytes(100'001, 1), options),
              StartsWith("the file has 100 kB; the largest allowed is 40 kB;"));
}

TEST(Refusals, SoundPastTheLimitIsNotDamaged) {
  MediaOptions options;
  options.limits.duration_max_ms = 3'000;
  ClipOptions clip;
  clip.sound_s = 5;
  EXPECT_THAT(refusal(make_clip(clip), options),
              StartsWith("the sound goes on longer than the longest allowed, 3.0 s;"));
}

/// What FFmpeg decodes is not said to be unreadable.
TEST(Sounds, OfCamerasDiscsAndRecordersAreRead) {
  for (const AVCodecID id :
       {AV_CODEC_ID_DTS,         AV_CODEC_ID_AC3,        AV_CODEC_ID_EAC3,
        AV_CODEC_ID_TRUEHD,      AV_CODEC_ID_MLP,        AV_CODEC_ID_ALAC,
        AV_CODEC_ID_WMAV1,       AV_CODEC_ID_WMAV2,      AV_CODEC_ID_WMAPRO,
        AV_CODEC_ID_WMALOSSLESS, AV_CODEC_ID_WMAVOICE,   AV_CODEC_ID_AMR_NB,
        AV_CODEC_ID_AMR_WB,      AV_CODEC_ID_OPUS,       AV_CODEC_ID_VORBIS,
        AV_CODEC_ID_FLAC,        AV_CODEC_ID_MP1,        AV_CODEC_ID_MP2,
        AV_CODEC_ID_MP3,         AV_CODEC_ID_AAC,        AV_CODEC_ID_AAC_LATM,
        AV_CODEC_ID_PCM_S16LE,   AV_CODEC_ID_PCM_F64LE,  AV_CODEC_ID_PCM_BLURAY,
        AV_CODEC_ID_GSM,         AV_CODEC_ID_GSM_MS,     AV_CODEC_ID_QCELP,
        AV_CODEC_ID_EVRC,        AV_CODEC_ID_ADPCM_MS,   AV_CODEC_ID_ADPCM_SWF,
        AV_CODEC_ID_SPEEX,       AV_CODEC_ID_WAVPACK,    AV_CODEC_ID_ADPCM_G722,
        AV_CODEC_ID_ADPCM_G726,  AV_CODEC_ID_TTA,        AV_CODEC_ID_QDM2,
        AV_CODEC_ID_S302M,       AV_CODEC_ID_NELLYMOSER, AV_CODEC_ID_DVAUDIO,
        AV_CODEC_ID_MP4ALS}) {
    AVCodecParameters parameters{};
    parameters.codec_id = id;
    AVStream stream{};
    stream.codecpar = &parameters;
    EXPECT_NE(find_decoder(stream), nullptr) << avcodec_get_name(id);
  }
}

TEST(Sounds, DtsInATransportStreamIsHeard) {
  ClipOptions clip;
  clip.container = "mpegts";
  clip.sound_encoder = "dca";
  const auto made = process(make_clip(clip));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->facts.audio_codec, "dts");
  EXPECT_TRUE(made->facts.has_audio);
  EXPECT_GT(made->facts.loudness_lufs, -30);
}

/// A second track beside a blue and red clip of 2 s.
Bytes with_other_track(const Muxer::Track& other, int frames_count, bool first, int main_flags) {
  Muxer muxer("matroska");
  const std::size_t main = first ? 1 : 0;
  if (first) muxer.add(other);
  muxer.add({.encoder = "mpeg4", .disposition = main_flags});
  if (!first) muxer.add(other);
  muxer.begin();
  for (int i = 0; i < 50; ++i) {
    if (i % (50 / frames_count) == 0) {
      const FramePtr card = paint(other.format, other.width, other.height, kGlass, kGlass);
      card->pts = std::int64_t{40} * i;
      muxer.write(1 - main, card.get());
    }
    const FramePtr frame = paint(AV_PIX_FMT_YUV420P, 160, 120, kRed, kBlue);
    frame->pts = std::int64_t{40} * i;
    muxer.write(main, frame.get());
  }
  return muxer.finish();
}

TEST(Choice, ACoverOrAStripOfThumbnailsIsNotTheVideo) {
  const Muxer::Track card{.encoder = "mjpeg",
                          .format = AV_PIX_FMT_YUVJ420P,
                          .width = 640,
                          .height = 360,
                          .disposition = AV_DISPOSITION_DEFAULT};
  for (const int frames_count : {1, 4}) {
    for (const bool first : {true, false}) {
      const auto made = process(with_other_track(card, frames_count, first, 0));
      ASSERT_TRUE(made) << made.error().message;
      EXPECT_EQ(made->facts.video_codec, "mpeg4") << frames_count << first;
      EXPECT_NEAR(static_cast<double>(made->facts.duration_ms), 2'000, 60);
    }
  }
}

TEST(Choice, OfTwoVideosTheDefaultThenTheLarger) {
  const Muxer::Track small{.encoder = "mpeg4", .width = 80, .height = 60};
  const auto plain = process(with_other_track(small, 50, true, 0));
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->facts.width, 160);
  auto preferred = small;
  preferred.disposition = AV_DISPOSITION_DEFAULT;
  const auto told = process(with_other_track(preferred, 50, false, 0));
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->facts.width, 80);
}

/// Mean luma of the cover of a clip whose frame `i` of 30 a second is `frame(i)`.
double cover_luma(int frames_count, const std::function<FramePtr(int)>& frame) {
  Muxer muxer("matroska");
  muxer.add({.encoder = "mpeg4"});
  muxer.begin();
  for (int i = 0; i < frames_count; ++i) {
    const FramePtr picture = frame(i);
    picture->pts = i * std::int64_t{1'000} / 30;
    muxer.write(0, picture.get(), 33);
  }
  const auto made = process(muxer.finish());
  FILOSCOPE_CHECK(made.has_value());
  const FramePtr cover = decode_jpeg(made->cover);
  double sum = 0;
  for (int y = 0; y < cover->height; ++y) {
    for (int x = 0; x < cover->width; ++x)
      sum += cover->data[0][y * std::ptrdiff_t{cover->linesize[0]} + x];
  }
  return sum / (cover->width * cover->height);
}

TEST(Cover, ShowsAClipThatFadesInWithinASecond) {
  const auto fade = [](int from, int i, int frames_count) {
    const auto mixed = [&](int value) {
      const int part = std::min(i, frames_count);
      return static_cast<std::uint8_t>((value * part + from * (frames_count - part)) /
                                       frames_count);
    };
    return paint(AV_PIX_FMT_YUV420P, 160, 120, {mixed(230), mixed(200), mixed(90), 255},
                 {mixed(40), mixed(90), mixed(60), 255});
  };
  // The picture itself has a mean of about 135.
  EXPECT_NEAR(cover_luma(27, [&](int i) { return fade(0, i, 27); }), 135, 20);
  EXPECT_NEAR(cover_luma(12, [&](int i) { return fade(0, i, 12); }), 135, 20);
  EXPECT_NEAR(cover_luma(60, [&](int i) { return fade(0, i, 55); }), 135, 20);
  EXPECT_NEAR(cover_luma(27, [&](int i) { return fade(255, i, 27); }), 135, 20);
}

}  // namespace
}  // namespace filoscope::media
