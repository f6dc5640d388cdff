#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::load {

// What is asked of a figure; 0 where nothing is.
struct Demand {
  std::string_view name;
  double least = 0;
  double aim = 0;
  bool low_is_good = false;
  // The figure that `least` and `aim` are parts of; empty: they are absolute.
  std::string_view least_of = {};
  std::string_view aim_of = {};
};

// Figures by name, several runs each; the median counts.
class Report {
 public:
  void add(const std::string& name, double value);
  void note(std::string line) { notes_.push_back(std::move(line)); }

  [[nodiscard]] double median(std::string_view name) const;  // 0 when there is none
  // The table with demand, aim and verdict, the further figures, and the notes.
  [[nodiscard]] std::string table() const;
  // {"chat_msgs_per_s": 25000, …, "runs": {"chat_msgs_per_s": [ … ], …}, "notes": [ … ]}
  void write_json(const std::filesystem::path& file) const;

 private:
  [[nodiscard]] double worst(std::string_view name) const;
  std::map<std::string, std::vector<double>, std::less<>> runs_;
  std::vector<std::string> order_;
  std::vector<std::string> notes_;
};

}  // namespace conclave::load
