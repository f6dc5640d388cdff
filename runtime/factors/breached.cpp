#include "runtime/factors/breached.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "runtime/base/digest.hpp"
#include "runtime/base/secret.hpp"

namespace conclave::factors {

namespace {

constexpr auto kFingerprints = std::to_array<std::uint32_t>({
#include "runtime/factors/breached.inc"
});
static_assert(std::ranges::is_sorted(kFingerprints));

constexpr std::string_view kPurpose = "conclave/breached/1";

}  // namespace

bool is_breached(ByteView password) {
  // Reserved first, so that no copy of the password stays behind in a smaller buffer.
  std::string text;
  text.reserve(kPurpose.size() + password.size());
  text = kPurpose;
  for (const std::uint8_t byte : password) {
    const bool capital = byte >= 'A' && byte <= 'Z';
    text += static_cast<char>(capital ? byte - 'A' + 'a' : byte);
  }
  const base::Sha256 digest = base::sha256(text);
  base::wipe(text);
  const std::uint32_t fingerprint = base::ByteReader(digest).u32();
  return std::ranges::binary_search(kFingerprints, fingerprint);
}

std::size_t breached_count() {
  return kFingerprints.size();
}

}  // namespace conclave::factors
