#include "sdk/client/transport.hpp"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <deque>
#include <type_traits>

#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using PlainStream = beast::tcp_stream;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

constexpr std::string_view kSubProtocol = "conclave.v1";
constexpr std::string_view kExporterLabel = "EXPORTER-Channel-Binding";  // RFC 9266
constexpr std::size_t kExporterSize = 32;
constexpr std::chrono::seconds kLeaveTimeout{1};

// Outside the template: a TLS context that trusts one authority and nobody else.
Result<std::shared_ptr<asio::ssl::context>> trust_only(const std::string& authority_pem) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  error_code bad;
  context->add_certificate_authority(asio::buffer(authority_pem), bad);
  if (bad) return fail(kUntrusted, "no certificate in the authority file: " + bad.message());
  return context;
}

Result<void> show(asio::ssl::context& context, const std::filesystem::path& certificate_file) {
  if (certificate_file.empty()) return {};
  error_code bad;
  context.use_certificate_chain_file(certificate_file.string(), bad);
  if (!bad) context.use_private_key_file(certificate_file.string(), asio::ssl::context::pem, bad);
  if (bad) return fail(kCertificateFile, certificate_file.string() + ": " + bad.message());
  return {};
}

template <class Stream>
class Connection final : public Transport, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  template <class... StreamArguments>
  Connection(asio::io_context& io, std::shared_ptr<asio::ssl::context> context, Settings settings,
             Handlers handlers, StreamArguments&... arguments)
      : settings_(std::move(settings)),
        handlers_(std::move(handlers)),
        context_(std::move(context)),
        resolver_(io),
        socket_(io, arguments...) {}

  void start() override {
    deadline(settings_.connect_timeout_ms);
    resolver_.async_resolve(settings_.address.host, std::to_string(settings_.address.port),
                            [self = this->shared_from_this()](
                                error_code bad, const tcp::resolver::results_type& found) {
                              if (bad) return self->finish_with(kUnreachable, bad);
                              self->connect(found);
                            });
  }

  void send(std::string frame) override {
    if (finished_) return;
    outgoing_.push_back(std::move(frame));
    if (outgoing_.size() == 1) write_next();
  }

  void abandon() override {
    if (finished_) return;
    // The handlers stay until this goes: one of them may be what is calling.
    finished_ = true;
    drop();
  }

  void leave() override {
    if (finished_ || !open_) return abandon();
    finished_ = true;
    socket_.set_option(websocket::stream_base::timeout{kLeaveTimeout, kLeaveTimeout, false});
    socket_.async_close(websocket::close_code::normal,
                        [self = this->shared_from_this()](error_code) { self->drop(); });
  }

  const Binding& binding() const override { return binding_; }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(socket_); }

  void deadline(std::int64_t timeout_ms) {
    lowest().expires_after(std::chrono::milliseconds(timeout_ms));
  }

  void connect(const tcp::resolver::results_type& found) {
    if (finished_) return;
    lowest().async_connect(
        found, [self = this->shared_from_this()](error_code bad, const tcp::endpoint&) {
          if (bad) return self->finish_with(kUnreachable, bad);
          error_code ignored;  // latency only; a socket without the option works as well
          self->lowest().socket().set_option(tcp::no_delay(true), ignored);
          self->secure();
        });
  }

  void secure() {
    if constexpr (kTls) {
      auto& tls = socket_.next_layer();
      const std::string& host = settings_.address.host;
      error_code not_an_ip;
      asio::ip::make_address(host, not_an_ip);
      if (not_an_ip) SSL_set_tlsext_host_name(tls.native_handle(), host.c_str());
      tls.set_verify_mode(asio::ssl::verify_peer);
      tls.set_verify_callback(asio::ssl::host_name_verification(host));
      tls.async_handshake(asio::ssl::stream_base::client,
                          [self = this->shared_from_this()](error_code bad) {
                            if (bad) return self->finish_tls(bad);
                            self->upgrade();
                          });
    } else {
      upgrade();
    }
  }

  void upgrade() {
    if (finished_) return;
    lowest().expires_never();  // from here the WebSocket's own deadlines count
    socket_.set_option(websocket::stream_base::timeout{
        std::chrono::milliseconds(settings_.connect_timeout_ms),
        std::chrono::milliseconds(settings_.idle_timeout_ms), true});
    socket_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, kSubProtocol);
      request.set(beast::http::field::user_agent, "conclave-client/0.1");
    }));
    socket_.read_message_max(settings_.frame_bytes);
    socket_.async_handshake(response_, settings_.address.authority(), settings_.address.path,
                            [self = this->shared_from_this()](error_code bad) {
                              if (bad) return self->finish_upgrade(bad);
                              self->opened();
                            });
  }

  void opened() {
    if (finished_) return;
    if (response_[beast::http::field::sec_websocket_protocol] != kSubProtocol) {
      return finish({0, {}, Error(kProtocol, "the server did not choose conclave.v1")});
    }
    if constexpr (kTls) {
      binding_ = {"tls-exporter", Bytes(kExporterSize)};
      if (SSL_export_keying_material(socket_.next_layer().native_handle(), binding_.value.data(),
                                     kExporterSize, kExporterLabel.data(), kExporterLabel.size(),
                                     nullptr, 0, 0) != 1) {
        return finish({0, {}, Error(kCryptography, "channel binding")});
      }
    } else {
      binding_ = {"loopback", {}};
    }
    open_ = true;
    read_next();
  }

  void read_next() {
    if (finished_) return;
    socket_.async_read(incoming_, [self = this->shared_from_this()](error_code bad, std::size_t) {
      if (bad) return self->finish_read(bad);
      const auto data = self->incoming_.cdata();
      if (self->finished_) return;
      self->handlers_.frame({static_cast<const char*>(data.data()), data.size()});
      self->incoming_.consume(self->incoming_.size());
      self->read_next();
    });
  }

  void write_next() {
    socket_.text(true);
    socket_.async_write(asio::buffer(outgoing_.front()),
                        [self = this->shared_from_this()](error_code bad, std::size_t) {
                          // A failed write also fails the read, which tells why.
                          if (bad || self->finished_) return;
                          self->outgoing_.pop_front();
                          if (!self->outgoing_.empty()) self->write_next();
                        });
  }

  void finish_read(error_code bad) {
    if (bad == websocket::error::closed) {
      const auto& why = socket_.reason();
      return finish({why.code, std::string(why.reason.data(), why.reason.size()), std::nullopt});
    }
    finish_with(kConnectionLost, bad);
  }

  void finish_tls(error_code bad) {
    const bool certificate = bad.category() == asio::error::get_ssl_category() &&
                             SSL_get_verify_result(native()) != X509_V_OK;
    if (!certificate) return finish_with(kUnreachable, bad);
    finish(
        {0, {}, Error(kUntrusted, X509_verify_cert_error_string(SSL_get_verify_result(native())))});
  }

  SSL* native() {
    if constexpr (kTls) {
      return socket_.next_layer().native_handle();
    } else {
      return nullptr;
    }
  }

  void finish_upgrade(error_code bad) {
    if (bad != websocket::error::upgrade_declined) return finish_with(kUnreachable, bad);
    finish({0,
            {},
            Error(kUnreachable,
                  "the server answered HTTP " + std::to_string(response_.result_int()))});
  }

  void finish_with(const ErrorSpec& spec, error_code bad) {
    finish({0, {}, Error(spec, settings_.address.authority() + ": " + bad.message())});
  }

  void finish(Closed closed) {
    if (finished_) return;
    finished_ = true;
    drop();
    handlers_.closed(std::move(closed));
  }

  void drop() {
    error_code ignored;  // nothing is left to do for a socket that refuses to be closed
    resolver_.cancel();
    lowest().socket().close(ignored);
  }

  Settings settings_;
  Handlers handlers_;
  std::shared_ptr<asio::ssl::context> context_;  // null without TLS; only this holds it
  tcp::resolver resolver_;
  websocket::stream<Stream> socket_;
  websocket::response_type response_;
  beast::flat_buffer incoming_;
  std::deque<std::string> outgoing_;  // front: being written; bounded by Outbox and Calls
  Binding binding_;
  bool open_ = false;
  bool finished_ = false;
};

}  // namespace

Result<std::shared_ptr<Transport>> make_transport(asio::io_context& io,
                                                  Transport::Settings settings,
                                                  Transport::Handlers handlers) {
  if (!settings.address.tls) {
    return std::make_shared<Connection<PlainStream>>(io, nullptr, std::move(settings),
                                                     std::move(handlers));
  }
  auto context = trust_only(settings.authority_pem);
  if (!context) return std::unexpected(std::move(context).error());
  auto& trusted = **context;
  CONCLAVE_TRY(show(trusted, settings.certificate_file));
  return std::make_shared<Connection<TlsStream>>(io, std::move(*context), std::move(settings),
                                                 std::move(handlers), trusted);
}

}  // namespace conclave::client
