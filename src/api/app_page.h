#pragma once

/// The app's page (index.html of the built web app) with a head of its own per address. Reads the
/// small file for every answer, so that a new build holds at once. Pure but for that. Threads: any.

#include <string>

#include "api/http.h"
#include "api/page_head.h"

namespace filoscope::api {

/// `folder` is the built web app's. Errors: not_found (it has no index.html).
Result<Response> app_page(const Request& request, const std::string& folder, const PageHead& head,
                          std::string_view origin);

/// The Content-Security-Policy of a page with these bytes: scripts of this origin, and the inline
/// ones that stand in it, by their hash (CSP level 3 section 2.3).
std::string page_policy(std::string_view html);

}  // namespace filoscope::api
