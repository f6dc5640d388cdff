#include <algorithm>
#include <cstdlib>

#include "policies/change/proposal.hpp"
#include "runtime/rules/evidence.hpp"

// Proposals, which a client reads before it signs them, and the evidence in rows. What is read is
// written again as the same bytes: nobody signs one form and keeps another.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace conclave;
  const ByteView bytes(data, size);
  if (const auto proposal = policy::parse_proposal(bytes)) {
    const Bytes again = policy::encode(*proposal);
    if (!std::ranges::equal(again, bytes)) std::abort();
  }
  base::ByteReader in(bytes);
  const auto evidence = rules::read_evidence(in);
  if (!evidence || !in.done()) return 0;
  base::ByteWriter out;
  rules::write(out, *evidence);
  if (!std::ranges::equal(out.bytes(), bytes)) std::abort();
  (void)rules::verified(*evidence);
  return 0;
}
