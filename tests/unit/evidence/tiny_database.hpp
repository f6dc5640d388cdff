#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace conclave::evidence::test {

// Writes IPv4 databases in MaxMind format (version 2.0 of its specification), 24-bit records, for
// tests that need one particular content. Prefixes must not overlap.
class TinyDatabase {
 public:
  using Value = std::variant<std::string, double, std::uint32_t>;
  using Map = std::vector<std::pair<std::string, Value>>;

  explicit TinyDatabase(std::string type) : type_(std::move(type)) {}

  void add(std::uint32_t network, unsigned length, const Map& map) {
    const std::size_t offset = data_.size();
    append_map(data_, map);
    std::size_t node = 0;
    for (unsigned bit = 0; bit < length; ++bit) {
      const bool right = (network >> (31 - bit) & 1U) != 0;
      Record& record = right ? nodes_[node].right : nodes_[node].left;
      if (bit + 1 == length) {
        record = {Record::data, offset};
        return;
      }
      if (record.kind != Record::child) {
        record = {Record::child, nodes_.size()};
        const std::size_t next = nodes_.size();
        nodes_.push_back({});
        node = next;
      } else {
        node = record.value;
      }
    }
  }

  void write(const std::filesystem::path& file) const {
    std::string out;
    for (const Node& node : nodes_) {
      for (const Record* record : {&node.left, &node.right}) append_record(out, *record);
    }
    out.append(16, '\0');
    out += data_;
    out += std::string_view("\xab\xcd\xefMaxMind.com", 14);
    append_metadata(out);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << out;
  }

 private:
  struct Record {
    enum Kind { none, child, data } kind = none;
    std::size_t value = 0;
  };
  struct Node {
    Record left;
    Record right;
  };

  void append_record(std::string& out, const Record& record) const {
    std::size_t value = nodes_.size();
    if (record.kind == Record::child) value = record.value;
    if (record.kind == Record::data) value = nodes_.size() + 16 + record.value;
    for (int shift : {16, 8, 0}) out += static_cast<char>(value >> shift & 0xff);
  }
  static void append_text(std::string& out, std::string_view text) {
    out += static_cast<char>(2 << 5 | static_cast<int>(text.size()));
    out += text;
  }
  static void append_integer(std::string& out, std::uint64_t value, int type, int width) {
    if (type <= 7) {
      out += static_cast<char>(type << 5 | width);
    } else {
      out += static_cast<char>(width);
      out += static_cast<char>(type - 7);
    }
    for (int i = width; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xff);
  }
  static void append_map(std::string& out, const Map& map) {
    out += static_cast<char>(7 << 5 | static_cast<int>(map.size()));
    for (const auto& [name, value] : map) {
      append_text(out, name);
      if (const auto* text = std::get_if<std::string>(&value)) append_text(out, *text);
      if (const auto* whole = std::get_if<std::uint32_t>(&value)) append_integer(out, *whole, 6, 4);
      if (const auto* real = std::get_if<double>(&value)) {
        append_integer(out, std::bit_cast<std::uint64_t>(*real), 3, 8);
      }
    }
  }
  void append_metadata(std::string& out) const {
    out += static_cast<char>(7 << 5 | 9);
    const auto number = [&](std::string_view name, std::uint64_t value, int type, int width) {
      append_text(out, name);
      append_integer(out, value, type, width);
    };
    number("binary_format_major_version", 2, 5, 2);
    number("binary_format_minor_version", 0, 5, 2);
    number("build_epoch", 1'780'000'000, 9, 8);
    append_text(out, "database_type");
    append_text(out, type_);
    append_text(out, "description");
    out += static_cast<char>(7 << 5);
    number("ip_version", 4, 5, 2);
    append_text(out, "languages");
    out += '\0';
    out += '\x04';
    number("node_count", nodes_.size(), 6, 4);
    number("record_size", 24, 5, 2);
  }

  std::string type_;
  std::vector<Node> nodes_{1};
  std::string data_;
};

}  // namespace conclave::evidence::test
