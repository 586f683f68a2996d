#include "api/delivery_bench.h"

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "api/api.h"
#include "api/delivery.h"
#include "base/log.h"
#include "feed/test_world.h"

namespace filoscope::api {
namespace {

/// Real stores and the real access check; what is served is bytes, so any bytes do.
class DeliveryBenchTest : public feed::World {
 protected:
  void publish_files(int count, std::size_t size_bytes) {
    const auto author = person("maker");
    std::vector<std::uint8_t> bytes(size_bytes);
    for (int i = 0; i < count; ++i) {
      const auto video = publish(author, "number " + std::to_string(i));
      for (std::size_t at = 0; at < bytes.size(); ++at) {
        bytes[at] = static_cast<std::uint8_t>(at * 7 + static_cast<std::size_t>(i));
      }
      auto file = feed::must(blobs->make_temporary());
      feed::must(write_all(file.get(), bytes, 0));
      feed::must(blobs->put(catalog->blob_key(video, "720.mp4"), std::move(file)));
      const auto stored = feed::must(blobs->open(catalog->blob_key(video, "720.mp4")));
      options.files.push_back(
          std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(stored.file.get())));
      options.paths.push_back(catalog->media_url(video, "720.mp4"));
    }
  }

  DeliveryBenchOptions options;
};

TEST_F(DeliveryBenchTest, KeepsUpWithNginx) {
  if (std::getenv("FILOSCOPE_LONG_TESTS") == nullptr) GTEST_SKIP() << "FILOSCOPE_LONG_TESTS unset";
  log::set_level(log::Level::off);
  publish_files(200, 2 << 20);
  Router router;
  router.add(media_route(*catalog, *blobs, clock, config));
  const SystemClock time;
  const auto server = feed::must(Server::start("127.0.0.1:0", std::move(router), config, time));
  options.address = server->address();
  options.server_pid = ::getpid();
  options.work_folder = (folder / "bench").string();
  std::filesystem::create_directories(options.work_folder);
  const auto report = feed::must(bench_delivery(options));
  std::cout << report << "\n";
  const auto json = nlohmann::json::parse(report);
  EXPECT_GE(json["bytes_per_s_ratio"].get<double>(), 0.8);
  EXPECT_LE(json["cpu_s_per_gb_ratio"].get<double>(), 1.25);
}

}  // namespace
}  // namespace filoscope::api
