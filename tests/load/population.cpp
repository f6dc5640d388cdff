#include "tests/load/population.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "tests/load/http_client.hpp"
#include "tests/load/process.hpp"

namespace conclave::load {
namespace {

constexpr std::string_view kPassword = "correct horse battery staple";
constexpr std::string_view kAdminAccount = "admin@provider.local";
constexpr std::string_view kDomain = "bench.test";
// The API takes 25 calls a second from a device and 150 at once.
constexpr std::size_t kAdminDevices = 16;
constexpr std::size_t kCallsOfDevice = 100;

const client::Binding& loopback() {
  static const client::Binding kBinding{"loopback", {}};
  return kBinding;
}

std::string proof(const Device& device, std::string_view method, std::string_view target,
                  std::string_view body, std::uint64_t number) {
  using base::as_bytes;
  const auto time_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  const std::string time = std::to_string(time_ms);
  base::ByteWriter nonce;
  nonce.u64(number).u64(0);
  const auto digest = base::transcript_digest(
      {as_bytes("conclave/http/1"), as_bytes(method), as_bytes(target), base::sha256(body),
       base::sha256(device.access_token), as_bytes(time), nonce.bytes()});
  const auto signature = device.key.sign(digest);
  if (!signature) throw Failure(signature.error().text());
  return "Conclave-Proof: v1 " + time + " " + base::base64url_encode(nonce.bytes()) + " " +
         base::base64url_encode(*signature);
}

HttpAnswer must(HttpAnswer answer, std::string_view what) {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw Failure(std::string(what) + ": HTTP " + std::to_string(answer.status) + " " + answer.body);
}

}  // namespace

struct Population::Admin {
  Device& device;
  HttpClient http;
  std::uint64_t calls = 0;

  HttpAnswer post(std::string_view target, std::string_view body) {
    return http.call("POST", target, body,
                     {"Authorization: Bearer " + device.access_token,
                      proof(device, "POST", target, body, ++calls)});
  }
};

Population::Population(std::uint16_t plain_port, const std::string& setup_secret)
    : port_(plain_port) {
  HttpClient http(port_);
  const std::string password(kPassword);
  must(http.call("POST", "/api/v1/setup",
                 R"({"secret":")" + setup_secret + R"(","name":"admin","password":")" + password +
                     R"("})"),
       "set-up");
  for (std::size_t i = 0; i < kAdminDevices; ++i) {
    admins_.emplace_back(std::string(kAdminAccount), password);
  }
  Admin first{admins_.front(), HttpClient(port_)};
  sign_in(first);
  must(first.post("/api/v1/tenants", R"({"domain":")" + std::string(kDomain) + R"("})"), "tenant");
}

void Population::sign_in(Admin& admin) const {
  const auto hello = must(admin.http.call("POST", "/api/v1/session/hello", "{}"), "hello");
  const std::string nonce(text_member(hello.body, "nonce"));
  const bool enrolled = !admin.device.id.empty();
  std::string params = enrolled ? admin.device.prove_params(nonce, loopback())
                                : admin.device.enrol_params(nonce, loopback());
  params.insert(1, R"("hello":")" + nonce + R"(",)");
  const auto answer =
      admin.http.call("POST", enrolled ? "/api/v1/session/prove" : "/api/v1/session/enrol", params);
  admin.device.signed_in(must(answer, "sign-in of the administrator").body);
}

void Population::create(Admin& admin, std::size_t person) {
  const std::string name = "p" + std::to_string(person);
  const std::string target = "/api/v1/tenants/" + std::string(kDomain) + "/users";
  must(admin.post(target, R"({"name":")" + name + R"(","password":")" + std::string(kPassword) +
                              R"(","roles":["member"],"display_name":"Person"})"),
       "account " + name);
}

void Population::grow(std::size_t total) {
  for (std::size_t turn = 0; size_ < total; ++turn) {
    Admin admin{admins_[turn % admins_.size()], HttpClient(port_)};
    sign_in(admin);  // the access tokens of an earlier call may be over
    admin.calls = turn << 32U;
    for (const std::size_t end = std::min(total, size_ + kCallsOfDevice); size_ < end; ++size_) {
      create(admin, size_);
    }
  }
}

Device Population::new_device(std::size_t person) {
  return {"p" + std::to_string(person) + "@" + std::string(kDomain), std::string(kPassword)};
}

}  // namespace conclave::load
