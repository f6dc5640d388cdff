#include "runtime/rules/opened.hpp"

#include <iterator>

namespace conclave::rules {

namespace {

constexpr std::size_t kBytesAtOnce = 1024 * 1024;  // well below one request to keyd

// How many rows from `first` on go into one request.
std::size_t batch_at(const std::vector<hsm::api::RowItem>& items, std::size_t first) {
  std::size_t bytes = 0;
  std::size_t last = first;
  for (; last < items.size() && bytes < kBytesAtOnce; ++last) bytes += items[last].content.size();
  return last - first;
}

}  // namespace

Task<Result<std::vector<Result<Bytes>>>> open_rows(hsm::api::KeyService& keys,
                                                   std::vector<hsm::api::RowItem> items) {
  std::vector<Result<Bytes>> out;
  while (out.size() < items.size()) {
    const std::size_t count = batch_at(items, out.size());
    const auto first = items.begin() + static_cast<std::ptrdiff_t>(out.size());
    std::vector<hsm::api::RowItem> batch(
        std::make_move_iterator(first),
        std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
    auto opened = co_await async::await_callback<std::vector<Result<Bytes>>>(
        [&keys, &batch](Callback<std::vector<Result<Bytes>>> done) {
          keys.open_rows(std::move(batch), std::move(done));
        });
    if (!opened) co_return std::unexpected(std::move(opened).error());
    if (opened->size() != count) co_return fail(base::kInternal, "opened rows");
    std::ranges::move(*opened, std::back_inserter(out));
  }
  co_return out;
}

}  // namespace conclave::rules
