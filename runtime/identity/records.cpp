#include "runtime/identity/records.hpp"

#include <algorithm>

#include "runtime/identity/row_form.hpp"

namespace conclave::identity {

namespace {

using store::Record;
using store::RecordKind;
using Place = RowForm;

constexpr std::size_t kMaxText = 512;
constexpr std::size_t kMaxSealed = 4096;

Bytes take(ByteView view) {
  return {view.begin(), view.end()};
}

void write(base::ByteWriter& out, const SealedText& text) {
  out.u64(text.version).run(text.sealed);
}

SealedText read_sealed(base::ByteReader& in) {
  SealedText out;
  out.version = in.u64();
  out.sealed = take(in.run(kMaxSealed));
  return out;
}

template <class Enum>
bool read_enum(base::ByteReader& in, Enum* out, Enum last) {
  const std::uint8_t value = in.u8();
  *out = static_cast<Enum>(value);
  return value >= 1 && value <= static_cast<std::uint8_t>(last);
}

}  // namespace

Record encode(const Tenant& tenant) {
  const Place place{RecordKind::tenant, tenant.id, tenant.id.value, 0, tenant.version};
  base::ByteWriter out = begin_row(place);
  out.run(tenant.domain).u8(static_cast<std::uint8_t>(tenant.state));
  out.u8(tenant.provider ? 1 : 0).i64(tenant.created_ms);
  return finish_row(place, std::move(out));
}

Result<Tenant> decode_tenant(const Record& record) {
  base::ByteReader in(record.content);
  if (!read_head(in, record, RecordKind::tenant)) return fail(base::kMalformed, "tenant head");
  Tenant out;
  out.id = record.tenant;
  out.version = record.version;
  out.domain = std::string(in.text(kMaxText));
  const bool state = read_enum(in, &out.state, TenantState::deleted);
  const std::uint8_t provider = in.u8();
  out.provider = provider == 1;
  out.created_ms = in.i64();
  if (!in.done() || !state || provider > 1 || record.id != record.tenant.value) {
    return fail(base::kMalformed, "tenant");
  }
  return out;
}

Record encode(const User& user) {
  const Place place{RecordKind::user, user.tenant, user.id.value, 0, user.version};
  base::ByteWriter out = begin_row(place);
  out.run(user.name).u8(static_cast<std::uint8_t>(user.kind));
  out.u8(static_cast<std::uint8_t>(user.state)).u32(user.own_roles.bits()).i64(user.created_ms);
  write(out, user.display);
  return finish_row(place, std::move(out));
}

Result<User> decode_user(const Record& record) {
  base::ByteReader in(record.content);
  if (!read_head(in, record, RecordKind::user)) return fail(base::kMalformed, "user head");
  User out;
  out.id = UserId{record.id};
  out.tenant = record.tenant;
  out.version = record.version;
  out.name = std::string(in.text(kMaxText));
  const bool kind = read_enum(in, &out.kind, UserKind::service);
  const bool state = read_enum(in, &out.state, UserState::deleted);
  out.own_roles = RoleSet::from_bits(in.u32());
  out.created_ms = in.i64();
  out.display = read_sealed(in);
  if (!in.done() || !kind || !state) return fail(base::kMalformed, "user");
  return out;
}

Record encode(TenantId tenant, const Credential& credential) {
  const Place place{RecordKind::credential, tenant, credential.user.value, kPasswordSlot,
                    credential.version};
  base::ByteWriter out = begin_row(place);
  out.run(credential.salt).u32(credential.passes).u32(credential.memory_kib).run(credential.tag);
  out.i64(credential.set_ms).u8(credential.breached ? 1 : 0);
  return finish_row(place, std::move(out));
}

Result<Credential> decode_credential(const Record& record) {
  base::ByteReader in(record.content);
  if (!read_head(in, record, RecordKind::credential) || record.sub != kPasswordSlot) {
    return fail(base::kMalformed, "credential head");
  }
  Credential out;
  out.user = UserId{record.id};
  out.version = record.version;
  out.salt = take(in.run(kMaxText));
  out.passes = in.u32();
  out.memory_kib = in.u32();
  out.tag = take(in.run(kMaxText));
  if (in.done()) return out;  // of a time when the rest was not kept
  out.set_ms = in.i64();
  const std::uint8_t breached = in.u8();
  if (!in.done() || breached > 1) return fail(base::kMalformed, "credential");
  out.breached = breached == 1;
  return out;
}

Record encode(const Device& device) {
  const Place place{RecordKind::device, device.tenant, device.id.value, 0, device.version};
  base::ByteWriter out = begin_row(place);
  out.u64(device.user.value).u8(static_cast<std::uint8_t>(device.key.algorithm));
  out.run(device.key.point).run(device.platform);
  out.i64(device.created_ms).i64(device.last_active_ms).i64(device.revoked_ms);
  write(out, device.name);
  out.run(device.hardware_digest).run(device.service_digest);
  out.u8(device.attested ? 1 : 0).u8(device.primary ? 1 : 0);
  out.i64(device.approved_ms).i64(device.factor_ms).u8(device.factor);
  return finish_row(place, std::move(out));
}

Result<Device> decode_device(const Record& record) {
  base::ByteReader in(record.content);
  if (!read_head(in, record, RecordKind::device)) return fail(base::kMalformed, "device head");
  Device out;
  out.id = DeviceId{record.id};
  out.tenant = record.tenant;
  out.version = record.version;
  out.user = UserId{in.u64()};
  const bool algorithm = read_enum(in, &out.key.algorithm, hsm::api::SignatureAlgorithm::ed25519);
  out.key.point = take(in.run(kMaxText));
  out.platform = std::string(in.text(kMaxText));
  out.created_ms = in.i64();
  out.last_active_ms = in.i64();
  out.stored_active_ms = out.last_active_ms;
  out.revoked_ms = in.i64();
  out.name = read_sealed(in);
  // Rows of the first releases end here.
  if (in.done() && algorithm) return out;
  out.hardware_digest = take(in.run(kMaxText));
  out.service_digest = take(in.run(kMaxText));
  const std::uint8_t attested = in.u8();
  const std::uint8_t primary = in.u8();
  out.attested = attested == 1;
  out.primary = primary == 1;
  out.approved_ms = in.i64();
  out.factor_ms = in.i64();
  out.factor = in.u8();
  if (!in.done() || !algorithm || attested > 1 || primary > 1) {
    return fail(base::kMalformed, "device");
  }
  return out;
}

Record encode(const Group& group) {
  const Place place{RecordKind::group, group.tenant, group.id.value, 0, group.version};
  base::ByteWriter out = begin_row(place);
  out.run(group.name).u32(group.roles.bits()).i64(group.created_ms);
  return finish_row(place, std::move(out));
}

Result<Group> decode_group(const Record& record) {
  base::ByteReader in(record.content);
  if (!read_head(in, record, RecordKind::group)) return fail(base::kMalformed, "group head");
  Group out;
  out.id = GroupId{record.id};
  out.tenant = record.tenant;
  out.version = record.version;
  out.name = std::string(in.text(kMaxText));
  out.roles = RoleSet::from_bits(in.u32());
  out.created_ms = in.i64();
  if (!in.done()) return fail(base::kMalformed, "group");
  return out;
}

Record encode_member(TenantId tenant, GroupId group, UserId user, std::uint64_t version) {
  const Place place{RecordKind::group_member, tenant, group.value, user.value, version};
  return finish_row(place, begin_row(place));
}

Result<void> decode_member(const Record& record) {
  base::ByteReader in(record.content);
  if (!read_head(in, record, RecordKind::group_member) || !in.done()) {
    return fail(base::kMalformed, "group member");
  }
  return {};
}

}  // namespace conclave::identity
