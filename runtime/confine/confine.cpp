#include "runtime/confine/confine.hpp"

#include "runtime/confine/calls.hpp"
#include "runtime/confine/errors.hpp"
#include "runtime/confine/landlock.hpp"

namespace conclave::confine {

std::vector<std::filesystem::path> system_read_paths() {
  return {"/usr/lib",
          "/usr/lib64",
          "/lib",
          "/lib64",
          "/usr/local/lib",
          "/usr/share/zoneinfo",
          "/usr/share/p11-kit",
          "/usr/share/ca-certificates",
          "/usr/lib/locale",
          "/usr/share/locale",
          "/etc/ld.so.cache",
          "/etc/ld.so.preload",
          "/etc/localtime",
          "/etc/timezone",
          "/etc/nsswitch.conf",
          "/etc/hosts",
          "/etc/host.conf",
          "/etc/resolv.conf",
          "/etc/gai.conf",
          "/etc/services",
          "/etc/passwd",
          "/etc/group",
          "/etc/ssl/openssl.cnf",
          "/etc/ssl/certs",
          "/etc/pkcs11",
          "/etc/softhsm",
          "/dev/urandom",
          "/dev/random",
          "/proc/self",
          "/proc/sys/kernel",
          "/proc/sys/vm/overcommit_memory",
          "/proc/cpuinfo",
          "/proc/meminfo",
          "/proc/stat",
          "/sys/devices/system/cpu",
          "/sys/fs/cgroup"};
}

Result<ConfineReport> confine(const ConfineOptions& options) {
  ConfineReport report;
  auto fences = apply_landlock(options);
  if (!fences) return std::unexpected(std::move(fences).error());
  report.fences = std::move(*fences);
  auto calls = apply_seccomp(options);
  if (!calls) return std::unexpected(std::move(calls).error());
  report.fences.push_back(std::move(*calls));

  if (options.required) {
    for (const char* name : {"files", "calls"}) {
      const Fence* fence = report.find(name);
      if (fence->state == FenceState::absent) return fail(kBelowMinimum, fence->words);
    }
  }
  return report;
}

ConfineReport probe() {
  ConfineReport report;
  report.fences.push_back({"memory", FenceState::active, "processes can be made not dumpable"});
  for (Fence& fence : probe_landlock()) report.fences.push_back(std::move(fence));
  report.fences.push_back(probe_seccomp());
  return report;
}

}  // namespace conclave::confine
