#include "runtime/store/schema.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "runtime/store/errors.hpp"
#include "runtime/store/sqlite/errors.hpp"

namespace conclave::store {
namespace {

// Numbered from 1 by position. Never change one that was released: add the next.
//
// Tables with long blobs have a rowid, because SQLite keeps only a quarter of a page of a row
// inside a WITHOUT ROWID tree; the others are clustered by their key.
constexpr std::array<const char*, 2> kMigrations{R"sql(
  CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE journal(commit_no INTEGER PRIMARY KEY, batch BLOB NOT NULL);
  CREATE TABLE block(id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, room INTEGER NOT NULL,
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, first_ts INTEGER NOT NULL,
    n INTEGER NOT NULL, segments BLOB NOT NULL);
  CREATE UNIQUE INDEX block_range ON block(tenant, room, first_seq);
  CREATE TABLE record(tenant INTEGER NOT NULL, kind INTEGER NOT NULL, id INTEGER NOT NULL,
    sub INTEGER NOT NULL, version INTEGER NOT NULL, content BLOB NOT NULL, mac BLOB NOT NULL,
    PRIMARY KEY(tenant, kind, id, sub)) WITHOUT ROWID;
  CREATE TABLE room(tenant INTEGER NOT NULL, room INTEGER NOT NULL, head_seq INTEGER NOT NULL,
    head_n INTEGER NOT NULL, head_pos INTEGER NOT NULL, last_all_seq INTEGER NOT NULL,
    version INTEGER NOT NULL, power BLOB NOT NULL, mac BLOB NOT NULL, profile_sealed BLOB NOT NULL,
    PRIMARY KEY(tenant, room)) WITHOUT ROWID;
  CREATE TABLE member(tenant INTEGER NOT NULL, room INTEGER NOT NULL, user INTEGER NOT NULL,
    role INTEGER NOT NULL, state INTEGER NOT NULL, version INTEGER NOT NULL, mac BLOB NOT NULL,
    pos INTEGER NOT NULL, changed_ms INTEGER NOT NULL, read_seq INTEGER NOT NULL,
    read_n INTEGER NOT NULL, delivered_seq INTEGER NOT NULL,
    PRIMARY KEY(tenant, room, user)) WITHOUT ROWID;
  CREATE TABLE user_state(tenant INTEGER NOT NULL, user INTEGER NOT NULL, key TEXT NOT NULL,
    pos INTEGER NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL, value_sealed BLOB NOT NULL,
    PRIMARY KEY(tenant, user, key)) WITHOUT ROWID;
  CREATE INDEX user_state_pos ON user_state(tenant, user, pos);
  CREATE TABLE annotation(tenant INTEGER NOT NULL, room INTEGER NOT NULL, target INTEGER NOT NULL,
    seq INTEGER NOT NULL, kind INTEGER NOT NULL, author INTEGER NOT NULL, emoji TEXT NOT NULL,
    PRIMARY KEY(tenant, room, target, seq, kind)) WITHOUT ROWID;
  CREATE TABLE mention(tenant INTEGER NOT NULL, user INTEGER NOT NULL, pos INTEGER NOT NULL,
    room INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY(tenant, user, pos, room, seq)) WITHOUT ROWID;
  CREATE TABLE content_key(tenant INTEGER NOT NULL, room INTEGER NOT NULL, author INTEGER NOT NULL,
    generation INTEGER NOT NULL, key_id BLOB NOT NULL, blob BLOB NOT NULL,
    PRIMARY KEY(tenant, room, author, generation)) WITHOUT ROWID;
  CREATE TABLE ring(tenant INTEGER NOT NULL, device INTEGER NOT NULL, entries BLOB NOT NULL,
    PRIMARY KEY(tenant, device)) WITHOUT ROWID;
  CREATE TABLE audit(number INTEGER PRIMARY KEY, ts_ms INTEGER NOT NULL, tenant INTEGER NOT NULL,
    content_sealed BLOB NOT NULL, chain BLOB NOT NULL);
  CREATE TABLE position(tenant INTEGER PRIMARY KEY, last_pos INTEGER NOT NULL,
    expired_pos INTEGER NOT NULL);
  CREATE TABLE probe(id INTEGER PRIMARY KEY, filler BLOB NOT NULL);
)sql",
                                                    R"sql(
  CREATE TABLE doomed_key(tenant INTEGER NOT NULL, kind INTEGER NOT NULL, id INTEGER NOT NULL,
    since_ms INTEGER NOT NULL, PRIMARY KEY(tenant, kind, id)) WITHOUT ROWID;
)sql"};

constexpr std::int64_t kYear2026_s = 1'767'225'600;

Result<> migrate(sqlite::Database& database, std::uint32_t number, const base::Clock& clock) {
  auto transaction = sqlite::Transaction::begin(database);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  CONCLAVE_TRY(database.execute(kMigrations[number - 1]));
  if (number == 1) {
    CONCLAVE_TRY(
        database.execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str()));
    CONCLAVE_TRY(write_epoch(database, next_epoch(0, clock)));
  }
  CONCLAVE_TRY(database.execute(("PRAGMA user_version=" + std::to_string(number)).c_str()));
  return transaction->commit();
}

}  // namespace

std::uint32_t newest_schema() {
  return static_cast<std::uint32_t>(kMigrations.size());
}

Result<std::uint32_t> check_schema(sqlite::Database& database) {
  auto application = database.integer("PRAGMA application_id");
  if (!application) return std::unexpected(std::move(application).error());
  auto version = database.integer("PRAGMA user_version");
  if (!version) return std::unexpected(std::move(version).error());
  if (*application != kApplicationId)
    return fail(kStoreBroken, "not a content database of this server");
  if (*version > newest_schema()) {
    return fail(kStoreTooNew, "schema " + std::to_string(*version) + ", this release knows " +
                                  std::to_string(newest_schema()));
  }
  if (*version < 1) return fail(kStoreBroken, "schema " + std::to_string(*version));
  return static_cast<std::uint32_t>(*version);
}

Result<> prepare_schema(sqlite::Database& database, const base::Clock& clock) {
  auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(std::move(tables).error());
  std::uint32_t version = 0;
  if (*tables > 0) {
    auto known = check_schema(database);
    if (!known) return std::unexpected(std::move(known).error());
    version = *known;
  }
  while (version < newest_schema()) {
    ++version;
    CONCLAVE_TRY(migrate(database, version, clock));
  }
  return {};
}

Result<std::uint32_t> read_epoch(sqlite::Database& database) {
  auto epoch = database.integer("SELECT value FROM meta WHERE name='epoch'");
  if (!epoch) return std::unexpected(std::move(epoch).error());
  if (*epoch < 1) return fail(kStoreBroken, "the epoch is missing");
  return static_cast<std::uint32_t>(*epoch);
}

std::uint32_t next_epoch(std::uint32_t old_epoch, const base::Clock& clock) {
  const std::int64_t by_clock = clock.utc_ms() / 1000 - kYear2026_s;
  return static_cast<std::uint32_t>(std::max<std::int64_t>(by_clock, std::int64_t{old_epoch} + 1));
}

Result<> write_epoch(sqlite::Database& database, std::uint32_t epoch) {
  auto statement = database.prepare("INSERT OR REPLACE INTO meta(name, value) VALUES('epoch', ?)");
  if (!statement) return std::unexpected(std::move(statement).error());
  return statement->run(epoch);
}

Error store_error(const Error& error) {
  if (error.is(sqlite::kDatabaseFull)) return Error(kStoreReadOnly, error.detail());
  if (error.is(sqlite::kDatabaseDamaged)) return Error(kStoreBroken, error.detail());
  if (error.is(sqlite::kDatabaseBusy)) return Error(kStoreInUse, error.detail());
  if (error.is(sqlite::kDatabaseConstraint)) return Error(kCommitRejected, error.detail());
  if (error.is(sqlite::kDatabaseFailed) || error.is(sqlite::kDatabaseUncertain)) {
    return Error(base::kInternal, error.text());
  }
  return error;
}

}  // namespace conclave::store
