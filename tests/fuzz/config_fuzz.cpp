#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/config/config.hpp"

// Whatever stands in the file: either a valid configuration or problems that can be told.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = conclave::config::parse(text, "/srv/conclave/conclave.toml");
  if (!parsed && conclave::config::to_text(parsed.error(), "c.toml").empty()) std::abort();
  if (parsed && (parsed->listen.empty() || !parsed->state.is_absolute())) std::abort();
  return 0;
}
