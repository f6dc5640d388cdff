#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "hsm/api/protocol.hpp"

namespace api = conclave::hsm::api;
namespace base = conclave::base;

namespace {

void read_items(base::ByteReader in, int what) {
  const auto count = api::read_count(in);
  if (count > api::kMaxItems) std::abort();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    if (what == 0) (void)api::read_seal_item(in);
    if (what == 1) (void)api::read_open_item(in);
    if (what == 2 && api::read_row_item(in).content.size() > api::kMaxRowContent) std::abort();
    if (what == 3) (void)api::read_outcome(in);
  }
}

// What was read from well-formed bytes is written back as those bytes.
template <class Read>
void read_back(conclave::ByteView source, Read read) {
  base::ByteReader in(source);
  const auto value = read(in);
  if (!in.done()) return;
  base::ByteWriter out;
  api::write(out, value);
  base::ByteReader again(out.bytes());
  (void)read(again);
  if (!again.done()) std::abort();
}

}  // namespace

// Every reader of the channel between conclaved and keyd, on the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const conclave::ByteView source(data, size);
  for (int what = 0; what < 4; ++what) read_items(base::ByteReader(source), what);
  read_back(source, api::read_content_key_name);
  read_back(source, api::read_access_claims);
  read_back(source, api::read_command_request);
  read_back(source, api::read_certificate_request);
  read_back(source, api::read_token_status);
  read_back(source, api::read_epoch_report);
  read_back(source, api::read_issued_certificate);
  if (const auto order = api::parse_order(source)) {
    const auto again = api::encode(*order);
    if (!std::equal(again.begin(), again.end(), source.begin(), source.end())) std::abort();
  }
  if (size > 0) (void)api::operation_name(static_cast<api::Operation>(data[0]));
  return 0;
}
