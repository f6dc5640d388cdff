#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "hsm/api/key_client.hpp"
#include "runtime/config/state_paths.hpp"

// A real conclave-keyd with a real SoftHSM token in a folder of its own, for tests of keyd and of
// whatever stands on it. The program is the one in `bin_dir` (CONCLAVE_BIN_DIR).
namespace conclave::testing {

// Runs a callback-style call and waits: `await<Bytes>([&](auto done) { keys.tls_sign(d, done); })`.
template <class T, class Start>
Result<T> await(Start start) {
  auto answer = std::make_shared<std::promise<Result<T>>>();
  auto arrived = answer->get_future();
  start(Callback<T>([answer](Result<T> result) { answer->set_value(std::move(result)); }));
  return arrived.get();
}

class KeydProcess {
 public:
  // `extra`: lines of conclave.toml. Throws when `init` fails.
  explicit KeydProcess(std::string bin_dir, std::string extra = {},
                       std::vector<std::string> init_arguments = {})
      : bin_dir_(std::move(bin_dir)), root_(make_folder()), paths_(root_) {
    if (init_arguments.empty()) {
      copy_pattern();
      std::ofstream(config_file()) << extra << '\n';
      return;
    }
    std::ofstream(config_file()) << extra << '\n';
    init_arguments.insert(init_arguments.begin(), "init");
    if (run(init_arguments) != 0) throw std::runtime_error("conclave-keyd init: " + output());
  }
  ~KeydProcess() {
    client_.reset();
    kill(SIGKILL);
    std::error_code ignored;  // a folder that cannot be removed lies in the temporary folder
    std::filesystem::remove_all(root_, ignored);
  }
  KeydProcess(const KeydProcess&) = delete;
  KeydProcess& operator=(const KeydProcess&) = delete;

  [[nodiscard]] const config::StatePaths& paths() const { return paths_; }
  [[nodiscard]] std::filesystem::path config_file() const { return root_ / "conclave.toml"; }

  // Runs the program to its end; its exit status.
  int run(const std::vector<std::string>& arguments) {
    const pid_t child = spawn(arguments);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // Serving, until kill().
  void start(const std::vector<std::string>& arguments = {}) { pid_ = spawn(arguments); }
  // Waits for the end; exit status, or -1 when it was a signal.
  int kill(int signal = SIGTERM) {
    if (pid_ <= 0) return 0;
    ::kill(pid_, signal);
    return wait();
  }
  // The same for a process that ends by itself; -2 when it still runs after ten seconds.
  int wait() {
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) return -2;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

  // One client for the whole test; survives restarts of keyd.
  hsm::api::KeyService& keys() {
    if (!client_) client_ = hsm::api::connect_key_service({.socket_path = paths_.keyd_socket});
    return *client_;
  }
  // True once keyd answers and its token is open; false after ten seconds.
  bool ready() {
    return eventually([this] { return keys().ready(); });
  }

  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 1'000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }

  // What keyd wrote so far, over all runs.
  [[nodiscard]] std::string output() const {
    std::ifstream in(root_ / "keyd.out");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

 private:
  // Making a token with its keys takes seconds on a busy disk; it is made once a test program and
  // copied (the copies share keys and serial, which no test compares).
  void copy_pattern() {
    static const KeydProcess pattern(bin_dir_, "", {"--module", kSoftHsm});
    std::filesystem::copy(pattern.paths_.root, root_,
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
    std::ofstream(paths_.softhsm_conf)
        << "directories.tokendir = " << paths_.softhsm_dir.string()
        << "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n";
  }

  static constexpr auto kSoftHsm = "/usr/lib/softhsm/libsofthsm2.so";

  static std::filesystem::path make_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "conclave-keyd-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    return pattern;
  }

  pid_t spawn(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {bin_dir_ + "/conclave-keyd"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.insert(all.end(), {"--config", config_file().string()});
    std::vector<char*> raw;
    for (auto& argument : all) raw.push_back(argument.data());
    raw.push_back(nullptr);
    const auto log = (root_ / "keyd.out").string();
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execv(raw[0], raw.data());
    ::_exit(127);
  }

  std::string bin_dir_;
  std::filesystem::path root_;
  config::StatePaths paths_;
  pid_t pid_ = -1;
  std::unique_ptr<hsm::api::KeyService> client_;
};

}  // namespace conclave::testing
