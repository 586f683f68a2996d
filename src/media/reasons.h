#pragma once

/// Why this module refuses or fails (docs/problems.md). How a file is refused: what is wrong with
/// it, and what the uploader can do about it.

#include "base/reason.h"

namespace filoscope::media {

inline constexpr ErrorReason kReasons[] = {
    // the file
    {"file_empty", Code::invalid_argument, "the file is empty; choose a video"},
    {"file_too_large", Code::invalid_argument,
     "the file has {size:bytes}; the largest allowed is {most:bytes}; save it smaller and upload "
     "that",
     0, 413},
    {"webp_too_large", Code::invalid_argument,
     "the file has {size:bytes}; the largest allowed is {most:bytes}; save it as MP4 with H.264 "
     "and AAC and upload that"},
    {"file_not_a_video", Code::invalid_argument,
     "the file is not a video: its format is not recognised; choose a video"},
    {"file_still_picture", Code::invalid_argument, "the file is a still picture; choose a video"},
    {"file_only_sound", Code::invalid_argument,
     "the file holds sound but no picture; choose a video"},
    {"file_without_picture", Code::invalid_argument, "the file holds no picture; choose a video"},
    {"file_kind_not_accepted", Code::invalid_argument,
     "this kind of file ({kind}) is not accepted; MP4, MOV, WebM, MKV, AVI, FLV, MPEG and Ogg "
     "videos are, and moving GIF, PNG and WebP; save it as MP4 with H.264 and AAC and upload that"},
    {"file_too_many_tracks", Code::invalid_argument,
     "the file has {count} tracks; the most allowed is {most}; save it with fewer and upload that"},
    {"file_several_videos", Code::invalid_argument,
     "the file is several videos, one behind the other; upload each by itself"},
    {"file_index_missing", Code::invalid_argument,
     "the file has no index (its `moov` is missing): it is cut off or was never finished; copy it "
     "again from where it was made and upload that"},
    {"file_cut_off", Code::invalid_argument,
     "the file is cut off after {there:ms} of {whole:ms}; copy it again from where it was made and "
     "upload that"},
    {"file_end_missing", Code::invalid_argument,
     "the file is cut off: its end is missing; copy it again from where it was made and upload "
     "that"},
    {"file_header_damaged", Code::invalid_argument,
     "the file is damaged: its header cannot be read; copy it again from where it was made and "
     "upload that"},
    {"file_streams_damaged", Code::invalid_argument,
     "the file is damaged: its streams cannot be read; copy it again from where it was made and "
     "upload that"},
    {"file_length_wrong", Code::invalid_argument,
     "the file claims a wrong length and cannot be read twice; save it as MP4 with H.264 and AAC "
     "and upload that"},

    // a still picture that is looked at, not shown
    {"picture_file_empty", Code::invalid_argument, "the picture's file is empty; choose another"},
    {"picture_file_too_large", Code::invalid_argument,
     "the picture's file has {size:bytes}; the largest allowed is {most:bytes}; save it smaller", 0,
     413},
    {"picture_file_unknown", Code::invalid_argument,
     "the file is no picture that is read here; JPEG, PNG and WebP are"},
    {"picture_too_many_pixels", Code::invalid_argument,
     "the picture has {width} × {height} pixels; the most allowed is {most} million; save it "
     "smaller"},
    {"picture_file_damaged", Code::invalid_argument,
     "the picture is damaged or cut off; copy it again from where it was made"},

    // its picture
    {"video_too_long", Code::invalid_argument,
     "the video is {length:ms} long; the longest allowed is {most:ms}; cut it and upload a part"},
    {"video_goes_on_too_long", Code::invalid_argument,
     "the video is longer than the longest allowed, {most:ms}; cut it and upload a part"},
    {"video_too_many_frames", Code::invalid_argument,
     "the video has {rate} frames a second; the most allowed is {most}; save it with fewer and "
     "upload that"},
    {"video_encrypted", Code::invalid_argument,
     "the video is encrypted (copy protected) and cannot be played; choose one without copy "
     "protection"},
    {"video_too_much_work", Code::invalid_argument,
     "processing the video takes more processor time than is allowed; save it smaller and upload "
     "that"},
    {"picture_too_large", Code::invalid_argument,
     "the picture has {width} × {height} pixels; the largest allowed is {long_most} × {short_most} "
     "(4K); save it smaller and upload that"},
    {"picture_codec_not_read", Code::invalid_argument,
     "the picture is stored as {codec}, which is not read here; save it as MP4 with H.264 and AAC "
     "and upload that"},
    {"picture_codec_unknown", Code::invalid_argument,
     "the picture is stored in a way that is not known here; save it as MP4 with H.264 and AAC and "
     "upload that"},
    {"picture_dolby_vision_5", Code::invalid_argument,
     "the picture is Dolby Vision profile 5, whose colours cannot be read; save it as HDR10, HLG "
     "or standard range and upload that"},
    {"picture_description_damaged", Code::invalid_argument,
     "the file is damaged: the description of its picture cannot be read; copy it again from where "
     "it was made and upload that"},
    {"picture_without_frames", Code::invalid_argument,
     "the file is damaged: no frame of its picture can be decoded; copy it again from where it was "
     "made and upload that"},
    {"picture_frames_damaged", Code::invalid_argument,
     "the file is damaged: {count} of its {all} frames cannot be decoded; copy it again from where "
     "it was made and upload that"},
    {"picture_clock_goes_back", Code::invalid_argument,
     "the file is damaged: the clock of {count} of its {all} frames goes back; copy it again from "
     "where it was made and upload that"},
    {"picture_has_no_more_lines", Code::invalid_argument,
     "the picture has no more lines than its renditions; save it smaller and upload that"},

    // its sound
    {"sound_goes_on_too_long", Code::invalid_argument,
     "the sound goes on longer than the longest allowed, {most:ms}; cut it and upload a part"},
    {"sound_encrypted", Code::invalid_argument,
     "the sound is encrypted (copy protected) and cannot be played; choose one without copy "
     "protection"},
    {"sound_codec_not_read", Code::invalid_argument,
     "the sound is stored as {codec}, which is not read here; save it as MP4 with H.264 and AAC "
     "and upload that"},
    {"sound_codec_unknown", Code::invalid_argument,
     "the sound is stored in a way that is not known here; save it as MP4 with H.264 and AAC and "
     "upload that"},
    {"sound_description_damaged", Code::invalid_argument,
     "the sound is damaged: its description cannot be read; copy it again from where it was made "
     "and upload that"},
    {"sound_damaged", Code::invalid_argument,
     "the sound is damaged: {count} of its {all} pieces cannot be decoded; copy it again from "
     "where it was made and upload that"},

    // the worker
    {"processing_cancelled", Code::unavailable, "processing was cancelled"},
    {"processing_too_slow", Code::deadline,
     "processing the video took longer than {seconds} s and was stopped"},
    {"processing_stood_still", Code::deadline, "an encoder stood still"},
    {"processing_out_of_memory", Code::exhausted,
     "processing this video needs more memory than is allowed; save it smaller and upload that"},
    {"media_worker_not_started", Code::unavailable, "starting a media worker: {problem}"},
    {"media_worker_ended_early", Code::unavailable,
     "starting a media worker: it ended before it read anything ({how})"},
    {"media_worker_not_locked_in", Code::unavailable,
     "no file is read here, since the process that would read it cannot be locked in ({feature}: "
     "{detail}); see `filoscope doctor`"},
    {"media_worker_crashed", Code::internal, "the process that reads the video crashed ({how})"},
    {"media_worker_killed", Code::internal,
     "the process that reads the video crashed (signal Killed)"},

    {"ladder_bench_empty", Code::invalid_argument, "the bench needs clips and at least one round"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::media
