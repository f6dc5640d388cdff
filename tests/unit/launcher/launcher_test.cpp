#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace conclave::launcher {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kPatience{10};

bool until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// The real launcher program on a state folder of its own, with fake programs beside it.
class Launcher : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (fs::temp_directory_path() / "conclave-launcher-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    state_ = folder;
    fs::create_directories(state_ / "token");
    fs::permissions(state_ / "token", fs::perms::owner_all);
    std::ofstream(state_ / "conclave.toml") << "[log]\nlevel = \"info\"\n";
    write_pin("4711");
  }
  void TearDown() override {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    fs::remove_all(state_);
  }

  void write_pin(std::string_view pin) {
    std::ofstream(state_ / "token" / "pin") << pin;
    fs::permissions(state_ / "token" / "pin", fs::perms::owner_read | fs::perms::owner_write);
  }
  void behave(std::string_view program, std::string_view script) {
    std::ofstream(state_ / (std::string(program) + ".behaviour")) << script;
  }
  pid_t start() {
    const std::string config = (state_ / "conclave.toml").string();
    const pid_t pid = ::fork();
    if (pid == 0) {
      const int log =
          ::open((state_ / "launcher.err").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(log, STDERR_FILENO);
      ::dup2(log, STDOUT_FILENO);
      ::execl(CONCLAVE_BIN_DIR "/conclave-launcher", "conclave-launcher", "--config",
              config.c_str(), "--keyd", FAKE_KEYD, "--server", FAKE_SERVER, nullptr);
      ::_exit(127);
    }
    return pid;
  }
  void launch() { pid_ = start(); }
  int wait_exit(pid_t pid) {
    int status = 0;
    if (!until([&] { return ::waitpid(pid, &status, WNOHANG) == pid; })) return -1;
    if (pid == pid_) pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  std::string text_of(const char* name) const {
    std::ifstream file(state_ / name);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }
  std::size_t count(std::string_view what) const {
    const std::string events = text_of("events");
    std::size_t found = 0;
    for (auto at = events.find(what); at != std::string::npos; at = events.find(what, at + 1))
      ++found;
    return found;
  }
  pid_t last_pid(std::string_view program) const {
    const std::string events = text_of("events");
    const auto at = events.rfind(std::string(program) + " started pid=");
    if (at == std::string::npos) return -1;
    return std::atoi(events.c_str() + at + program.size() + std::strlen(" started pid="));
  }
  bool both_started() {
    return until(
        [&] { return count("fake-keyd started") > 0 && count("fake-conclaved started") > 0; });
  }

  fs::path state_;
  pid_t pid_ = -1;
};

TEST_F(Launcher, hands_sockets_and_pin_to_keyd_and_nothing_to_the_server) {
  launch();
  ASSERT_TRUE(both_started()) << text_of("launcher.err");
  const std::string events = text_of("events");
  EXPECT_NE(events.find(" stray=0 blocked=0 sockets pin=4711\n"), std::string::npos) << events;
  EXPECT_NE(events.find("fake-conclaved started pid=" + std::to_string(last_pid("fake-conclaved")) +
                        " stray=0 blocked=0\n"),
            std::string::npos)
      << events;
}

TEST_F(Launcher, makes_its_sockets_private) {
  launch();
  ASSERT_TRUE(both_started());
  for (const char* name : {"keyd.sock", "ceremony.sock"}) {
    struct stat info {};
    ASSERT_EQ(::stat((state_ / "run" / name).c_str(), &info), 0);
    EXPECT_TRUE(S_ISSOCK(info.st_mode));
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
  }
}

TEST_F(Launcher, restarts_keyd_when_it_is_killed_and_keeps_the_socket_listening) {
  launch();
  ASSERT_TRUE(both_started());
  ASSERT_EQ(::kill(last_pid("fake-keyd"), SIGKILL), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, (state_ / "run" / "keyd.sock").c_str());
  const int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(client);
  EXPECT_TRUE(until([&] { return count("fake-keyd started") == 2; }));
  EXPECT_EQ(count("fake-conclaved started"), 1U);
}

TEST_F(Launcher, restarts_the_server_when_it_dies) {
  behave("fake-conclaved", "die die serve");
  launch();
  EXPECT_TRUE(until([&] { return count("fake-conclaved started") == 3; }));
  EXPECT_EQ(count("fake-keyd started"), 1U);
}

// 70: a defect or a hung token call; 74: the disk left the outcome of a commit unknown; 75: later.
TEST_F(Launcher, restarts_both_after_every_status_but_a_refused_configuration) {
  behave("fake-conclaved", "74 70 crash serve");
  behave("fake-keyd", "75 70 74 crash serve");
  launch();
  EXPECT_TRUE(until([&] {
    return count("fake-conclaved started") == 4 && count("fake-keyd started") == 5;
  })) << text_of("launcher.err");
}

TEST_F(Launcher, ends_with_78_when_keyd_refuses_at_the_start) {
  behave("fake-keyd", "refuse");
  launch();
  EXPECT_EQ(wait_exit(pid_), 78);
  EXPECT_EQ(count("fake-keyd started"), 1U);
}

TEST_F(Launcher, ends_with_78_when_the_server_refuses_its_configuration) {
  behave("fake-conclaved", "refuse-after-keyd");
  launch();
  EXPECT_EQ(wait_exit(pid_), 78);
  EXPECT_EQ(count("fake-conclaved started"), 1U);
  EXPECT_EQ(count("fake-keyd ended"), 1U);
}

TEST_F(Launcher, ends_the_server_before_keyd_on_sigterm) {
  launch();
  ASSERT_TRUE(both_started());
  ::kill(pid_, SIGTERM);
  EXPECT_EQ(wait_exit(pid_), 0);
  const std::string events = text_of("events");
  const auto server = events.find("fake-conclaved ended");
  const auto keyd = events.find("fake-keyd told");
  ASSERT_NE(server, std::string::npos) << events;
  ASSERT_NE(keyd, std::string::npos) << events;
  EXPECT_LT(server, keyd) << events;
}

TEST_F(Launcher, starts_keyd_again_for_a_server_that_has_not_ended) {
  behave("fake-conclaved", "stubborn");
  launch();
  ASSERT_TRUE(both_started());
  ::kill(pid_, SIGTERM);
  ASSERT_TRUE(until([&] { return count("fake-conclaved told") > 0; }));
  ASSERT_EQ(::kill(last_pid("fake-keyd"), SIGKILL), 0);
  EXPECT_TRUE(until([&] { return count("fake-keyd started") == 2; }));
  ::kill(pid_, SIGTERM);
  EXPECT_EQ(wait_exit(pid_), 0);
  EXPECT_EQ(count("fake-keyd started"), 2U);
}

TEST_F(Launcher, kills_at_the_second_sigterm) {
  behave("fake-conclaved", "stubborn");
  launch();
  ASSERT_TRUE(both_started());
  ::kill(pid_, SIGTERM);
  ASSERT_TRUE(until([&] { return count("fake-conclaved told") > 0; }));
  ::kill(pid_, SIGTERM);
  EXPECT_EQ(wait_exit(pid_), 0);
  EXPECT_EQ(count("fake-conclaved ended"), 0U);
}

TEST_F(Launcher, takes_its_children_along_when_it_is_killed) {
  launch();
  ASSERT_TRUE(both_started());
  const pid_t keyd = last_pid("fake-keyd");
  const pid_t server = last_pid("fake-conclaved");
  ::kill(pid_, SIGKILL);
  EXPECT_EQ(wait_exit(pid_), 1000 + SIGKILL);
  // Orphans are reaped by init; a zombie that nobody reaps yet is as dead.
  const auto dead = [](pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(stat, line)) return true;
    return line.substr(line.rfind(')') + 2, 1) == "Z";
  };
  EXPECT_TRUE(until([&] { return dead(keyd) && dead(server); }));
}

TEST_F(Launcher, refuses_a_second_launcher_on_the_same_state_folder) {
  launch();
  ASSERT_TRUE(both_started());
  const pid_t second = start();
  EXPECT_EQ(wait_exit(second), 75);
  const std::string told = text_of("launcher.err");
  EXPECT_NE(told.find("launcher.already_running: process " + std::to_string(pid_)),
            std::string::npos)
      << told;
  EXPECT_EQ(count("fake-keyd started"), 1U);
}

TEST_F(Launcher, starts_again_after_a_crash_left_pid_file_and_sockets) {
  launch();
  ASSERT_TRUE(both_started());
  ::kill(pid_, SIGKILL);
  (void)wait_exit(pid_);
  launch();
  EXPECT_TRUE(until([&] { return count("fake-keyd started") == 2; })) << text_of("launcher.err");
}

TEST_F(Launcher, empties_the_pid_file_when_it_ends) {
  launch();
  ASSERT_TRUE(both_started());
  EXPECT_EQ(text_of("run/launcher.pid"), std::to_string(pid_) + "\n");
  ::kill(pid_, SIGTERM);
  EXPECT_EQ(wait_exit(pid_), 0);
  EXPECT_EQ(text_of("run/launcher.pid"), "");
}

TEST_F(Launcher, names_the_pin_file_that_is_missing) {
  fs::remove(state_ / "token" / "pin");
  launch();
  EXPECT_EQ(wait_exit(pid_), 78);
  const std::string told = text_of("launcher.err");
  EXPECT_NE(told.find("launcher.pin_unreadable"), std::string::npos) << told;
  EXPECT_NE(told.find("conclave-keyd init"), std::string::npos) << told;
}

TEST_F(Launcher, refuses_a_pin_file_that_others_may_read) {
  fs::permissions(state_ / "token" / "pin", fs::perms::group_read, fs::perm_options::add);
  launch();
  EXPECT_EQ(wait_exit(pid_), 78);
  EXPECT_EQ(count("fake-keyd started"), 0U);
}

TEST_F(Launcher, refuses_a_broken_configuration_with_its_line) {
  std::ofstream(state_ / "conclave.toml") << "\nno_such_key = 1\n";
  launch();
  EXPECT_EQ(wait_exit(pid_), 78);
  EXPECT_NE(text_of("launcher.err").find("conclave.toml:2"), std::string::npos)
      << text_of("launcher.err");
}

}  // namespace
}  // namespace conclave::launcher
