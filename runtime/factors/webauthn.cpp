#include "runtime/factors/webauthn.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "runtime/base/encoding.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/factors/errors.hpp"

namespace conclave::factors {

namespace {

namespace json = boost::json;

// WebAuthn, 5.8.1.
struct ClientData {
  std::string type;
  Bytes challenge;
  std::string origin;
  bool cross_origin = false;
};

Result<std::string> text_of(const json::object& data, std::string_view name) {
  const json::value* value = data.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    return fail(kWebAuthnMalformed, "clientDataJSON: " + std::string(name));
  }
  return std::string(value->as_string());
}

Result<ClientData> parse_client_data(ByteView bytes) {
  if (bytes.size() > kMostClientData) return fail(kWebAuthnMalformed, "clientDataJSON: too long");
  json::parse_options options;
  options.max_depth = 8;
  json::error_code error;
  json::value parsed = json::parse(base::as_text(bytes), error, {}, options);
  if (error || !parsed.is_object()) return fail(kWebAuthnMalformed, "clientDataJSON");
  const json::object& data = parsed.as_object();
  auto type = text_of(data, "type");
  if (!type) return std::unexpected(type.error());
  auto challenge = text_of(data, "challenge");
  if (!challenge) return std::unexpected(challenge.error());
  auto origin = text_of(data, "origin");
  if (!origin) return std::unexpected(origin.error());
  auto decoded = base::base64url_decode(*challenge);
  if (!decoded) return fail(kWebAuthnMalformed, "clientDataJSON: challenge");
  ClientData out{std::move(*type), std::move(*decoded), std::move(*origin), false};
  if (const json::value* cross = data.if_contains("crossOrigin"); cross != nullptr) {
    if (!cross->is_bool()) return fail(kWebAuthnMalformed, "clientDataJSON: crossOrigin");
    out.cross_origin = cross->as_bool();
  }
  return out;
}

Result<void> check_client_data(const RelyingParty& party, std::string_view type, ByteView challenge,
                               ByteView bytes) {
  const auto data = parse_client_data(bytes);
  if (!data) return std::unexpected(data.error());
  if (data->type != type) return fail(kWebAuthnRefused, "type");
  if (challenge.empty() || data->challenge.size() != challenge.size() ||
      !base::equal_in_constant_time(data->challenge, challenge)) {
    return fail(kWebAuthnRefused, "challenge");
  }
  if (std::ranges::find(party.origins, data->origin) == party.origins.end()) {
    return fail(kWebAuthnRefused, "origin");
  }
  // This server's page stands in no other site's frame.
  if (data->cross_origin) return fail(kWebAuthnRefused, "cross_origin");
  return {};
}

Result<void> check_authenticator(const RelyingParty& party, const AuthenticatorData& data) {
  if (data.rp_id_hash != base::sha256(party.id)) return fail(kWebAuthnRefused, "rp_id");
  if (!data.user_present) return fail(kWebAuthnRefused, "user_present");
  if (party.user_verification && !data.user_verified) {
    return fail(kWebAuthnRefused, "user_verified");
  }
  return {};
}

Bytes signed_bytes(ByteView authenticator_data, ByteView client_data) {
  return base::ByteWriter(authenticator_data.size() + 32)
      .raw(authenticator_data)
      .raw(base::sha256(client_data))
      .take();
}

struct AttestationObject {
  std::string_view format;
  const Cbor* statement = nullptr;
  ByteView authenticator_data;
};

Result<AttestationObject> open_attestation(const Cbor& object) {
  const Cbor* format = object.find("fmt");
  const Cbor* statement = object.find("attStmt");
  const Cbor* data = object.find("authData");
  const auto* text = format == nullptr ? nullptr : format->as<std::string_view>();
  const auto* bytes = data == nullptr ? nullptr : data->as<ByteView>();
  if (text == nullptr || bytes == nullptr || statement == nullptr ||
      statement->as<Cbor::Map>() == nullptr) {
    return fail(kWebAuthnMalformed, "attestationObject");
  }
  return AttestationObject{*text, statement, *bytes};
}

// WebAuthn, 8.2: without x5c, the credential's own key has signed.
Result<Attestation> check_packed(const AttestationObject& object, const CredentialKey& key,
                                 ByteView client_data) {
  if (object.statement->find("x5c") != nullptr) return Attestation::unattested;
  const Cbor* algorithm = object.statement->find("alg");
  const Cbor* signature = object.statement->find("sig");
  const auto* number = algorithm == nullptr ? nullptr : algorithm->as<std::int64_t>();
  const auto* bytes = signature == nullptr ? nullptr : signature->as<ByteView>();
  if (number == nullptr || bytes == nullptr) return fail(kWebAuthnMalformed, "packed statement");
  if (*number != static_cast<std::int64_t>(key.algorithm)) {
    return fail(kWebAuthnRefused, "attestation_algorithm");
  }
  if (!verify(key, signed_bytes(object.authenticator_data, client_data), *bytes)) {
    return fail(kWebAuthnRefused, "attestation_signature");
  }
  return Attestation::self;
}

Result<Attestation> check_attestation(const AttestationObject& object, const CredentialKey& key,
                                      ByteView client_data) {
  if (object.format == "packed") return check_packed(object, key, client_data);
  if (object.format != "none") return Attestation::unattested;
  if (!object.statement->as<Cbor::Map>()->empty()) {
    return fail(kWebAuthnMalformed, "`none` has a statement");
  }
  return Attestation::none;
}

}  // namespace

Result<Bytes> claimed_challenge(ByteView client_data) {
  auto data = parse_client_data(client_data);
  if (!data) return std::unexpected(data.error());
  return std::move(data->challenge);
}

Result<Registered> verify_registration(const RelyingParty& party, ByteView challenge,
                                       const Registration& registration) {
  CONCLAVE_TRY(check_client_data(party, "webauthn.create", challenge, registration.client_data));
  if (registration.attestation.size() > kMostAttestation) {
    return fail(kWebAuthnMalformed, "attestationObject: too long");
  }
  const auto document = parse_cbor(registration.attestation);
  if (!document) return std::unexpected(document.error());
  const auto object = open_attestation(*document);
  if (!object) return std::unexpected(object.error());
  auto data = parse_authenticator_data(object->authenticator_data);
  if (!data) return std::unexpected(data.error());
  CONCLAVE_TRY(check_authenticator(party, *data));
  if (!data->credential) return fail(kWebAuthnMalformed, "no credential");
  const auto attestation =
      check_attestation(*object, data->credential->key, registration.client_data);
  if (!attestation) return std::unexpected(attestation.error());
  return Registered{std::move(data->credential->id),
                    std::move(data->credential->cose),
                    data->sign_count,
                    data->backup_eligible,
                    data->user_verified,
                    *attestation};
}

Result<Asserted> verify_assertion(const RelyingParty& party, ByteView challenge,
                                  const StoredCredential& stored, ByteView user_handle,
                                  const Assertion& assertion) {
  if (assertion.credential != stored.credential) return fail(kWebAuthnRefused, "credential");
  if (assertion.user_handle && !std::ranges::equal(*assertion.user_handle, user_handle)) {
    return fail(kWebAuthnRefused, "user_handle");
  }
  CONCLAVE_TRY(check_client_data(party, "webauthn.get", challenge, assertion.client_data));
  const auto data = parse_authenticator_data(assertion.authenticator_data);
  if (!data) return std::unexpected(data.error());
  CONCLAVE_TRY(check_authenticator(party, *data));
  if (data->backup_eligible != stored.backup_eligible) {
    return fail(kWebAuthnRefused, "backup_eligible");
  }
  const auto key = parse_credential_key(stored.cose);
  if (!key) return std::unexpected(key.error());
  if (!verify(*key, signed_bytes(assertion.authenticator_data, assertion.client_data),
              assertion.signature)) {
    return fail(kWebAuthnRefused, "signature");
  }
  // 7.2, step 22: a counter that does not grow means a copy of the authenticator.
  if ((data->sign_count != 0 || stored.sign_count != 0) && data->sign_count <= stored.sign_count) {
    return fail(kWebAuthnRefused, "sign_count");
  }
  return Asserted{data->sign_count, data->user_verified};
}

}  // namespace conclave::factors
