// Stands in for conclave-keyd and conclaved in the launcher's tests; which one, its own name says.
// STATE/<name>.behaviour tells it what to do, one word a life (the last one for all further lives):
//   serve    until SIGTERM, then status 0
//   stubborn ignores SIGTERM
//   die      ends at once with status 1
//   refuse   ends at once with status 78
//   N        a number: ends at once with status N
//   crash    ends at once by a signal
// It appends what happens to STATE/events.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Given {
  fs::path state;
  std::string name;
  int online = -1;
  int ceremony = -1;
  int pin = -1;
};

Given parse(int argc, char** argv) {
  Given given;
  given.name = fs::path(argv[0]).filename().string();
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--config") given.state = fs::path(argv[i + 1]).parent_path();
    if (flag == "--online-fd") given.online = std::atoi(argv[i + 1]);
    if (flag == "--ceremony-fd") given.ceremony = std::atoi(argv[i + 1]);
    if (flag == "--pin-fd") given.pin = std::atoi(argv[i + 1]);
  }
  return given;
}

void note(const Given& given, const std::string& text) {
  const std::string line = given.name + " " + text + "\n";
  const int file = ::open((given.state / "events").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (::write(file, line.data(), line.size()) < 0) std::abort();
  ::close(file);
}

std::string behaviour(const Given& given) {
  std::vector<std::string> words;
  std::ifstream script(given.state / (given.name + ".behaviour"));
  for (std::string word; script >> word;) words.push_back(word);
  const fs::path lives = given.state / (given.name + ".lives");
  std::size_t life = 0;
  std::ifstream(lives) >> life;
  std::ofstream(lives) << life + 1;
  if (words.empty()) return "serve";
  return words[std::min(life, words.size() - 1)];
}

bool listens(int descriptor) {
  int on = 0;
  socklen_t size = sizeof on;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) == 0 && on == 1;
}

// Descriptors beyond the standard streams and those that were handed over.
std::size_t stray_descriptors(const Given& given) {
  std::size_t stray = 0;
  for (int fd = 3; fd < 256; ++fd) {
    if (fd == given.online || fd == given.ceremony || fd == given.pin) continue;
    if (::fcntl(fd, F_GETFD) != -1) ++stray;
  }
  return stray;
}

// Until the other fake has told so; ten seconds at most.
void wait_for_note(const Given& given, const std::string& text) {
  for (int i = 0; i < 2000; ++i) {
    std::ifstream events(given.state / "events");
    const std::string all{std::istreambuf_iterator<char>(events), {}};
    if (all.find(text) != std::string::npos) return;
    ::poll(nullptr, 0, 5);
  }
}

volatile std::sig_atomic_t told = 0;

}  // namespace

int main(int argc, char** argv) {
  const Given given = parse(argc, argv);
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  sigset_t before;
  sigprocmask(SIG_BLOCK, &term, &before);
  std::string facts = "started pid=" + std::to_string(::getpid()) +
                      " stray=" + std::to_string(stray_descriptors(given)) +
                      " blocked=" + std::to_string(sigismember(&before, SIGTERM));
  if (given.online >= 0) {
    std::array<char, 16> pin{};
    const ssize_t got = ::read(given.pin, pin.data(), pin.size() - 1);
    facts += listens(given.online) && listens(given.ceremony) ? " sockets" : " no-sockets";
    facts += " pin=" + std::string(pin.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  note(given, facts);
  const std::string how = behaviour(given);
  if (how == "die") return 1;
  if (how == "refuse") return 78;
  if (how == "refuse-after-keyd") {
    wait_for_note(given, "fake-keyd started");
    return 78;
  }
  if (how == "crash") std::raise(SIGKILL);
  if (const int status = std::atoi(how.c_str()); status != 0) return status;
  std::signal(SIGTERM, [](int) { told = 1; });
  while (told == 0 || how == "stubborn") {
    sigsuspend(&before);
    if (told != 0) note(given, "told");
  }
  note(given, "ended");
  return 0;
}
