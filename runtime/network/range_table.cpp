#include "runtime/network/range_table.hpp"

#include <algorithm>
#include <queue>

namespace conclave::network {
namespace {

constexpr std::size_t kBlocks = 1U << 16U;

template <class Key>
struct Span {
  Key first;
  Key last;
  std::uint32_t value;
};

}  // namespace

struct RangeTableBuilder {
  using Wide = RangeTable::Wide;

  static std::uint32_t minus(std::uint32_t left, std::uint32_t right) { return left - right; }
  static Wide minus(const Wide& left, const Wide& right) {
    return {left.high - right.high - (left.low < right.low ? 1 : 0), left.low - right.low};
  }
  static std::uint32_t after(std::uint32_t key) { return key + 1; }
  static Wide after(const Wide& key) {
    return {key.high + (key.low == UINT64_MAX ? 1 : 0), key.low + 1};
  }

  // Goes through all places where a range begins or has ended; the smallest open one wins. Ranges
  // that have ended leave the queue when they come to its top.
  template <class Key>
  static void resolve(const std::vector<Span<Key>>& spans, std::vector<Key>& starts,
                      std::vector<std::uint32_t>& values) {
    std::vector<std::size_t> order(spans.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return spans[i].first; });
    std::vector<Key> places;
    places.reserve(2 * spans.size());
    for (const auto& span : spans) {
      places.push_back(span.first);
      if (const Key end = after(span.last); end > span.last) places.push_back(end);
    }
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());

    const auto worse = [&](std::size_t left, std::size_t right) {
      const Key of_left = minus(spans[left].last, spans[left].first);
      const Key of_right = minus(spans[right].last, spans[right].first);
      return of_left != of_right ? of_left > of_right : left < right;
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(worse)> open(worse);
    std::size_t next = 0;
    for (const Key& place : places) {
      while (next < order.size() && spans[order[next]].first == place) open.push(order[next++]);
      while (!open.empty() && spans[open.top()].last < place) open.pop();
      const std::uint32_t value = open.empty() ? RangeTable::kNone : spans[open.top()].value;
      if (values.empty() ? value == RangeTable::kNone : value == values.back()) continue;
      starts.push_back(place);
      values.push_back(value);
    }
  }
};

RangeTable::Wide RangeTable::wide(const Address& address) {
  Wide out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.high = out.high << 8U | address.octets()[i];
    out.low = out.low << 8U | address.octets()[i + 8];
  }
  return out;
}

RangeTable::RangeTable(const std::vector<Range>& ranges) {
  const Address first_v4 = Address::v4(0);
  const Address last_v4 = Address::v4(UINT32_MAX);
  std::vector<Span<std::uint32_t>> v4;
  std::vector<Span<Wide>> v6;
  for (const Range& range : ranges) {
    if (range.last < range.first) continue;
    // A range over both families counts in both.
    const bool touches_v4 = range.first <= last_v4 && range.last >= first_v4;
    if (touches_v4) {
      v4.push_back({std::max(range.first, first_v4).v4_bits(),
                    std::min(range.last, last_v4).v4_bits(), range.value});
    }
    if (range.first < first_v4 || range.last > last_v4) {
      v6.push_back({wide(range.first), wide(range.last), range.value});
    }
  }
  RangeTableBuilder::resolve(v4, v4_starts_, v4_values_);
  RangeTableBuilder::resolve(v6, v6_starts_, v6_values_);
  index_v4();
}

void RangeTable::index_v4() {
  if (v4_starts_.empty()) return;
  v4_index_.resize(kBlocks + 1);
  std::uint32_t piece = 0;
  for (std::size_t block = 0; block < kBlocks; ++block) {
    const auto begin = static_cast<std::uint32_t>(block << 16U);
    while (piece < v4_starts_.size() && v4_starts_[piece] < begin) ++piece;
    v4_index_[block] = piece == 0 ? 0 : piece - 1;
  }
  v4_index_[kBlocks] = static_cast<std::uint32_t>(v4_starts_.size() - 1);
}

std::uint32_t RangeTable::find(const Address& address) const {
  if (address.is_v4()) {
    if (v4_starts_.empty()) return kNone;
    const std::uint32_t bits = address.v4_bits();
    const std::size_t block = bits >> 16U;
    const auto from = v4_starts_.begin() + v4_index_[block];
    // The next block's entry may itself begin inside this block.
    const auto to = v4_starts_.begin() + v4_index_[block + 1] + 1;
    const auto after = std::upper_bound(from, to, bits);
    if (after == v4_starts_.begin()) return kNone;
    return v4_values_[static_cast<std::size_t>(after - v4_starts_.begin()) - 1];
  }
  const auto after = std::ranges::upper_bound(v6_starts_, wide(address));
  if (after == v6_starts_.begin()) return kNone;
  return v6_values_[static_cast<std::size_t>(after - v6_starts_.begin()) - 1];
}

}  // namespace conclave::network
