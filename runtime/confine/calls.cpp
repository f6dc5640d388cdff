#include "runtime/confine/calls.hpp"

#include <linux/prctl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "runtime/confine/errors.hpp"
#include "runtime/confine/profiles.hpp"

namespace conclave::confine {
namespace {

constexpr std::uint64_t kLow32 = 0xffffffffULL;
constexpr int kPrSetVma = 0x53564d41;  // names anonymous memory (glibc, kernel 5.17)

// Collects libseccomp calls and remembers the first that failed.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &seccomp_release) {
    if (!context_) failed_ = "seccomp_init";
  }

  void attribute(scmp_filter_attr name, std::uint32_t value) {
    if (failed_.empty() && seccomp_attr_set(context_.get(), name, value) != 0) {
      failed_ = "seccomp attribute " + std::to_string(name);
    }
  }

  void rule(std::uint32_t action, const char* call, std::initializer_list<scmp_arg_cmp> when = {}) {
    const int number = seccomp_syscall_resolve_name(call);
    if (!failed_.empty() || number < 0) return;  // negative: not on this architecture
    const int result = seccomp_rule_add_array(context_.get(), action, number,
                                              static_cast<unsigned>(when.size()), when.begin());
    // EEXIST: libseccomp sees a rule that another one covers already.
    if (result != 0 && result != -EEXIST) failed_ = std::string(call) + ": " + strerror(-result);
  }

  void allow_values(const char* call, unsigned argument,
                    std::initializer_list<std::uint64_t> values) {
    for (const auto value : values) {
      rule(SCMP_ACT_ALLOW, call, {{argument, SCMP_CMP_MASKED_EQ, kLow32, value & kLow32}});
    }
  }

  Result<void> load() {
    if (failed_.empty()) {
      const int result = seccomp_load(context_.get());
      if (result == 0) return {};
      failed_ = std::string("seccomp_load: ") + std::strerror(-result);
    }
    return fail(kFenceRefused, failed_);
  }

 private:
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  std::string failed_;
};

void allow_sockets(Filter& filter, bool internet) {
  filter.rule(SCMP_ACT_ALLOW, "socketpair", {{0, SCMP_CMP_EQ, AF_UNIX, 0}});
  constexpr int kFamilies = 46;
  for (int family = 0; family < kFamilies; ++family) {
    const bool allowed =
        family == AF_UNIX || (internet && (family == AF_INET || family == AF_INET6));
    filter.rule(allowed ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket",
                {{0, SCMP_CMP_EQ, static_cast<std::uint64_t>(family), 0}});
  }
}

void allow_conditional(Filter& filter) {
  // Threads, never processes. clone3 hides its flags in memory: ENOSYS makes glibc use clone.
  filter.rule(SCMP_ACT_ALLOW, "clone", {{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD}});
  const auto own = static_cast<std::uint64_t>(::getpid());
  for (const char* call : {"kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"}) {
    filter.rule(SCMP_ACT_ALLOW, call, {{0, SCMP_CMP_MASKED_EQ, kLow32, own}});
  }
  filter.rule(SCMP_ACT_ALLOW, "prlimit64", {{0, SCMP_CMP_EQ, 0, 0}, {2, SCMP_CMP_EQ, 0, 0}});
  filter.allow_values("ioctl", 1, {TCGETS, TIOCGWINSZ, FIONBIO, FIONREAD, FIOCLEX, FIONCLEX});
  filter.allow_values(
      "prctl", 0,
      {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS,
       PR_GET_SECCOMP, PR_CAPBSET_READ, static_cast<std::uint64_t>(kPrSetVma)});
}

bool listed(std::span<const char* const> names, std::string_view name) {
  return std::ranges::any_of(names, [&](const char* each) { return name == each; });
}

}  // namespace

Fence probe_seccomp() {
  // Installs nothing: EFAULT says that filters are offered, EINVAL that they are not.
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr, 0, 0) == -1 && errno == EFAULT) {
    return {"calls", FenceState::active, "only listed system calls"};
  }
  return {"calls", FenceState::absent, "no seccomp filters: every system call is open"};
}

Result<Fence> apply_seccomp(const ConfineOptions& options) {
  Fence fence = probe_seccomp();
  if (fence.state == FenceState::absent) return fence;

  Filter filter;
  filter.attribute(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  filter.attribute(SCMP_FLTATR_CTL_TSYNC, 1);
  filter.attribute(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a tree, not a list, of comparisons
  for (const char* call : ordinary_calls()) filter.rule(SCMP_ACT_ALLOW, call);
  for (const char* call : sanitizer_calls()) filter.rule(SCMP_ACT_ALLOW, call);
  for (const char* call : deadly_calls()) {
    if (!listed(sanitizer_calls(), call)) filter.rule(SCMP_ACT_KILL_PROCESS, call);
  }
  allow_conditional(filter);
  allow_sockets(filter, options.profile == Profile::conclaved || options.network);
  CONCLAVE_TRY(filter.load());
  return fence;
}

}  // namespace conclave::confine
