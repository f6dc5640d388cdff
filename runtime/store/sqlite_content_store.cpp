#include "runtime/store/sqlite_content_store.hpp"

#include <atomic>
#include <optional>
#include <utility>

#include "runtime/observe/log.hpp"
#include "runtime/store/backup.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/reader.hpp"
#include "runtime/store/schema.hpp"
#include "runtime/store/snapshot.hpp"
#include "runtime/store/state_lock.hpp"
#include "runtime/store/writer.hpp"

namespace conclave::store {
namespace {

constexpr std::uint64_t kReadLogLimit = 500;  // seqs

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  return missing ? 0 : size;
}

class SqliteContentStore final : public ContentStore {
 public:
  explicit SqliteContentStore(StateLock lock, std::filesystem::path file)
      : lock_(std::move(lock)), file_(std::move(file)) {}
  ~SqliteContentStore() override { close(); }

  Result<> start(const SqliteStoreOptions& options);

  void load(Callback<Snapshot> done) override {
    // Shared with the refusal below: a refused job is dropped without being called.
    auto answer = std::make_shared<Callback<Snapshot>>(std::move(done));
    const bool queued = writer_->run([answer](sqlite::Database& database, const Tail& tail) {
      auto snapshot = read_snapshot(database, tail);
      if (!snapshot) return (*answer)(std::unexpected(store_error(snapshot.error())));
      (*answer)(std::move(snapshot));
    });
    if (!queued) (*answer)(fail(base::kShuttingDown));
  }
  void commit(Transaction transaction, Callback<void> done) override {
    writer_->write(std::move(transaction), std::move(done));
  }
  std::size_t uncommitted_bytes() const override { return writer_->uncommitted_bytes(); }

  void read_log(TenantId tenant, RoomId room, std::uint64_t first_seq, std::uint64_t last_seq,
                Callback<LogSlice> done) override {
    if (last_seq >= first_seq && last_seq - first_seq >= kReadLogLimit)
      return done(fail(kRangeTooLarge));
    read(std::move(done),
         [=](ReadTables& t) { return t.log({tenant, room}, first_seq, last_seq); });
  }
  void find_seq(TenantId tenant, RoomId room, std::int64_t ts_ms,
                Callback<std::optional<std::uint64_t>> done) override {
    read(std::move(done), [=](ReadTables& t) { return t.seq_at({tenant, room}, ts_ms); });
  }
  void read_annotations(TenantId tenant, RoomId room, std::uint64_t first_target,
                        std::uint64_t last_target,
                        Callback<std::vector<AnnotationRow>> done) override {
    read(std::move(done),
         [=](ReadTables& t) { return t.annotations({tenant, room}, first_target, last_target); });
  }
  void read_annotated(TenantId tenant, RoomId room, std::uint64_t target, std::uint8_t kind,
                      std::uint64_t after_seq, std::uint32_t limit,
                      Callback<std::vector<AnnotationRow>> done) override {
    read(std::move(done), [=](ReadTables& t) {
      return t.annotated({tenant, room}, target, kind, after_seq, limit);
    });
  }
  void read_mentions(TenantId tenant, UserId user, std::uint64_t after_pos, std::uint32_t limit,
                     Callback<std::vector<MentionRow>> done) override {
    read(std::move(done),
         [=](ReadTables& t) { return t.mentions(tenant, user, after_pos, limit); });
  }
  void read_user_state(TenantId tenant, UserId user, std::uint64_t after_pos, std::uint32_t limit,
                       Callback<std::vector<UserStateRow>> done) override {
    read(std::move(done),
         [=](ReadTables& t) { return t.user_state(tenant, user, after_pos, limit); });
  }
  void read_user_state_key(TenantId tenant, UserId user, std::string key,
                           Callback<std::optional<UserStateRow>> done) override {
    read(std::move(done), [=](ReadTables& t) { return t.user_state_key(tenant, user, key); });
  }
  void read_audit(std::uint64_t after_number, std::uint32_t limit,
                  Callback<std::vector<AuditRow>> done) override {
    read(std::move(done), [=](ReadTables& t) { return t.audit(after_number, limit); });
  }

  void read_expired_pos(Callback<ExpiredPositions> done) override {
    read(std::move(done), [](ReadTables& t) { return t.expired_pos(); });
  }

  void backup(std::filesystem::path file, Callback<BackupReport> done) override {
    backup_->start(std::move(file), std::move(done));
  }
  StoreStatus status() const override;
  void close() override;

 private:
  template <class T, class Query>
  void read(Callback<T> done, Query query) {
    Reader* shortest = readers_.front().get();
    for (const auto& reader : readers_) {
      if (reader->waiting() < shortest->waiting()) shortest = reader.get();
    }
    shortest->submit(
        [done = std::move(done), query = std::move(query)](Result<ReadTables*> tables) mutable {
          if (!tables) return done(std::unexpected(std::move(tables).error()));
          done(query(**tables));
        });
  }

  std::optional<StateLock> lock_;  // until close()
  const std::filesystem::path file_;
  std::uint32_t epoch_ = 0;
  PublishedTail tail_;
  std::unique_ptr<Writer> writer_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::unique_ptr<Backup> backup_;
  std::atomic<bool> closed_ = false;
};

Result<> SqliteContentStore::start(const SqliteStoreOptions& options) {
  auto database = sqlite::Database::open(file_, sqlite::Access::write);
  if (!database) return std::unexpected(std::move(database).error());
  CONCLAVE_TRY(prepare_schema(*database, *options.clock));
  auto epoch = read_epoch(*database);
  if (!epoch) return std::unexpected(std::move(epoch).error());
  epoch_ = *epoch;
  auto tables = WriteTables::prepare(*database, tail_, *options.clock);
  if (!tables) return std::unexpected(std::move(tables).error());
  const std::size_t tail_entries = tables->tail().entries();
  writer_ = std::make_unique<Writer>(options, std::move(*database), std::move(*tables));
  for (unsigned i = 0; i < std::max(options.readers, 1U); ++i) {
    auto reader = ReadTables::open(file_, tail_);
    if (!reader) return std::unexpected(std::move(reader).error());
    readers_.push_back(std::make_unique<Reader>(std::move(*reader), options.read_queue_limit));
  }
  backup_ = std::make_unique<Backup>(file_, *options.clock);
  observe::info(
      "store.opened",
      {{"schema", newest_schema()}, {"epoch", epoch_}, {"journal_entries", tail_entries}});
  return {};
}

StoreStatus SqliteContentStore::status() const {
  StoreStatus status;
  const auto refusal = writer_->refusal();
  status.writable = !refusal && !closed_;
  if (closed_) status.reason = base::kShuttingDown.advice;
  if (refusal) status.reason = std::string(refusal->spec().advice) + " (" + refusal->detail() + ")";
  status.journal_commits = writer_->journal_commits();
  status.size_bytes = size_of(file_) + size_of(file_.string() + "-wal");
  status.schema = newest_schema();
  status.epoch = epoch_;
  return status;
}

void SqliteContentStore::close() {
  if (closed_.exchange(true)) return;
  // The writer's connection goes last: it alone may checkpoint.
  if (backup_) backup_->stop();
  for (const auto& reader : readers_) reader->stop();
  if (writer_) writer_->stop();
  lock_.reset();
}

}  // namespace

Result<std::unique_ptr<ContentStore>> open_sqlite_store(SqliteStoreOptions options) {
  auto lock = StateLock::take(options.folder);
  if (!lock) return std::unexpected(std::move(lock).error());
  auto store =
      std::make_unique<SqliteContentStore>(std::move(*lock), options.folder / kDatabaseName);
  if (const auto started = store->start(options); !started) {
    return std::unexpected(store_error(started.error()));
  }
  return store;
}

}  // namespace conclave::store
