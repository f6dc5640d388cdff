#include "runtime/base/ids.hpp"

#include "runtime/base/encoding.hpp"

namespace conclave::base {

std::string id_text(char prefix, std::uint64_t value) {
  return std::string{prefix, '_'} + base32_u64(value);
}

Result<std::uint64_t> id_value(char prefix, std::string_view text) {
  if (text.size() < 2 || text[0] != prefix || text[1] != '_') {
    return fail(kMalformed, std::string("an id of this kind starts with ") + prefix + "_");
  }
  auto value = base32_u64_decode(text.substr(2));
  if (value && *value == 0) return fail(kMalformed, "an id is never zero");
  return value;
}

}  // namespace conclave::base
