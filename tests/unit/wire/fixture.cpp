#include "tests/unit/wire/fixture.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <boost/asio/post.hpp>
#include <future>

#include "runtime/base/encoding.hpp"

namespace conclave::wire::test {
namespace {

constexpr std::chrono::seconds kPatience{10};

class EchoHandler : public WebSocketHandler {
 public:
  EchoHandler(Journal& journal, EchoDoor& door) : journal_(journal), door_(door) {}

  void on_open(WebSocket& socket) override {
    socket_ = &socket;
    door_.last = &socket;
    journal_.add("open " + socket.peer().tls_version + " " +
                 base::hex_encode(socket.peer().tls_exporter));
  }
  void on_message(std::string_view text) override {
    journal_.add("message " + std::string(text.substr(0, 64)));
    if (text == "close") return socket_->close(CloseCode::normal, "as asked");
    if (text == "pause") return socket_->pause_reading();
    if (text.starts_with("burst ")) return burst(std::stoul(std::string(text.substr(6))));
    (void)socket_->send(std::make_shared<const std::string>(text));
  }
  void on_drained() override { journal_.add("drained"); }
  void on_closed(std::uint16_t code, std::string_view reason) override {
    door_.last = nullptr;
    journal_.add("closed " + std::to_string(code) + " " + std::string(reason));
  }

 private:
  void burst(std::size_t frames) {
    const auto frame = std::make_shared<const std::string>(std::string(1024, 'b'));
    for (std::size_t i = 0; i < frames; ++i) {
      if (!socket_->send(frame)) return journal_.add("refused at " + std::to_string(i));
    }
    journal_.add("queued all");
  }

  Journal& journal_;
  EchoDoor& door_;
  WebSocket* socket_ = nullptr;
};

}  // namespace

void Journal::add(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

std::optional<std::string> Journal::wait_for(std::string_view beginning) {
  std::unique_lock lock(mutex_);
  std::optional<std::string> found;
  changed_.wait_for(lock, kPatience, [&] {
    for (const auto& line : lines_) {
      if (line.starts_with(beginning)) found = line;
    }
    return found.has_value();
  });
  return found;
}

std::size_t Journal::count(std::string_view beginning) {
  const std::lock_guard lock(mutex_);
  std::size_t found = 0;
  for (const auto& line : lines_) found += line.starts_with(beginning) ? 1 : 0;
  return found;
}

std::unique_ptr<WebSocketHandler> EchoDoor::accept(const Peer&) {
  if (shed) return nullptr;
  return std::make_unique<EchoHandler>(journal_, *this);
}

void EchoHttp::handle(HttpRequest request, HttpReply reply) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.headers.emplace_back("X-Safe", "yes");
  response.headers.emplace_back("X-Forged", "no\r\nX-Evil: yes");
  response.body = request.method + " " + request.target + " " + request.body;
  if (request.target == "/peer") {
    response.body = request.peer.address + (request.peer.proxied ? " proxied" : " direct") +
                    (request.peer.loopback ? " loopback" : "");
  }
  if (request.target == "/certificates") {
    const auto& chain = request.peer.certificates;
    response.body =
        chain ? std::to_string(chain->der.size()) + " " + base::hex_encode(chain->der.front())
              : "none";
  }
  // From another thread, as services answer.
  std::thread([reply = std::move(reply), response = std::move(response)]() mutable {
    reply(std::move(response));
  }).detach();
}

MemoryIdentity::MemoryIdentity()
    : key_(EVP_EC_gen("P-256"), [](EVP_PKEY* key) { EVP_PKEY_free(key); }) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key_.get());
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key_.get(), EVP_sha256());
  unsigned char* der = nullptr;
  int length = i2d_X509(certificate, &der);
  identity.leaf.assign(der, der + length);
  OPENSSL_free(der);
  der = nullptr;
  length = i2d_PUBKEY(key_.get(), &der);
  identity.spki.assign(der, der + length);
  OPENSSL_free(der);
  X509_free(certificate);
}

Result<hsm::tls::PrivateKey> MemoryIdentity::key() const {
  EVP_PKEY_up_ref(key_.get());
  return hsm::tls::PrivateKey(key_.get());
}

Result<Bytes> MemoryIdentity::sign(ByteView digest) const {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key_.get(), nullptr);
  Bytes signature(128);
  std::size_t length = signature.size();
  const bool done =
      EVP_PKEY_sign_init(context) == 1 &&
      EVP_PKEY_sign(context, signature.data(), &length, digest.data(), digest.size()) == 1;
  EVP_PKEY_CTX_free(context);
  if (!done) return fail(base::kInternal, "sign");
  signature.resize(length);
  return signature;
}

Running::Running(const ServerLimits& limits, hsm::tls::SignDigest signer,
                 const ListenAddress& proxies)
    : work_(io_.get_executor()) {
  Server::Parts parts;
  parts.io = {io_.get_executor()};
  parts.listen = {{.address = "127.0.0.1", .port = 0, .tls = false},
                  {.address = "127.0.0.1", .port = 0, .tls = true},
                  {.address = "127.0.0.1", .port = 0, .client_certificates = true}};
  for (ListenAddress& listen : parts.listen) {
    listen.proxy_protocol = proxies.proxy_protocol;
    listen.proxy_strangers = proxies.proxy_strangers;
    listen.forwarded_for = proxies.forwarded_for;
  }
  parts.limits = limits;
  parts.identity = identity.identity;
  parts.private_key = [this, signer](const TlsIdentity& of) {
    return signer ? hsm::tls::make_private_key(of.spki, signer) : identity.key();
  };
  parts.http = &http;
  parts.doors = {&door, &other_door};
  parts.metrics = &metrics_;
  auto opened = Server::open(std::move(parts));
  if (!opened) throw std::runtime_error(opened.error().text());
  server_ = std::move(*opened);
  ports_ = server_->bound();
  server_->start();
  thread_ = std::thread([this] { io_.run(); });
}

Running::~Running() {
  std::promise<void> drained;
  server_->drain(std::chrono::milliseconds(0), [&] { drained.set_value(); });
  EXPECT_EQ(drained.get_future().wait_for(kPatience + kPatience), std::future_status::ready);
  work_.reset();
  io_.stop();
  thread_.join();
}

double Running::metric(const std::string& name) const {
  const std::string text = "\n" + metrics_.exposition();
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
}

bool Running::until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void Running::on_io(std::function<void()> work) {
  std::promise<void> ran;
  boost::asio::post(io_, [&] {
    work();
    ran.set_value();
  });
  ran.get_future().wait();
}

}  // namespace conclave::wire::test
