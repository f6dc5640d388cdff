#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/load/client.hpp"
#include "tests/load/device.hpp"

namespace conclave::load {

// Devices that are signed in, each with a connection of its own. What arrives after the sign-in
// goes to the listener; without one it is dropped.
class Crowd : public Sink {
 public:
  Crowd(Poller& poller, Target target) : poller_(poller), target_(target) {}

  // Connects and signs in (enrols, when the device is new), some at a time, and waits for all. The
  // devices outlive the crowd.
  void sign_in(const std::vector<Device*>& devices);

  void listen(Sink* listener) { listener_ = listener; }
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] Client& client(std::size_t number) { return *members_[number].client; }
  [[nodiscard]] Device& device(std::size_t number) { return *members_[number].device; }
  [[nodiscard]] Poller& poller() { return poller_; }

  // One request and its answer's frame; throws when it is an error.
  std::string call(std::size_t number, std::string_view method, std::string_view params);

  void frame(Client& client, std::string_view text) override;

 private:
  enum class Stage { connecting, signing_in, ready };
  struct Member {
    Device* device;
    std::unique_ptr<Client> client;
    Stage stage = Stage::connecting;
  };
  void connect_next();

  Poller& poller_;
  Target target_;
  Sink* listener_ = nullptr;
  std::vector<Member> members_;
  std::size_t begun_ = 0;
  std::size_t ready_ = 0;
  std::size_t calling_ = 0;
  std::string answer_;
};

}  // namespace conclave::load
