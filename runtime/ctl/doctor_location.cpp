#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "runtime/ctl/doctor.hpp"

// The files that addresses are looked up in.
namespace conclave::ctl {

namespace {

constexpr std::int64_t kDay_s = 86'400;
// Publishers of free databases bring a new one every month.
constexpr std::int64_t kOldDays = 60;
constexpr const char* kFetch =
    "Fetch it again (packaging/location/fetch FOLDER), or take the line out of [location].";

Finding look_at(const std::filesystem::path& file) {
  const std::string name = "location: " + file.filename().string();
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || ::access(file.c_str(), R_OK) != 0) {
    return {name, Health::warning, file.string() + ": " + std::strerror(errno), kFetch};
  }
  if (info.st_size == 0) return {name, Health::warning, file.string() + " is empty", kFetch};
  const std::int64_t days = (std::time(nullptr) - info.st_mtime) / kDay_s;
  std::string found = file.string() + ", " + std::to_string(days) + " days old";
  if (days > kOldDays) return {name, Health::warning, std::move(found), kFetch};
  return {name, Health::good, std::move(found), {}};
}

}  // namespace

Findings check_location(const config::Config& config) {
  Findings out;
  for (const auto& file : config::location_files(config)) out.push_back(look_at(file));
  if (out.empty()) {
    out.push_back(
        {"location", Health::good, "no databases: countries of sign-ins are not known", {}});
  }
  return out;
}

}  // namespace conclave::ctl
