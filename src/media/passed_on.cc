#include "media/passed_on.h"

#include "media/ffmpeg.h"
#include "media/pipeline.h"
#include "media/stills.h"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavutil/opt.h>
}

namespace filoscope::media {
namespace {

constexpr int kFilterThreads = 1;

/// Frames out of files through a graph of filters, as 8-bit 4:2:0.
class FilteredFiles {
 public:
  Result<void> open(const std::filesystem::path& clip, const PassingOn& how) {
    graph_.reset(avfilter_graph_alloc());
    if (!graph_) return av_failure("filters", AVERROR(ENOMEM));
    graph_->nb_threads = kFilterThreads;
    AVFilterInOut* inputs = nullptr;
    AVFilterInOut* outputs = nullptr;
    const std::string text = how.filters + ",format=yuv420p";
    int status = avfilter_graph_parse2(graph_.get(), text.c_str(), &inputs, &outputs);
    Result<void> linked;
    if (status >= 0) linked = link(clip, how, inputs, outputs);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    if (status < 0) return av_failure("filters", status);
    FILOSCOPE_DO(linked);
    status = avfilter_graph_config(graph_.get(), nullptr);
    return status < 0 ? Result<void>(av_failure("filters", status)) : Result<void>();
  }

  /// None at the end.
  Result<FramePtr> next() {
    FramePtr frame = make_frame();
    const int status = av_buffersink_get_frame(sink_, frame.get());
    if (status == AVERROR_EOF) return FramePtr();
    if (status < 0) return av_failure("filters", status);
    frame->pts = av_rescale_q(frame->pts, av_buffersink_get_time_base(sink_), kTimeBase);
    return frame;
  }
  int width() const { return av_buffersink_get_w(sink_); }
  int height() const { return av_buffersink_get_h(sink_); }

 private:
  Result<void> link(const std::filesystem::path& clip, const PassingOn& how, AVFilterInOut* inputs,
                    AVFilterInOut* outputs) {
    for (const AVFilterInOut* in = inputs; in != nullptr; in = in->next) {
      const bool ground = in->name != nullptr && std::string_view(in->name) == "ground";
      FILOSCOPE_TRY(AVFilterContext * source, file_source(ground ? how.ground : clip));
      const int status =
          avfilter_link(source, 0, in->filter_ctx, static_cast<unsigned>(in->pad_idx));
      if (status < 0) return av_failure("filters", status);
    }
    int status = avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out",
                                              nullptr, nullptr, graph_.get());
    if (status >= 0)
      status =
          avfilter_link(outputs->filter_ctx, static_cast<unsigned>(outputs->pad_idx), sink_, 0);
    return status < 0 ? Result<void>(av_failure("filters", status)) : Result<void>();
  }

  Result<AVFilterContext*> file_source(const std::filesystem::path& file) {
    AVFilterContext* source =
        avfilter_graph_alloc_filter(graph_.get(), avfilter_get_by_name("movie"), nullptr);
    if (source == nullptr) return av_failure("filters", AVERROR(ENOMEM));
    av_opt_set(source, "filename", file.c_str(), AV_OPT_SEARCH_CHILDREN);
    const int status = avfilter_init_str(source, nullptr);
    if (status < 0) return av_failure(file.string(), status);
    return source;
  }

  GraphPtr graph_;
  AVFilterContext* sink_ = nullptr;
};

class PrintedFrames {
 public:
  void add(const AVFrame& frame) {
    if (!first_) first_ = frame.pts;
    const auto at_ms = (frame.pts - *first_) * 1'000 / kTicksPerSecond;
    if (printer_.wants(at_ms)) printer_.add(grid_of(frame), at_ms);
  }
  prints::ClipPrint finish() { return printer_.finish(); }

 private:
  prints::ClipPrinter printer_;
  std::optional<std::int64_t> first_;
};

/// H.264 and back.
class Recoder {
 public:
  Result<void> open(int width, int height, int crf) {
    const AVCodec* to = avcodec_find_encoder_by_name("libx264");
    const AVCodec* from = avcodec_find_decoder(AV_CODEC_ID_H264);
    encoder_.reset(to != nullptr ? avcodec_alloc_context3(to) : nullptr);
    decoder_.reset(from != nullptr ? avcodec_alloc_context3(from) : nullptr);
    if (!encoder_ || !decoder_) return Error{Code::internal, "no H.264"};
    encoder_->width = width, encoder_->height = height;
    encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder_->time_base = kTimeBase;
    av_opt_set(encoder_->priv_data, "preset", "veryfast", 0);
    av_opt_set_int(encoder_->priv_data, "crf", crf, 0);
    int status = avcodec_open2(encoder_.get(), to, nullptr);
    if (status >= 0) status = avcodec_open2(decoder_.get(), from, nullptr);
    return status < 0 ? Result<void>(av_failure("H.264", status)) : Result<void>();
  }
  /// No frame: what both still hold.
  Result<void> push(AVFrame* frame, PrintedFrames& out) {
    if (frame != nullptr) frame->pict_type = AV_PICTURE_TYPE_NONE;
    int status = avcodec_send_frame(encoder_.get(), frame);
    const PacketPtr packet = make_packet();
    while (status >= 0 && (status = avcodec_receive_packet(encoder_.get(), packet.get())) >= 0) {
      FILOSCOPE_DO(decode(packet.get(), out));
      av_packet_unref(packet.get());
    }
    if (status != AVERROR(EAGAIN) && status != AVERROR_EOF) return av_failure("H.264", status);
    return frame == nullptr ? decode(nullptr, out) : Result<void>();
  }

 private:
  Result<void> decode(const AVPacket* packet, PrintedFrames& out) {
    int status = avcodec_send_packet(decoder_.get(), packet);
    const FramePtr frame = make_frame();
    while (status >= 0 && (status = avcodec_receive_frame(decoder_.get(), frame.get())) >= 0)
      out.add(*frame);
    if (status != AVERROR(EAGAIN) && status != AVERROR_EOF) return av_failure("H.264", status);
    return {};
  }

  CodecPtr encoder_, decoder_;
};

}  // namespace

Result<prints::ClipPrint> print_passed_on(const std::filesystem::path& clip, const PassingOn& how) {
  silence_ffmpeg();
  FilteredFiles files;
  FILOSCOPE_DO(files.open(clip, how));
  PrintedFrames out;
  std::optional<Recoder> recoder;
  if (how.crf >= 0) FILOSCOPE_DO(recoder.emplace().open(files.width(), files.height(), how.crf));
  for (;;) {
    FILOSCOPE_TRY(const FramePtr frame, files.next());
    if (!frame) break;
    if (!recoder) {
      out.add(*frame);
      continue;
    }
    FILOSCOPE_DO(recoder->push(frame.get(), out));
  }
  if (recoder) FILOSCOPE_DO(recoder->push(nullptr, out));
  return out.finish();
}

}  // namespace filoscope::media
