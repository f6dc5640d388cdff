#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/wire/http_reader.hpp"
#include "runtime/wire/link.hpp"
#include "runtime/wire/websocket_handshake.hpp"
#include "runtime/wire/websocket_session.hpp"

namespace conclave::wire {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;

constexpr std::size_t kReadBytes = 4 * 1024;
constexpr std::size_t kSlowestBodyBytesPerMs = 8;
constexpr std::chrono::seconds kDoorAnswers{60};
constexpr std::string_view kUpgradePath = "/ws";

HttpResponse problem(int status, std::string_view reason, std::string_view advice) {
  HttpResponse response;
  response.status = status;
  response.body.append(R"({"error":{"reason":")").append(reason);
  response.body.append(R"(","advice":")").append(advice).append("\"}}");
  return response;
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

// One HTTP/1.1 connection: requests one after the other, until it is upgraded or closed.
class HttpConnection : public LoopMember, public std::enable_shared_from_this<HttpConnection> {
 public:
  explicit HttpConnection(Link link)
      : link_(std::move(link)),
        reader_(link_.env->limits.http_header_bytes, link_.env->limits.http_body_bytes),
        since_(link_.accepted),
        hop_(network::Address::parse(link_.peer.address).value_or(network::Address())) {}

  void start() { read(); }

  void tick(Clock::time_point now) override {
    const ServerLimits& limits = link_.env->limits;
    if (link_.transport->write_stalled(now) > limits.write || now - since_ > allowed()) {
      if (phase_ != Phase::idle) link_.env->metrics.timeouts.add();
      leave();
    }
  }

  void drain() override {
    draining_ = true;
    if (phase_ == Phase::idle || (phase_ == Phase::head && input_.empty())) goodbye();
  }
  void cut() override { leave(); }

 private:
  enum class Phase { head, body, door, answer, idle, goodbye };

  // How long the present phase may last.
  [[nodiscard]] std::chrono::milliseconds allowed() const {
    const ServerLimits& limits = link_.env->limits;
    switch (phase_) {
      case Phase::head:
        return limits.handshake;
      case Phase::body:
        return limits.handshake + std::chrono::milliseconds(body_bytes_ / kSlowestBodyBytesPerMs);
      case Phase::door:
        return kDoorAnswers;
      case Phase::answer:
        return std::chrono::hours(1);  // write_stalled() is the bound
      case Phase::idle:
        return limits.idle;
      case Phase::goodbye:
        return Loop::kGoodbye;
    }
    return {};
  }

  void enter(Phase phase) {
    phase_ = phase;
    since_ = Clock::now();
  }

  void read() {
    filled_ = input_.size();
    input_.resize(filled_ + kReadBytes);
    link_.transport->read_some(
        net::buffer(input_.data() + filled_, kReadBytes),
        [self = shared_from_this()](boost::system::error_code error, std::size_t got) {
          if (self->left_ || self->phase_ == Phase::goodbye) return;
          self->input_.resize(self->filled_ + got);
          if (error) return self->leave();
          self->link_.env->metrics.bytes_in.add(static_cast<double>(got));
          if (self->phase_ == Phase::idle) self->enter(Phase::head);
          if (self->phase_ == Phase::body) self->body_bytes_ += got;
          self->parse();
        });
  }

  void parse() {
    switch (reader_.feed(input_)) {
      case HttpReader::State::complete:
        return dispatch();
      case HttpReader::State::failed:
        return refuse_request();
      case HttpReader::State::need_more:
        break;
    }
    if (reader_.head_done() && phase_ == Phase::head) {
      body_bytes_ = input_.size();
      enter(Phase::body);
    }
    if (!reader_.take_expect()) return read();
    head_ = "HTTP/1.1 100 Continue\r\n\r\n";
    body_.clear();
    write(0, [this] { read(); });
  }

  void refuse_request() {
    keep_alive_ = false;
    const int status = reader_.failure();
    answer(problem(status, status == 431 || status == 413 ? "http.too_large" : "http.malformed",
                   "Send a well-formed HTTP/1.1 request within the documented limits."));
  }

  void dispatch() {
    link_.env->metrics.http_requests.add();
    keep_alive_ = reader_.keep_alive() && !draining_;
    const HttpReader::Message& message = reader_.message();
    head_only_ = message.method() == http::verb::head;
    link_.peer.host = std::string(message[http::field::host]);
    link_.peer.origin = std::string(message[http::field::origin]);
    link_.peer.user_agent = std::string(message[http::field::user_agent]);
    read_forwarded(message);
    if (path_of(std::string_view(message.target())) == kUpgradePath) return upgrade();
    enter(Phase::door);
    if (link_.env->http == nullptr) {
      return answer(problem(404, "http.not_found", "This listener serves /ws only."));
    }
    HttpRequest request = reader_.take_request();
    request.peer = link_.peer;
    link_.env->http->handle(std::move(request), [self = shared_from_this()](HttpResponse response) {
      net::post(self->link_.loop->executor(), [self, response = std::move(response)]() mutable {
        if (!self->left_) self->answer(std::move(response));
      });
    });
  }

  // Each request anew: a proxy may send those of several clients through one connection.
  void read_forwarded(const HttpReader::Message& message) {
    if (link_.forwarded_for->empty() || !link_.forwarded_for->holds(hop_)) return;
    std::vector<std::string_view> lines;
    const auto fields = message.equal_range("X-Forwarded-For");
    for (auto at = fields.first; at != fields.second; ++at) lines.push_back(at->value());
    link_.peer.address = link_.forwarded_for->client_of(hop_, lines).text();
    link_.peer.proxied = true;
    link_.peer.loopback = false;
    link_.peer.certificates.reset();  // the proxy's, not the client's
  }

  void answer(HttpResponse response) {
    enter(Phase::answer);
    head_ = response_head(response, http_date(), keep_alive_);
    body_ = head_only_ ? std::string() : std::move(response.body);
    write(0, [this] { answered(); });
  }

  // Writes head_ and body_ from the byte `done` on, then goes on with `next`, whose `this` is alive
  // because the handler holds it.
  template <class Next>
  void write(std::size_t done, Next next) {
    const std::size_t all = head_.size() + body_.size();
    if (done == all) return next();
    const std::size_t of_head = std::min(done, head_.size());
    const std::array<net::const_buffer, 2> parts{net::buffer(head_) + of_head,
                                                 net::buffer(body_) + (done - of_head)};
    link_.transport->write_some(parts, [self = shared_from_this(), done, next](
                                           boost::system::error_code error, std::size_t sent) {
      if (self->left_) return;
      if (error) return self->leave();
      self->link_.env->metrics.bytes_out.add(static_cast<double>(sent));
      self->write(done + sent, next);
    });
  }

  void answered() {
    std::string().swap(head_);
    std::string().swap(body_);
    if (!keep_alive_) return goodbye();
    reader_.reset();
    head_only_ = false;
    enter(input_.empty() ? Phase::idle : Phase::head);
    if (draining_ && input_.empty()) return goodbye();
    if (!input_.empty()) return parse();
    input_.shrink_to_fit();
    read();
  }

  void upgrade() {
    const HttpReader::Message& message = reader_.message();
    if (!boost::beast::websocket::is_upgrade(message)) {
      return answer(problem(426, "websocket.expected", "Open /ws as a WebSocket (RFC 6455)."));
    }
    const auto accept = websocket_accept(message[http::field::sec_websocket_key]);
    if (message[http::field::sec_websocket_version] != "13" || !accept) {
      keep_alive_ = false;
      HttpResponse response = problem(accept ? 426 : 400, "websocket.handshake",
                                      "Open /ws as a WebSocket of version 13 (RFC 6455).");
      response.headers.emplace_back("Sec-WebSocket-Version", "13");
      return answer(std::move(response));
    }
    WebSocketDoor* door = offered_door(message);
    if (door == nullptr) {
      return answer(problem(400, "websocket.subprotocol",
                            "Offer a sub-protocol that this server speaks, such as conclave.v1."));
    }
    if (!link_.peer.proxied) {
      link_.peer.path = network::measure_path(link_.transport->descriptor());
    }
    auto handler = draining_ ? nullptr : door->accept(link_.peer);
    if (!handler) {
      link_.env->metrics.refused_upgrade.add();
      HttpResponse response = problem(503, "server.busy", "Connect again a little later.");
      response.headers.emplace_back("Retry-After", "5");
      return answer(std::move(response));
    }
    link_.transport->unread(std::exchange(input_, {}));
    const auto self = shared_from_this();
    left_ = true;
    const auto loop = link_.loop;
    loop->remove(*this);
    start_websocket(std::move(link_), upgrade_answer(*accept, door->subprotocol()),
                    std::move(handler));
  }

  // The client's order decides (RFC 6455 section 4.1).
  [[nodiscard]] WebSocketDoor* offered_door(const HttpReader::Message& message) const {
    for (const auto& field : message) {
      if (field.name() != http::field::sec_websocket_protocol) continue;
      for (const auto name : http::token_list(field.value())) {
        for (WebSocketDoor* door : link_.env->doors) {
          if (door->subprotocol() == std::string_view(name)) return door;
        }
      }
    }
    return nullptr;
  }

  void goodbye() {
    if (left_ || phase_ == Phase::goodbye) return;
    enter(Phase::goodbye);
    link_.transport->finish([self = shared_from_this()] { self->leave(); });
  }

  void leave() {
    if (std::exchange(left_, true)) return;
    link_.transport->abort();
    link_.loop->remove(*this);
  }

  Link link_;
  HttpReader reader_;
  std::string input_;
  std::size_t filled_ = 0;
  std::string head_;
  std::string body_;
  Phase phase_ = Phase::head;
  Clock::time_point since_;
  std::size_t body_bytes_ = 0;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool draining_ = false;
  bool left_ = false;
  const network::Address hop_;  // the other end as socket or PROXY header say
};

}  // namespace

void start_http(Link link) {
  const auto loop = link.loop;
  auto member = std::make_shared<HttpConnection>(std::move(link));
  member->start();
  loop->add(std::move(member));
}

}  // namespace conclave::wire
