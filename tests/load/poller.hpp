#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace conclave::load {

class Client;

// One epoll for all clients of the generator. Bytes to send are gathered during a round and leave
// at its end, a write for each client.
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Rounds until `done` is true; throws a Failure after `limit_s`.
  void run_until(const std::function<bool()>& done, double limit_s, const char* what);
  // One round; waits at most `wait_ns` for something to happen.
  void round(std::int64_t wait_ns);

 private:
  friend class Client;
  void watch(Client& client, int descriptor, bool for_writing);
  void change(Client& client, int descriptor, bool for_writing);
  void forget(Client& client, int descriptor);
  void wants_to_write(Client& client);

  int epoll_ = -1;
  std::vector<Client*> writers_;
  std::vector<Client*> gone_;  // closed in this round: later events of theirs mean nothing
  std::vector<char> input_;    // read by one client at a time
};

}  // namespace conclave::load
