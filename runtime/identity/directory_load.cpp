#include <algorithm>
#include <map>
#include <tuple>

#include "runtime/identity/directory.hpp"
#include "runtime/identity/directory_shelf.hpp"
#include "runtime/identity/records.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::identity {

namespace {

using store::Record;
using store::RecordKind;

constexpr std::size_t kCheckedAtOnce = 256;

// Tenants before what is theirs, users before their devices, groups before their members.
int rank(RecordKind kind) {
  switch (kind) {
    case RecordKind::tenant:
      return 0;
    case RecordKind::user:
      return 1;
    case RecordKind::group:
      return 2;
    default:
      return 3;
  }
}

std::string_view kind_text(RecordKind kind) {
  switch (kind) {
    case RecordKind::tenant:
      return "tenant";
    case RecordKind::user:
      return "user";
    case RecordKind::credential:
      return "credential";
    case RecordKind::device:
      return "device";
    case RecordKind::group:
      return "group";
    case RecordKind::group_member:
      return "group_member";
    case RecordKind::policy:
      return "policy";
  }
  return "unknown";
}

Task<Result<std::vector<bool>>> check(hsm::api::KeyService& keys,
                                      const std::vector<Record>* records, std::size_t first,
                                      std::size_t count) {
  std::vector<hsm::api::PowerRow> rows;
  rows.reserve(count);
  for (std::size_t i = first; i < first + count; ++i) {
    rows.push_back({(*records)[i].content, (*records)[i].mac});
  }
  auto sound = co_await async::await_callback<std::vector<bool>>(
      [&keys, &rows](Callback<std::vector<bool>> done) {
        keys.check_rows(std::move(rows), std::move(done));
      });
  if (sound && sound->size() != count) co_return fail(base::kInternal, "checked rows");
  co_return sound;
}

using Place = std::tuple<std::uint8_t, TenantId, std::uint64_t, std::uint64_t>;
using Newest = std::map<Place, std::uint64_t>;  // version; 0: taken away

Task<Result<Newest>> newest_versions(audit::Trail* trail) {
  Newest out;
  if (trail == nullptr) co_return out;
  auto states = co_await trail->row_states();
  if (!states) co_return std::unexpected(states.error());
  for (const auto& row : *states) out[{row.kind, row.tenant, row.id, row.sub}] = row.version;
  co_return out;
}

// Rows may be newer than their last audit entry (activity is stored without one), never older.
bool came_back(const Newest& newest, const Record& row) {
  const auto kind = static_cast<std::uint8_t>(row.kind);
  const auto found = newest.find({kind, row.tenant, row.id, row.sub});
  if (found == newest.end()) return false;
  return found->second == 0 || row.version < found->second;
}

}  // namespace

Task<Result<void>> Directory::load(std::vector<Record> records, audit::Trail* trail) {
  refused_ = 0;
  auto newest = co_await newest_versions(trail);
  if (!newest) co_return std::unexpected(newest.error());
  was_empty_ = records.empty();
  std::ranges::sort(records, {}, [](const Record& row) {
    return std::tuple(rank(row.kind), row.tenant, row.id, row.sub);
  });
  std::vector<bool> sound;
  for (std::size_t first = 0; first < records.size(); first += kCheckedAtOnce) {
    const std::size_t count = std::min(kCheckedAtOnce, records.size() - first);
    auto part = co_await check(keys_, &records, first, count);
    if (!part) co_return std::unexpected(part.error());
    sound.insert(sound.end(), part->begin(), part->end());
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!sound[i]) {
      refuse(records[i], "mac");
    } else if (came_back(*newest, records[i])) {
      refuse(records[i], "older than its audit entry");
    } else {
      take(records[i]);
    }
  }
  co_return Result<void>{};
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
    case RecordKind::policy:
      return;  // of another folder
  }
  refuse(record, "kind");
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
  observe::error("alarm.row_refused", {{"kind", kind_text(record.kind)},
                                       {"tenant", record.tenant},
                                       {"id", record.id},
                                       {"sub", record.sub},
                                       {"version", record.version},
                                       {"why", why}});
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
