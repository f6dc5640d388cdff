#include "runtime/doors/http/route.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "runtime/base/encoding.hpp"
#include "runtime/doors/http/errors.hpp"

namespace conclave::doors::http {

namespace {

constexpr std::size_t kPage = 100;

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t slash = std::min(path.find('/'), path.size());
    out.push_back(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  return out;
}

std::optional<std::vector<std::string>> fits(std::string_view pattern, std::string_view path) {
  const auto wanted = segments(pattern);
  const auto given = segments(path);
  if (wanted.size() != given.size()) return std::nullopt;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{')) {
      if (given[i].empty()) return std::nullopt;
      out.emplace_back(given[i]);
    } else if (wanted[i] != given[i]) {
      return std::nullopt;
    }
  }
  return out;
}

Result<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      // Two digits must follow; a shorter rest fails to decode.
      std::string digits(text.substr(i + 1, 2));
      std::ranges::transform(digits, digits.begin(), [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      const auto byte = base::hex_decode(digits);
      if (!byte || byte->size() != 1) {
        return fail(kParamsInvalid, "broken escape in the address");
      }
      out.push_back(static_cast<char>(byte->front()));
      i += 2;
    }
  }
  if (!base::is_utf8(out)) return fail(kParamsInvalid, "address is not UTF-8");
  return out;
}

}  // namespace

std::vector<Route> all_routes() {
  std::vector<Route> out;
  for (const auto part : {session_routes(), tenant_routes(), user_routes(), group_routes(),
                          policy_routes(), change_routes(), authority_routes(), factor_routes(),
                          order_routes(), system_routes(), record_routes(), location_routes()}) {
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

Match match(const std::vector<Route>& routes, std::string_view method, std::string_view path) {
  Match out;
  for (const Route& route : routes) {
    auto values = fits(route.pattern, path);
    if (!values) continue;
    if (route.method != method) {
      out.other_method = true;
      continue;
    }
    out.route = &route;
    out.path = std::move(*values);
    return out;
  }
  return out;
}

Result<Target> parse_target(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  if (!target.starts_with('/')) return fail(kParamsInvalid, "address");
  auto path = decoded(target.substr(0, mark));
  if (!path) return std::unexpected(path.error());
  Target out{std::move(*path), {}};
  std::string_view rest = mark == target.size() ? std::string_view{} : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, equals));
    auto value = decoded(equals == pair.size() ? std::string_view{} : pair.substr(equals + 1));
    if (!name || !value) return fail(kParamsInvalid, "broken escape in the address");
    out.query[*std::move(name)] = *std::move(value);
  }
  return out;
}

Result<std::size_t> page_limit(const Call& call, std::size_t most) {
  const auto given = call.query.find("limit");
  if (given == call.query.end()) return kPage;
  const std::string& text = given->second;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > most) {
    return fail(kParamsInvalid, "limit: must be 1 to " + std::to_string(most));
  }
  return value;
}

audit::Entry entry_by(const identity::Actor& by, std::string action, std::string subject) {
  return {by.tenant, by.user, by.tenant, by.device, std::move(action), std::move(subject), {}};
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::unauthenticated:
      return 401;
    case ErrorKind::denied:
      return 403;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::limited:
      return 429;
    case ErrorKind::unavailable:
      return 503;
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

wire::HttpResponse json_response(int status, const boost::json::object& body) {
  wire::HttpResponse out;
  out.status = status;
  out.headers.emplace_back("Cache-Control", "no-store");
  out.body = boost::json::serialize(body);
  return out;
}

wire::HttpResponse error_response(const Error& error) {
  boost::json::object body{{"reason", error.reason()}, {"advice", error.spec().advice}};
  // What broke inside is for the log; the caller cannot use it.
  const bool tell = error.kind() != ErrorKind::internal;
  if (tell && !error.detail().empty()) body["detail"] = error.detail();
  if (error.retry_after_ms() > 0) body["retry_after_ms"] = error.retry_after_ms();
  if (!error.members().empty()) {
    const std::string text = "{" + std::string(error.members()) + "}";
    for (const auto& member : boost::json::parse(text).as_object()) {
      body[member.key()] = member.value();
    }
  }
  const int status = error.is(kMethodNotAllowed) ? 405 : status_of(error.kind());
  wire::HttpResponse out = json_response(status, body);
  if (error.retry_after_ms() > 0) {
    out.headers.emplace_back("Retry-After", std::to_string((error.retry_after_ms() + 999) / 1000));
  }
  return out;
}

}  // namespace conclave::doors::http
