#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hsm/keyd/ceremony.hpp"

namespace keyd = conclave::hsm::keyd;

// What custodians send, and the file that pins them: refused or understood, never half.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto request = keyd::parse_ceremony(text)) {
    (void)keyd::ceremony_digest(*request);
    // One signature is needed and nobody may give it, so nothing may be approved.
    const keyd::Approvers nobody{.needed = 1, .list = {}};
    if (keyd::check_approvals(*request, nobody, request->installation, 0)) std::abort();
  }
  (void)keyd::parse_approvers(text);
  return 0;
}
