#include "hsm/keyd/power_rows.hpp"

#include "runtime/base/secret.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::string_view kMagic = "CVR1";
// store::RecordKind, identity::UserState and identity::Role as they are stored.
constexpr std::uint8_t kUserKind = 2;
constexpr std::uint8_t kDeviceKind = 4;
constexpr std::uint8_t kActive = 1;
constexpr std::uint32_t kOrderAdmins = 1U << 3 | 1U << 5;  // user_admin, security_admin
constexpr std::size_t kMaxText = 512;

struct Head {
  TenantId tenant;
  std::uint64_t id = 0;
};

Result<Head> read_head(base::ByteReader& in, std::uint8_t kind) {
  const bool known = base::as_text(in.raw(kMagic.size())) == kMagic;
  const bool right_kind = in.u8() == kind;
  Head out;
  out.tenant.value = in.u64();
  out.id = in.u64();
  (void)in.u64();  // sub
  (void)in.u64();  // version
  if (!in.ok() || !known || !right_kind) return fail(base::kMalformed, "row of power");
  return out;
}

}  // namespace

Result<DeviceRow> parse_device_row(ByteView content) {
  base::ByteReader in(content);
  const auto head = read_head(in, kDeviceKind);
  if (!head) return std::unexpected(head.error());
  DeviceRow out;
  out.tenant = head->tenant;
  out.device.value = head->id;
  out.user.value = in.u64();
  const auto algorithm = in.u8();
  const auto point = in.run(kMaxText);
  (void)in.run(kMaxText);  // platform
  (void)in.i64();          // created
  (void)in.i64();          // last active
  out.revoked = in.i64() != 0;
  if (!in.ok() || algorithm < 1 || algorithm > 2) return fail(base::kMalformed, "device row");
  auto key = api::make_verify_key(api::SignatureAlgorithm{algorithm}, point);
  if (!key) return std::unexpected(key.error());
  out.key = std::move(*key);
  return out;
}

Result<UserRow> parse_user_row(ByteView content) {
  base::ByteReader in(content);
  const auto head = read_head(in, kUserKind);
  if (!head) return std::unexpected(head.error());
  UserRow out;
  out.tenant = head->tenant;
  out.user.value = head->id;
  (void)in.run(kMaxText);  // name
  (void)in.u8();           // person or service
  out.active = in.u8() == kActive;
  out.order_admin = (in.u32() & kOrderAdmins) != 0;
  if (!in.ok()) return fail(base::kMalformed, "user row");
  return out;
}

Result<bool> sound_row(Service& service, const api::PowerRow& row) {
  const auto key = service.key(labels::kRows);
  if (!key) return std::unexpected(key.error());
  const auto mac = service.token().hmac(*key, row.content);
  if (!mac) return std::unexpected(mac.error());
  return row.mac.size() == mac->size() && base::equal_in_constant_time(row.mac, *mac);
}

}  // namespace conclave::hsm::keyd
