#include "api/encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "api/pages.h"
#include "catalog/caption.h"
#include "catalog/reasons.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

json encode_range(const catalog::ByteRange& range) {
  return json::array({range.first, range.last});
}

json encode_playback(const Services& services, const catalog::Video& video, AccountId reader) {
  if (video.renditions.empty()) return nullptr;
  json renditions = json::array();
  for (const auto& rendition : video.renditions) {
    json segments = json::array();
    for (const auto& segment : rendition.segments_head) segments.push_back(encode_range(segment));
    renditions.push_back(
        {{"name", rendition.name},
         {"width", rendition.width},
         {"height", rendition.height},
         {"fps", rendition.fps},
         {"bitrate_bps", rendition.bitrate_bps},
         {"codecs", rendition.codecs},
         {"url", services.catalog.media_url(video, rendition.name + ".mp4", reader)},
         {"bytes", rendition.size_bytes},
         {"init", encode_range(rendition.init)},
         {"segments", segments}});
  }
  json covers = json::array();
  for (int i = 0; i < video.covers_count; ++i)
    covers.push_back(services.catalog.media_url(video, fmt::format("cover{}.jpg", i), reader));
  const json cover =
      covers.empty()
          ? json()
          : covers[static_cast<std::size_t>(std::min(video.cover_index, video.covers_count - 1))];
  const auto plain = catalog::plain_rendition(video).name + ".mp4";
  return {{"hls", services.catalog.media_url(video, catalog::master_file(video), reader)},
          {"mp4", services.catalog.media_url(video, plain, reader)},
          {"cover", cover},
          {"covers", covers},
          {"renditions", renditions}};
}

/// How many UTF-16 code units UTF-8 text becomes.
std::size_t utf16_length(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    count += (byte & 0xC0U) != 0x80U ? 1U : 0U;
    count += byte >= 0xF0U ? 1U : 0U;
  }
  return count;
}

using SpanFilter = std::function<bool(const catalog::Span&)>;

json encode_spans(std::string_view text, const SpanFilter& counts) {
  json spans = json::array();
  std::size_t at = 0, at_utf16 = 0;
  const auto go_to = [&](std::size_t byte) {
    at_utf16 += utf16_length(text.substr(at, byte - at));
    at = byte;
    return at_utf16;
  };
  for (const auto& span : catalog::spans_of(text)) {
    if (!counts(span)) continue;
    const bool tag = span.kind == catalog::Span::Kind::hashtag;
    const auto begin = go_to(span.begin), end = go_to(span.end);
    spans.push_back({{"kind", tag ? "hashtag" : "mention"},
                     {"begin_utf16", begin},
                     {"end_utf16", end},
                     {"value", span.value}});
  }
  return spans;
}

/// Of a text of which nothing is stored but itself.
json encode_spans(const Services& services, std::string_view text) {
  return encode_spans(text, [&](const catalog::Span& span) {
    return span.kind == catalog::Span::Kind::hashtag ||
           services.accounts.find(span.value).has_value();
  });
}

/// Those that were counted when the caption was stored.
json encode_caption_spans(const Services& services, const catalog::Video& video) {
  return encode_spans(video.caption, [&](const catalog::Span& span) {
    if (span.kind == catalog::Span::Kind::hashtag)
      return std::find(video.hashtags.begin(), video.hashtags.end(), span.value) !=
             video.hashtags.end();
    const auto person = services.accounts.find(span.value);
    return person.has_value() && std::find(video.mentions.begin(), video.mentions.end(),
                                           person->id) != video.mentions.end();
  });
}

json encode_mentions(const Services& services, const catalog::Video& video) {
  json mentions = json::array();
  if (video.mentions.empty()) return mentions;
  const auto people = services.accounts.get_many(video.mentions);
  if (people.has_value()) {
    for (const auto& person : *people) mentions.push_back(person.handle);
  }
  return mentions;
}

/// The clip that it shows again, where its owner may know of it.
json encode_copied(const Services& services, const accounts::Viewer& viewer,
                   const catalog::Video& video) {
  if (!video.copy_of) return json();
  const auto original = services.catalog.get_visible(viewer, video.copy_of);
  if (!original) return json();
  const auto owner = services.accounts.get(original->owner);
  if (!owner) return json();
  return {{"id", original->id.text()},
          {"author", encode_person_lite(*owner)},
          {"part", video.copies_part}};
}

/// Null where nobody is to be named to her.
json encode_sound_owner(const Services& services, const accounts::Viewer& viewer, AccountId id) {
  if (!id || (viewer.account && services.accounts.blocked(viewer.account, id))) return nullptr;
  const auto owner = services.accounts.get(id);
  return owner ? encode_person_lite(*owner) : json();
}

json encode_sound_of(const Services& services, const accounts::Viewer& viewer,
                     const catalog::Video& video) {
  if (!video.sound) return nullptr;
  return {{"id", video.sound.text()},
          {"title", video.sound_title},
          {"owner", encode_sound_owner(services, viewer, video.sound_owner)},
          {"original", video.sound_owner == video.owner}};
}

json encode_tracks(VideoId video, std::span<const subtitles::Track> tracks) {
  json list = json::array();
  for (const auto& track : tracks) list.push_back(encode_track(video, track));
  return list;
}

json encode_video(const Services& services, const accounts::Viewer& viewer, const feed::Item& item,
                  const catalog::Video& video, std::span<const subtitles::Track> tracks) {
  const auto relation = services.accounts.relation(viewer, video.owner);
  auto author = encode_person_lite(item.owner);
  author["viewer"] = {{"self", relation.self}, {"follows", relation.follows}};
  json result = {{"id", video.id.text()},
                 {"state", encode_state(video.state)},
                 {"step", encode_step(video.state)},
                 {"progress_percent", video.progress_percent},
                 {"draft", video.draft},
                 {"held", video.held},
                 {"author", author},
                 {"caption", video.caption},
                 {"caption_spans", encode_caption_spans(services, video)},
                 {"hashtags", video.hashtags},
                 {"mentions", encode_mentions(services, video)},
                 {"language", video.language},
                 {"visibility", catalog::to_string(video.visibility)},
                 {"labels", video.labels.names()},
                 {"sensitive", video.sensitive},
                 {"flashes", video.flashes},
                 {"available_until_ms",
                  video.available_until_ms > 0 ? json(video.available_until_ms) : json()},
                 {"created_ms", video.created_ms},
                 {"duration_ms", video.duration_ms},
                 {"width", video.width},
                 {"height", video.height},
                 {"gain_db", video.gain_db},
                 {"placeholder", video.placeholder},
                 {"sound", encode_sound_of(services, viewer, video)},
                 {"playback", encode_playback(services, video, viewer.account)},
                 {"subtitles", encode_tracks(video.id, tracks)},
                 {"counts", encode_counts(item)},
                 {"viewer", encode_marks(viewer, item)}};
  if (relation.self) result["copy_of"] = encode_copied(services, viewer, video);
  if (!video.error.empty()) {
    const auto why = parse_stored(video.error);
    result["error"] = why.sentence;
    result["failure"] = encode_failure(why);
  }
  if (!video.credits.empty()) result["credits"] = video.credits;
  return result;
}

Result<void> encode_videos(const Services& services, const accounts::Viewer& viewer,
                           std::span<const feed::Item> items, std::span<const std::size_t> places,
                           std::vector<json>& contents) {
  std::vector<VideoId> ids;
  for (const auto place : places) ids.push_back(items[place].entry.id);
  FILOSCOPE_TRY(const auto videos, services.catalog.get_many(ids));
  FILOSCOPE_TRY(const auto tracks, services.subtitles.tracks(ids));
  auto next = videos.begin();  // in the order of the places, without those that have gone
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& item = items[places[i]];
    if (next == videos.end() || next->id != item.entry.id) continue;
    const auto& video = *next++;
    if (services.catalog.may_see(viewer, video))  // it may have changed since the item was made
      contents[places[i]] = encode_video(services, viewer, item, video, tracks[i]);
  }
  return {};
}

/// How what entries are of their kind is told: the items at `places`, into `contents` there.
struct KindEncoder {
  catalog::Kind kind;
  Result<void> (*encode)(const Services&, const accounts::Viewer&, std::span<const feed::Item>,
                         std::span<const std::size_t> places, std::vector<json>& contents);
};
constexpr std::array<KindEncoder, 1> kEncoders{{{catalog::Kind::video, encode_videos}}};

}  // namespace

json encode_sound(const Services& services, const accounts::Viewer& viewer,
                  const catalog::Sound& sound, const catalog::Video* source) {
  json cover, origin, preview;
  if (source != nullptr) {
    origin = source->id.text();
    if (const auto file = cover_file(*source); !file.empty())
      cover = services.catalog.media_url(*source, file, viewer.account);
    preview = services.catalog.media_url(*source, source->renditions.back().name + ".mp4",
                                         viewer.account);
  }
  return {{"id", sound.id.text()},
          {"title", sound.title},
          {"owner", encode_sound_owner(services, viewer, sound.owner)},
          {"original", bool(sound.owner)},
          {"videos_count", sound.videos_count},
          {"origin_video_id", origin},
          {"cover", cover},
          {"preview", preview},
          {"viewer", {{"own", viewer.account && viewer.account == sound.owner}}}};
}

json encode_failure(const StoredReason& why) {
  json values = json::object();
  for (const auto& [name, value] : why.arguments)
    std::visit([&, &name = name](const auto& plain) { values[name] = plain; }, value);
  return {{"reason", why.reason}, {"detail", why.sentence}, {"arguments", values}};
}

json encode_step(catalog::State state) {
  switch (state) {
    case catalog::State::received:
      return "received";
    case catalog::State::checked:
      return "checked";
    case catalog::State::processing:
      return "encoding";
    default:
      return nullptr;
  }
}

std::string_view encode_state(catalog::State state) {
  const bool working = !encode_step(state).is_null();
  return catalog::to_string(working ? catalog::State::processing : state);
}

json encode_counts(const feed::Item& item) {
  return {{"views", item.counts.views},
          {"likes", item.counts.likes},
          {"comments", item.counts.comments},
          {"saves", item.counts.saves},
          {"shares", item.counts.shares}};
}

json encode_marks(const accounts::Viewer& viewer, const feed::Item& item) {
  return {{"own", viewer.account && viewer.account == item.entry.owner},
          {"liked", item.marks.liked},
          {"saved", item.marks.saved},
          {"not_interested", item.marks.not_interested}};
}

Response json_response(const json& value, int status) {
  Response response;
  response.status = status;
  response.body = value.dump(-1, ' ', false, json::error_handler_t::replace);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Response no_content() {
  Response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json encode_person_lite(const accounts::Account& account) {
  return {{"id", account.id.text()},
          {"handle", account.handle},
          {"display_name", account.display_name}};
}

Result<json> encode_people(const Services& services, const accounts::Viewer& viewer,
                           std::span<const accounts::Account> people) {
  std::vector<AccountId> ids;
  for (const auto& account : people) ids.push_back(account.id);
  FILOSCOPE_TRY(const auto likes, services.social.likes_received(ids));
  FILOSCOPE_TRY(const auto videos, services.catalog.videos_counts(ids));
  json list = json::array();
  for (std::size_t i = 0; i < people.size(); ++i) {
    const auto& account = people[i];
    const auto counts = services.accounts.counts(account.id);
    const auto relation = services.accounts.relation(viewer, account.id);
    auto person = encode_person_lite(account);
    person["bio"] = account.bio;
    person["bio_spans"] = encode_spans(services, account.bio);
    person["counts"] = {{"followers", counts.followers},
                        {"following", counts.following},
                        {"likes", likes[i]},
                        {"videos", videos[i]}};
    person["viewer"] = {{"self", relation.self},
                        {"follows", relation.follows},
                        {"followed_by", relation.followed_by},
                        {"blocks", relation.blocks},
                        {"mutes", relation.mutes}};
    list.push_back(std::move(person));
  }
  return list;
}

Result<json> encode_person(const Services& services, const accounts::Viewer& viewer,
                           const accounts::Account& account) {
  FILOSCOPE_TRY(auto people, encode_people(services, viewer, std::span(&account, 1)));
  return std::move(people.front());
}

Result<json> encode_own_account(const Services& services, const accounts::Viewer& viewer,
                                const accounts::Account& account) {
  FILOSCOPE_TRY(auto person, encode_person(services, viewer, account));
  person["birth_date"] = account.birth_date;
  person["language"] = account.language;
  return person;
}

engine::KindSet shown_kinds() {
  engine::KindSet kinds = 0;
  for (const auto& one : kEncoders) kinds |= 1U << static_cast<unsigned>(one.kind);
  return kinds;
}

Result<std::vector<json>> encode_contents(const Services& services, const accounts::Viewer& viewer,
                                          std::span<const feed::Item> items) {
  std::vector<json> contents(items.size());
  for (const auto& one : kEncoders) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].entry.kind == one.kind) places.push_back(i);
    }
    if (!places.empty()) FILOSCOPE_DO(one.encode(services, viewer, items, places, contents));
  }
  return contents;
}

Result<json> encode_content(const Services& services, const accounts::Viewer& viewer,
                            const feed::Item& item) {
  FILOSCOPE_TRY(auto contents, encode_contents(services, viewer, std::span(&item, 1)));
  if (contents.front().is_null()) return Error(catalog::reason("no_such_entry"));
  return std::move(contents.front());
}

Result<json> encode_items(const Services& services, const accounts::Viewer& viewer,
                          std::span<const feed::Item> items) {
  FILOSCOPE_TRY(auto contents, encode_contents(services, viewer, items));
  json list = json::array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (contents[i].is_null()) continue;
    const std::string kind(catalog::to_string(items[i].entry.kind));
    list.push_back({{"kind", kind},
                    {kind, std::move(contents[i])},
                    {"impression_token", items[i].impression_token},
                    {"route", items[i].route},
                    {"repeat", items[i].repeat}});
  }
  return list;
}

json encode_track(VideoId video, const subtitles::Track& track) {
  return {{"language", track.language},
          {"label", track.label},
          {"url", fmt::format("/api/v1/videos/{}/subtitles/{}?revision={}", video.text(),
                              track.language, track.revision)}};
}

json encode_comment(const Services& services, const accounts::Viewer& viewer,
                    const social::Comment& comment, const accounts::Account& author) {
  return {{"id", comment.id.text()},
          {"text", comment.text},
          {"text_spans", encode_spans(services, comment.text)},
          {"author", encode_person_lite(author)},
          {"created_ms", comment.created_ms},
          {"own", viewer.account && viewer.account == comment.author}};
}

json encode_upload(const upload::UploadState& state) {
  return {{"id", state.id.text()},
          {"filename", state.filename},
          {"fingerprint", state.fingerprint},
          {"offset", state.offset},
          {"size_bytes", state.size_bytes},
          {"expires_at_ms", state.expires_at_ms}};
}

Result<json> encode_entries(const Services& services, const accounts::Viewer& viewer,
                            catalog::EntryPage page, feed::Surface surface) {
  FILOSCOPE_TRY(const auto items, services.feed.items(viewer, std::move(page.items), surface));
  FILOSCOPE_TRY(auto list, encode_items(services, viewer, items));
  return json{{"items", list}, {"next_cursor", text_or_null(page.next_cursor)}};
}

Result<Response> encode_page(const Services& services, const accounts::Viewer& viewer,
                             catalog::EntryPage page, feed::Surface surface) {
  FILOSCOPE_TRY(const auto body, encode_entries(services, viewer, std::move(page), surface));
  return json_response(body);
}

}  // namespace filoscope::api
