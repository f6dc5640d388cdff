#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

#include "runtime/schema/tree.hpp"

namespace conclave::schema {
namespace {

namespace json = boost::json;
using Code = json::error_code;

// Builds the tree; `line` is set by the caller, who feeds the text line by line.
class Builder {
 public:
  static constexpr std::size_t max_object_size = 65'536;
  static constexpr std::size_t max_array_size = 65'536;
  static constexpr std::size_t max_key_size = 1'024;
  static constexpr std::size_t max_string_size = 65'536;

  std::uint32_t line = 1;
  Node root;
  std::string twice;  // the first name that stood twice in one object

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return open(Node::Table{}); }
  bool on_object_end(std::size_t, Code&) { return close(); }
  bool on_array_begin(Code&) { return open(Node::List{}); }
  bool on_array_end(std::size_t, Code&) { return close(); }
  bool on_key_part(json::string_view part, std::size_t, Code&) { return keep(part); }
  bool on_key(json::string_view part, std::size_t, Code& code) {
    keep(part);
    auto& members = std::get<Node::Table>(open_.back().node.value);
    if (std::ranges::find(members, text_, &Member::name) != members.end()) {
      twice = text_;
      code = json::make_error_code(json::error::exception);
      return false;
    }
    names_.back() = std::exchange(text_, {});
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Code&) { return keep(part); }
  bool on_string(json::string_view part, std::size_t, Code&) {
    keep(part);
    return add(std::exchange(text_, {}));
  }
  bool on_number_part(json::string_view, Code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, Code&) { return add(number); }
  bool on_uint64(std::uint64_t number, json::string_view, Code&) {
    return add(static_cast<double>(number));
  }
  bool on_double(double number, json::string_view, Code&) { return add(number); }
  bool on_bool(bool flag, Code&) { return add(flag); }
  bool on_null(Code&) { return add(Node::Other{}); }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }

 private:
  bool keep(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  template <class Container>
  bool open(Container empty) {
    open_.push_back({"", Node{line, std::move(empty)}});
    names_.emplace_back();
    return true;
  }
  bool close() {
    Node done = std::move(open_.back().node);
    open_.pop_back();
    names_.pop_back();
    return place(std::move(done));
  }
  template <class Value>
  bool add(Value value) {
    return place(Node{line, std::move(value)});
  }
  bool place(Node node) {
    if (open_.empty()) {
      root = std::move(node);
      return true;
    }
    auto& outer = open_.back().node.value;
    if (auto* list = std::get_if<Node::List>(&outer))
      list->push_back(std::move(node));
    else
      std::get<Node::Table>(outer).push_back({std::move(names_.back()), std::move(node)});
    return true;
  }

  std::vector<Member> open_;
  std::vector<std::string> names_;  // of the value that comes next, for each open object
  std::string text_;
};

}  // namespace

// The parser tells no positions, but a JSON text never breaks a line inside a token: fed line by
// line, each event belongs to the line that is being fed.
std::expected<Node, Problem> parse_json(std::string_view text) {
  json::basic_parser<Builder> parser{json::parse_options{}};
  Builder& builder = parser.handler();
  Code code;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    if (parser.done()) {
      if (line.find_first_not_of(" \t\r\n") != std::string_view::npos)
        return std::unexpected(Problem{builder.line, "", "something stands after the document"});
    } else {
      const auto used = parser.write_some(true, line.data(), line.size(), code);
      if (builder.twice.size() > 0)
        return std::unexpected(Problem{builder.line, builder.twice, "stands twice in its object"});
      if (code) return std::unexpected(Problem{builder.line, "", "no JSON: " + code.message()});
      if (line.substr(used).find_first_not_of(" \t\r\n") != std::string_view::npos)
        return std::unexpected(Problem{builder.line, "", "something stands after the document"});
    }
    ++builder.line;
  }
  if (!parser.done())
    return std::unexpected(Problem{builder.line, "", "the document ends too early"});
  if (builder.root.as_table() == nullptr)
    return std::unexpected(Problem{1, "", "the document must be one object: { ... }"});
  return std::move(builder.root);
}

}  // namespace conclave::schema
