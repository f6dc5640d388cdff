#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/confine/confine.hpp"
#include "tests/unit/confine/attempt.hpp"

namespace conclave::confine {
namespace {

TEST(Harden, leaves_no_core_file_and_is_not_dumpable) {
  EXPECT_EQ(attempt([] { return harden_process({}).has_value(); },
                    [] {
                      rlimit core{};
                      ::getrlimit(RLIMIT_CORE, &core);
                      if (core.rlim_max != 0) return 1;
                      return ::prctl(PR_GET_DUMPABLE) == 0 ? 0 : 2;
                    }),
            0);
}

TEST(Harden, makes_files_private) {
  EXPECT_EQ(attempt([] { return harden_process({}).has_value(); },
                    [] { return static_cast<int>(::umask(0)) == 077 ? 0 : 1; }),
            0);
}

TEST(Harden, dies_with_its_parent) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    if (::fork() == 0) {
      const bool hardened = harden_process({.die_with_parent = true}).has_value();
      const char ready = hardened ? 'y' : 'n';
      if (::write(pipe_ends[1], &ready, 1) == 1) ::pause();
      ::_exit(0);
    }
    char ready = 0;
    // The end of the grandchild closes the last writing end of the pipe, which the test sees.
    const bool told = ::read(pipe_ends[0], &ready, 1) == 1 && ready == 'y';
    ::_exit(told ? 0 : 1);
  }
  ::close(pipe_ends[1]);
  int status = 0;
  ::waitpid(parent, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  char rest = 0;
  EXPECT_EQ(::read(pipe_ends[0], &rest, 1), 0);
  ::close(pipe_ends[0]);
}

TEST(Harden, reports_when_memory_cannot_be_locked) {
  EXPECT_EQ(attempt([] { return true; },
                    [] {
                      const rlimit none{0, 0};
                      ::setrlimit(RLIMIT_MEMLOCK, &none);
                      const auto report = harden_process({.lock_memory = true});
                      if (!report) return 1;
                      return report->find("swap") != nullptr ? 0 : 2;
                    }),
            0);
}

TEST(ConfineReport, is_complete_only_when_every_fence_is_active) {
  ConfineReport report;
  report.fences = {{"files", FenceState::active, "a"}, {"calls", FenceState::active, "b"}};
  EXPECT_TRUE(report.complete());
  report.fences.push_back({"network", FenceState::partial, "c"});
  EXPECT_FALSE(report.complete());
  EXPECT_EQ(report.text(), "files: active (a); calls: active (b); network: partial (c)");
}

}  // namespace
}  // namespace conclave::confine
