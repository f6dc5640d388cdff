#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "hsm/keyd/connection.hpp"
#include "hsm/keyd/token_keeper.hpp"
#include "hsm/keyd/work_queue.hpp"

namespace conclave::hsm::keyd {

// Accepts, reads and writes on the main thread; never touches the token. Requests that the token
// cannot answer now are refused here, so that a slow or absent token costs nobody a wait.
class Server {
 public:
  struct Sockets {
    int online = -1;  // listening; owned by the server from here on
    int ceremony = -1;
    unsigned peer_uid = 0;
  };

  Server(Sockets sockets, const TokenKeeper& keeper, WorkQueue& queue);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Until stop() or one of the signals in `signal_fd`; answers the exit status.
  int run(int signal_fd);
  // Any thread.
  void stop(int exit_status);
  void wake() const;

 private:
  void accept(int listener, Channel channel);
  void handle(const std::shared_ptr<Connection>& connection, const api::Frame& frame);
  void serve(const std::vector<short>& events);
  void publish_state();

  Sockets sockets_;
  const TokenKeeper& keeper_;
  WorkQueue& queue_;
  int wake_fd_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> exit_status_{0};
  bool told_ready_ = false;
  std::vector<std::shared_ptr<Connection>> connections_;
};

// A listening Unix socket of our own at `path`, 0600.
[[nodiscard]] Result<int> listen_at(const std::filesystem::path& path);

}  // namespace conclave::hsm::keyd
