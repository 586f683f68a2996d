#include <algorithm>

#include "api/http.h"
#include "api/url.h"

namespace filoscope::api {
namespace {

/// Calls `each` for every segment of "/a/b"; "/" has one empty segment.
template <typename Each>
bool for_segments(std::string_view path, Each each) {
  if (path.empty() || path[0] != '/') return false;
  path.remove_prefix(1);
  for (;;) {
    const auto slash = path.find('/');
    if (!each(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

const Route* find_method(const std::vector<const Route*>& routes, std::string_view method) {
  for (const auto* route : routes) {
    if (route->method == method) return route;
  }
  return nullptr;
}

std::string allow_list(const std::vector<const Route*>& routes) {
  std::vector<std::string> methods;
  for (const auto* route : routes) methods.push_back(route->method);
  if (find_method(routes, "GET") && !find_method(routes, "HEAD")) methods.emplace_back("HEAD");
  if (!find_method(routes, "OPTIONS")) methods.emplace_back("OPTIONS");
  std::sort(methods.begin(), methods.end());
  std::string text;
  for (const auto& method : methods) text += (text.empty() ? "" : ", ") + method;
  return text;
}

}  // namespace

void Router::add(Route route) {
  auto* node = &root_;
  const bool walked = for_segments(route.pattern, [&node](std::string_view segment) {
    auto& next = is_parameter(segment) ? node->parameter : node->literal[std::string(segment)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
    return true;
  });
  FILOSCOPE_CHECK(walked);
  FILOSCOPE_CHECK(find_method(node->routes, route.method) == nullptr);
  routes_.push_back(std::move(route));
  node->routes.push_back(&routes_.back());
}

void Router::set_fallback(Handler handler, Fallback methods, Work work) {
  fallback_methods_ = methods;
  fallback_ = std::make_unique<Route>();
  fallback_->method = "GET";
  fallback_->pattern = "/*";
  fallback_->handler = std::move(handler);
  fallback_->work = work;
}

const Router::Node* Router::walk(std::string_view path, std::vector<std::string>& values) const {
  const auto* node = &root_;
  const bool found = for_segments(path, [&](std::string_view segment) {
    if (const auto literal = node->literal.find(segment); literal != node->literal.end()) {
      node = literal->second.get();
      return true;
    }
    if (!node->parameter || segment.empty()) return false;
    auto value = percent_decode(segment);
    if (!value) return false;
    values.push_back(std::move(*value));
    node = node->parameter.get();
    return true;
  });
  return found && !node->routes.empty() ? node : nullptr;
}

Router::Match Router::find(std::string_view method, std::string_view path,
                           std::string* allowed) const {
  Match match;
  std::vector<std::string> values;
  const auto* node = walk(path, values);
  if (node == nullptr) {
    const bool answers = fallback_methods_ == Fallback::any || method == "GET" || method == "HEAD";
    if (fallback_ && answers) match.route = fallback_.get();
    return match;
  }
  match.route = find_method(node->routes, method);
  if (match.route == nullptr && method == "HEAD") match.route = find_method(node->routes, "GET");
  if (match.route == nullptr) {
    if (allowed != nullptr) *allowed = allow_list(node->routes);
    return match;
  }
  std::size_t next = 0;
  for_segments(match.route->pattern, [&](std::string_view segment) {
    if (is_parameter(segment)) {
      match.parameters.emplace(segment.substr(1, segment.size() - 2), std::move(values[next++]));
    }
    return true;
  });
  return match;
}

}  // namespace filoscope::api
