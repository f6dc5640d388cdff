#include "sdk/client/home.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/base/encoding.hpp"
#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kLargestFile = 64 * 1024 * 1024;

std::unexpected<Error> unusable(const std::filesystem::path& path, std::string_view what) {
  return fail(kHomeUnusable, path.string() + ": " + std::string(what));
}

std::unexpected<Error> unusable(const std::filesystem::path& path) {
  return unusable(path, std::strerror(errno));
}

// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// The whole file, or nothing when there is none.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<std::string>{};
    return unusable(path);
  }
  std::string text;
  char part[16 * 1024];
  for (;;) {
    const ssize_t size = ::read(file.get(), part, sizeof part);
    if (size < 0) return unusable(path);
    if (size == 0) return std::optional(std::move(text));
    text.append(part, static_cast<std::size_t>(size));
    if (text.size() > kLargestFile) return unusable(path, "larger than it can be");
  }
}

// Replaces the file in one step: a crash leaves the old or the new one.
Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  const auto next = std::filesystem::path(path).concat(".new");
  const Descriptor file(
      ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return unusable(next);
  while (!text.empty()) {
    const ssize_t size = ::write(file.get(), text.data(), text.size());
    if (size < 0) return unusable(next);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  if (::fdatasync(file.get()) != 0 || ::rename(next.c_str(), path.c_str()) != 0) {
    return unusable(path);
  }
  return {};
}

Result<std::optional<json::object>> read_object(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return std::unexpected(std::move(text).error());
  if (!*text) return std::optional<json::object>{};
  boost::system::error_code bad;
  auto value = json::parse(**text, bad);
  if (bad || !value.is_object()) return unusable(path, "is damaged");
  auto& object = value.as_object();
  const auto* version = object.if_contains("version");
  if (version == nullptr || !version->is_int64()) return unusable(path, "is damaged");
  if (version->as_int64() > kVersion) return fail(kHomeNewer, path.string());
  return std::optional(std::move(object));
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

Home::Home(Home&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::exchange(other.lock_, -1)) {}

Home& Home::operator=(Home&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(lock_, other.lock_);
  return *this;
}

Home::~Home() {
  if (lock_ >= 0) ::close(lock_);
}

Result<Home> Home::open(const std::filesystem::path& folder) {
  if (folder.empty()) return unusable(folder, "no folder named");
  std::error_code bad;
  std::filesystem::create_directories(folder.parent_path(), bad);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return unusable(folder);
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0) return unusable(folder);
  if (!S_ISDIR(found.st_mode)) return unusable(folder, "is not a folder");
  if (found.st_uid != ::geteuid()) return unusable(folder, "belongs to another user");
  if ((found.st_mode & 022) != 0) return unusable(folder, "others can write to it (chmod 700)");
  const auto path = folder / "lock";
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0) return unusable(path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return fail(kHomeBusy, folder.string());
  return Home(folder, lock.release());
}

Result<std::optional<DeviceRecord>> Home::load_device() const {
  const auto path = folder_ / "device.json";
  auto read = read_object(path);
  if (!read) return std::unexpected(std::move(read).error());
  if (!*read) return std::optional<DeviceRecord>{};
  const json::object& object = **read;
  DeviceRecord out;
  out.server = text_of(object, "server");
  out.authority_pem = text_of(object, "authority");
  out.key_pem = text_of(object, "key");
  out.command_key = base::base64url_decode(text_of(object, "command_key")).value_or(Bytes{});
  out.identity.account = text_of(object, "account");
  const auto user = base::parse_id<UserId>(text_of(object, "user"));
  const auto tenant = base::parse_id<TenantId>(text_of(object, "tenant"));
  const auto device = base::parse_id<DeviceId>(text_of(object, "device"));
  if (!user || !tenant || !device || out.key_pem.empty()) return unusable(path, "is damaged");
  out.identity.user = *user;
  out.identity.tenant = *tenant;
  out.identity.device = *device;
  return std::optional(std::move(out));
}

Result<void> Home::save_device(const DeviceRecord& record) const {
  const json::object object{{"version", kVersion},
                            {"server", record.server},
                            {"authority", record.authority_pem},
                            {"account", record.identity.account},
                            {"user", base::to_text(record.identity.user)},
                            {"tenant", base::to_text(record.identity.tenant)},
                            {"device", base::to_text(record.identity.device)},
                            {"algorithm", DeviceKey::algorithm()},
                            {"key", record.key_pem},
                            {"command_key", base::base64url_encode(record.command_key)}};
  return write_file(folder_ / "device.json", json::serialize(object));
}

Result<std::optional<HeldOrder>> Home::load_order() const {
  const auto path = folder_ / "order.json";
  auto read = read_object(path);
  if (!read) return std::unexpected(std::move(read).error());
  if (!*read) return std::optional<HeldOrder>{};
  auto order = held_order_from(**read);
  if (!order) return unusable(path, "is damaged");
  return std::optional(std::move(*order));
}

Result<void> Home::save_order(const HeldOrder& order) const {
  json::object object = to_json(order);
  object["version"] = kVersion;
  return write_file(folder_ / "order.json", json::serialize(object));
}

Result<Progress> Home::load_progress() const {
  auto read = read_object(folder_ / "state.json");
  if (!read) return std::unexpected(std::move(read).error());
  Progress out;
  if (!*read) return out;
  json::object& object = **read;
  out.cursor = text_of(object, "cursor");
  if (const auto* id = object.if_contains("next_client_id"); id != nullptr && id->is_int64()) {
    out.next_client_id = id->as_int64();
  }
  if (auto* heads = object.if_contains("heads"); heads != nullptr && heads->is_object()) {
    out.heads = std::move(heads->as_object());
  }
  if (auto* outbox = object.if_contains("outbox"); outbox != nullptr && outbox->is_array()) {
    out.outbox = std::move(outbox->as_array());
  }
  return out;
}

Result<void> Home::save_progress(const Progress& progress) const {
  const json::object object{{"version", kVersion},
                            {"cursor", progress.cursor},
                            {"next_client_id", progress.next_client_id},
                            {"heads", progress.heads},
                            {"outbox", progress.outbox}};
  return write_file(folder_ / "state.json", json::serialize(object));
}

}  // namespace conclave::client
