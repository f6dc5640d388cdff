#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/ids.hpp"

namespace conclave::doors::native {

// Appends `text` as a JSON string with its quotes. `text` is valid UTF-8.
void append_string(std::string& out, std::string_view text);

// Appends JSON to a string, member by member: no tree is built for an answer. The caller opens and
// closes in the right order; names are literals of ours and need no escaping.
class JsonText {
 public:
  JsonText() = default;
  explicit JsonText(std::size_t reserve) { out_.reserve(reserve); }

  JsonText& open() { return bracket('{'); }
  JsonText& open(std::string_view name) { return key(name).open(); }
  JsonText& close() { return end('}'); }
  JsonText& open_list(std::string_view name) { return key(name).bracket('['); }
  JsonText& close_list() { return end(']'); }

  JsonText& field(std::string_view name, std::string_view text) { return key(name).item(text); }
  JsonText& field(std::string_view name, const char* text) {
    return field(name, std::string_view(text));
  }
  JsonText& field(std::string_view name, bool value) {
    return key(name).raw(value ? "true" : "false");
  }
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  JsonText& field(std::string_view name, Number value) {
    return key(name).number(static_cast<std::int64_t>(value));
  }
  template <class Tag>
  JsonText& field(std::string_view name, base::Id<Tag> id) {
    return key(name).item(id);
  }
  // `json` is JSON text already.
  JsonText& field_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

  // Elements of a list.
  JsonText& item(std::string_view text) {
    comma();
    append_string(out_, text);
    need_comma_ = true;
    return *this;
  }
  template <class Tag>
  JsonText& item(base::Id<Tag> id) {
    return item(std::string_view(base::to_text(id)));  // short enough to live in the string itself
  }
  JsonText& raw(std::string_view json) {
    comma();
    out_.append(json);
    need_comma_ = true;
    return *this;
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void comma() {
    if (need_comma_) out_.push_back(',');
  }
  JsonText& key(std::string_view name);
  JsonText& number(std::int64_t value);
  JsonText& bracket(char opening) {
    comma();
    out_.push_back(opening);
    need_comma_ = false;
    return *this;
  }
  JsonText& end(char closing) {
    out_.push_back(closing);
    need_comma_ = true;
    return *this;
  }

  std::string out_;
  bool need_comma_ = false;
};

}  // namespace conclave::doors::native
