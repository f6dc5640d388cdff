#include "tests/load/device.hpp"

#include "runtime/base/encoding.hpp"
#include "sdk/client/transcript.hpp"
#include "tests/load/process.hpp"

namespace conclave::load {
namespace {

client::DeviceKey new_key() {
  auto key = client::DeviceKey::make();
  if (!key) throw Failure(key.error().text());
  return std::move(*key);
}

// The members that enrolling and proving have in common, without braces.
std::string claim(const Device& device, std::string_view purpose, std::string_view hello_nonce,
                  const client::Binding& binding) {
  const auto nonce_server = base::base64url_decode(hello_nonce);
  if (!nonce_server) throw Failure("hello without a nonce");
  // Its value is of no concern here, only that it is signed.
  const Bytes nonce_client(16, 7);
  const std::string_view id = purpose == "enrol" ? std::string_view() : device.id;
  const auto digest = client::digest({purpose, device.account, id, client::DeviceKey::algorithm(),
                                      device.key.point(), *nonce_server, nonce_client, binding});
  const auto signature = device.key.sign(digest);
  if (!signature) throw Failure(signature.error().text());
  std::string out = R"("account":")" + device.account + R"(","nonce":")";
  out += base::base64url_encode(nonce_client) + R"(","binding":{"type":")" + binding.type;
  out += R"("},"signature":")" + base::base64url_encode(*signature) + '"';
  return out;
}

}  // namespace

Device::Device(std::string the_account, std::string the_password)
    : account(std::move(the_account)), password(std::move(the_password)), key(new_key()) {}

std::string Device::enrol_params(std::string_view hello_nonce,
                                 const client::Binding& binding) const {
  return "{" + claim(*this, "enrol", hello_nonce, binding) + R"(,"password":")" + password +
         R"(","device":{"name":"bench","platform":"linux","algorithm":"ES256","key":")" +
         base::base64url_encode(key.point()) + R"("}})";
}

std::string Device::prove_params(std::string_view hello_nonce,
                                 const client::Binding& binding) const {
  return "{" + claim(*this, "prove", hello_nonce, binding) + R"(,"device":")" + id + R"("})";
}

void Device::signed_in(std::string_view result) {
  id = text_member(result, "device");
  user = text_member(result, "user");
  access_token = text_member(result, "access_token");
  resume_handle = text_member(result, "resume_handle");
  if (id.empty()) throw Failure("sign-in refused: " + std::string(result.substr(0, 300)));
}

std::string_view text_member(std::string_view json, std::string_view name) {
  for (std::size_t at = 0; (at = json.find(name, at)) != std::string_view::npos; ++at) {
    constexpr std::string_view kMiddle = "\":\"";
    const std::size_t from = at + name.size();
    if (at == 0 || json[at - 1] != '"' || json.substr(from, kMiddle.size()) != kMiddle) continue;
    const std::size_t begin = from + kMiddle.size();
    return json.substr(begin, json.find('"', begin) - begin);
  }
  return {};
}

}  // namespace conclave::load
