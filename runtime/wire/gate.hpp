#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace conclave::wire {

enum class Refusal { none, connections, per_address, rate };

// Counts connections: in all, per address, and new ones per address and second (a token bucket that
// holds one second's worth). IPv6 addresses count by their /64. Any thread.
class Gate {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  struct Limits {
    std::size_t connections = 0;
    std::size_t per_address = 0;
    std::size_t new_per_address_per_s = 0;
  };

  explicit Gate(Limits limits, Now now = &std::chrono::steady_clock::now);

  // none: counted, and the caller owes a leave() with the same key.
  [[nodiscard]] Refusal enter(const std::string& key);
  void leave(const std::string& key);
  [[nodiscard]] std::size_t connections() const;
  // Addresses remembered; those without connections are forgotten once their bucket is full again.
  [[nodiscard]] std::size_t addresses() const;

 private:
  struct Entry {
    std::size_t open = 0;
    double tokens = 0;
    std::chrono::steady_clock::time_point filled;
  };
  void refill(Entry& entry, std::chrono::steady_clock::time_point now) const;
  void forget_idle(std::chrono::steady_clock::time_point now);

  const Limits limits_;
  const Now now_;
  mutable std::mutex mutex_;
  std::size_t open_ = 0;
  std::size_t sweep_at_ = 1024;
  std::unordered_map<std::string, Entry> entries_;
};

// Leaves the gate when destroyed.
class GateTicket {
 public:
  GateTicket() = default;
  GateTicket(std::shared_ptr<Gate> gate, std::string key)
      : gate_(std::move(gate)), key_(std::move(key)) {}
  GateTicket(GateTicket&& other) noexcept = default;
  GateTicket& operator=(GateTicket&& other) noexcept;
  ~GateTicket();

 private:
  std::shared_ptr<Gate> gate_;  // shared with the server and every other open connection
  std::string key_;
};

// The bytes under which a text address counts: IPv4 whole (mapped forms too), IPv6 its /64.
[[nodiscard]] std::string gate_key(std::string_view address);

}  // namespace conclave::wire
