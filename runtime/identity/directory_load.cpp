#include <array>

#include "runtime/identity/directory.hpp"
#include "runtime/identity/directory_shelf.hpp"
#include "runtime/identity/records.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::identity {

namespace {

using store::Record;
using store::RecordKind;

// Tenants before what is theirs, users before their devices, groups before their members.
constexpr std::array kOrder = {RecordKind::tenant, RecordKind::user,
                               RecordKind::group,  RecordKind::credential,
                               RecordKind::device, RecordKind::group_member};

}  // namespace

void Directory::load(const SoundRows& rows) {
  was_empty_ = rows.was_empty();
  refused_ = rows.unsound_count();
  for (std::size_t i = 0; i < refused_; ++i) refused_total_.add();
  for (const RecordKind kind : kOrder) {
    for (const UnsoundRow& unsound : rows.unsound(kind)) {
      // What is not there gives nothing; only a password that is gone might let one in without it.
      const bool missing = unsound.row.content.empty();
      if (!missing || kind == RecordKind::credential) disempower(unsound.row);
    }
    for (const Record& row : rows.of(kind)) take(row);
  }
}

void Directory::take(const Record& record) {
  const auto keep = [&](auto decoded, auto put) {
    if (decoded) {
      put(std::move(*decoded));
    } else {
      refuse(record, decoded.error().text());
    }
  };
  switch (record.kind) {
    case RecordKind::tenant:
      return keep(decode_tenant(record), [&](Tenant row) { put_tenant(std::move(row)); });
    case RecordKind::user:
      return keep(decode_user(record), [&](User row) { put_user(std::move(row), std::nullopt); });
    case RecordKind::credential:
      return keep(decode_credential(record),
                  [&](Credential row) { put_credential(record.tenant, std::move(row)); });
    case RecordKind::device:
      return keep(decode_device(record),
                  [&](Device row) { put_device(std::move(row), std::nullopt); });
    case RecordKind::group:
      return keep(decode_group(record), [&](Group row) { put_group(std::move(row)); });
    case RecordKind::group_member:
      return take_group_member(record);
    default:
      return;  // of another folder
  }
}

void Directory::take_group_member(const Record& record) {
  if (!decode_member(record)) return refuse(record, "form");
  const Group* found = group(record.tenant, GroupId{record.id});
  // The group's own row was refused or taken away; what its roles were is not known any more.
  if (found == nullptr) return refuse(record, "group");
  Group changed = *found;
  changed.members.insert(UserId{record.sub});
  changed.member_versions[UserId{record.sub}] = record.version;
  put_group(std::move(changed));
}

void Directory::refuse(const Record& record, std::string_view why) {
  ++refused_;
  refused_total_.add();
  tell_row_refused(record, why);
  disempower(record);
}

void Directory::disempower(const Record& record) {
  switch (record.kind) {
    case RecordKind::user: {
      // The name stays taken, so that nobody else gets the account while its row is broken.
      const auto row = decode_user(record);
      return mark_damaged(record.tenant, UserId{record.id}, row ? row->name : std::string());
    }
    case RecordKind::credential:
      return mark_damaged(record.tenant, UserId{record.id}, {});
    case RecordKind::group_member:
      return mark_damaged(record.tenant, UserId{record.sub}, {});
    default:
      return;  // a tenant, device or group that is not loaded gives nothing to anybody
  }
}

// The user stays visible to admins and to the rooms it is in, without any power.
void Directory::mark_damaged(TenantId tenant, UserId id, std::string name) {
  const User* found = user(tenant, id);
  User damaged;
  if (found != nullptr) {
    damaged = *found;
  } else {
    damaged.id = id;
    damaged.tenant = tenant;
    if (user_by_name(tenant, name) == nullptr) damaged.name = std::move(name);
    damaged.state = UserState::disabled;
  }
  damaged.damaged = true;
  put_user(std::move(damaged), std::nullopt);
}

}  // namespace conclave::identity
