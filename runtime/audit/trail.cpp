#include "runtime/audit/trail.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "runtime/observe/log.hpp"

namespace conclave::audit {

namespace {

std::string content_of(const Entry& entry) {
  boost::json::object out;
  out["action"] = entry.action;
  out["subject"] = entry.subject;
  if (entry.by) {
    out["by"] = base::to_text(entry.by);
    out["by_tenant"] = base::to_text(entry.by_tenant);
  }
  if (entry.device) out["device"] = base::to_text(entry.device);
  boost::json::object facts;
  for (const auto& [name, value] : entry.facts) facts[name] = value;
  if (!facts.empty()) out["facts"] = std::move(facts);
  boost::json::array rows;
  for (const RowState& row : entry.rows) {
    rows.push_back(boost::json::array{row.kind, row.tenant.value, row.id, row.sub, row.version});
  }
  if (!rows.empty()) out["rows"] = std::move(rows);
  return boost::json::serialize(out);
}

Bytes chain_value(ByteView previous, const store::AuditRow& row) {
  base::ByteWriter out;
  out.run(previous).u64(row.number).i64(row.ts_ms).u64(row.tenant.value).run(row.content_sealed);
  const auto digest = base::sha256(out.bytes());
  return {digest.begin(), digest.end()};
}

hsm::api::RowItem row_item(TenantId tenant, std::uint64_t number, Bytes content) {
  return {tenant, kSystemAuthor, "audit", std::to_string(number), "content", 1, std::move(content)};
}

constexpr std::string_view kAccepted = "audit.accepted";
constexpr std::string_view kEntries = "entries";

// The numbers that an entry of kAccepted names.
std::vector<std::uint64_t> accepted_by(const boost::json::object& entry) {
  std::vector<std::uint64_t> out;
  const auto* action = entry.if_contains("action");
  const auto* facts = entry.if_contains("facts");
  const bool accepts = action != nullptr && action->is_string() &&
                       std::string_view(action->as_string()) == kAccepted;
  if (!accepts || facts == nullptr || !facts->is_object()) return out;
  const auto* entries = facts->as_object().if_contains(kEntries);
  if (entries == nullptr || !entries->is_string()) return out;
  const std::string_view text = entries->as_string();
  for (const char* at = text.data(); at < text.data() + text.size();) {
    std::uint64_t number = 0;
    const auto [end, bad] = std::from_chars(at, text.data() + text.size(), number);
    if (bad != std::errc{}) break;
    out.push_back(number);
    at = end + 1;
  }
  return out;
}

// The rows of an entry and the broken ones that it accepts; false when the text is not what
// content_of() makes.
bool read_entry(const std::string& content, std::vector<RowState>* out,
                std::vector<BrokenEntry>* broken) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(content, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return false;
  for (const std::uint64_t number : accepted_by(*object)) {
    std::erase_if(*broken, [&](const BrokenEntry& each) { return each.number == number; });
  }
  const auto* rows = object->if_contains("rows");
  if (rows == nullptr) return true;
  if (!rows->is_array()) return false;
  for (const auto& item : rows->as_array()) {
    const auto* fields = item.if_array();
    if (fields == nullptr || fields->size() != 5) return false;
    std::array<std::uint64_t, 5> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = (*fields)[i].to_number<std::uint64_t>(error);
      if (error) return false;
    }
    out->push_back({static_cast<std::uint8_t>(numbers[0]), TenantId{numbers[1]}, numbers[2],
                    numbers[3], numbers[4]});
  }
  return true;
}

}  // namespace

void Trail::load(std::uint64_t last_number, Bytes last_chain) {
  if (last_number < last_number_) return;  // a start that is repeated: rows were added since
  last_number_ = last_number;
  last_chain_ = std::move(last_chain);
}

Task<Result<store::AppendAudit>> Trail::append(Entry entry) {
  store::AppendAudit out;
  out.row.number = last_number_ + 1;
  out.row.ts_ms = clock_.utc_ms();
  out.row.tenant = entry.tenant ? entry.tenant : installation_;
  auto& keys = keys_;
  std::vector<hsm::api::RowItem> items;
  items.push_back(row_item(out.row.tenant, out.row.number, base::to_bytes(content_of(entry))));
  auto sealed = co_await async::await_callback<std::vector<Bytes>>(
      [&keys, &items](Callback<std::vector<Bytes>> done) {
        keys.seal_rows(std::move(items), std::move(done));
      });
  if (!sealed) co_return std::unexpected(sealed.error());
  if (sealed->size() != 1) co_return fail(base::kInternal, "audit row");
  out.row.content_sealed = std::move(sealed->front());
  out.row.chain = chain_value(last_chain_, out.row);
  co_return out;
}

void Trail::settled(const store::AppendAudit& row, bool stored) {
  if (!stored) return;
  last_number_ = row.row.number;
  last_chain_ = row.row.chain;
}

Task<Result<std::vector<ReadEntry>>> Trail::read(std::uint64_t after_number, std::uint32_t limit) {
  constexpr std::uint32_t kPage = 200;
  const std::uint32_t count = std::min(limit, kPage);
  // One row more in front, whose chain value the first one must follow from.
  const std::uint64_t from = after_number == 0 ? 0 : after_number - 1;
  auto& store = store_;
  auto rows = co_await async::await_callback<std::vector<store::AuditRow>>(
      [&](Callback<std::vector<store::AuditRow>> done) {
        store.read_audit(from, count + (after_number == 0 ? 0 : 1), std::move(done));
      });
  if (!rows) co_return std::unexpected(rows.error());
  std::vector<ReadEntry> out;
  std::vector<hsm::api::RowItem> items;
  Bytes previous;
  for (const auto& row : *rows) {
    const bool chained = chain_value(previous, row) == row.chain;
    previous = row.chain;
    if (row.number <= after_number) continue;
    out.push_back({row.number, row.ts_ms, row.tenant, {}, chained});
    items.push_back(row_item(row.tenant, row.number, row.content_sealed));
  }
  auto& keys = keys_;
  auto opened = co_await async::await_callback<std::vector<Result<Bytes>>>(
      [&](Callback<std::vector<Result<Bytes>>> done) {
        keys.open_rows(std::move(items), std::move(done));
      });
  if (!opened) co_return std::unexpected(opened.error());
  for (std::size_t i = 0; i < out.size() && i < opened->size(); ++i) {
    if ((*opened)[i]) out[i].content = std::string(base::as_text(*(*opened)[i]));
  }
  co_return out;
}

Task<Result<std::vector<RowState>>> Trail::row_states() {
  constexpr std::uint32_t kPage = 200;
  std::vector<RowState> out;
  broken_.clear();
  std::uint64_t after = 0;
  for (;;) {
    auto page = co_await read(after, kPage);
    if (!page) co_return std::unexpected(page.error());
    if (page->empty()) break;
    for (const ReadEntry& entry : *page) {
      if (entry.chained && read_entry(entry.content, &out, &broken_)) continue;
      broken_.push_back({entry.number, entry.tenant, entry.chained});
    }
    after = page->back().number;
  }
  for (const BrokenEntry& each : broken_) {
    observe::error("alarm.audit_entry_broken",
                   {{"number", each.number}, {"chained", each.chained}});
  }
  co_return out;
}

Entry Trail::acceptance() const {
  Entry out;
  out.action = kAccepted;
  std::string numbers;
  for (const BrokenEntry& each : broken_) {
    if (!numbers.empty()) numbers += ' ';
    numbers += std::to_string(each.number);
  }
  out.facts.emplace_back(kEntries, std::move(numbers));
  return out;
}

hsm::api::AuditAnchor Trail::head() const {
  hsm::api::AuditAnchor out{last_number_, {}};
  if (last_chain_.size() == out.chain.size()) std::ranges::copy(last_chain_, out.chain.begin());
  return out;
}

Task<Result<Trail::SignedHead>> Trail::sign_head() {
  SignedHead out{last_number_, last_chain_, {}};
  const base::Sha256 head = this->head().chain;
  auto& keys = keys_;
  auto signature = co_await async::await_callback<Bytes>(
      [&keys, head](Callback<Bytes> done) { keys.sign_audit_head(head, std::move(done)); });
  if (!signature) co_return std::unexpected(signature.error());
  out.signature = std::move(*signature);
  co_return out;
}

}  // namespace conclave::audit
