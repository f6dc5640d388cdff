#include "runtime/doors/http/http_door.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "runtime/admission/errors.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/guard.hpp"
#include "runtime/doors/http/openapi.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::doors::http {

namespace {

const std::vector<Route>& routes() {
  static const std::vector<Route> kRoutes = all_routes();
  return kRoutes;
}

identity::ConnectionFacts facts_of(const wire::Peer& peer) {
  return {.address = peer.address,
          .tls = peer.tls,
          .loopback = peer.loopback && !peer.tls,
          .tls_exporter = peer.tls_exporter,
          .origin = peer.origin,
          .host = peer.host,
          .web_socket = false,
          .client = network::Address::parse(peer.address),
          .path = peer.path,
          .certificates = peer.certificates};
}

Result<boost::json::object> parse_body(const std::string& text) {
  if (text.empty()) return boost::json::object{};
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error) return fail(kBodyInvalid, error.message());
  if (!value.is_object()) return fail(kBodyInvalid, "not an object");
  return std::move(value.as_object());
}

}  // namespace

HttpDoor::HttpDoor(Parts parts)
    : parts_(std::move(parts)),
      guard_(std::make_unique<Guard>(parts_.services, parts_.limits)),
      tasks_(parts_.shard),
      requests_(parts_.metrics.counter("conclave_http_requests_total",
                                       "Requests of the management API.")),
      shed_(parts_.metrics.counter("conclave_http_requests_shed_total",
                                   "Requests refused because too many were in flight.")) {}

HttpDoor::~HttpDoor() = default;

void HttpDoor::close(std::function<void()> drained) {
  tasks_.close(std::move(drained));
}

wire::HttpResponse HttpDoor::readiness() const {
  boost::json::object checks;
  bool ready = started_ && !draining_;
  for (const ReadyCheck& check : parts_.checks) {
    const auto result = check.check();
    if (result) {
      checks[check.name] = "ok";
    } else {
      ready = ready && check.told;
      checks[check.name] = result.error().text();
    }
  }
  boost::json::object body{{"ready", ready}, {"draining", draining_.load()}};
  if (!ready) {
    body["reason"] = kNotReady.reason;
    body["advice"] = kNotReady.advice;
  }
  body["checks"] = std::move(checks);
  return json_response(ready ? 200 : 503, body);
}

bool HttpDoor::answer_probe(const wire::HttpRequest& request, wire::HttpReply& reply) const {
  if (request.method != "GET") return false;
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  if (path == "/livez") {
    reply(json_response(200, {{"live", true}}));
  } else if (path == "/startupz") {
    reply(json_response(started_ ? 200 : 503, {{"started", started_.load()}}));
  } else if (path == "/readyz") {
    reply(readiness());
  } else if (path == "/openapi.json") {
    wire::HttpResponse out;
    out.body = std::string(openapi_text());
    reply(std::move(out));
  } else if (path == "/metrics") {
    if (!request.peer.loopback) {
      reply(error_response(Error(kLoopbackOnly)));
      return true;
    }
    wire::HttpResponse out;
    out.content_type = "text/plain; version=0.0.4; charset=utf-8";
    out.body = parts_.metrics.exposition();
    reply(std::move(out));
  } else {
    return false;
  }
  return true;
}

void HttpDoor::handle(wire::HttpRequest request, wire::HttpReply reply) {
  if (answer_probe(request, reply)) return;
  const std::size_t others = in_flight_.fetch_add(1);
  if (!started_ || others >= parts_.limits.in_flight) {
    in_flight_.fetch_sub(1);
    shed_.add();
    reply(error_response(Error(kOverloaded).retry_after(1'000)));
    return;
  }
  boost::asio::post(parts_.shard,
                    [this, request = std::move(request), reply = std::move(reply)]() mutable {
                      // The request's coroutine owns the reply from here on; a refused spawn means
                      // that we are closing.
                      auto held = std::make_shared<wire::HttpReply>(std::move(reply));
                      if (!tasks_.spawn(serve(std::move(request), held))) {
                        in_flight_.fetch_sub(1);
                        (*held)(error_response(Error(base::kShuttingDown)));
                      }
                    });
}

Task<void> HttpDoor::serve(wire::HttpRequest request, std::shared_ptr<wire::HttpReply> reply) {
  requests_.add();
  wire::HttpResponse response = co_await respond(std::move(request));
  in_flight_.fetch_sub(1);
  (*reply)(std::move(response));
}

Result<void> HttpDoor::within_restriction(const identity::Actor& actor,
                                          std::string_view like) const {
  if (!actor.restricted) return {};
  const identity::Session* session = parts_.services.sessions.find(actor.session);
  if (session == nullptr) return fail(identity::kSessionEnded);
  if (!session->restriction || std::ranges::binary_search(session->restriction->methods, like)) {
    return {};
  }
  return std::unexpected(
      Error(admission::kSessionRestricted).with_members(session->restriction->members));
}

Task<wire::HttpResponse> HttpDoor::respond(wire::HttpRequest request) {
  auto target = parse_target(request.target);
  if (!target) co_return error_response(target.error());
  Match found = match(routes(), request.method, target->path);
  if (found.route == nullptr) {
    co_return error_response(found.other_method ? Error(kMethodNotAllowed) : Error(kNoSuchPath));
  }
  Call call;
  if (found.route->access == Access::open) {
    if (auto admitted = guard_->admit_address(request.peer.address); !admitted) {
      co_return error_response(admitted.error());
    }
  } else {
    auto actor = guard_->authenticate(request);
    if (!actor) co_return error_response(actor.error());
    call.actor = *actor;
    if (auto allowed = within_restriction(*actor, found.route->like); !allowed) {
      co_return error_response(allowed.error());
    }
  }
  auto body = parse_body(request.body);
  base::wipe(request.body);  // may hold a password
  if (!body) co_return error_response(body.error());
  call.path = std::move(found.path);
  call.query = std::move(target->query);
  call.body = std::move(*body);
  call.facts = facts_of(request.peer);
  auto answer =
      co_await found.route->handler(Context{parts_.services, parts_.facts}, std::move(call));
  if (!answer) {
    if (answer.error().kind() == ErrorKind::internal) {
      observe::error("http.request_failed",
                     {{"pattern", found.route->pattern}, {"error", answer.error()}});
    }
    co_return error_response(answer.error());
  }
  co_return json_response(answer->status, answer->body);
}

}  // namespace conclave::doors::http
