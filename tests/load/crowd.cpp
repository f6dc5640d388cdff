#include "tests/load/crowd.hpp"

#include <algorithm>

#include "tests/load/frames.hpp"
#include "tests/load/process.hpp"

namespace conclave::load {
namespace {

constexpr std::size_t kAtOnce = 64;
constexpr std::uint64_t kCallId = 7;
constexpr double kCallLimitS = 30;
constexpr double kSignInLimitS = 600;

}  // namespace

void Crowd::sign_in(const std::vector<Device*>& devices) {
  for (Device* device : devices) {
    members_.push_back({device, std::make_unique<Client>(poller_, *this, members_.size())});
  }
  for (std::size_t i = 0; i < kAtOnce; ++i) connect_next();
  poller_.run_until([this] { return ready_ == members_.size(); }, kSignInLimitS, "sign-in");
}

void Crowd::connect_next() {
  if (begun_ < members_.size()) members_[begun_++].client->connect(target_);
}

std::string Crowd::call(std::size_t number, std::string_view method, std::string_view params) {
  calling_ = number;
  answer_.clear();
  client(number).send(request(kCallId, method, params));
  poller_.run_until([this] { return !answer_.empty(); }, kCallLimitS, "an answer");
  if (is_error(answer_)) throw Failure(std::string(method) + ": " + answer_);
  return answer_;
}

void Crowd::frame(Client& client, std::string_view text) {
  Member& member = members_[client.number()];
  switch (member.stage) {
    case Stage::connecting: {
      const std::string_view nonce = text_member(text, "nonce");
      const bool known = !member.device->id.empty();
      const auto binding = client.binding();
      client.send(known ? request(1, "session.prove", member.device->prove_params(nonce, binding))
                        : request(1, "session.enrol", member.device->enrol_params(nonce, binding)));
      member.stage = Stage::signing_in;
      return;
    }
    case Stage::signing_in:
      member.device->signed_in(text);
      member.stage = Stage::ready;
      ++ready_;
      return connect_next();
    case Stage::ready:
      break;
  }
  if (client.number() == calling_ && is_answer(text) && answer_id(text) == kCallId) {
    answer_ = text;
  } else if (listener_ != nullptr) {
    listener_->frame(client, text);
  }
}

}  // namespace conclave::load
