#pragma once

#include <termios.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace conclave::client::terminal {

// Lines from standard input. On a terminal it edits the line itself, so that what arrives meanwhile
// can be printed above it; in a pipe it only splits lines.
class LineEditor {
 public:
  explicit LineEditor(bool terminal);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // Reads what is there, without waiting for more. False at the end of input (or Ctrl-C, Ctrl-D).
  [[nodiscard]] bool read_input();
  [[nodiscard]] std::optional<std::string> next_line();
  // True while a line is being typed.
  [[nodiscard]] bool typing() const { return !line_.empty(); }

  // Prints a line above the one being typed.
  void print(std::string_view text);
  // A note in front of the prompt ("Ada is typing"); empty: none.
  void set_note(std::string note);

 private:
  void key(char c);
  void erase_last();
  void draw() const;
  void clear() const;

  bool terminal_;
  bool ended_ = false;
  bool escape_ = false;  // inside an escape sequence, which is ignored
  termios before_{};
  std::string line_;
  std::string note_;
  std::deque<std::string> lines_;
};

}  // namespace conclave::client::terminal
