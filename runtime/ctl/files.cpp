#include "runtime/ctl/files.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "runtime/ctl/errors.hpp"

namespace conclave::ctl {

namespace {

class NoEcho {
 public:
  NoEcho() {
    sound_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (sound_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    if (sound_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool sound_ = false;
};

std::string ask(std::string_view prompt) {
  std::cerr << prompt << std::flush;
  std::string line;
  {
    const NoEcho quiet;
    std::getline(std::cin, line);
  }
  std::cerr << '\n';
  return line;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file, std::size_t limit) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > limit) return fail(kFileUnusable, file.string());
  std::ifstream in(file, std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(kFileUnusable, file.string());
  return out;
}

Result<void> replace_private(const std::filesystem::path& file, const std::string& content) {
  const std::filesystem::path fresh = file.string() + ".new";
  std::error_code ignored;  // what an interrupted run left
  std::filesystem::remove(fresh, ignored);
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(kFileUnusable, fresh.string());
  std::string_view rest = content;
  bool sound = true;
  while (sound && !rest.empty()) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    sound = written > 0;
    if (sound) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  sound = sound && ::fsync(fd) == 0;
  sound = ::close(fd) == 0 && sound;
  sound = sound && ::rename(fresh.c_str(), file.c_str()) == 0;
  if (!sound) return fail(kFileUnusable, file.string());
  return {};
}

Result<base::Secret> read_password(const std::filesystem::path& file, bool confirm) {
  std::string line;
  if (!file.empty()) {
    auto text = read_file(file, 64 * 1024);
    if (!text) return std::unexpected(text.error());
    line = text->substr(0, text->find_first_of("\r\n"));
    base::wipe(*text);
  } else if (::isatty(STDIN_FILENO) == 1) {
    line = ask("Password: ");
    std::string again = confirm ? ask("Once more: ") : line;
    const bool same = again == line;
    base::wipe(again);
    if (!same) return fail(kUsage, "the two passwords differ");
  } else {
    return fail(kUsage, "no terminal to ask for the password; give --password-file FILE");
  }
  if (line.empty()) return fail(kUsage, "the password is empty");
  base::Secret out{std::string_view(line)};
  base::wipe(line);
  return out;
}

Result<std::string> read_code() {
  if (::isatty(STDIN_FILENO) != 1) {
    return fail(kUsage,
                "a second factor is needed and there is no terminal to ask for it; give "
                "--code CODE, or --factor primary");
  }
  std::string line = ask("Code of your authenticator application, or a recovery code: ");
  if (line.empty()) return fail(kUsage, "the code is empty");
  return line;
}

}  // namespace conclave::ctl
