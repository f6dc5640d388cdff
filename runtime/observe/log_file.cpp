#include "runtime/observe/log_file.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <climits>
#include <filesystem>
#include <string_view>
#include <utility>

namespace conclave::observe {
namespace {

constexpr const char* kStandardError = "/proc/self/fd/2";
constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};

std::size_t rank(std::string_view level) {
  return static_cast<std::size_t>(std::ranges::find(kLevels, level) - kLevels.begin());
}

std::string_view text_of(const boost::json::object& line, std::string_view name) {
  const boost::json::value* value = line.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return value->get_string();
}

bool matches(std::string_view line, const LogFile::Wanted& wanted) {
  if (wanted.level.empty() && wanted.event.empty()) return true;
  boost::system::error_code broken;
  const boost::json::value parsed = boost::json::parse(line, broken);
  if (broken || !parsed.is_object()) return wanted.event.empty();
  const boost::json::object& fields = parsed.get_object();
  if (!text_of(fields, "event").starts_with(wanted.event)) return false;
  return wanted.level.empty() || rank(text_of(fields, "level")) >= rank(wanted.level);
}

// The end of the file, from the beginning of a line on.
Result<std::string> read_end(int file, std::size_t most) {
  struct stat facts{};
  if (fstat(file, &facts) != 0) return fail(kLogUnreadable);
  const auto size = static_cast<std::size_t>(facts.st_size);
  const std::size_t from = size > most ? size - most : 0;
  std::string text(size - from, '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t n =
        pread(file, text.data() + have, text.size() - have, static_cast<off_t>(from + have));
    if (n < 0) return fail(kLogUnreadable);
    if (n == 0) break;  // truncated meanwhile
    have += static_cast<std::size_t>(n);
  }
  text.resize(have);
  if (from > 0) text.erase(0, text.find('\n') + 1);
  return text;
}

}  // namespace

std::optional<LogFile> LogFile::of_standard_error() {
  struct stat facts{};
  if (fstat(STDERR_FILENO, &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  std::error_code error;
  const auto path = std::filesystem::read_symlink(kStandardError, error);
  const int file = open(kStandardError, O_RDONLY | O_CLOEXEC);
  if (error || file < 0) return std::nullopt;
  const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch >= 0) inotify_add_watch(watch, kStandardError, IN_OPEN);
  return LogFile(file, watch, path.filename().string());
}

LogFile::LogFile(LogFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      watch_(std::exchange(other.watch_, -1)),
      name_(std::move(other.name_)) {}

LogFile::~LogFile() {
  if (file_ >= 0) close(file_);
  if (watch_ >= 0) close(watch_);
}

Result<std::vector<std::string>> LogFile::read(const Wanted& wanted) const {
  auto text = read_end(file_, kReadBytes);
  if (!text) return std::unexpected(text.error());
  std::vector<std::string> newest_first;
  std::string_view rest = *text;
  while (!rest.empty() && newest_first.size() < wanted.lines) {
    if (rest.back() == '\n') rest.remove_suffix(1);
    const std::size_t begin = rest.rfind('\n') + 1;  // 0 when there is none
    const std::string_view line = rest.substr(begin);
    if (!line.empty() && matches(line, wanted)) newest_first.emplace_back(line);
    rest = rest.substr(0, begin);
  }
  std::ranges::reverse(newest_first);
  return newest_first;
}

bool LogFile::take_opened() const {
  alignas(inotify_event) std::array<char, 16 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer;
  bool opened = false;
  for (;;) {
    const ssize_t n = ::read(watch_, buffer.data(), buffer.size());
    if (n <= 0) return opened;
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      opened = opened || (event->mask & IN_OPEN) != 0;
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

}  // namespace conclave::observe
