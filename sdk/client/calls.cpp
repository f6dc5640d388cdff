#include "sdk/client/calls.hpp"

#include <boost/json/serialize.hpp>
#include <utility>
#include <vector>

#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

namespace json = boost::json;

std::string_view text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->as_string().data(), value->as_string().size()};
}

std::int64_t number(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

Error to_error(const json::object& object) {
  const auto* found = object.if_contains("data");
  const json::object empty;
  const json::object& data = found != nullptr && found->is_object() ? found->as_object() : empty;
  std::string detail(text(data, "detail"));
  if (const auto path = text(data, "path"); !path.empty()) {
    detail = std::string(path) + (detail.empty() ? "" : ": " + detail);
  }
  json::object members = data;
  for (const char* known : {"reason", "advice", "detail", "path", "retry_after_ms"}) {
    members.erase(known);
  }
  Error error =
      server_error(static_cast<int>(number(object, "code")), text(data, "reason"),
                   text(data, "advice"), std::move(detail), number(data, "retry_after_ms"));
  if (members.empty()) return error;
  const std::string all = json::serialize(members);
  return std::move(error).with_members(all.substr(1, all.size() - 2));
}

}  // namespace

std::string Calls::begin(std::string_view method, const json::object& params,
                         std::int64_t deadline_ms, Answer answer) {
  const std::int64_t id = next_id_++;
  waiting_.emplace(id, Waiting{deadline_ms, std::move(answer)});
  return json::serialize(
      json::object{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
}

bool Calls::answered(const json::object& frame) {
  const auto* id = frame.if_contains("id");
  if (id == nullptr || !id->is_int64()) return false;
  const auto* result = frame.if_contains("result");
  const auto* error = frame.if_contains("error");
  const bool good = result != nullptr && result->is_object();
  if (!good && (error == nullptr || !error->is_object())) return false;
  auto found = waiting_.extract(id->as_int64());
  if (found.empty()) return true;
  auto answer = std::move(found.mapped().answer);
  if (good) {
    answer(result->as_object());
  } else {
    answer(std::unexpected(to_error(error->as_object())));
  }
  return true;
}

void Calls::expire(std::int64_t now_ms) {
  std::vector<Answer> overdue;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (at->second.deadline_ms > now_ms) {
      ++at;
      continue;
    }
    overdue.push_back(std::move(at->second.answer));
    at = waiting_.erase(at);
  }
  for (auto& answer : overdue) answer(fail(kCallTimeout));
}

void Calls::fail_all(const Error& error) {
  auto failed = std::exchange(waiting_, {});
  for (auto& [id, waiting] : failed) waiting.answer(std::unexpected(error));
}

}  // namespace conclave::client
