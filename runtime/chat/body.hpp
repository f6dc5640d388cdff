#pragma once

#include <string>
#include <string_view>

#include "runtime/chat/messages.hpp"
#include "runtime/chat/model.hpp"

// Bodies of log entries: JSON objects in one canonical form (fixed order of members, no white
// space, members without a value left out), so that a repeated request is compared as text.
namespace conclave::chat {

[[nodiscard]] std::string message_body(const SendMessage& message);
[[nodiscard]] std::string edit_body(const EditMessage& edit);
// A message's body as its newest edit left it: text and mentions of the edit; reply, thread and
// mention of all stay the message's own. Either body not being an object: the edit's, unchanged.
[[nodiscard]] std::string edited_body(std::string_view message, std::string_view edit);
[[nodiscard]] std::string reaction_body(std::string_view emoji);
[[nodiscard]] std::string redaction_body(std::string_view reason);
[[nodiscard]] std::string membership_body(UserId user, const Standing& standing,
                                          std::string_view reason);
[[nodiscard]] std::string profile_body(const Profile& profile);

}  // namespace conclave::chat
