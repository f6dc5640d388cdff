#include "runtime/store/durable_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>

#include "runtime/base/encoding.hpp"
#include "runtime/store/errors.hpp"

namespace conclave::store {
namespace {

class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unexpected<Error> system_failure(const ErrorSpec& spec, const std::filesystem::path& path) {
  return fail(spec, path.string() + ": " + std::strerror(errno));
}

Result<> sync(const std::filesystem::path& path, int flags) {
  const File file(path, flags);
  if (file.get() < 0 || ::fsync(file.get()) != 0) return system_failure(kBackupTarget, path);
  return {};
}

using Chunk = std::span<const std::uint8_t>;

Result<> each_chunk(const std::filesystem::path& path, const std::function<Result<>(Chunk)>& each) {
  const File file(path, O_RDONLY);
  if (file.get() < 0) return system_failure(kBackupInvalid, path);
  std::vector<std::uint8_t> buffer(256 * 1024);
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(kBackupInvalid, path);
    if (count == 0) return {};
    CONCLAVE_TRY(each(Chunk(buffer).first(static_cast<std::size_t>(count))));
  }
}

}  // namespace

Result<> make_durable(const std::filesystem::path& file) {
  CONCLAVE_TRY(sync(file, O_RDONLY));
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  return sync(folder, O_RDONLY | O_DIRECTORY);
}

Result<> copy_to_new_file(const std::filesystem::path& source,
                          const std::filesystem::path& target) {
  const File out(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (out.get() < 0) return system_failure(kBackupTarget, target);
  return each_chunk(source, [&](Chunk chunk) -> Result<> {
    while (!chunk.empty()) {
      const ssize_t count = ::write(out.get(), chunk.data(), chunk.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_failure(kBackupTarget, target);
      chunk = chunk.subspan(static_cast<std::size_t>(count));
    }
    return {};
  });
}

Result<std::string> file_digest(const std::filesystem::path& file) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  CONCLAVE_TRY(each_chunk(file, [&](Chunk chunk) -> Result<> {
    crypto_hash_sha256_update(&state, chunk.data(), chunk.size());
    return {};
  }));
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state, digest.data());
  return base::hex_encode(digest);
}

}  // namespace conclave::store
