#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace conclave::load {

struct Options {
  bool quick = false;
  std::filesystem::path json;      // empty: none is written
  std::filesystem::path programs;  // default: the folder of this program
  std::filesystem::path folder;    // for the state; default: a new one under TMPDIR
  std::vector<std::string> only;   // scenarios; empty: all
  double seconds = 5;              // of one run
  std::size_t runs = 5;
  std::size_t people = 1'000;     // most members of a room
  std::size_t sessions = 10'000;  // idle ones

  // Not for people: the program as a floor's relay.
  bool relay = false;
  std::filesystem::path relay_log;

  [[nodiscard]] bool wants(std::string_view scenario) const;
};

// Prints and exits when the arguments are wrong or ask for help.
[[nodiscard]] Options read_options(int argc, char** argv);

}  // namespace conclave::load
