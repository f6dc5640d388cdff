#include <algorithm>

#include "runtime/confine/confine.hpp"

namespace conclave::confine {
namespace {

std::string_view state_text(FenceState state) {
  switch (state) {
    case FenceState::active:
      return "active";
    case FenceState::partial:
      return "partial";
    case FenceState::absent:
      return "absent";
  }
  return "absent";
}

}  // namespace

bool ConfineReport::complete() const {
  return std::ranges::all_of(fences, [](const Fence& f) { return f.state == FenceState::active; });
}

const Fence* ConfineReport::find(std::string_view name) const {
  const auto found = std::ranges::find(fences, name, &Fence::name);
  return found == fences.end() ? nullptr : &*found;
}

std::string ConfineReport::text() const {
  std::string out;
  for (const Fence& fence : fences) {
    if (!out.empty()) out += "; ";
    out.append(fence.name).append(": ").append(state_text(fence.state));
    out.append(" (").append(fence.words).append(")");
  }
  return out;
}

}  // namespace conclave::confine
