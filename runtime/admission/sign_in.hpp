#pragma once

#include <string>

#include "hsm/api/signature.hpp"
#include "runtime/admission/attestation.hpp"
#include "runtime/admission/crowds.hpp"
#include "runtime/admission/doorkeeper.hpp"
#include "runtime/async/task.hpp"
#include "runtime/identity/connection_facts.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/identity/hello.hpp"
#include "runtime/identity/passwords.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/identity/sessions.hpp"
#include "runtime/identity/throttle.hpp"
#include "runtime/identity/transcript.hpp"

namespace conclave::admission {

using identity::Actor;
using identity::ConnectionFacts;
using identity::Throttle;

// What a device says of itself beside its key. Not proven, unless `attestation` proves it.
struct DeviceClaims {
  Bytes hardware_digest;  // SHA-256 that the device makes of its hardware identifier, or empty
  Bytes service_digest;   // the same of the identifier that the service gave it
  std::vector<Bytes> attestation;  // certificates, DER, the one of the key first
  policy::Language language = policy::Language::english;
};

struct EnrolRequest {
  std::string account;
  base::Secret password;
  std::string device_name;
  std::string platform;
  hsm::api::SignatureAlgorithm algorithm{};
  Bytes key;            // as hsm::api::VerifyKey::point
  Bytes nonce_s;        // from hello()
  Bytes nonce_c;        // 16 to 64 bytes
  std::string binding;  // "tls-exporter", "origin", "loopback"
  Bytes signature;      // over the transcript, purpose "enrol"
  DeviceClaims claims;
};

struct ProveRequest {
  std::string account;
  DeviceId device;
  Bytes nonce_s;
  Bytes nonce_c;
  std::string binding;
  Bytes signature;  // purpose "prove"
  policy::Language language = policy::Language::english;
};

// Sign-in of the keys contract, K4. On the shard's thread, except hello().
class SignIn {
 public:
  struct Limits {
    // Origins of web pages that may sign in, beside the server's own ("https://" + Host).
    std::vector<std::string> origins;
  };
  struct Parts {
    identity::Directory& directory;
    identity::Sessions& sessions;
    identity::Passwords& passwords;
    Throttle& throttle;
    identity::HelloNonces& nonces;
    identity::RowWriter& writer;
    Doorkeeper& doorkeeper;
    const AttestationRoots& attestation;
    const base::Clock& clock;
    base::Random& random;
    observe::Metrics& metrics;
    Limits limits;
    Crowds* crowds = nullptr;  // is told of wrong passwords; null: nobody counts them
  };
  explicit SignIn(Parts parts);

  // nonce_s, 32 bytes: one use, 30 s. Any thread.
  [[nodiscard]] Bytes hello() const { return nonces_.issue(); }

  // Password and device key. A device that is let in is stored and has a session.
  [[nodiscard]] Task<Result<SignedIn>> enrol(EnrolRequest request, ConnectionFacts facts);
  // Device key alone.
  [[nodiscard]] Task<Result<SignedIn>> prove(ProveRequest request, ConnectionFacts facts);
  // One-use handle of a session whose connection was lost. The session gets a new id; the old one
  // ends as `replaced`, its connection (if it is still half open) with it.
  [[nodiscard]] Task<Result<SignedIn>> resume(Bytes handle, ConnectionFacts facts);

  // A fresh access token for a session.
  [[nodiscard]] Task<Result<hsm::api::AccessToken>> token(SessionId session) {
    return doorkeeper_.token(session);
  }
  // Who presents this access token; kSessionEnded when it is unknown, expired or revoked.
  [[nodiscard]] Result<Actor> authenticate(std::string_view token) const;

  // Stores when devices were last active (at most once an hour each, in batches) and ends idle
  // sessions; once a minute or so.
  [[nodiscard]] Task<void> upkeep();

 private:
  [[nodiscard]] Result<identity::BindingValue> bind(const std::string& type,
                                                    const ConnectionFacts& facts) const;
  // Throttle and one-use nonce: what comes before any look at the claim.
  [[nodiscard]] Result<void> admit(const Throttle::Attempt& attempt, ByteView nonce_s);
  // Counts, logs `why` (never told to the client) and gives the one answer.
  [[nodiscard]] std::unexpected<Error> refuse(const Throttle::Attempt& attempt,
                                              std::string_view why);
  [[nodiscard]] Task<Result<UserId>> check_password(identity::AccountName name,
                                                    base::Secret password);
  // The device of a candidate whose password held: the one that has this key already, or a new one.
  // The right password stands on the list: from now on the account is judged by that.
  [[nodiscard]] Task<Result<void>> note_breached(TenantId tenant, UserId user);
  [[nodiscard]] Result<Candidate> enrolling(const EnrolRequest& request, TenantId tenant,
                                            UserId user, hsm::api::VerifyKey key) const;

  identity::Directory& directory_;
  identity::Sessions& sessions_;
  identity::Passwords& passwords_;
  Throttle& throttle_;
  identity::HelloNonces& nonces_;
  identity::RowWriter& writer_;
  Doorkeeper& doorkeeper_;
  const AttestationRoots& attestation_;
  const base::Clock& clock_;
  base::Random& random_;
  Limits limits_;
  Crowds* crowds_;
  observe::Counter refused_;
  observe::Counter throttled_;
};

}  // namespace conclave::admission
