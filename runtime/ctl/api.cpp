#include "runtime/ctl/api.hpp"

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/base/clock.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/base/random.hpp"
#include "runtime/ctl/errors.hpp"
#include "sdk/client/address.hpp"
#include "sdk/client/transcript.hpp"

namespace conclave::ctl {

namespace json = boost::json;

namespace {

constexpr long kConnectTimeoutMs = 5'000;
constexpr long kTimeoutMs = 120'000;
constexpr std::size_t kMaxResponse = 16 * 1024 * 1024;
constexpr std::size_t kNonceBytes = 32;

std::size_t take(char* data, std::size_t size, std::size_t count, void* into) {
  auto* out = static_cast<std::string*>(into);
  if (out->size() + size * count > kMaxResponse) return 0;  // curl then fails the transfer
  out->append(data, size * count);
  return size * count;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

// The advice of reasons that stand in the way.
std::vector<std::string> reasons_of(const json::object& body) {
  std::vector<std::string> out;
  const json::value* list = body.if_contains("reasons");
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& each : list->as_array()) {
    if (!each.is_object() || text_of(each.as_object(), "effect") == "allow") continue;
    out.push_back(text_of(each.as_object(), "advice") + " (" + text_of(each.as_object(), "code") +
                  ")");
  }
  return out;
}

// Every factor that would do for something that is asked for, in the server's order.
std::vector<std::string> factors_of(const json::object& body) {
  std::vector<std::string> out;
  const json::value* steps = body.if_contains("step_ups");
  if (steps == nullptr || !steps->is_array()) return out;
  for (const json::value& step : steps->as_array()) {
    const json::value* any_of = step.is_object() ? step.as_object().if_contains("any_of") : nullptr;
    if (any_of == nullptr || !any_of->is_array()) continue;
    for (const json::value& factor : any_of->as_array()) {
      if (factor.is_string()) out.emplace_back(factor.as_string());
    }
  }
  return out;
}

std::string folded_account(const std::string& account) {
  return client::folded(account);
}

}  // namespace

struct Api::Curl {
  CURL* handle = curl_easy_init();
  ~Curl() { curl_easy_cleanup(handle); }
};

struct Api::Signed {
  json::object body;  // hello, nonce, binding, signature
};

Api::Api(ServerPlace server) : server_(std::move(server)), curl_(std::make_unique<Curl>()) {}

Api::~Api() = default;

std::string Api::origin() const {
  const auto address = client::parse_address(server_.url);
  if (!address || !address->tls) return {};
  const std::string authority = address->authority();
  // As browsers and the Host header have it: without the port where it is the usual one.
  const bool usual = address->port == 443;
  return "https://" + (usual ? authority.substr(0, authority.rfind(':')) : authority);
}

Result<Api::Response> Api::send(const std::string& method, const std::string& target,
                                const std::string& body, const std::vector<std::string>& headers) {
  CURL* curl = curl_->handle;
  if (curl == nullptr) return fail(base::kInternal, "libcurl");
  curl_easy_reset(curl);  // keeps the connection
  std::string text;
  const std::string url = server_.url + target;
  curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/json");
  list = curl_slist_append(list, "Expect:");
  if (const std::string own = origin(); !own.empty()) {
    list = curl_slist_append(list, ("Origin: " + own).c_str());
  }
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "conclavectl");
  if (!server_.authority_pem.empty()) {
    curl_blob authority{const_cast<char*>(server_.authority_pem.data()),
                        server_.authority_pem.size(), CURL_BLOB_COPY};
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &authority);
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  if (!certificate_.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSLCERT, certificate_.c_str());
    curl_easy_setopt(curl, CURLOPT_SSLKEY, certificate_.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  if (method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(list);
  if (code != CURLE_OK) {
    return fail(kUnreachable, server_.url + ": " + curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  Response out{static_cast<int>(status), {}};
  if (!error && value.is_object()) out.body = std::move(value.as_object());
  return out;
}

Result<json::object> Api::accepted(Result<Response> response) {
  if (!response) return std::unexpected(response.error());
  if (response->status >= 200 && response->status < 300) return std::move(response->body);
  refusal_ = Refusal{response->status, text_of(response->body, "reason"),
                     text_of(response->body, "advice"), text_of(response->body, "detail"),
                     reasons_of(response->body)};
  if (refusal_->reason.empty()) {
    refusal_->reason = "status " + std::to_string(response->status);
    refusal_->advice = "This does not look like a Conclave server.";
  }
  return fail(kServerRefused, refusal_->reason);
}

Result<Api::Response> Api::step_up(const std::string& ticket, const ShownFactor& shown) {
  constexpr std::int64_t kLongest_ms = 10'000;
  json::object body{{"ticket", ticket}, {"factor", shown.factor}};
  if (!shown.code.empty()) body["code"] = shown.code;
  const std::string text = json::serialize(body);
  std::string told;
  for (;;) {
    auto response = send("POST", "/api/v1/session/step-up", text);
    if (!response || text_of(response->body, "reason") != "approval.pending") return response;
    const std::string id = text_of(response->body, "approval");
    if (show_ && id != told) {
      show_(text_of(response->body, "number"), text_of(response->body, "qr"));
    }
    told = id;
    const json::value* wait = response->body.if_contains("retry_after_ms");
    const std::int64_t wait_ms = wait != nullptr && wait->is_int64() ? wait->as_int64() : 1'000;
    ::poll(nullptr, 0, static_cast<int>(std::clamp<std::int64_t>(wait_ms, 1, kLongest_ms)));
  }
}

Result<json::object> Api::signed_in(Result<Response> response) {
  constexpr int kMostSteps = 4;
  for (int step = 0; step < kMostSteps; ++step) {
    if (!response || !ask_ || text_of(response->body, "reason") != "sign_in.step_up") break;
    const std::string ticket = text_of(response->body, "ticket");
    const auto shown = ask_(factors_of(response->body));
    if (!shown) return std::unexpected(shown.error());
    response = step_up(ticket, *shown);
  }
  auto in = accepted(std::move(response));
  notices_ = in && in->contains("methods") ? reasons_of(*in) : std::vector<std::string>();
  return in;
}

Result<Api::Signed> Api::sign(std::string_view purpose, const std::string& account,
                              const std::string& device, const client::DeviceKey& key) {
  auto hello = accepted(send("POST", "/api/v1/session/hello", ""));
  if (!hello) return std::unexpected(hello.error());
  const std::string nonce = text_of(*hello, "nonce");
  const auto nonce_server = base::base64url_decode(nonce);
  if (!nonce_server) return fail(kUnreachable, "the server's hello has no nonce");
  const std::string own = origin();
  const client::Binding binding{own.empty() ? "loopback" : "origin", base::to_bytes(own)};
  const Bytes nonce_client = base::system_random().bytes(kNonceBytes);
  const base::Sha256 message =
      client::digest({purpose, account, device, client::DeviceKey::algorithm(), key.point(),
                      *nonce_server, nonce_client, binding});
  const auto signature = key.sign(message);
  if (!signature) return std::unexpected(signature.error());
  return Signed{{{"hello", nonce},
                 {"nonce", base::base64url_encode(nonce_client)},
                 {"binding", json::object{{"type", binding.type}}},
                 {"signature", base::base64url_encode(*signature)}}};
}

Result<Profile> Api::enrol(const std::string& given, const base::Secret& password,
                           const std::string& device_name) {
  const std::string account = folded_account(given);
  auto key = client::DeviceKey::make();
  if (!key) return std::unexpected(key.error());
  auto pem = key->pem();
  if (!pem) return std::unexpected(pem.error());
  auto claim = sign("enrol", account, {}, *key);
  if (!claim) return std::unexpected(claim.error());
  json::object body = std::move(claim->body);
  body["account"] = account;
  body["password"] = base::as_text(password.view());
  body["device"] = json::object{{"name", device_name},
                                {"platform", "linux"},
                                {"algorithm", client::DeviceKey::algorithm()},
                                {"key", base::base64url_encode(key->point())}};
  std::string text = json::serialize(body);
  auto in = signed_in(send("POST", "/api/v1/session/enrol", text));
  base::wipe(text);
  if (!in) return std::unexpected(in.error());
  token_ = text_of(*in, "access_token");
  key_ = std::move(*key);
  return Profile{server_, account, text_of(*in, "device"), std::move(*pem)};
}

Result<void> Api::prove(const Profile& profile) {
  auto key = client::DeviceKey::from_pem(profile.key_pem);
  if (!key) return std::unexpected(key.error());
  auto claim = sign("prove", profile.account, profile.device, *key);
  if (!claim) return std::unexpected(claim.error());
  json::object body = std::move(claim->body);
  body["account"] = profile.account;
  body["device"] = profile.device;
  auto in = signed_in(send("POST", "/api/v1/session/prove", json::serialize(body)));
  if (!in) return std::unexpected(in.error());
  token_ = text_of(*in, "access_token");
  key_ = std::move(*key);
  return {};
}

Result<std::string> Api::proof(const std::string& method, const std::string& target,
                               const std::string& body) const {
  using base::as_bytes;
  const std::string time = std::to_string(base::system_clock().utc_ms());
  const Bytes nonce = base::system_random().bytes(kNonceBytes);
  const base::Sha256 body_digest = base::sha256(body);
  const base::Sha256 token_digest = base::sha256(token_);
  const base::Sha256 message =
      base::transcript_digest({as_bytes("conclave/http/1"), as_bytes(method), as_bytes(target),
                               body_digest, token_digest, as_bytes(time), nonce});
  const auto signature = key_->sign(message);
  if (!signature) return std::unexpected(signature.error());
  return "v1 " + time + " " + base::base64url_encode(nonce) + " " +
         base::base64url_encode(*signature);
}

Result<json::object> Api::call(const std::string& method, const std::string& target,
                               const json::object* body) {
  if (!key_ || token_.empty()) return fail(kNoProfile);
  std::string text = body == nullptr ? std::string() : json::serialize(*body);
  auto signed_header = proof(method, target, text);
  if (!signed_header) return std::unexpected(signed_header.error());
  auto out =
      accepted(send(method, target, text,
                    {"Authorization: Bearer " + token_, "Conclave-Proof: " + *signed_header}));
  base::wipe(text);
  return out;
}

Result<json::object> Api::call_open(const std::string& target, const json::object& body) {
  std::string text = json::serialize(body);
  auto out = accepted(send("POST", target, text));
  base::wipe(text);
  return out;
}

void Api::end() {
  if (token_.empty()) return;
  const std::optional<Refusal> kept = refusal_;
  static_cast<void>(call("DELETE", "/api/v1/session"));
  refusal_ = kept;
  token_.clear();
}

}  // namespace conclave::ctl
