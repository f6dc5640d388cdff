#include "runtime/doors/http/backup_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <ctime>
#include <fstream>
#include <iterator>

#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/on_pool.hpp"

namespace conclave::doors::http {

namespace {

namespace json = boost::json;

Result<void> write_now(const std::filesystem::path& file, ByteView content) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(kBackupFailed, file.filename().string());
  bool sound = true;
  while (sound && !content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    sound = written > 0;
    if (sound) content = content.subspan(static_cast<std::size_t>(written));
  }
  sound = sound && ::fsync(fd) == 0;
  sound = ::close(fd) == 0 && sound;
  if (!sound) return fail(kBackupFailed, file.filename().string());
  return {};
}

Result<BackupNote> read_note(const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) return fail(base::kMalformed);
  const auto text_of = [&](std::string_view name) {
    const json::value* found = object->if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  const auto number_of = [&](std::string_view name) -> std::int64_t {
    const json::value* found = object->if_contains(name);
    return found != nullptr && found->is_int64() ? found->as_int64() : 0;
  };
  BackupNote note{text_of("file"), text_of("kind"), text_of("sha256"),
                  static_cast<std::uint64_t>(number_of("bytes")), number_of("created_ms")};
  if (note.file.empty() || note.sha256.empty()) return fail(base::kMalformed);
  return note;
}

}  // namespace

std::string backup_name(std::string_view kind, std::int64_t utc_ms) {
  const std::time_t seconds = utc_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts);
  // Milliseconds, so that two copies in one second have names of their own.
  std::string fraction = std::to_string(1000 + utc_ms % 1000).substr(1);
  return std::string(kind) + "-" + std::string(text.data(), size) + "." + fraction + "Z.db";
}

Task<Result<void>> write_private_file(async::BlockingPool& pool, std::filesystem::path file,
                                      Bytes content) {
  co_return co_await on_pool<void>(
      pool, [file, content = std::move(content)] { return write_now(file, content); });
}

Task<Result<void>> write_note(async::BlockingPool& pool, std::filesystem::path dir,
                              BackupNote note) {
  const json::object body{{"file", note.file},
                          {"kind", note.kind},
                          {"sha256", note.sha256},
                          {"bytes", note.bytes},
                          {"created_ms", note.created_ms}};
  co_return co_await write_private_file(pool, dir / (note.file + ".json"),
                                        base::to_bytes(json::serialize(body) + "\n"));
}

Task<Result<std::vector<BackupNote>>> read_notes(async::BlockingPool& pool,
                                                 std::filesystem::path dir) {
  co_return co_await on_pool<std::vector<BackupNote>>(
      pool, [dir]() -> Result<std::vector<BackupNote>> {
        std::vector<BackupNote> out;
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
          if (entry.path().extension() != ".json") continue;
          if (auto note = read_note(entry.path())) out.push_back(*std::move(note));
        }
        if (error) return fail(kBackupFailed, dir.filename().string());
        std::ranges::sort(out, std::greater{}, &BackupNote::created_ms);
        return out;
      });
}

}  // namespace conclave::doors::http
