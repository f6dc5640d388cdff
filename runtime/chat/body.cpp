#include "runtime/chat/body.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace conclave::chat {
namespace {

void append_text(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20) {
          out += "\\u00";
          out += kHex[byte >> 4];
          out += kHex[byte & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_mentions(std::string& out, const std::vector<UserId>& mentions) {
  if (mentions.empty()) return;
  out += ",\"mentions\":[";
  for (std::size_t i = 0; i < mentions.size(); ++i) {
    if (i != 0) out += ',';
    out += '"';
    out += base::to_text(mentions[i]);
    out += '"';
  }
  out += ']';
}

void append_number(std::string& out, std::string_view name, std::uint64_t value) {
  if (value == 0) return;
  out += ",\"";
  out += name;
  out += "\":";
  out += std::to_string(value);
}

}  // namespace

std::string message_body(const SendMessage& message) {
  std::string out;
  out.reserve(message.text.size() + 32);
  out += "{\"text\":";
  append_text(out, message.text);
  append_number(out, "reply_to", message.reply_to);
  append_number(out, "thread", message.thread);
  append_mentions(out, message.mentions);
  if (message.mention_all) out += ",\"mention_all\":true";
  out += '}';
  return out;
}

std::string edit_body(const EditMessage& edit) {
  std::string out = "{\"text\":";
  append_text(out, edit.text);
  append_mentions(out, edit.mentions);
  out += '}';
  return out;
}

std::string edited_body(std::string_view message, std::string_view edit) {
  boost::system::error_code error;
  const boost::json::value old_value = boost::json::parse(message, error);
  if (error || !old_value.is_object()) return std::string(edit);
  const boost::json::value new_value = boost::json::parse(edit, error);
  if (error || !new_value.is_object()) return std::string(edit);
  boost::json::object out;
  const auto take = [&out](const boost::json::value& from, std::string_view name) {
    if (const auto* found = from.as_object().if_contains(name)) out.emplace(name, *found);
  };
  take(new_value, "text");
  take(old_value, "reply_to");
  take(old_value, "thread");
  take(new_value, "mentions");
  take(old_value, "mention_all");
  return boost::json::serialize(out);
}

std::string reaction_body(std::string_view emoji) {
  std::string out = "{\"emoji\":";
  append_text(out, emoji);
  out += '}';
  return out;
}

std::string redaction_body(std::string_view reason) {
  if (reason.empty()) return "{}";
  std::string out = "{\"reason\":";
  append_text(out, reason);
  out += '}';
  return out;
}

std::string membership_body(UserId user, const Standing& standing, std::string_view reason) {
  std::string out = "{\"user\":\"" + base::to_text(user) + "\",\"state\":\"";
  out += to_text(standing.state);
  out += "\",\"role\":\"";
  out += to_text(standing.role);
  out += '"';
  if (!reason.empty()) {
    out += ",\"reason\":";
    append_text(out, reason);
  }
  out += '}';
  return out;
}

std::string profile_body(const Profile& profile) {
  std::string out = "{\"name\":";
  append_text(out, profile.name);
  out += ",\"topic\":";
  append_text(out, profile.topic);
  out += '}';
  return out;
}

}  // namespace conclave::chat
