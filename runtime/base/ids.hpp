#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/base/error.hpp"

namespace conclave::base {

// A 64-bit id of one kind. Zero means "none". Ids are random, unique within their tenant, and kept
// below 2^63 so that they fit SQL's signed integers. On the wire: prefix, '_', 13 base32 digits.
template <class Tag>
struct Id {
  std::uint64_t value = 0;

  friend auto operator<=>(const Id&, const Id&) = default;
  explicit operator bool() const { return value != 0; }
};

struct TenantTag {
  static constexpr char kPrefix = 't';
};
struct UserTag {
  static constexpr char kPrefix = 'u';
};
struct GroupTag {
  static constexpr char kPrefix = 'g';
};
struct DeviceTag {
  static constexpr char kPrefix = 'd';
};
struct RoomTag {
  static constexpr char kPrefix = 'r';
};
struct SessionTag {
  static constexpr char kPrefix = 's';
};
struct OrderTag {  // what a device is ordered to do
  static constexpr char kPrefix = 'o';
};
struct ApprovalTag {
  static constexpr char kPrefix = 'a';
};
struct ChangeTag {  // a change that waits for signatures
  static constexpr char kPrefix = 'c';
};

using TenantId = Id<TenantTag>;
using UserId = Id<UserTag>;
using GroupId = Id<GroupTag>;
using DeviceId = Id<DeviceTag>;
using RoomId = Id<RoomTag>;
using SessionId = Id<SessionTag>;
using OrderId = Id<OrderTag>;
using ApprovalId = Id<ApprovalTag>;  // of a request to the primary device
using ChangeId = Id<ChangeTag>;

[[nodiscard]] std::string id_text(char prefix, std::uint64_t value);
// Fails with kMalformed on a wrong prefix, length or digit, and on zero.
[[nodiscard]] Result<std::uint64_t> id_value(char prefix, std::string_view text);

template <class Tag>
[[nodiscard]] std::string to_text(Id<Tag> id) {
  return id_text(Tag::kPrefix, id.value);
}

template <class AnyId>
struct IdTag;
template <class Tag>
struct IdTag<Id<Tag>> {
  using type = Tag;
};

// parse_id<RoomId>("r_…")
template <class AnyId>
[[nodiscard]] Result<AnyId> parse_id(std::string_view text) {
  auto value = id_value(IdTag<AnyId>::type::kPrefix, text);
  if (!value) return std::unexpected(std::move(value).error());
  return AnyId{*value};
}

}  // namespace conclave::base

namespace conclave {
using base::ApprovalId;
using base::ChangeId;
using base::DeviceId;
using base::GroupId;
using base::OrderId;
using base::RoomId;
using base::SessionId;
using base::TenantId;
using base::UserId;
}  // namespace conclave

template <class Tag>
struct std::hash<conclave::base::Id<Tag>> {
  std::size_t operator()(const conclave::base::Id<Tag>& id) const noexcept {
    // Ids are random already; the multiplication spreads small ids made by tests.
    return static_cast<std::size_t>(id.value * 0x9e3779b97f4a7c15ULL);
  }
};
