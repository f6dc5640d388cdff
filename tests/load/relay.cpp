#include "tests/load/relay.hpp"

#include <fstream>
#include <thread>

namespace conclave::load {
namespace {

constexpr int kRelayCore = 0;
constexpr std::chrono::seconds kStartLimit{10};

}  // namespace

Relay::Relay(const std::string& program, const std::filesystem::path& folder, bool durable) {
  const std::filesystem::path output = folder / (durable ? "durable.out" : "relay.out");
  std::filesystem::remove(output);
  std::vector<std::string> command{program, "--relay"};
  if (durable) {
    command.emplace_back("--relay-log");
    command.push_back(folder / "relay.log");
  }
  child_ = std::make_unique<Child>(Child::Plan{command, output, kRelayCore});
  const auto end = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < end && child_->running()) {
    std::ifstream in(output);
    std::string line;
    if (std::getline(in, line) && in.good()) {
      port_ = static_cast<std::uint16_t>(std::stoul(line));
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw Failure("the relay did not start");
}

}  // namespace conclave::load
