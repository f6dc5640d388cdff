#include "sdk/client/terminal/line_editor.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace conclave::client::terminal {
namespace {

constexpr char kEndOfInput = 4;  // Ctrl-D
constexpr char kInterrupt = 3;   // Ctrl-C
constexpr char kKillLine = 21;   // Ctrl-U
constexpr char kBackspace = 127;
constexpr char kBackspaceOld = 8;
constexpr char kEscape = 27;
constexpr std::size_t kLongest = 16 * 1024;

}  // namespace

LineEditor::LineEditor(bool terminal) : terminal_(terminal) {
  if (!terminal_) return;
  tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  draw();
}

LineEditor::~LineEditor() {
  if (!terminal_) return;
  clear();
  std::fflush(stdout);
  tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

bool LineEditor::read_input() {
  char part[4096];
  const ssize_t size = ::read(STDIN_FILENO, part, sizeof part);
  if (size < 0) return errno == EINTR || errno == EAGAIN;
  if (size == 0) {
    if (!line_.empty()) lines_.push_back(std::exchange(line_, {}));
    return false;
  }
  for (ssize_t i = 0; i < size; ++i) key(part[i]);
  if (terminal_) draw();
  return !ended_;
}

void LineEditor::key(char c) {
  if (c == '\n' || c == '\r') {
    if (terminal_) clear();
    lines_.push_back(std::exchange(line_, {}));
    return;
  }
  if (!terminal_) {
    if (line_.size() < kLongest) line_ += c;
    return;
  }
  if (escape_) {
    escape_ = c == '[' || c == 'O' || (c >= '0' && c <= '?');
    return;
  }
  switch (c) {
    case kEscape:
      escape_ = true;
      return;
    case kInterrupt:
      ended_ = true;
      return;
    case kEndOfInput:
      ended_ = line_.empty();
      return;
    case kKillLine:
      line_.clear();
      return;
    case kBackspace:
    case kBackspaceOld:
      return erase_last();
    default:
      break;
  }
  const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\t';
  if (!control && line_.size() < kLongest) line_ += c;
}

// One character, which may be several bytes of UTF-8.
void LineEditor::erase_last() {
  while (!line_.empty()) {
    const auto byte = static_cast<unsigned char>(line_.back());
    line_.pop_back();
    if ((byte & 0xC0U) != 0x80U) return;
  }
}

std::optional<std::string> LineEditor::next_line() {
  if (lines_.empty()) return std::nullopt;
  auto out = std::move(lines_.front());
  lines_.pop_front();
  return out;
}

void LineEditor::print(std::string_view text) {
  if (terminal_) clear();
  std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
  if (terminal_) draw();
  std::fflush(stdout);
}

void LineEditor::set_note(std::string note) {
  if (note == note_) return;
  note_ = std::move(note);
  if (terminal_) draw();
}

void LineEditor::clear() const {
  std::fputs("\r\x1b[J", stdout);
}

void LineEditor::draw() const {
  clear();
  if (!note_.empty()) std::printf("(%s) ", note_.c_str());
  std::printf("> %s", line_.c_str());
  std::fflush(stdout);
}

}  // namespace conclave::client::terminal
