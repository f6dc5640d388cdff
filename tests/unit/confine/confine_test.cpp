#include "runtime/confine/confine.hpp"
#include "runtime/confine/profiles.hpp"
#include "tests/unit/confine/attempt.hpp"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace conclave::confine {
namespace {

namespace fs = std::filesystem;

int result_of(long value) {
  return value < 0 ? errno : 0;
}

class Confine : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (fs::temp_directory_path() / "conclave-confine-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    root_ = folder;
    for (const char* name : {"open", "read", "secret"}) {
      fs::create_directory(root_ / name);
      std::ofstream(root_ / name / "file") << "content";
    }
  }
  void TearDown() override { fs::remove_all(root_); }

  ConfineOptions options(Profile profile) const {
    ConfineOptions options;
    options.profile = profile;
    options.read = system_read_paths();
    options.read.push_back(root_ / "read");
    options.write = {root_ / "open"};
    options.bind_ports = {0};
    return options;
  }
  int confined(const ConfineOptions& options, const std::function<int()>& act) const {
    return attempt([&] { return confine(options).has_value(); }, act);
  }
  int confined(Profile profile, const std::function<int()>& act) const {
    return confined(options(profile), act);
  }
  std::string path(const char* name) const { return (root_ / name).string(); }

  fs::path root_;
};

int open_file(const std::string& path, int flags) {
  return result_of(::open(path.c_str(), flags, 0600));
}

TEST_F(Confine, opens_only_the_listed_files_and_only_as_listed) {
  struct Case {
    const char* file;
    int flags;
    int expected;
  };
  for (const Case& each : std::initializer_list<Case>{{"open/file", O_RDWR, 0},
                                                      {"open/new", O_RDWR | O_CREAT, 0},
                                                      {"read/file", O_RDONLY, 0},
                                                      {"read/file", O_WRONLY, EACCES},
                                                      {"read/new", O_WRONLY | O_CREAT, EACCES},
                                                      {"secret/file", O_RDONLY, EACCES},
                                                      {"secret/../secret/file", O_RDONLY, EACCES},
                                                      {"open/../secret/file", O_RDONLY, EACCES}}) {
    EXPECT_EQ(confined(Profile::conclaved, [&] { return open_file(path(each.file), each.flags); }),
              each.expected)
        << each.file << " flags " << each.flags;
  }
}

TEST_F(Confine, reaches_nothing_through_a_link_into_a_closed_folder) {
  fs::create_symlink(root_ / "secret" / "file", root_ / "open" / "link");
  EXPECT_EQ(confined(Profile::keyd, [&] { return open_file(path("open/link"), O_RDONLY); }),
            EACCES);
  EXPECT_EQ(
      confined(Profile::keyd,
               [&] {
                 return result_of(::link(path("secret/file").c_str(), path("open/hard").c_str()));
               }),
      EXDEV);
}

TEST_F(Confine, truncates_renames_and_removes_in_open_folders_only) {
  EXPECT_EQ(confined(Profile::conclaved,
                     [&] { return result_of(::truncate(path("read/file").c_str(), 0)); }),
            EACCES);
  EXPECT_EQ(
      confined(Profile::conclaved, [&] { return result_of(::unlink(path("read/file").c_str())); }),
      EACCES);
  EXPECT_EQ(confined(Profile::conclaved,
                     [&] {
                       return result_of(
                           ::rename(path("open/file").c_str(), path("open/renamed").c_str()));
                     }),
            0);
  EXPECT_EQ(confined(Profile::conclaved,
                     [&] { return result_of(::unlink(path("open/renamed").c_str())); }),
            0);
}

TEST_F(Confine, executes_nothing) {
  EXPECT_EQ(confined(Profile::conclaved,
                     [] {
                       ::execl("/bin/true", "true", nullptr);
                       return errno;
                     }),
            ENOSYS);
  EXPECT_EQ(confined(Profile::keyd, [] { return result_of(::syscall(SYS_fork)); }), ENOSYS);
}

TEST_F(Confine, kills_whoever_makes_an_attackers_call) {
  struct Case {
    const char* name;
    long number;
  };
  for (const Case& each : std::initializer_list<Case>{{"bpf", SYS_bpf},
                                                      {"userfaultfd", SYS_userfaultfd},
                                                      {"io_uring_setup", SYS_io_uring_setup},
                                                      {"perf_event_open", SYS_perf_event_open},
                                                      {"keyctl", SYS_keyctl},
                                                      {"mount", SYS_mount},
                                                      {"unshare", SYS_unshare},
                                                      {"setns", SYS_setns},
                                                      {"kexec_load", SYS_kexec_load},
                                                      {"init_module", SYS_init_module},
                                                      {"pidfd_getfd", SYS_pidfd_getfd},
                                                      {"process_vm_writev", SYS_process_vm_writev},
                                                      {"open_by_handle_at", SYS_open_by_handle_at},
                                                      {"chroot", SYS_chroot}}) {
    for (const Profile profile : {Profile::keyd, Profile::conclaved}) {
      EXPECT_EQ(confined(profile, [&] { return result_of(::syscall(each.number, 0, 0, 0, 0, 0)); }),
                -SIGSYS)
          << each.name;
    }
  }
}

TEST_F(Confine, answers_enosys_to_unknown_calls) {
  constexpr long kNoSuchCall = 1022;
  EXPECT_EQ(confined(Profile::keyd, [] { return result_of(::syscall(kNoSuchCall)); }), ENOSYS);
  EXPECT_EQ(confined(Profile::keyd, [] { return result_of(::syscall(SYS_setuid, 0)); }), ENOSYS);
  EXPECT_EQ(confined(Profile::keyd, [] { return result_of(::syscall(SYS_personality, 0)); }),
            ENOSYS);
}

TEST_F(Confine, never_becomes_dumpable_again) {
  // The leak checker of sanitizer builds needs the call for itself.
  const int expected = sanitizer_calls().empty() ? ENOSYS : 0;
  EXPECT_EQ(confined(Profile::keyd, [] { return result_of(::prctl(PR_SET_DUMPABLE, 1)); }),
            expected);
}

TEST_F(Confine, injects_nothing_into_a_terminal) {
  EXPECT_EQ(confined(Profile::conclaved,
                     [] {
                       char c = 'x';
                       return result_of(::ioctl(0, TIOCSTI, &c));
                     }),
            ENOSYS);
}

int internet_socket(int family) {
  return result_of(::socket(family, SOCK_STREAM, 0));
}

TEST_F(Confine, gives_keyd_the_network_only_when_its_module_needs_it) {
  EXPECT_EQ(confined(Profile::keyd, [] { return internet_socket(AF_INET); }), EAFNOSUPPORT);
  EXPECT_EQ(confined(Profile::keyd, [] { return internet_socket(AF_INET6); }), EAFNOSUPPORT);
  EXPECT_EQ(confined(Profile::keyd, [] { return internet_socket(AF_UNIX); }), 0);
  ConfineOptions with = options(Profile::keyd);
  with.network = true;
  EXPECT_EQ(confined(with, [] { return internet_socket(AF_INET); }), 0);
}

TEST_F(Confine, opens_no_odd_kind_of_socket) {
  for (const int family : {AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK}) {
    EXPECT_EQ(
        confined(Profile::conclaved, [&] { return result_of(::socket(family, SOCK_RAW, 0)); }),
        EAFNOSUPPORT)
        << family;
  }
}

int bind_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return result_of(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return result_of(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
}

TEST_F(Confine, binds_and_connects_to_listed_ports_only_where_the_kernel_can_tell) {
  const ConfineReport report = probe();
  const Fence* network = report.find("network");
  ASSERT_NE(network, nullptr);
  const bool fenced = network->words.find("ABI 4") == std::string::npos;
  constexpr std::uint16_t kUnlisted = 47'113;
  EXPECT_EQ(confined(Profile::conclaved, [] { return bind_to(0); }), 0);
  EXPECT_EQ(confined(Profile::conclaved, [] { return bind_to(kUnlisted); }), fenced ? EACCES : 0);
  EXPECT_EQ(confined(Profile::conclaved, [] { return connect_to(kUnlisted); }),
            fenced ? EACCES : ECONNREFUSED);
}

TEST_F(Confine, leaves_ordinary_work_alone) {
  EXPECT_EQ(confined(Profile::conclaved,
                     [&] {
                       int seen = 0;
                       std::thread([&] { seen = 42; }).join();
                       std::ofstream out(path("open/log"));
                       out << seen << std::endl;
                       if (!out || seen != 42) return 1;
                       if (std::ifstream("/proc/self/statm").fail()) return 2;
                       if (::dlopen("libz.so.1", RTLD_NOW) == nullptr &&
                           ::dlopen("libcrypto.so.3", RTLD_NOW) == nullptr) {
                         return 3;
                       }
                       void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                       if (page == MAP_FAILED) return 4;
                       return ::kill(::getpid(), 0);
                     }),
            0);
}

TEST_F(Confine, signals_nobody_else) {
  const pid_t other = ::getpid();
  EXPECT_EQ(confined(Profile::conclaved, [&] { return result_of(::kill(other, 0)); }), ENOSYS);
}

TEST_F(Confine, names_a_writable_path_that_is_missing) {
  ConfineOptions wrong = options(Profile::conclaved);
  wrong.write.push_back(root_ / "missing");
  EXPECT_EQ(attempt([] { return true; },
                    [&] {
                      const auto result = confine(wrong);
                      return !result && result.error().detail().find("missing") != std::string::npos
                                 ? 0
                                 : 1;
                    }),
            0);
}

TEST_F(Confine, reports_each_fence_in_words) {
  EXPECT_EQ(attempt([] { return true; },
                    [&] {
                      const auto report = confine(options(Profile::conclaved));
                      if (!report) return 1;
                      for (const char* name : {"files", "network", "calls"}) {
                        const Fence* fence = report->find(name);
                        if (fence == nullptr || fence->words.empty()) return 2;
                        if (report->text().find(std::string(name) + ": ") == std::string::npos) {
                          return 3;
                        }
                      }
                      return 0;
                    }),
            0);
}

}  // namespace
}  // namespace conclave::confine
