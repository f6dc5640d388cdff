#include "sdk/client/terminal/password.hpp"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace conclave::client::terminal {
namespace {

constexpr ErrorSpec kNoPassword{"password.missing", ErrorKind::invalid,
                                "Type the password, or give it as one line on standard input."};
constexpr std::size_t kLongest = 1024;

// Switches echo off for as long as it lives.
class Silence {
 public:
  Silence() {
    active_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!active_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Silence() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool active_ = false;
};

}  // namespace

Result<base::Secret> read_password(std::string_view prompt) {
  const bool terminal = isatty(STDIN_FILENO) == 1;
  if (terminal) std::fprintf(stderr, "%.*s", static_cast<int>(prompt.size()), prompt.data());
  std::array<std::uint8_t, kLongest> line{};
  std::size_t size = 0;
  {
    const Silence silence;
    std::uint8_t byte = 0;
    while (size < line.size() && ::read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') {
      line[size++] = byte;
    }
  }
  if (terminal) std::fputc('\n', stderr);
  if (size > 0 && line[size - 1] == '\r') --size;
  base::Secret out(ByteView(line).first(size));
  base::wipe(line);
  if (out.empty()) return fail(kNoPassword);
  return out;
}

}  // namespace conclave::client::terminal
