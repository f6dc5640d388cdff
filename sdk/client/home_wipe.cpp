// Home: destroying what a device keeps, by order.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/serialize.hpp>

#include "sdk/client/errors.hpp"
#include "sdk/client/home.hpp"

namespace conclave::client {
namespace {

constexpr std::size_t kPart = 16 * 1024;

// One pass of zeros over the whole length, on disk, and read back (NIST SP 800-88, Clear). It
// reaches the old blocks where a file system writes in place; on flash and on copy-on-write file
// systems the old blocks may live on until they are used again.
bool overwrite(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return false;
  struct stat found {};
  bool good = ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode);
  const std::array<char, kPart> zeros{};
  std::array<char, kPart> seen{};
  for (off_t at = 0; good && at < found.st_size;) {
    const auto size = std::min<std::size_t>(kPart, static_cast<std::size_t>(found.st_size - at));
    good = ::pwrite(descriptor, zeros.data(), size, at) == static_cast<ssize_t>(size);
    at += static_cast<off_t>(size);
  }
  good = good && ::fsync(descriptor) == 0;
  for (off_t at = 0; good && at < found.st_size;) {
    const auto size = std::min<std::size_t>(kPart, static_cast<std::size_t>(found.st_size - at));
    good =
        ::pread(descriptor, seen.data(), size, at) == static_cast<ssize_t>(size) &&
        std::equal(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(size), zeros.begin());
    at += static_cast<off_t>(size);
  }
  return ::close(descriptor) == 0 && good;
}

bool is_kept(const std::filesystem::path& name, bool everything) {
  if (name == "lock") return true;  // empty, and held
  return !everything && (name == "device.json" || name == "order.json");
}

}  // namespace

WipeReport Home::wipe(bool everything) const {
  WipeReport out;
  std::error_code bad;
  std::vector<std::filesystem::path> entries;
  for (std::filesystem::directory_iterator at(folder_, bad), end; !bad && at != end;
       at.increment(bad)) {
    if (!is_kept(at->path().filename(), everything)) entries.push_back(at->path());
  }
  if (bad) ++out.failed;
  for (const auto& entry : entries) {
    std::error_code failed;
    const bool regular = std::filesystem::symlink_status(entry, failed).type() ==
                         std::filesystem::file_type::regular;
    const bool cleared = regular && overwrite(entry);
    out.overwritten += cleared ? 1U : 0U;
    const bool gone = std::filesystem::remove_all(entry, failed) > 0 && !failed;
    out.removed += gone ? 1U : 0U;
    out.failed += gone && (cleared || !regular) ? 0U : 1U;
  }
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 || ::fsync(folder) != 0) ++out.failed;
  if (folder >= 0) ::close(folder);
  return out;
}

std::string to_text(const WipeReport& report) {
  std::string out = std::to_string(report.removed) + " files removed, " +
                    std::to_string(report.overwritten) + " of them overwritten before";
  if (report.failed > 0) out += ", " + std::to_string(report.failed) + " failures";
  return out;
}

}  // namespace conclave::client
