#include "runtime/identity/binding.hpp"

#include <algorithm>

#include "runtime/identity/errors.hpp"

namespace conclave::identity {

Result<BindingValue> binding_of(const std::string& type, const ConnectionFacts& facts,
                                std::span<const std::string> origins) {
  if (type == "tls-exporter" && facts.tls && !facts.tls_exporter.empty()) {
    return BindingValue{type, facts.tls_exporter};
  }
  if (type == "origin" && facts.tls && !facts.origin.empty()) {
    const bool own = facts.origin == "https://" + facts.host;
    const bool listed = std::ranges::find(origins, facts.origin) != origins.end();
    if (own || listed) return BindingValue{type, base::to_bytes(facts.origin)};
    return fail(kBindingRefused, "this origin may not sign in");
  }
  if (type == "loopback" && facts.loopback && !facts.tls) return BindingValue{type, {}};
  return fail(kBindingRefused, "not available on this connection");
}

}  // namespace conclave::identity
