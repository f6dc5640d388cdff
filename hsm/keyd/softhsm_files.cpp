#include "hsm/keyd/softhsm_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "hsm/keyd/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

namespace fs = std::filesystem;

// Not below softhsm_dir: SoftHSM takes each folder there for a token.
constexpr const char* kCopies = "copies";
constexpr const char* kTokenFile = "token.object";

Error io_error(const fs::path& path) {
  return Error(kKeydConfiguration, path.string() + ": " + std::strerror(errno));
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Result<void> sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = descriptor >= 0 && ::fsync(descriptor) == 0;
  const Error error = io_error(folder);
  if (descriptor >= 0) ::close(descriptor);
  return good ? Result<void>{} : std::unexpected(error);
}

// Whole or not at all, and on disk.
Result<void> replace(const fs::path& file, const std::string& bytes) {
  const fs::path next = file.string() + ".next";
  const int descriptor = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool good =
      descriptor >= 0 &&
      ::write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      ::fsync(descriptor) == 0 && ::rename(next.c_str(), file.c_str()) == 0;
  const Error error = io_error(file);
  if (descriptor >= 0) ::close(descriptor);
  if (!good) return std::unexpected(error);
  return sync_folder(file.parent_path());
}

// The file never shrinks by itself: shorter than its copy means torn.
Result<void> keep_one(const fs::path& token, const fs::path& copy) {
  const std::string now = content(token);
  const std::string kept = content(copy);
  if (now.size() < kept.size()) {
    observe::warn("token.file_restored", {{"file", token.string()}, {"bytes", now.size()}});
    return replace(token, kept);
  }
  return now == kept ? Result<void>{} : replace(copy, now);
}

}  // namespace

Result<void> keep_token_files(const config::StatePaths& paths) {
  std::error_code failed;
  if (!fs::is_directory(paths.softhsm_dir, failed)) return {};
  const fs::path copies = paths.token_dir / kCopies;
  if (fs::create_directory(copies, failed)) fs::permissions(copies, fs::perms::owner_all, failed);
  for (fs::directory_iterator each(paths.softhsm_dir, failed), end; !failed && each != end;
       each.increment(failed)) {
    if (!each->is_directory()) continue;
    CONCLAVE_TRY(keep_one(each->path() / kTokenFile, copies / each->path().filename()));
  }
  if (failed) return fail(kKeydConfiguration, paths.softhsm_dir.string() + ": " + failed.message());
  return {};
}

}  // namespace conclave::hsm::keyd
