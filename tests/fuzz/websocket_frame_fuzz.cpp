#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/wire/frame_reader.hpp"

// The frames of a WebSocket client: what is read must not depend on how the bytes arrive.
namespace {

using conclave::wire::FrameReader;

std::string read(std::string bytes, std::size_t step) {
  constexpr std::size_t kMessageMax = 512;
  FrameReader reader(kMessageMax);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::span<char> piece(bytes.data() + at, std::min(step, bytes.size() - at));
    while (true) {
      const auto event = reader.next(piece);
      if (event.kind == FrameReader::Kind::more) break;
      if (event.payload.size() > kMessageMax) std::abort();
      out.push_back(static_cast<char>('0' + static_cast<int>(event.kind)));
      if (event.kind == FrameReader::Kind::failed) return out;
      out.append(std::to_string(event.code)).append(event.payload).push_back('\n');
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t step = 1 + data[0] % 64U;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (read(bytes, step) != read(bytes, bytes.size())) std::abort();
  return 0;
}
