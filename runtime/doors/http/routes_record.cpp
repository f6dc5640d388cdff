#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <charconv>

#include "runtime/base/encoding.hpp"
#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/on_pool.hpp"
#include "runtime/doors/http/route.hpp"

// What was recorded: the audit trail and the log. For the provider's people only; whoever reads is
// recorded as well (requirement T-09).
namespace conclave::doors::http {

namespace {

namespace json = boost::json;

constexpr std::size_t kLogLinesMost = 1000;
constexpr std::array<std::string_view, 5> kLevels{"", "debug", "info", "warning", "error"};

Task<Result<Answer>> audit_trail(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, true));
  auto limit = page_limit(call);
  if (!limit) co_return std::unexpected(limit.error());
  std::uint64_t after = 0;
  const std::string text = call.query["after"];
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), after);
  if (!text.empty() && (bad != std::errc{} || end != text.data() + text.size())) {
    co_return fail(kParamsInvalid, "after: must be an entry's number");
  }
  auto entries = co_await context.services.trail.read(after, static_cast<std::uint32_t>(*limit));
  if (!entries) co_return std::unexpected(entries.error());
  json::array out;
  for (const auto& entry : *entries) {
    out.push_back(json::object{{"number", entry.number},
                               {"ts_ms", entry.ts_ms},
                               {"tenant", base::to_text(entry.tenant)},
                               {"chained", entry.chained},
                               {"content", entry.content}});
  }
  // Access to the trail is itself recorded (requirement T-09).
  CONCLAVE_CO_TRY(co_await context.services.writer.record(
      entry_by(call.actor, "audit.read", std::to_string(after))));
  co_return Answer{{{"entries", std::move(out)}}};
}

Task<Result<Answer>> audit_head(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, true));
  auto head = co_await context.services.trail.sign_head();
  if (!head) co_return std::unexpected(head.error());
  co_return Answer{{{"number", head->number},
                    {"chain", base::hex_encode(head->chain)},
                    {"signature", base::base64url_encode(head->signature)}}};
}

json::object log_line(const std::string& line) {
  boost::system::error_code broken;
  json::value parsed = json::parse(line, broken);
  if (broken || !parsed.is_object()) return {{"text", line}};
  return std::move(parsed.get_object());
}

Task<Result<Answer>> log_lines(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, true));
  auto limit = page_limit(call, kLogLinesMost);
  if (!limit) co_return std::unexpected(limit.error());
  observe::LogFile::Wanted wanted{call.query["level"], call.query["event"], *limit};
  if (std::ranges::find(kLevels, wanted.level) == kLevels.end()) {
    co_return fail(kParamsInvalid, "level: must be debug, info, warning or error");
  }
  const observe::LogFile* file = context.services.log;
  if (file == nullptr) co_return fail(observe::kLogElsewhere);
  // Recorded before anything is shown: a reader who is not on record sees nothing.
  audit::Entry entry = entry_by(call.actor, "log.read", file->name());
  entry.facts = {{"level", wanted.level}, {"event", wanted.event}};
  CONCLAVE_CO_TRY(co_await context.services.writer.record(std::move(entry)));
  auto lines = co_await on_pool<std::vector<std::string>>(
      context.services.files, [file, wanted] { return file->read(wanted); });
  if (!lines) co_return std::unexpected(lines.error());
  json::array out;
  for (const std::string& line : *lines) out.push_back(log_line(line));
  co_return Answer{{{"file", file->name()}, {"lines", std::move(out)}}};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/audit", Access::session, audit_trail},
    Route{"GET", "/api/v1/audit/head", Access::session, audit_head},
    Route{"GET", "/api/v1/log", Access::session, log_lines},
};

}  // namespace

std::span<const Route> record_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
