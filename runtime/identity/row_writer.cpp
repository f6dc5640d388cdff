#include "runtime/identity/row_writer.hpp"

#include <utility>

#include "runtime/identity/errors.hpp"

namespace conclave::identity {

struct Gate::State {
  bool taken = false;
  std::deque<Callback<Pass>> waiting;
};

Gate::Gate(std::size_t limit) : limit_(limit), state_(std::make_shared<State>()) {}

Gate::Pass::~Pass() {
  if (!state_) return;
  if (state_->waiting.empty()) {
    state_->taken = false;
    return;
  }
  Callback<Pass> next = std::move(state_->waiting.front());
  state_->waiting.pop_front();
  next(Pass(std::move(state_)));
}

Task<Result<Gate::Pass>> Gate::enter() {
  if (!state_->taken) {
    state_->taken = true;
    co_return Pass(state_);
  }
  if (state_->waiting.size() >= limit_) co_return fail(kChangesBusy);
  State& state = *state_;
  co_return co_await async::await_callback<Pass>(
      [&state](Callback<Pass> done) { state.waiting.push_back(std::move(done)); });
}

namespace {

// What the trail remembers of the rows that a transaction writes and takes away.
std::vector<audit::RowState> states_of(const std::vector<store::Record>& rows,
                                       const store::Transaction& more) {
  std::vector<audit::RowState> out;
  for (const auto& row : rows) {
    out.push_back({static_cast<std::uint8_t>(row.kind), row.tenant, row.id, row.sub, row.version});
  }
  for (const auto& write : more) {
    if (const auto* gone = std::get_if<store::DeleteRecord>(&write)) {
      out.push_back({static_cast<std::uint8_t>(gone->kind), gone->tenant, gone->id, gone->sub, 0});
    }
    if (const auto* tenant = std::get_if<store::DeleteTenant>(&write)) {
      const auto kind = static_cast<std::uint8_t>(store::RecordKind::tenant);
      out.push_back({kind, tenant->tenant, tenant->tenant.value, 0, 0});
    }
  }
  return out;
}

}  // namespace

Task<Result<void>> RowWriter::add_macs(std::vector<store::Record>* rows) {
  if (rows->empty()) co_return Result<void>{};
  std::vector<Bytes> contents;
  for (const auto& row : *rows) contents.push_back(row.content);
  auto& keys = keys_;
  auto macs = co_await async::await_callback<std::vector<Bytes>>(
      [&keys, &contents](Callback<std::vector<Bytes>> done) {
        keys.mac_rows(std::move(contents), std::move(done));
      });
  if (!macs) co_return std::unexpected(macs.error());
  if (macs->size() != rows->size()) co_return fail(base::kInternal, "MACs");
  for (std::size_t i = 0; i < rows->size(); ++i) (*rows)[i].mac = std::move((*macs)[i]);
  co_return Result<void>{};
}

Task<Result<void>> RowWriter::write(std::vector<store::Record> rows, store::Transaction more,
                                    audit::Entry entry) {
  CONCLAVE_CO_TRY(usable());
  CONCLAVE_CO_TRY(co_await add_macs(&rows));
  entry.rows = states_of(rows, more);
  auto trace = co_await audit_.append(std::move(entry));
  if (!trace) co_return std::unexpected(trace.error());
  store::Transaction transaction;
  for (auto& row : rows) transaction.push_back(store::PutRecord{std::move(row)});
  for (auto& write : more) transaction.push_back(std::move(write));
  transaction.push_back(*trace);
  auto& store = store_;
  auto stored = co_await async::await_callback<void>([&store, &transaction](Callback<void> done) {
    store.commit(std::move(transaction), std::move(done));
  });
  audit_.settled(*trace, stored.has_value());
  co_return stored;
}

Task<Result<void>> RowWriter::write_quietly(std::vector<store::Record> rows) {
  CONCLAVE_CO_TRY(usable());
  CONCLAVE_CO_TRY(co_await add_macs(&rows));
  store::Transaction transaction;
  for (auto& row : rows) transaction.push_back(store::PutRecord{std::move(row)});
  auto& store = store_;
  co_return co_await async::await_callback<void>([&store, &transaction](Callback<void> done) {
    store.commit(std::move(transaction), std::move(done));
  });
}

Task<Result<void>> RowWriter::record(audit::Entry entry) {
  auto pass = co_await enter();
  if (!pass) co_return std::unexpected(pass.error());
  co_return co_await write({}, {}, std::move(entry));
}

Task<Result<SealedText>> RowWriter::seal(TenantId tenant, UserId user, std::string table,
                                         std::string row_id, std::string column,
                                         std::uint64_t version, std::string text) {
  if (text.empty()) co_return SealedText{};
  std::vector<hsm::api::RowItem> items;
  items.push_back({tenant, user, std::move(table), std::move(row_id), std::move(column), version,
                   base::to_bytes(text)});
  auto& keys = keys_;
  auto sealed = co_await async::await_callback<std::vector<Bytes>>(
      [&keys, &items](Callback<std::vector<Bytes>> done) {
        keys.seal_rows(std::move(items), std::move(done));
      });
  if (!sealed) co_return std::unexpected(sealed.error());
  if (sealed->size() != 1) co_return fail(base::kInternal, "sealed rows");
  co_return SealedText{version, std::move(sealed->front())};
}

}  // namespace conclave::identity
