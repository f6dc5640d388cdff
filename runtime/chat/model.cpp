#include "runtime/chat/model.hpp"

namespace conclave::chat {

const Member* Room::member(UserId user) const {
  const auto found = members.find(user);
  return found == members.end() ? nullptr : &found->second;
}

Standing Room::standing(UserId user) const {
  const Member* const found = member(user);
  return found == nullptr ? Standing{} : found->standing;
}

Standing Room::projected_standing(UserId user) const {
  const auto found = projected.standings.find(user);
  return found == projected.standings.end() ? standing(user) : found->second;
}

const Power& Room::projected_power() const {
  return projected.power ? *projected.power : power;
}

const Profile& Room::projected_profile() const {
  return projected.profile ? *projected.profile : profile;
}

void Room::reset_projection() {
  projected = {};
  projected.seq = head_seq;
  projected.n = head_n;
}

}  // namespace conclave::chat
