// Engine: a sign-in that needs one more proof, and the primary device's answer to a newcomer.
#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "sdk/client/engine.hpp"
#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

std::string string_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

json::object members_of(const Error& error) {
  if (error.members().empty()) return {};
  boost::system::error_code bad;
  auto value = json::parse("{" + std::string(error.members()) + "}", bad);
  return bad || !value.is_object() ? json::object() : std::move(value.as_object());
}

bool Client::Engine::waits_for_proof(const Error& error) {
  const std::string ticket = string_at(members_of(error), "ticket");
  if (!ticket.empty()) ticket_ = ticket;
  if (ticket_.empty()) return false;
  // The ticket is good still: a wrong code, or the primary's person has not answered yet.
  const bool again = error.reason() == "approval.pending" || error.reason() == "approval.busy" ||
                     error.reason().starts_with("factor.");
  return !ticket.empty() || again;
}

void Client::Engine::wait_for_proof(const Error& error) {
  if (enrolment_) enrolment_->done.set_value(std::unexpected(error));
  if (enrolment_) enrolment_->done = {};
  settle_proof(std::unexpected(error));
  set_state(State::refused, error);
}

void Client::Engine::settle_proof(Result<SignedIn> outcome) {
  if (proof_) std::exchange(proof_, nullptr)->set_value(std::move(outcome));
}

Result<SignedIn> Client::Engine::show_proof(std::string factor, std::string code) {
  auto done = std::make_unique<std::promise<Result<SignedIn>>>();
  auto answer = done->get_future();
  boost::asio::post(io_, [this, factor = std::move(factor), code = std::move(code),
                          done = std::move(done)]() mutable {
    if (!transport_ || ticket_.empty() || proof_) return done->set_value(fail(kNoProofAsked));
    proof_ = std::move(done);
    json::object params{{"ticket", ticket_}, {"factor", factor}};
    if (!code.empty()) params["code"] = code;
    request("session.step_up", params,
            [this](Result<json::object> result) { on_signed_in(std::move(result)); });
  });
  return answer.get();
}

Result<void> Client::Engine::answer_newcomer(const json::object& waiting, bool approve,
                                             std::string number, std::string secret) {
  std::promise<Result<void>> done;
  boost::asio::post(io_, [&] {
    if (!signed_in_ || !key_) return done.set_value(fail(kConnectionLost, "not connected"));
    const auto key = base::base64url_decode(string_at(waiting, "key"));
    const auto nonce = base::base64url_decode(string_at(waiting, "nonce"));
    const auto* expiry = waiting.if_contains("expires_ms");
    if (!key || !nonce || expiry == nullptr || !expiry->is_int64()) {
      return done.set_value(fail(kProtocol, "a request without key or nonce"));
    }
    using base::as_bytes;
    const std::string id = string_at(waiting, "approval");
    const std::string tenant = base::to_text(device_->identity.tenant);
    const std::string account = string_at(waiting, "account");
    const std::string decision = approve ? "approve" : "deny";
    const std::string until = std::to_string(expiry->as_int64());
    const auto signature = key_->sign(base::transcript_digest(
        {as_bytes("conclave/approve/1"), as_bytes(id), as_bytes(tenant), as_bytes(account), *key,
         *nonce, as_bytes(decision), as_bytes(until)}));
    if (!signature) return done.set_value(std::unexpected(signature.error()));
    json::object params{{"approval", id},
                        {"decision", decision},
                        {"signature", base::base64url_encode(*signature)}};
    if (!number.empty()) params["number"] = number;
    if (!secret.empty()) params["secret"] = secret;
    request("approval.answer", params, [&done](Result<json::object> result) {
      done.set_value(result ? Result<void>{} : std::unexpected(std::move(result).error()));
    });
  });
  return done.get_future().get();
}

}  // namespace conclave::client
