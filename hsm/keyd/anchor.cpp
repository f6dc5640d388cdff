#include "hsm/keyd/anchor.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "hsm/api/errors.hpp"
#include "hsm/api/protocol.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr const char* kLabel = "anchor";
constexpr std::string_view kVersion = "CVA1";
struct Copy {
  pkcs11::DataHandle object{};
  api::AuditAnchor anchor;
};

std::optional<api::AuditAnchor> parse(ByteView bytes) {
  base::ByteReader in(bytes);
  const bool known = std::ranges::equal(in.raw(kVersion.size()), base::as_bytes(kVersion));
  const api::AuditAnchor anchor = api::read_audit_anchor(in);
  if (!known || !in.done()) return std::nullopt;
  return anchor;
}

// What can be read, lowest number first.
Result<std::vector<Copy>> copies(pkcs11::Token& token) {
  const auto objects = token.find_data(kLabel);
  if (!objects) return std::unexpected(objects.error());
  std::vector<Copy> out;
  for (const auto& object : *objects) {
    if (const auto anchor = parse(object.value)) out.push_back({object.handle, *anchor});
  }
  std::ranges::sort(out, {}, [](const Copy& copy) { return copy.anchor.number; });
  return out;
}

Result<void> destroy(pkcs11::Token& token, const std::vector<Copy>& copies) {
  for (const Copy& copy : copies) CONCLAVE_TRY(token.destroy_data(copy.object));
  return {};
}

Bytes text_of(const api::AuditAnchor& anchor) {
  base::ByteWriter out;
  out.raw(base::as_bytes(kVersion));
  api::write(out, anchor);
  return std::move(out).take();
}

}  // namespace

Result<api::AuditAnchor> load_anchor(pkcs11::Token& token) {
  const auto known = copies(token);
  if (!known) return std::unexpected(known.error());
  return known->empty() ? api::AuditAnchor{} : known->back().anchor;
}

Result<void> advance_anchor(pkcs11::Token& token, const api::AuditAnchor& anchor) {
  const auto known = copies(token);
  if (!known) return std::unexpected(known.error());
  const api::AuditAnchor newest = known->empty() ? api::AuditAnchor{} : known->back().anchor;
  if (anchor == newest) return {};
  if (anchor.number <= newest.number) {
    return fail(api::kAnchorBehind,
                std::to_string(anchor.number) + " after " + std::to_string(newest.number));
  }
  // The new one first: a crash in between leaves two, and the newer counts.
  CONCLAVE_TRY(token.create_data(kLabel, text_of(anchor)));
  return destroy(token, *known);
}

Result<void> reset_anchor(pkcs11::Token& token) {
  const auto known = copies(token);
  if (!known) return std::unexpected(known.error());
  return destroy(token, *known);
}

}  // namespace conclave::hsm::keyd
