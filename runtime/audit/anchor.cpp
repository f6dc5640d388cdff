#include "runtime/audit/anchor.hpp"

#include <algorithm>

namespace conclave::audit {

Task<Result<void>> Anchor::check() {
  auto& keys = keys_;
  const auto anchor = co_await async::await_callback<hsm::api::AuditAnchor>(
      [&keys](Callback<hsm::api::AuditAnchor> done) { keys.read_anchor(std::move(done)); });
  if (!anchor) co_return std::unexpected(anchor.error());
  const std::uint64_t number = anchor->number;
  if (number == 0) co_return Result<void>{};
  const std::string where = "the token has seen entry " + std::to_string(number) +
                            ", the store ends with " + std::to_string(trail_.last_number());
  if (number > trail_.last_number()) co_return fail(kRolledBack, where);
  auto& store = store_;
  const auto rows = co_await async::await_callback<std::vector<store::AuditRow>>(
      [&store, number](Callback<std::vector<store::AuditRow>> done) {
        store.read_audit(number - 1, 1, std::move(done));
      });
  if (!rows) co_return std::unexpected(rows.error());
  const bool same = rows->size() == 1 && rows->front().number == number &&
                    std::ranges::equal(rows->front().chain, anchor->chain);
  if (!same) co_return fail(kRolledBack, where + ", and that entry is another one");
  told_ = number;
  co_return Result<void>{};
}

Task<Result<void>> Anchor::advance() {
  const hsm::api::AuditAnchor head = trail_.head();
  if (head.number <= told_) co_return Result<void>{};
  auto& keys = keys_;
  CONCLAVE_CO_TRY(co_await async::await_callback<void>(
      [&keys, head](Callback<void> done) { keys.move_anchor(head, std::move(done)); }));
  told_ = head.number;
  co_return Result<void>{};
}

}  // namespace conclave::audit
