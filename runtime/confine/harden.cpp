#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "runtime/confine/confine.hpp"
#include "runtime/confine/errors.hpp"

namespace conclave::confine {
namespace {

std::unexpected<Error> refused(const char* call) {
  return fail(kHardeningRefused, std::string(call) + ": " + std::strerror(errno));
}

Fence lock_memory() {
  // MCL_ONFAULT: lock what is used, not all that is mapped.
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) {
    return {"swap", FenceState::active, "pages are locked in memory"};
  }
  return {"swap", FenceState::partial,
          std::string("pages may be swapped out, mlockall: ") + std::strerror(errno) +
              "; raise the locked-memory limit or use encrypted swap"};
}

}  // namespace

Result<ConfineReport> harden_process(const HardenOptions& options) {
  if (options.die_with_parent) {
    const pid_t parent = ::getppid();
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return refused("PR_SET_PDEATHSIG");
    // The parent may have died before the request took hold.
    if (::getppid() != parent) {
      errno = ESRCH;
      return refused("parent process");
    }
  }
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) return refused("PR_SET_DUMPABLE");
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return refused("RLIMIT_CORE");
  ::umask(077);
  // A file size limit is then an error of a write, like a full disk, and not the process's end.
  if (std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return refused("SIGXFSZ");

  ConfineReport report;
  report.fences.push_back({"memory", FenceState::active,
                           "not dumpable: no core file, no reading by processes of the same user"});
  if (options.lock_memory) report.fences.push_back(lock_memory());
  return report;
}

}  // namespace conclave::confine
