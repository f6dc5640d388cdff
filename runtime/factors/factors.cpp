#include "runtime/factors/factors.hpp"

#include <algorithm>

#include "runtime/factors/errors.hpp"
#include "runtime/factors/records.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::factors {

using identity::Actor;
using store::RecordKind;

Factors::Factors(Parts parts) : parts_(std::move(parts)), guesses_(parts_.limits.guesses) {}

Factors::~Factors() = default;

Result<void> Factors::load(const identity::SoundRows& rows) {
  shelves_.clear();
  for (const store::Record& row : rows.of(RecordKind::factor)) {
    auto factor = decode_factor(row);
    Shelf& shelf = shelves_[{row.tenant, UserId{row.id}}];
    if (factor) {
      shelf.factors.emplace(factor->id, std::move(*factor));
    } else {
      identity::tell_row_refused(row, factor.error().text());
      shelf.damaged = true;
    }
  }
  // A factor that was changed or taken away must not make its user one without factors.
  for (const identity::UnsoundRow& row : rows.unsound(RecordKind::factor)) {
    shelves_[{row.row.tenant, UserId{row.row.id}}].damaged = true;
  }
  return {};
}

policy::Words<policy::Factor> Factors::enrolled(TenantId tenant, UserId user) const {
  policy::Words<policy::Factor> out;
  const auto shelf = shelves_.find({tenant, user});
  if (shelf == shelves_.end()) return out;
  // What the lost row was is not known; some factor there is.
  if (shelf->second.damaged) out.add(policy::Factor::totp);
  for (const auto& [id, factor] : shelf->second.factors) {
    const auto* set = std::get_if<RecoverySet>(&factor.what);
    if (set == nullptr || codes_left(*set) > 0) out.add(policy_factor(factor.kind()));
  }
  return out;
}

bool Factors::damaged(TenantId tenant, UserId user) const {
  const auto shelf = shelves_.find({tenant, user});
  return shelf != shelves_.end() && shelf->second.damaged;
}

Result<void> Factors::sound(const Owner& owner) const {
  if (damaged(owner.first, owner.second)) {
    return fail(identity::kRowRefused, "second factors of " + base::to_text(owner.second));
  }
  return {};
}

const Factor* Factors::find(const Owner& owner, FactorId id) const {
  const auto shelf = shelves_.find(owner);
  if (shelf == shelves_.end()) return nullptr;
  const auto factor = shelf->second.factors.find(id);
  return factor == shelf->second.factors.end() ? nullptr : &factor->second;
}

bool Factors::registered(const Bytes& credential) const {
  return std::ranges::any_of(shelves_, [&](const auto& shelf) {
    return std::ranges::any_of(shelf.second.factors, [&](const auto& each) {
      const auto* key = std::get_if<WebAuthn>(&each.second.what);
      return key != nullptr && key->credential.credential == credential;
    });
  });
}

std::int64_t Factors::count(const Owner& owner) const {
  const auto shelf = shelves_.find(owner);
  if (shelf == shelves_.end()) return 0;
  return std::ranges::count_if(
      shelf->second.factors, [](const auto& each) { return each.second.kind() != Kind::recovery; });
}

Task<Result<void>> Factors::store(Factor factor, audit::Entry entry) {
  std::vector<store::Record> rows;
  rows.push_back(encode(factor));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  const FactorId id = factor.id;
  shelves_[{factor.tenant, factor.user}].factors.insert_or_assign(id, std::move(factor));
  co_return Result<void>{};
}

Task<Result<std::vector<Bytes>>> Factors::open(std::vector<hsm::api::RowItem> rows) {
  if (rows.empty()) co_return std::vector<Bytes>{};
  auto& keys = parts_.keys;
  const std::size_t wanted = rows.size();
  auto opened = co_await async::await_callback<std::vector<Result<Bytes>>>(
      [&keys, &rows](Callback<std::vector<Result<Bytes>>> done) {
        keys.open_rows(std::move(rows), std::move(done));
      });
  if (!opened) co_return std::unexpected(opened.error());
  if (opened->size() != wanted) co_return fail(base::kInternal, "opened rows");
  std::vector<Bytes> out;
  for (auto& item : *opened) {
    if (!item) co_return std::unexpected(item.error());
    out.push_back(std::move(*item));
  }
  co_return out;
}

Task<Result<std::vector<FactorView>>> Factors::list(Actor actor) {
  const Owner owner{actor.tenant, actor.user};
  CONCLAVE_CO_TRY(sound(owner));
  std::vector<FactorView> out;
  std::vector<hsm::api::RowItem> labels;
  const auto shelf = shelves_.find(owner);
  if (shelf == shelves_.end()) co_return out;
  for (const auto& [id, factor] : shelf->second.factors) {
    FactorView view;
    view.id = id;
    view.kind = factor.kind();
    view.created_ms = factor.created_ms;
    view.used_ms = factor.used_ms;
    if (const auto* set = std::get_if<RecoverySet>(&factor.what))
      view.codes_left = codes_left(*set);
    if (const auto* key = std::get_if<WebAuthn>(&factor.what)) {
      view.attested = key->attestation == Attestation::self;
    }
    out.push_back(std::move(view));
    if (factor.label.sealed.empty()) continue;
    labels.push_back({owner.first, owner.second, "factor", base::to_text(id), "label",
                      factor.label.version, factor.label.sealed});
  }
  std::vector<std::string> ids;
  for (const auto& row : labels) ids.push_back(row.row_id);
  auto opened = co_await open(std::move(labels));
  if (!opened) co_return std::unexpected(opened.error());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto view = std::ranges::find(
        out, ids[i], [](const FactorView& each) { return base::to_text(each.id); });
    if (view != out.end()) view->label = std::string(base::as_text((*opened)[i]));
  }
  std::ranges::sort(out, {}, &FactorView::created_ms);
  co_return out;
}

Task<Result<void>> Factors::remove(Actor actor, FactorId id, FreshProof proof) {
  const Owner owner{actor.tenant, actor.user};
  CONCLAVE_CO_TRY(sound(owner));
  if (find(owner, id) == nullptr) co_return fail(kFactorNotFound);
  CONCLAVE_CO_TRY(co_await prove(actor, std::move(proof)));
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Factor* found = find(owner, id);
  if (found == nullptr) co_return fail(kFactorNotFound);
  audit::Entry entry{actor.tenant,
                     actor.user,
                     actor.tenant,
                     actor.device,
                     "factor.removed",
                     base::to_text(id),
                     {{"kind", std::string(to_text(found->kind()))}}};
  store::Transaction more;
  more.push_back(
      store::DeleteRecord{RecordKind::factor, owner.first, owner.second.value, id.value});
  CONCLAVE_CO_TRY(co_await parts_.writer.write({}, std::move(more), std::move(entry)));
  shelves_[owner].factors.erase(id);
  co_return Result<void>{};
}

void Factors::take_along(TenantId tenant, UserId user, store::Transaction* more) const {
  const auto shelf = shelves_.find({tenant, user});
  if (shelf == shelves_.end()) return;
  for (const auto& [id, factor] : shelf->second.factors) {
    more->push_back(store::DeleteRecord{RecordKind::factor, tenant, user.value, id.value});
  }
}

void Factors::gone(TenantId tenant, UserId user) {
  shelves_.erase({tenant, user});
  waiting_.erase({tenant, user});
  asked_.erase({tenant, user});
}

void Factors::tidy() {
  const std::int64_t now_ms = parts_.clock.monotonic_ms();
  std::erase_if(waiting_, [&](const auto& each) { return each.second.expires_ms <= now_ms; });
  for (auto& [owner, list] : asked_) {
    std::erase_if(list, [&](const Asked& each) { return each.expires_ms <= now_ms; });
  }
  std::erase_if(asked_, [](const auto& each) { return each.second.empty(); });
  const auto soonest = [](const auto& each) { return each.second.expires_ms; };
  while (waiting_.size() >= parts_.limits.waiting) {
    waiting_.erase(std::ranges::min_element(waiting_, {}, soonest));
  }
  const auto oldest = [](const auto& each) { return each.second.front().expires_ms; };
  while (asked_.size() >= parts_.limits.waiting) {
    asked_.erase(std::ranges::min_element(asked_, {}, oldest));
  }
}

}  // namespace conclave::factors
