#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/wire/http_reader.hpp"

namespace wire = conclave::wire;

namespace {

constexpr std::size_t kHeaderBytes = 1024;
constexpr std::size_t kBodyBytes = 2048;
constexpr std::size_t kMostRequests = 64;

// What a connection would hand to the door, as text. That a request is broken may show sooner or
// later, as its bytes come; after that nothing more is read.
std::vector<std::string> read_all(std::string_view bytes, std::size_t piece) {
  wire::HttpReader reader(kHeaderBytes, kBodyBytes);
  std::vector<std::string> found;
  std::string input;
  while (found.size() < kMostRequests) {
    const auto state = reader.feed(input);
    if (state == wire::HttpReader::State::failed) {
      const int status = reader.failure();
      if (status != 400 && status != 413 && status != 431 && status != 505) std::abort();
      return found;
    }
    if (state == wire::HttpReader::State::complete) {
      const auto request = reader.take_request();
      if (request.body.size() > kBodyBytes) std::abort();
      std::string text = request.method + " " + request.target;
      for (const auto& [name, value] : request.headers) {
        if (value.find_first_of("\r\n") != std::string::npos) std::abort();
        text += "\n" + name + ":" + value;
      }
      found.push_back(text + "\n\n" + request.body);
      reader.reset();
      continue;
    }
    if (bytes.empty()) return found;
    input.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return found;
}

}  // namespace

// However TCP cuts the stream, the same requests come out of it: two readers that disagree are how
// requests are smuggled past a proxy.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read_all(bytes, bytes.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    if (read_all(bytes, piece) != whole) std::abort();
  }
  return 0;
}
