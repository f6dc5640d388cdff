#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "runtime/confine/confine.hpp"
#include "runtime/ctl/doctor.hpp"

// Disk, clock, limits and fences of this machine.
namespace conclave::ctl {

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kLittleSpace = 1024 * kMiB;
constexpr std::uint64_t kNoSpace = 200 * kMiB;
constexpr double kSlowFsyncMs = 20;
constexpr int kFsyncs = 15;
constexpr std::size_t kSpareFiles = 256;

Finding free_space(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) {
    return {"free space", Health::warning, "cannot be asked for " + folder.string(),
            "See that the folder exists."};
  }
  const std::uint64_t free = std::uint64_t{info.f_bavail} * info.f_frsize;
  const std::string found = std::to_string(free / kMiB) + " MiB free at " + folder.string();
  if ((info.f_flag & ST_RDONLY) != 0) {
    return {"free space", Health::bad, folder.string() + " is mounted read-only",
            "Mount it read-write; the server goes on by itself."};
  }
  if (free < kNoSpace) {
    return {"free space", Health::bad, found,
            "Free space: the server stops storing when the disk is full, and goes on by itself."};
  }
  if (free < kLittleSpace) return {"free space", Health::warning, found, "Free space soon."};
  return {"free space", Health::good, found, {}};
}

// The median of a few writes of 4 KiB with fsync, in milliseconds; negative when it failed.
double fsync_ms(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / ("doctor-" + std::to_string(::getpid()));
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  const std::array<char, 4096> block{};
  std::vector<double> times;
  for (int i = 0; i < kFsyncs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (::write(fd, block.data(), block.size()) < 0 || ::fsync(fd) != 0) break;
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    times.push_back(took.count());
  }
  ::close(fd);
  ::unlink(file.c_str());
  if (times.size() < kFsyncs) return -1;
  std::ranges::sort(times);
  return times[times.size() / 2];
}

Finding disk_speed(const std::filesystem::path& folder) {
  const double ms = fsync_ms(folder);
  if (ms < 0) {
    return {"disk speed", Health::bad, "cannot write to " + folder.string(),
            "Run doctor as the server's user; see free space and rights of the folder."};
  }
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "fsync takes %.2f ms", ms);
  const std::string found = text.data();
  if (ms > kSlowFsyncMs) {
    return {"disk speed", Health::warning, found,
            "Each acknowledged message waits for an fsync; use a faster disk (SSD with power-loss "
            "protection)."};
  }
  return {"disk speed", Health::good, found, {}};
}

Finding clock_state() {
  struct timex state {};
  const int answer = ::adjtimex(&state);
  const bool synchronised = answer >= 0 && answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  if (synchronised) return {"clock", Health::good, "synchronised", {}};
  return {
      "clock", Health::warning, "the kernel's clock is not synchronised",
      "Run a time service (systemd-timesyncd, chrony): proofs and certificates need the time to "
      "be right within a minute."};
}

Finding open_files(const config::Config& config) {
  struct rlimit limit {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t wanted = config.limits.connections + kSpareFiles;
  const std::string found = std::to_string(limit.rlim_cur) + " allowed (" +
                            std::to_string(limit.rlim_max) + " at most), " +
                            std::to_string(wanted) + " wanted";
  if (limit.rlim_max < wanted) {
    return {"open files", Health::warning, found,
            "Raise the hard limit (LimitNOFILE=" + std::to_string(wanted) +
                " in the unit), or lower limits.connections."};
  }
  return {"open files", Health::good, found, {}};
}

Finding fences() {
  const confine::ConfineReport report = confine::probe();
  if (report.complete()) return {"fences", Health::good, report.text(), {}};
  return {"fences", Health::warning, report.text(),
          "A newer kernel with Landlock and seccomp gives all fences; the server runs with these."};
}

}  // namespace

Findings check_machine(const config::Config& config, const config::StatePaths& paths) {
  return {free_space(paths.root), disk_speed(paths.content_dir), clock_state(), open_files(config),
          fences()};
}

}  // namespace conclave::ctl
