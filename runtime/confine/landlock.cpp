#include "runtime/confine/landlock.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/confine/errors.hpp"

// Raw system calls: Debian 12's headers end at ABI 2. Numbers and layouts: Linux,
// include/uapi/linux/landlock.h and Documentation/userspace-api/landlock.rst.
namespace conclave::confine {
namespace {

constexpr std::uint32_t kVersionFlag = 1;
constexpr int kRulePathBeneath = 1;
constexpr int kRuleNetPort = 2;

constexpr std::uint64_t kExecute = 1ULL << 0, kWriteFile = 1ULL << 1, kReadFile = 1ULL << 2,
                        kReadDir = 1ULL << 3, kRemoveDir = 1ULL << 4, kRemoveFile = 1ULL << 5,
                        kMakeChar = 1ULL << 6, kMakeDir = 1ULL << 7, kMakeReg = 1ULL << 8,
                        kMakeSock = 1ULL << 9, kMakeFifo = 1ULL << 10, kMakeBlock = 1ULL << 11,
                        kMakeSym = 1ULL << 12;
constexpr std::uint64_t kRefer = 1ULL << 13;                                   // ABI 2
constexpr std::uint64_t kTruncate = 1ULL << 14;                                // ABI 3
constexpr std::uint64_t kIoctlDev = 1ULL << 15;                                // ABI 5
constexpr std::uint64_t kBindTcp = 1ULL << 0, kConnectTcp = 1ULL << 1;         // ABI 4
constexpr std::uint64_t kScopeAbstract = 1ULL << 0, kScopeSignal = 1ULL << 1;  // ABI 6

constexpr std::uint64_t kAllFiles =
    kExecute | kWriteFile | kReadFile | kReadDir | kRemoveDir | kRemoveFile | kMakeChar | kMakeDir |
    kMakeReg | kMakeSock | kMakeFifo | kMakeBlock | kMakeSym | kRefer | kTruncate | kIoctlDev;
constexpr std::uint64_t kOnFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;
constexpr std::uint64_t kReading = kReadFile | kReadDir;
constexpr std::uint64_t kWriting = kReading | kWriteFile | kRemoveDir | kRemoveFile | kMakeDir |
                                   kMakeReg | kMakeSock | kMakeFifo | kMakeSym | kRefer | kTruncate;

struct RulesetAttr {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

struct [[gnu::packed]] PathBeneathAttr {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};

struct NetPortAttr {
  std::uint64_t allowed_access;
  std::uint64_t port;
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<Error> refused(const std::string& what) {
  return fail(kFenceRefused, what + ": " + std::strerror(errno));
}

std::uint64_t files_of(int abi) {
  std::uint64_t rights = kAllFiles;
  if (abi < 2) rights &= ~kRefer;
  if (abi < 3) rights &= ~kTruncate;
  if (abi < 5) rights &= ~kIoctlDev;
  return rights;
}

bool fences_tcp(const ConfineOptions& options) {
  if (options.profile == Profile::keyd && options.network) return !options.connect_ports.empty();
  return true;
}

Result<void> allow_path(int ruleset, const std::filesystem::path& path, std::uint64_t rights,
                        bool may_miss) {
  const Descriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (file.get() < 0) {
    if (may_miss && (errno == ENOENT || errno == EACCES || errno == ENOTDIR)) return {};
    return refused("open " + path.string());
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return refused("stat " + path.string());
  if (!S_ISDIR(info.st_mode)) rights &= kOnFiles;
  const PathBeneathAttr rule{rights, file.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, kRulePathBeneath, &rule, 0U) != 0) {
    return refused("Landlock rule for " + path.string());
  }
  return {};
}

Result<void> allow_port(int ruleset, std::uint16_t port, std::uint64_t rights) {
  const NetPortAttr rule{rights, port};
  if (::syscall(SYS_landlock_add_rule, ruleset, kRuleNetPort, &rule, 0U) != 0) {
    return refused("Landlock rule for port " + std::to_string(port));
  }
  return {};
}

Result<void> add_rules(int ruleset, const ConfineOptions& options, int abi) {
  const std::uint64_t offered = files_of(abi);
  CONCLAVE_TRY(allow_path(ruleset, "/dev/null", (kReading | kWriteFile) & offered, true));
  for (const auto& path : options.read) {
    CONCLAVE_TRY(allow_path(ruleset, path, kReading & offered, true));
  }
  for (const auto& path : options.write) {
    CONCLAVE_TRY(allow_path(ruleset, path, kWriting & offered, false));
  }
  if (abi < 4 || !fences_tcp(options)) return {};
  for (const auto port : options.bind_ports) CONCLAVE_TRY(allow_port(ruleset, port, kBindTcp));
  for (const auto port : options.connect_ports) {
    CONCLAVE_TRY(allow_port(ruleset, port, kConnectTcp));
  }
  return {};
}

Fence files_fence(int abi) {
  if (abi == 0) {
    return {"files", FenceState::absent, "no Landlock: this process may open what its user may"};
  }
  if (abi < 3) {
    return {"files", FenceState::partial,
            "only listed files; truncation is not fenced before Landlock ABI 3 (kernel 6.2)"};
  }
  return {"files", FenceState::active, "only listed files, nothing executable"};
}

Fence network_fence(int abi, bool wanted) {
  if (!wanted) {
    return {"network", FenceState::partial, "any address: the key module was given the network"};
  }
  if (abi < 4) {
    return {"network", FenceState::partial,
            "TCP ports are not fenced before Landlock ABI 4 (kernel 6.7)"};
  }
  if (abi < 6) {
    return {"network", FenceState::partial,
            "only listed TCP ports; abstract sockets need Landlock ABI 6 (kernel 6.12)"};
  }
  return {"network", FenceState::active, "only listed TCP ports, no foreign abstract socket"};
}

}  // namespace

int landlock_abi() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, kVersionFlag);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

std::vector<Fence> probe_landlock() {
  const int abi = landlock_abi();
  return {files_fence(abi), network_fence(abi, true)};
}

Result<std::vector<Fence>> apply_landlock(const ConfineOptions& options) {
  const int abi = landlock_abi();
  const bool tcp = fences_tcp(options);
  if (abi == 0) return std::vector{files_fence(abi), network_fence(abi, tcp)};

  RulesetAttr attr{files_of(abi), 0, 0};
  std::size_t size = sizeof attr.handled_access_fs;
  if (abi >= 4) {
    if (tcp) attr.handled_access_net = kBindTcp | kConnectTcp;
    size += sizeof attr.handled_access_net;
  }
  if (abi >= 6) {
    attr.scoped = kScopeAbstract | kScopeSignal;
    size += sizeof attr.scoped;
  }
  const Descriptor ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, size, 0U)));
  if (ruleset.get() < 0) return refused("landlock_create_ruleset");
  CONCLAVE_TRY(add_rules(ruleset.get(), options, abi));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("PR_SET_NO_NEW_PRIVS");
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0U) != 0) {
    return refused("landlock_restrict_self");
  }
  return std::vector{files_fence(abi), network_fence(abi, tcp)};
}

}  // namespace conclave::confine
