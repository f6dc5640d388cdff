#include <cstdint>
#include <cstdlib>

#include "hsm/api/frame.hpp"

namespace api = conclave::hsm::api;

// A stream of frames is cut without reading past its end; an error frame always yields an error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  conclave::ByteView rest(data, size);
  while (true) {
    const auto frame = api::split_frame(rest, api::kMaxRequestFrame);
    if (!frame || !*frame) return 0;
    if ((*frame)->size == 0 || (*frame)->size > rest.size()) std::abort();
    conclave::base::ByteReader reader((*frame)->payload);
    if (api::read_error(reader).reason().empty()) std::abort();
    rest = rest.subspan((*frame)->size);
  }
}
