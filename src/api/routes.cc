#include "api/routes.h"

#include "api/delivery.h"
#include "api/static_files.h"

namespace filoscope::api {

Router make_router(const Services& services) {
  Router router;
  const auto api = std::make_shared<const Api>(services);
  add_account_routes(router, api);
  add_me_routes(router, api);
  add_video_routes(router, api);
  add_reaction_routes(router, api);
  add_feed_routes(router, api);
  add_search_routes(router, api);
  add_upload_routes(router, api);
  add_operator_routes(router, api);
  router.add(media_route(services.catalog, services.blobs, services.clock, services.config));
  router.set_fallback(static_files(services.web_folder));
  return router;
}

}  // namespace filoscope::api
