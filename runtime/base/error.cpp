#include "runtime/base/error.hpp"

namespace conclave::base {

std::string Error::text() const {
  std::string out(spec_->reason);
  if (!detail_.empty()) {
    out += ": ";
    out += detail_;
  }
  return out;
}

}  // namespace conclave::base
