#include "api/routes.h"

#include <nlohmann/json.hpp>

#include "api/delivery.h"
#include "api/reasons.h"
#include "api/static_files.h"

namespace filoscope::api {

Result<social::Origin> origin_of(const Api& api, const nlohmann::json& body,
                                 const accounts::Viewer& viewer, VideoId video) {
  social::Origin origin;
  FILOSCOPE_TRY(const auto token, text_field(body, "impression_token", 400));
  if (!token) return origin;
  FILOSCOPE_TRY(const auto impression, api.services.feed.check_token(viewer, *token));
  if (video && impression.entry != video)
    return Error(reason("impression_of_another_video")).at("impression_token");
  origin.request = impression.request;
  origin.surface = impression.surface;
  origin.video = impression.entry;
  origin.learned = impression.learned;
  return origin;
}

Router make_router(const Services& services) {
  Router router;
  const auto api = std::make_shared<const Api>(services);
  add_account_routes(router, api);
  add_me_routes(router, api);
  add_video_routes(router, api);
  add_reaction_routes(router, api);
  add_feed_routes(router, api);
  add_learned_routes(router, api);
  add_sound_routes(router, api);
  add_subtitle_routes(router, api);
  add_search_routes(router, api);
  add_visual_routes(router, api);
  add_moderation_routes(router, api);
  add_upload_routes(router, api);
  add_tus_routes(router, api);
  add_update_routes(router, api);
  add_operator_routes(router, api);
  add_engine_routes(router, api);
  router.add(media_route(services.catalog, services.blobs, services.clock, services.config));
  router.set_fallback(static_files(services.web_folder, add_page_routes(router, api)),
                      Router::Fallback::reads, Work::feed);
  return router;
}

}  // namespace filoscope::api
