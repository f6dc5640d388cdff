#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.hpp"

// Fences that a process builds around itself: memory that nobody reads, files it cannot open,
// system calls it cannot make. Linux only; each fence is probed at run time and reported.
//
// Order in main(): harden_process() before anything secret is read; confine() once everything that
// needs wide rights is done, and before the first thread starts (Landlock binds the calling thread
// and what it starts afterwards).
namespace conclave::confine {

enum class FenceState {
  active,   // as strong as it is written
  partial,  // the kernel offers an older or weaker form; `words` says what is missing
  absent,   // the kernel does not offer it
};

struct Fence {
  std::string name;  // "memory", "swap", "files", "network", "calls"
  FenceState state = FenceState::absent;
  std::string words;  // for people: what is fenced and what is not
};

// What holds now, in words for the log and for `conclavectl doctor`.
struct ConfineReport {
  std::vector<Fence> fences;

  [[nodiscard]] bool complete() const;  // every fence is active
  [[nodiscard]] const Fence* find(std::string_view name) const;
  // "memory: active (…); files: partial (…)".
  [[nodiscard]] std::string text() const;
};

struct HardenOptions {
  // SIGKILL to this process when the thread that started it ends. Refused when the parent is gone
  // already.
  bool die_with_parent = false;
  // mlockall of present and future pages, best effort (RLIMIT_MEMLOCK decides).
  bool lock_memory = false;
};

// Not dumpable (no ptrace and no process_vm_readv of the same uid), no core files, umask 077.
[[nodiscard]] Result<ConfineReport> harden_process(const HardenOptions& options);

// A closed list of system calls each; what is unknown answers ENOSYS, what only an attacker asks
// for (ptrace, bpf, kexec, mounts, module loading, io_uring, userfaultfd, keyctl) kills the
// process.
enum class Profile {
  keyd,       // files and Unix sockets; IP only when the PKCS#11 module needs it (`network`)
  conclaved,  // files, listening and connecting sockets
};

struct ConfineOptions {
  Profile profile = Profile::conclaved;
  // Files and folders (with all below them) that may be read; missing ones are left out.
  std::vector<std::filesystem::path> read;
  // May be read, written, made and removed. A missing one is an error.
  std::vector<std::filesystem::path> write;
  // keyd only: may open IP sockets. conclaved always may.
  bool network = false;
  // TCP ports that bind() may ask for (0: any free one) and connect() may reach; enforced from
  // Landlock ABI 4 on. conclaved without entries in `connect_ports` connects to no TCP port.
  std::vector<std::uint16_t> bind_ports;
  std::vector<std::uint16_t> connect_ports;
  // True: an absent file or call fence is kBelowMinimum; false: it is only reported.
  bool required = false;
};

// What nearly every program reads: shared libraries, /etc of resolver and certificates, time zones,
// /dev/null and the random devices, /proc/self. None of it is private to a user.
[[nodiscard]] std::vector<std::filesystem::path> system_read_paths();

// Landlock, then seccomp, for the whole process, for good. Nothing can be executed afterwards.
[[nodiscard]] Result<ConfineReport> confine(const ConfineOptions& options);

// What this kernel would offer, without applying anything.
[[nodiscard]] ConfineReport probe();

}  // namespace conclave::confine
