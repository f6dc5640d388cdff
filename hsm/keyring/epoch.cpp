#include "hsm/api/errors.hpp"
#include "hsm/keyring/keyring.hpp"
#include "hsm/keyring/sealed_blob.hpp"

// Epoch turns: what was deleted before one cannot be opened after it, not even with an old copy of
// the keyring, because the epoch key that sealed it is destroyed.
namespace conclave::hsm::keyring {
namespace {

constexpr std::size_t kRowsAStep = 64;  // about 4 ms of the token's time

}  // namespace

Result<Keyring::Turn> Keyring::begin_turn(TenantId tenant, std::int64_t now_ms) {
  const auto row = live_tenant(tenant);
  if (!row) return std::unexpected(row.error());
  Turn turn{.tenant = tenant,
            .old_epoch = row->epoch,
            .new_epoch = row->next_epoch.value_or(row->epoch + 1)};
  const auto label = ek_label(tenant, turn.new_epoch);
  if (!token_->has(label)) {
    const auto made = token_->generate(pkcs11::TokenKey::sealing, label);
    if (!made) return std::unexpected(made.error());
    CONCLAVE_TRY(file_.note_token_key(label, now_ms));
  }
  CONCLAVE_TRY(file_.begin_turn(tenant, turn.new_epoch));
  return turn;
}

Result<std::optional<api::EpochReport>> Keyring::step_turn(Turn& turn, std::int64_t now_ms) {
  if (!turn.verifying) {
    auto rows = file_.outdated(turn.tenant, turn.new_epoch, kRowsAStep);
    if (!rows) return std::unexpected(std::move(rows).error());
    for (auto& row : *rows) {
      const auto wrapped = open_outer(row);
      if (!wrapped) return std::unexpected(wrapped.error());
      auto blob = seal_outer(row.name, turn.new_epoch, *wrapped);
      if (!blob) return std::unexpected(std::move(blob).error());
      row.blob = std::move(*blob);
      row.epoch = turn.new_epoch;
    }
    if (!rows->empty()) CONCLAVE_TRY(file_.put_parents(*rows));
    turn.resealed += rows->size();
    turn.verifying = rows->size() < kRowsAStep;
    return std::nullopt;
  }
  // Nothing is given up before every surviving blob has been read back from the file.
  const auto rows = file_.page(turn.tenant, turn.verified, kRowsAStep);
  if (!rows) return std::unexpected(rows.error());
  for (const auto& row : *rows) {
    if (row.epoch != turn.new_epoch) {
      turn.verifying = false;
      return std::nullopt;
    }
    const auto wrapped = open_outer(row);
    if (!wrapped) return std::unexpected(wrapped.error());
  }
  if (!rows->empty()) turn.verified = rows->back().name;
  if (rows->size() == kRowsAStep) return std::nullopt;
  const auto destroy_after = now_ms + options_.epoch_grace_ms;
  CONCLAVE_TRY(file_.finish_turn(turn.tenant, turn.old_epoch, turn.new_epoch, destroy_after));
  return api::EpochReport{turn.old_epoch, turn.new_epoch, turn.resealed, destroy_after};
}

Result<std::size_t> Keyring::destroy_due(std::int64_t now_ms) {
  const auto due = file_.due(now_ms);
  if (!due) return std::unexpected(due.error());
  for (const auto& old : *due) {
    CONCLAVE_TRY(token_->destroy(ek_label(old.tenant, old.epoch)));
    CONCLAVE_TRY(file_.forget_old_epoch(old));
  }
  return due->size();
}

Result<void> Keyring::destroy_tenant(TenantId tenant) {
  const auto row = live_tenant(tenant);
  if (!row) return std::unexpected(row.error());
  const auto old = file_.old_epochs(tenant);
  if (!old) return std::unexpected(old.error());
  parents_.drop_if([&](const ParentName& name, const auto&) { return name.tenant == tenant; });
  // The epoch keys first: with them gone the tenant is unreadable, whatever happens next.
  for (const auto& epoch : *old) CONCLAVE_TRY(token_->destroy(ek_label(tenant, epoch.epoch)));
  CONCLAVE_TRY(token_->destroy(ek_label(tenant, row->epoch)));
  if (row->next_epoch) CONCLAVE_TRY(token_->destroy(ek_label(tenant, *row->next_epoch)));
  CONCLAVE_TRY(token_->destroy(kek_label(tenant)));
  return file_.destroy_tenant(tenant);
}

}  // namespace conclave::hsm::keyring
