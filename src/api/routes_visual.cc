#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "api/routes.h"
#include "visual/reasons.h"
#include "visual/visual.h"

namespace filoscope::api {
namespace {

using nlohmann::json;

constexpr std::size_t kPictureBytesMax = 8 << 20;
constexpr std::int64_t kMomentMsMax = 36'000'000;

Error no_crop() { return Error(visual::reason("crop_outside")).at("crop"); }

/// A media type has no case (RFC 9110, section 8.3.1).
bool is_json(std::string_view type) {
  constexpr std::string_view kJson = "application/json";
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
  };
  return type.size() >= kJson.size() && std::equal(kJson.begin(), kJson.end(), type.begin(),
                                                   [&](char b, char a) { return same(a, b); });
}

/// "x,y,width,height"; the whole picture where nothing is said.
Result<vision::Crop> crop_of(const std::string& text) {
  if (text.empty()) return vision::Crop{};
  std::array<double, 4> values{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && (at == end || *at++ != ',')) return no_crop();
    const auto [next, problem] = std::from_chars(at, end, values[i]);
    if (problem != std::errc()) return no_crop();
    at = next;
  }
  if (at != end) return no_crop();
  return vision::Crop{values[0], values[1], values[2], values[3]};
}

Result<vision::Crop> crop_of(const json& body) {
  const auto found = body.find("crop");
  if (found == body.end() || found->is_null()) return vision::Crop{};
  vision::Crop crop;
  if (!found->is_object()) return no_crop();
  for (const auto& [name, value] :
       {std::pair{"x", &crop.x}, std::pair{"y", &crop.y}, std::pair{"width", &crop.width},
        std::pair{"height", &crop.height}}) {
    const auto number = found->find(name);
    if (number == found->end() || !number->is_number()) return no_crop();
    *value = number->get<double>();
  }
  return crop;
}

/// A picture as the body, or the moment of a clip that a JSON body names.
Result<visual::Found> look(const Api& api, const Request& request, const accounts::Viewer& viewer,
                           std::size_t limit) {
  if (!is_json(request.header("content-type"))) {
    FILOSCOPE_TRY(const auto crop, crop_of(query_text(request, "crop")));
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(request.body.data()),
                          request.body.size());
    return api.services.visual.by_picture(viewer, bytes, crop, limit);
  }
  FILOSCOPE_TRY(const auto body, read_object(request));
  FILOSCOPE_TRY(const auto id_text, required_text(body, "video_id", 40));
  const auto id = VideoId::parse(id_text);
  if (!id || !*id) return Error(reason("id_unknown")).at("video_id");
  FILOSCOPE_TRY(const auto at_ms, integer_field(body, "at_ms", 0, kMomentMsMax));
  FILOSCOPE_TRY(const auto crop, crop_of(body));
  return api.services.visual.by_moment(viewer, *id, at_ms.value_or(0), crop, limit);
}

Result<Response> search_visual(const Api& api, const Request& request) {
  FILOSCOPE_TRY(const auto caller, api.auth.anyone(request));
  FILOSCOPE_TRY(const int limit, limit_of(request, 20, 50));
  FILOSCOPE_TRY(auto found, look(api, request, caller.viewer, static_cast<std::size_t>(limit)));
  catalog::EntryPage page;
  std::unordered_map<std::string, json> matches;
  for (auto& match : found.matches) {
    matches[match.entry.id.text()] = {{"at_ms", match.at_ms}, {"similarity", match.similarity}};
    page.items.push_back(std::move(match.entry));
  }
  FILOSCOPE_TRY(auto body, encode_entries(api.services, caller.viewer, std::move(page),
                                          feed::Surface::search));
  for (auto& item : body["items"]) item["match"] = matches[item["video"]["id"]];
  body.erase("next_cursor");
  body["waiting_count"] = found.waiting_count;
  return json_response(body);
}

Result<Response> visual_view(const Api& api, const Request& request) {
  FILOSCOPE_DO(api.auth.with_role(request, accounts::Role::server_operator));
  const auto status = api.services.visual.status();
  const json ms = status.ms_per_picture ? json(*status.ms_per_picture) : json(nullptr);
  return json_response({{"descriptor", text_or_null(status.descriptor)},
                        {"model_problem", text_or_null(status.model_problem)},
                        {"learned_from", status.learned_count},
                        {"renewing", status.renewing},
                        {"videos", status.clips_count},
                        {"moments", status.moments_count},
                        {"waiting", status.waiting_count},
                        {"failed", status.failed_count},
                        {"memory_bytes", status.memory_bytes},
                        {"ms_per_picture", ms}});
}

}  // namespace

void add_visual_routes(Router& router, const ApiPtr& api) {
  auto route = kind_of(Work::picture, "POST", std::string(kBase) + "/search/visual",
                       handler(api, search_visual));
  route.body_bytes_max = kPictureBytesMax;
  router.add(std::move(route));
  router.add({"GET", std::string(kBase) + "/operator/visual", handler(api, visual_view)});
}

}  // namespace filoscope::api
