#pragma once

#include <string>

#include "policies/document/change.hpp"
#include "policies/document/document.hpp"
#include "runtime/ctl/shell.hpp"

// Policies as files and as text, for the commands that work with a server and those without.
namespace conclave::ctl {

inline constexpr std::size_t kMostDocumentBytes = 1024 * 1024;

// Says on the error stream what is wrong, by line; the error to return.
[[nodiscard]] std::unexpected<Error> tell(Shell& shell, const schema::Problems& problems,
                                          const std::string& file);
// A shipped policy by its name, else a file.
[[nodiscard]] Result<policy::Policy> load_policy(Shell& shell, const std::string& name);
// The text of a file, or a document that stands for a shipped policy of that name.
[[nodiscard]] Result<std::string> document_of(const std::string& name);
// What differs, with the effect of each key and of the whole.
void print_changes(std::ostream& out, const policy::Policy& before, const policy::Policy& after);

// Somebody who might come in.
struct Newcomer {
  std::string user;
  std::string device = "new";  // or an id
  std::string platform;        // of a new one
  std::string address;
  std::string certificate;  // file of the client certificate that they present; may be empty
  std::string language = "en";
  // Of the connection, 0: not known. Round trips in milliseconds: of TCP, which ends at a relay,
  // and of the client's answers; the largest packet in bytes.
  unsigned tcp_round_trip_ms = 0;
  unsigned round_trip_ms = 0;
  unsigned mtu = 0;
};
// What the server would decide about them, with every reason.
[[nodiscard]] Result<void> explain_on_server(Shell& shell, const Newcomer& newcomer);

}  // namespace conclave::ctl
