#include "runtime/server/ports_file.hpp"

#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>

namespace conclave::server {

Result<void> write_ports_file(const std::filesystem::path& file,
                              std::span<const wire::ListenAddress> listen,
                              std::span<const std::uint16_t> ports) {
  boost::json::object out{{"https", nullptr}, {"ws", nullptr}, {"pid", getpid()}};
  boost::json::array all;
  for (std::size_t i = 0; i < listen.size() && i < ports.size(); ++i) {
    boost::json::value& first = out[listen[i].tls ? "https" : "ws"];
    if (first.is_null()) first = ports[i];
    all.push_back({{"address", listen[i].address}, {"port", ports[i]}, {"tls", listen[i].tls}});
  }
  out["listen"] = std::move(all);

  const std::filesystem::path fresh = file.string() + ".new";
  std::ofstream stream(fresh, std::ios::trunc);
  stream << boost::json::serialize(out) << '\n';
  stream.close();
  std::error_code error;
  if (stream) std::filesystem::rename(fresh, file, error);
  if (!stream || error) return fail(base::kInternal, "cannot write " + file.string());
  return {};
}

}  // namespace conclave::server
