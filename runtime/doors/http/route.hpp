#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/doors/http/http_door.hpp"

namespace conclave::doors::http {

// One request, signed in (where the route asks for it) and parsed.
struct Call {
  identity::Actor actor;
  std::vector<std::string> path;  // what stands for the {names} of the pattern
  std::map<std::string, std::string> query;
  boost::json::object body;
  identity::ConnectionFacts facts;
};

struct Answer {
  boost::json::object body;
  int status = 200;
};

// References to what lives as long as the door.
struct Context {
  Services services;
  const ServerFacts& facts;
};

using Handler = Task<Result<Answer>> (*)(Context context, Call call);

enum class Access {
  open,     // no token: sign-in and set-up, limited by address
  session,  // access token and proof
};

struct Route {
  std::string_view method;
  std::string_view pattern;  // "/api/v1/tenants/{tenant}"
  Access access = Access::session;
  Handler handler = nullptr;
  // The method of the native protocol that it equals: a session that the tenant's rules restrict to
  // some methods may call it with them. Empty: a restricted session may not.
  std::string_view like = {};
};

// All routes, in one list; each file of handlers contributes its own.
[[nodiscard]] std::vector<Route> all_routes();
[[nodiscard]] std::span<const Route> session_routes();
[[nodiscard]] std::span<const Route> tenant_routes();
[[nodiscard]] std::span<const Route> user_routes();
[[nodiscard]] std::span<const Route> group_routes();
[[nodiscard]] std::span<const Route> policy_routes();
[[nodiscard]] std::span<const Route> change_routes();
[[nodiscard]] std::span<const Route> authority_routes();
[[nodiscard]] std::span<const Route> order_routes();
[[nodiscard]] std::span<const Route> system_routes();
[[nodiscard]] std::span<const Route> record_routes();
[[nodiscard]] std::span<const Route> location_routes();
[[nodiscard]] std::span<const Route> factor_routes();

struct Match {
  const Route* route = nullptr;
  std::vector<std::string> path;
  bool other_method = false;  // the path exists, with other methods
};
[[nodiscard]] Match match(const std::vector<Route>& routes, std::string_view method,
                          std::string_view path);

struct Target {
  std::string path;
  std::map<std::string, std::string> query;
};
// Splits and decodes a request target; kParamsInvalid on broken escapes.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

// "limit" of a query, 1 to `most`, 100 when absent.
[[nodiscard]] Result<std::size_t> page_limit(const Call& call, std::size_t most = 200);

// For the installation's trail: `by` did `action` to `subject`.
[[nodiscard]] audit::Entry entry_by(const identity::Actor& by, std::string action,
                                    std::string subject);

[[nodiscard]] wire::HttpResponse json_response(int status, const boost::json::object& body);
[[nodiscard]] wire::HttpResponse error_response(const Error& error);
[[nodiscard]] int status_of(ErrorKind kind);

}  // namespace conclave::doors::http
