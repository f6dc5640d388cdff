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
// What one device without an approver, a second factor or a place would not pass is off; all else
// is `strict`, and every signal is looked at.
constexpr std::string_view kStrictPolicy =
    R"({"document":"base = \"strict\"\n[primary]\nrequired = false\n[factors]\ndemand = )"
    R"(\"never\"\n[location]\nconsent = \"optional\"\n[network]\ncountry_unknown = \"allow\"\n",)"
    R"("expected_version":0,"note":"bench"})";
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

  HttpAnswer send(std::string_view method, std::string_view target, std::string_view body) {
    return http.call(method, target, body,
                     {"Authorization: Bearer " + device.access_token,
                      proof(device, method, target, body, ++calls)});
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

void Population::create(Admin& admin, std::string_view tenant, std::size_t person) const {
  const std::string name = "p" + std::to_string(person);
  const std::string target = "/api/v1/tenants/" + std::string(tenant) + "/users";
  must(admin.send("POST", target,
                  R"({"name":")" + name + R"(","password":")" + std::string(kPassword) +
                      R"(","roles":["member"],"display_name":"Person"})"),
       "account " + name);
}

void Population::grow(std::string_view tenant, std::size_t total) {
  auto place = sizes_.find(tenant);
  if (place == sizes_.end()) {
    Admin first{admins_.front(), HttpClient(port_)};
    sign_in(first);
    must(first.send("POST", "/api/v1/tenants", R"({"domain":")" + std::string(tenant) + R"("})"),
         "tenant");
    place = sizes_.emplace(tenant, 0).first;
  }
  std::size_t& size = place->second;
  while (size < total) {
    Admin admin{admins_[turn_ % admins_.size()], HttpClient(port_)};
    sign_in(admin);  // the access tokens of an earlier call may be over
    admin.calls = ++turn_ << 32U;
    for (const std::size_t end = std::min(total, size + kCallsOfDevice); size < end; ++size) {
      create(admin, tenant, size);
    }
  }
}

void Population::tighten() {
  Admin admin{admins_.front(), HttpClient(port_)};
  sign_in(admin);
  must(
      admin.send("PUT", "/api/v1/tenants/" + std::string(kStrictTenant) + "/policy", kStrictPolicy),
      "policy");
}

Device Population::new_device(std::string_view tenant, std::size_t person) {
  return {"p" + std::to_string(person) + "@" + std::string(tenant), std::string(kPassword)};
}

}  // namespace conclave::load
