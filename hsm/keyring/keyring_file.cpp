#include "hsm/keyring/keyring_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "hsm/api/errors.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/store/sqlite/errors.hpp"

namespace conclave::hsm::keyring {
namespace {

constexpr std::int64_t kSchema = 2;
// 2 MiB of log: enough to absorb pages that are written again, soon moved.
constexpr int kCheckpointPages = 512;

// Numbered migrations; each runs once, in order, in one transaction.
constexpr std::array kMigrations = {
    R"(CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tenant(tenant INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, next_epoch INTEGER,
  destroyed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE key(tenant INTEGER, kind INTEGER, id INTEGER, generation INTEGER,
  epoch INTEGER NOT NULL, blob BLOB NOT NULL,
  PRIMARY KEY(tenant, kind, id, generation)) WITHOUT ROWID;
CREATE TABLE deleted(tenant INTEGER, kind INTEGER, id INTEGER, deleted_ms INTEGER NOT NULL,
  PRIMARY KEY(tenant, kind, id)) WITHOUT ROWID;
CREATE TABLE old_epoch(tenant INTEGER, epoch INTEGER, turn INTEGER NOT NULL,
  destroy_after_ms INTEGER NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(tenant, epoch)) WITHOUT ROWID;
CREATE TABLE copy(digest BLOB PRIMARY KEY, turn INTEGER NOT NULL, taken_ms INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE spent_nonce(nonce BLOB PRIMARY KEY, expires_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE token_key(label TEXT PRIMARY KEY, created_ms INTEGER NOT NULL) WITHOUT ROWID;)",
    R"(CREATE TABLE issued_order(digest BLOB PRIMARY KEY, tenant INTEGER NOT NULL,
  issued_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE signer(tenant INTEGER, kind INTEGER, id INTEGER, owner INTEGER NOT NULL,
  digest BLOB NOT NULL, since_ms INTEGER NOT NULL, good INTEGER NOT NULL,
  PRIMARY KEY(tenant, kind, id)) WITHOUT ROWID;)"};
static_assert(kMigrations.size() == kSchema);

constexpr std::string_view kPutMeta = "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)";

// A count of finished turns orders turns and copies without trusting a clock that may jump.
constexpr std::string_view kTurns =
    "SELECT COALESCE((SELECT CAST(value AS INTEGER) FROM meta "
    "WHERE key='turns'), 0)";

// Passes on what left the file as it was; an unknown state ends the process.
Result<void> certain(Result<void> outcome) {
  if (outcome || !outcome.error().is(store::sqlite::kDatabaseUncertain)) return outcome;
  observe::error("keyring.uncertain",
                 {{"error", outcome.error()}, {"exit", KeyringFile::kExitUncertain}});
  // Not exit(): nothing may be written any more.
  ::_exit(KeyringFile::kExitUncertain);
}

Result<void> migrate(store::sqlite::Database& database) {
  auto version = database.integer("PRAGMA user_version");
  if (!version) return std::unexpected(std::move(version).error());
  if (*version > kSchema) {
    return fail(api::kTokenUnavailable, "keyring.db was written by a newer version");
  }
  for (auto next = *version; next < kSchema; ++next) {
    auto transaction = store::sqlite::Transaction::begin(database);
    if (!transaction) return std::unexpected(std::move(transaction).error());
    CONCLAVE_TRY(database.execute(kMigrations[static_cast<std::size_t>(next)]));
    const auto mark = "PRAGMA user_version=" + std::to_string(next + 1);
    CONCLAVE_TRY(database.execute(mark.c_str()));
    CONCLAVE_TRY(certain(transaction->commit()));
  }
  return {};
}

ParentRow read_parent(const store::sqlite::Statement& row, TenantId tenant) {
  ParentRow out;
  out.name = {tenant, static_cast<ParentKind>(row.u8(0)), row.u64(1), row.u32(2)};
  out.epoch = row.u32(3);
  out.blob = row.bytes(4);
  return out;
}

// Runs `statement` with its parameters bound and collects its rows.
template <class Row, class Read, class... Values>
Result<std::vector<Row>> collect(Result<store::sqlite::Statement> statement, Read read,
                                 const Values&... values) {
  if (!statement) return std::unexpected(std::move(statement).error());
  statement->bind(values...);
  std::vector<Row> rows;
  CONCLAVE_TRY(statement->rows([&] { rows.push_back(read(*statement)); }));
  return rows;
}

template <class Row>
Result<std::optional<Row>> first(Result<std::vector<Row>> rows) {
  if (!rows) return std::unexpected(std::move(rows).error());
  if (rows->empty()) return std::nullopt;
  return std::move(rows->front());
}

}  // namespace

Result<KeyringFile> KeyringFile::open(const std::filesystem::path& file) {
  auto database = store::sqlite::Database::open(file, store::sqlite::Access::write);
  if (!database) return std::unexpected(std::move(database).error());
  CONCLAVE_TRY(migrate(*database));
  return KeyringFile(file, std::move(*database));
}

template <class... Values>
Result<void> KeyringFile::run(std::string_view sql, const Values&... values) {
  auto statement = database_.prepare(sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  return certain(statement->run(values...));
}

template <class... Values>
Result<void> KeyringFile::change(std::string_view sql, const Values&... values) {
  auto transaction = store::sqlite::Transaction::begin(database_);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  CONCLAVE_TRY(run(sql, values...));
  return commit(*transaction);
}

Result<void> KeyringFile::commit(store::sqlite::Transaction& transaction) {
  CONCLAVE_TRY(certain(transaction.commit()));
  if (database_.log_pages() < kCheckpointPages) return {};
  // What was committed is safe in the log; a checkpoint that finds no room is tried again later.
  (void)certain(database_.checkpoint());
  return {};
}

Result<void> KeyringFile::commit_and_cut(store::sqlite::Transaction& transaction) {
  CONCLAVE_TRY(certain(transaction.commit()));
  return certain(database_.truncate_log());
}

Result<std::optional<TenantRow>> KeyringFile::tenant(TenantId tenant) {
  return first(collect<TenantRow>(
      database_.prepare("SELECT epoch, next_epoch, destroyed FROM tenant WHERE tenant=?"),
      [](const auto& row) {
        TenantRow out{row.u32(0), std::nullopt, row.i64(2) != 0};
        if (!row.is_null(1)) out.next_epoch = row.u32(1);
        return out;
      },
      tenant));
}

Result<std::vector<TenantId>> KeyringFile::tenants() {
  return collect<TenantId>(database_.prepare("SELECT tenant FROM tenant WHERE destroyed=0"),
                           [](const auto& row) { return TenantId{row.u64(0)}; });
}

Result<void> KeyringFile::add_tenant(TenantId tenant) {
  return change("INSERT INTO tenant(tenant, epoch) VALUES(?, 0)", tenant);
}

Result<std::optional<ParentRow>> KeyringFile::parent(const ParentName& name) {
  return first(collect<ParentRow>(
      database_.prepare("SELECT kind, id, generation, epoch, blob FROM key "
                        "WHERE tenant=? AND kind=? AND id=? AND generation=?"),
      [&](const auto& row) { return read_parent(row, name.tenant); }, name.tenant,
      static_cast<int>(name.kind), name.id, name.generation));
}

Result<void> KeyringFile::put_parents(const std::vector<ParentRow>& rows) {
  auto transaction = store::sqlite::Transaction::begin(database_);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  for (const auto& row : rows) {
    CONCLAVE_TRY(
        run("INSERT OR REPLACE INTO key(tenant, kind, id, generation, epoch, blob) "
            "VALUES(?, ?, ?, ?, ?, ?)",
            row.name.tenant, static_cast<int>(row.name.kind), row.name.id, row.name.generation,
            row.epoch, row.blob));
  }
  return commit(*transaction);
}

Result<bool> KeyringFile::was_deleted(const ParentName& name) {
  const auto found = collect<bool>(
      database_.prepare("SELECT 1 FROM deleted WHERE tenant=? AND kind=? AND id=?"),
      [](const auto&) { return true; }, name.tenant, static_cast<int>(name.kind), name.id);
  if (!found) return std::unexpected(found.error());
  return !found->empty();
}

Result<void> KeyringFile::delete_parent(TenantId tenant, ParentKind kind, std::uint64_t id,
                                        std::int64_t now_ms) {
  auto transaction = store::sqlite::Transaction::begin(database_);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  CONCLAVE_TRY(run("DELETE FROM key WHERE tenant=? AND kind=? AND id=?", tenant,
                   static_cast<int>(kind), id));
  CONCLAVE_TRY(run("INSERT OR IGNORE INTO deleted(tenant, kind, id, deleted_ms) VALUES(?, ?, ?, ?)",
                   tenant, static_cast<int>(kind), id, now_ms));
  return commit_and_cut(*transaction);
}

Result<void> KeyringFile::begin_turn(TenantId tenant, std::uint32_t next) {
  return change("UPDATE tenant SET next_epoch=? WHERE tenant=?", next, tenant);
}

Result<std::vector<ParentRow>> KeyringFile::outdated(TenantId tenant, std::uint32_t epoch,
                                                     std::size_t most) {
  return collect<ParentRow>(
      database_.prepare("SELECT kind, id, generation, epoch, blob FROM key "
                        "WHERE tenant=? AND epoch<>? LIMIT ?"),
      [&](const auto& row) { return read_parent(row, tenant); }, tenant, epoch, most);
}

Result<std::vector<ParentRow>> KeyringFile::page(TenantId tenant,
                                                 const std::optional<ParentName>& after,
                                                 std::size_t most) {
  const ParentName from = after.value_or(ParentName{tenant, ParentKind{0}, 0, 0});
  return collect<ParentRow>(
      database_.prepare("SELECT kind, id, generation, epoch, blob FROM key WHERE tenant=? "
                        "AND (kind, id, generation) > (?, ?, ?) "
                        "ORDER BY kind, id, generation LIMIT ?"),
      [&](const auto& row) { return read_parent(row, tenant); }, tenant,
      static_cast<int>(from.kind), from.id, from.generation, most);
}

Result<void> KeyringFile::finish_turn(TenantId tenant, std::uint32_t old_epoch,
                                      std::uint32_t new_epoch, std::int64_t destroy_after_ms) {
  const auto turns = database_.integer(kTurns);
  if (!turns) return std::unexpected(turns.error());
  auto transaction = store::sqlite::Transaction::begin(database_);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  CONCLAVE_TRY(run("UPDATE tenant SET epoch=?, next_epoch=NULL WHERE tenant=?", new_epoch, tenant));
  CONCLAVE_TRY(
      run("INSERT OR REPLACE INTO old_epoch(tenant, epoch, turn, destroy_after_ms) "
          "VALUES(?, ?, ?, ?)",
          tenant, old_epoch, *turns + 1, destroy_after_ms));
  const std::string count = std::to_string(*turns + 1);
  CONCLAVE_TRY(run(kPutMeta, std::string_view("turns"), std::string_view(count)));
  return commit_and_cut(*transaction);
}

Result<std::vector<OldEpoch>> KeyringFile::due(std::int64_t now_ms) {
  return collect<OldEpoch>(
      database_.prepare("SELECT tenant, epoch FROM old_epoch "
                        "WHERE confirmed=1 AND destroy_after_ms<=?"),
      [](const auto& row) {
        return OldEpoch{TenantId{row.u64(0)}, row.u32(1)};
      },
      now_ms);
}

Result<std::vector<OldEpoch>> KeyringFile::old_epochs(TenantId tenant) {
  return collect<OldEpoch>(
      database_.prepare("SELECT epoch FROM old_epoch WHERE tenant=?"),
      [&](const auto& row) {
        return OldEpoch{tenant, row.u32(0)};
      },
      tenant);
}

Result<void> KeyringFile::forget_old_epoch(const OldEpoch& old) {
  return change("DELETE FROM old_epoch WHERE tenant=? AND epoch=?", old.tenant, old.epoch);
}

Result<void> KeyringFile::destroy_tenant(TenantId tenant) {
  auto transaction = store::sqlite::Transaction::begin(database_);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  CONCLAVE_TRY(run("DELETE FROM key WHERE tenant=?", tenant));
  CONCLAVE_TRY(run("DELETE FROM old_epoch WHERE tenant=?", tenant));
  CONCLAVE_TRY(run("UPDATE tenant SET destroyed=1, next_epoch=NULL WHERE tenant=?", tenant));
  return commit_and_cut(*transaction);
}

Result<Bytes> KeyringFile::copy(std::int64_t now_ms) {
  auto beside = file_;
  beside += ".copy";
  std::error_code ignored;  // a copy that was left behind may or may not be there
  std::filesystem::remove(beside, ignored);
  CONCLAVE_TRY(database_.copy_into(beside));
  std::ifstream in(beside, std::ios::binary);
  Bytes bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::filesystem::remove(beside, ignored);
  if (!in.good() && !in.eof()) return fail(base::kInternal, "copy of the keyring: read");
  const auto turns = database_.integer(kTurns);
  if (!turns) return std::unexpected(turns.error());
  CONCLAVE_TRY(change("INSERT OR REPLACE INTO copy(digest, turn, taken_ms) VALUES(?, ?, ?)",
                      ByteView(base::sha256(ByteView(bytes))), *turns, now_ms));
  return bytes;
}

Result<bool> KeyringFile::confirm_copy(const base::Sha256& digest) {
  const auto turns = collect<std::int64_t>(
      database_.prepare("SELECT turn FROM copy WHERE digest=?"),
      [](const auto& row) { return row.i64(0); }, ByteView(digest));
  if (!turns) return std::unexpected(turns.error());
  if (turns->empty()) return false;
  CONCLAVE_TRY(change("UPDATE old_epoch SET confirmed=1 WHERE turn<=?", turns->front()));
  return true;
}

Result<bool> KeyringFile::spend_nonce(ByteView nonce, std::int64_t expires_ms,
                                      std::int64_t now_ms) {
  auto transaction = store::sqlite::Transaction::begin(database_);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  CONCLAVE_TRY(run("DELETE FROM spent_nonce WHERE expires_ms<?", now_ms));
  CONCLAVE_TRY(
      run("INSERT OR IGNORE INTO spent_nonce(nonce, expires_ms) VALUES(?, ?)", nonce, expires_ms));
  const bool fresh = database_.changes() == 1;
  CONCLAVE_TRY(commit(*transaction));
  return fresh;
}

Result<bool> KeyringFile::count_order(TenantId tenant, const base::Sha256& order, std::size_t most,
                                      std::int64_t since_ms, std::int64_t now_ms) {
  auto transaction = store::sqlite::Transaction::begin(database_);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  CONCLAVE_TRY(run("DELETE FROM issued_order WHERE issued_ms<?", since_ms));
  const auto others = collect<std::int64_t>(
      database_.prepare("SELECT COUNT(*) FROM issued_order WHERE tenant=? AND digest<>?"),
      [](const auto& row) { return row.i64(0); }, tenant.value, ByteView(order));
  if (!others) return std::unexpected(others.error());
  const bool allowed = others->front() < static_cast<std::int64_t>(most);
  if (allowed) {
    CONCLAVE_TRY(
        run("INSERT OR IGNORE INTO issued_order(digest, tenant, issued_ms) VALUES(?, ?, ?)",
            ByteView(order), tenant.value, now_ms));
  }
  CONCLAVE_TRY(commit(*transaction));
  return allowed;
}

Result<std::optional<SignerRow>> KeyringFile::signer(TenantId tenant, SignerKind kind,
                                                     std::uint64_t id) {
  return first(collect<SignerRow>(
      database_.prepare("SELECT owner, digest, since_ms, good FROM signer "
                        "WHERE tenant=? AND kind=? AND id=?"),
      [&](const auto& row) {
        SignerRow out{tenant, kind, id, UserId{row.u64(0)}, {}, row.i64(2), row.i64(3) != 0};
        const Bytes digest = row.bytes(1);
        if (digest.size() == out.digest.size()) std::ranges::copy(digest, out.digest.begin());
        return out;
      },
      tenant.value, static_cast<std::uint64_t>(kind), id));
}

Result<bool> KeyringFile::has_device_signer(TenantId tenant, UserId owner) {
  const auto found = collect<std::int64_t>(
      database_.prepare("SELECT COUNT(*) FROM signer WHERE tenant=? AND kind=? AND owner=?"),
      [](const auto& row) { return row.i64(0); }, tenant.value,
      static_cast<std::uint64_t>(SignerKind::device), owner.value);
  if (!found) return std::unexpected(found.error());
  return found->front() > 0;
}

Result<void> KeyringFile::put_signer(const SignerRow& row) {
  return change(
      "INSERT OR REPLACE INTO signer(tenant, kind, id, owner, digest, since_ms, good) "
      "VALUES(?, ?, ?, ?, ?, ?, ?)",
      row.tenant.value, static_cast<std::uint64_t>(row.kind), row.id, row.owner.value,
      ByteView(row.digest), row.since_ms, std::int64_t{row.good ? 1 : 0});
}

Result<void> KeyringFile::delete_signer(TenantId tenant, SignerKind kind, std::uint64_t id) {
  return change("DELETE FROM signer WHERE tenant=? AND kind=? AND id=?", tenant.value,
                static_cast<std::uint64_t>(kind), id);
}

Result<std::optional<std::string>> KeyringFile::meta(std::string_view key) {
  return first(collect<std::string>(
      database_.prepare("SELECT value FROM meta WHERE key=?"),
      [](const auto& row) { return std::string(row.text(0)); }, key));
}

Result<void> KeyringFile::set_meta(std::string_view key, std::string_view value) {
  return change(kPutMeta, key, value);
}

Result<void> KeyringFile::note_token_key(std::string_view label, std::int64_t created_ms) {
  return change("INSERT OR REPLACE INTO token_key(label, created_ms) VALUES(?, ?)", label,
                created_ms);
}

Result<std::vector<std::pair<std::string, std::int64_t>>> KeyringFile::token_keys() {
  return collect<std::pair<std::string, std::int64_t>>(
      database_.prepare("SELECT label, created_ms FROM token_key"),
      [](const auto& row) { return std::pair(std::string(row.text(0)), row.i64(1)); });
}

}  // namespace conclave::hsm::keyring
