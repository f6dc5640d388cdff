#include "runtime/ctl/profile.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "runtime/config/state_paths.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "sdk/client/address.hpp"

namespace conclave::ctl {

namespace {

namespace json = boost::json;

constexpr std::string_view kFile = "admin.json";

Result<json::object> parse_object(const std::string& text, const std::filesystem::path& file) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return fail(kFileUnusable, file.string() + ": not JSON");
  return std::move(value.as_object());
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::int64_t port_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_int64() ? found->as_int64() : 0;
}

Result<ServerPlace> server_of_state(const std::filesystem::path& state) {
  const config::StatePaths paths(state);
  auto text = read_file(paths.ports);
  if (!text) return fail(kUnreachable, paths.ports.string() + " is missing");
  auto ports = parse_object(*text, paths.ports);
  if (!ports) return std::unexpected(ports.error());
  if (const std::int64_t https = port_of(*ports, "https"); https > 0) {
    auto authority = read_file(paths.root_certificate);
    if (!authority) return std::unexpected(authority.error());
    return ServerPlace{"https://localhost:" + std::to_string(https), std::move(*authority)};
  }
  if (const std::int64_t plain = port_of(*ports, "ws"); plain > 0) {
    return ServerPlace{"http://127.0.0.1:" + std::to_string(plain), {}};
  }
  return fail(kUnreachable, paths.ports.string() + " names no port");
}

}  // namespace

std::filesystem::path default_home() {
  if (const char* home = std::getenv("CONCLAVE_HOME"); home != nullptr && *home != '\0')
    return home;
  const char* user = std::getenv("HOME");
  return std::filesystem::path(user == nullptr ? "." : user) / ".config" / "conclave";
}

Result<Profile> load_profile(const std::filesystem::path& home) {
  const std::filesystem::path file = home / kFile;
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) return fail(kNoProfile, file.string());
  const bool own = info.st_uid == ::geteuid() && S_ISREG(info.st_mode);
  if (!own || (info.st_mode & 0077U) != 0) return fail(kProfileUnusable, file.string());
  auto text = read_file(file);
  if (!text) return std::unexpected(text.error());
  auto object = parse_object(*text, file);
  if (!object) return std::unexpected(object.error());
  Profile out{{text_of(*object, "server"), text_of(*object, "authority_pem")},
              text_of(*object, "account"),
              text_of(*object, "device"),
              text_of(*object, "key_pem")};
  if (out.server.url.empty() || out.account.empty() || out.device.empty() || out.key_pem.empty()) {
    return fail(kProfileUnusable, file.string());
  }
  return out;
}

Result<void> save_profile(const std::filesystem::path& home, const Profile& profile) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(home, error);
  if (error) return fail(kProfileUnusable, home.string());
  if (made) ::chmod(home.c_str(), 0700);
  const json::object body{{"server", profile.server.url},
                          {"authority_pem", profile.server.authority_pem},
                          {"account", profile.account},
                          {"device", profile.device},
                          {"key_pem", profile.key_pem}};
  return replace_private(home / kFile, json::serialize(body) + "\n");
}

Result<void> forget_profile(const std::filesystem::path& home) {
  std::error_code error;
  std::filesystem::remove(home / kFile, error);
  if (error) return fail(kProfileUnusable, (home / kFile).string());
  return {};
}

Result<ServerPlace> find_server(const std::filesystem::path& state, const std::string& url,
                                const std::filesystem::path& ca) {
  if (!state.empty()) return server_of_state(state);
  if (url.empty())
    return fail(kUsage, "say which server: --state DIR, or --server URL with --ca FILE");
  const auto address = client::parse_address(url);
  if (!address) return std::unexpected(address.error());
  ServerPlace out{url, {}};
  while (out.url.ends_with('/')) out.url.pop_back();
  if (address->tls) {
    if (ca.empty()) return fail(kUsage, "--server needs --ca FILE (STATE/authority/root.pem)");
    auto authority = read_file(ca);
    if (!authority) return std::unexpected(authority.error());
    out.authority_pem = std::move(*authority);
  }
  return out;
}

}  // namespace conclave::ctl
