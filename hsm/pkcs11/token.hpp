#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "hsm/pkcs11/call_watch.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/secret.hpp"

// One PKCS#11 token with one logged-in session, and the primitives that keyd needs of it.
// Everything happens on the thread that owns the Token. No name of pkcs11.h is visible outside this
// folder.
namespace conclave::hsm::pkcs11 {

class Module;

// A CK_OBJECT_HANDLE; valid as long as the Token.
enum class KeyHandle : unsigned long {};
enum class DataHandle : unsigned long {};

struct TokenOptions {
  std::filesystem::path module;
  std::string label;
  std::string serial;  // empty: whichever serial the one token with this label has
};

struct TokenFacts {
  std::string module;
  std::string manufacturer;
  std::string label;
  std::string serial;
  std::vector<std::string> warnings;  // what the module cannot enforce
};

// The classes of token objects (keys contract, K1); each has one fixed template.
enum class TokenKey {
  wrapping,  // AES-256, wrap and unwrap by KWP, with an unwrap template
  sealing,   // AES-256, GCM only
  mac,       // 32 bytes, HMAC-SHA256 only
  signing,   // P-256, ECDSA only
};

// Keys that live in the session only and outside in wrapped form.
enum class SessionKey {
  room,     // wrap and unwrap only
  author,   // GCM only
  content,  // GCM only
};

// A key as the token describes it; for status and for the test that reads attributes back.
struct KeyDescription {
  std::string label;
  std::string type;
  std::string mechanism;  // its only allowed one; "any" when the module does not restrict
  bool sensitive = false;
  bool extractable = true;
  bool always_sensitive = false;
  bool never_extractable = false;
  bool modifiable = true;
  bool copyable = true;
  bool is_private = false;
  std::vector<std::string> usages;
};

class Token {
 public:
  // Loads the module, probes its mechanisms (kMechanismMissing names module and mechanism), finds
  // the token by label and serial, logs in, and indexes its keys by label. kTokenLocked when the
  // token refused the PIN, or when it says that few attempts are left and `may_risk_pin` is false.
  static Result<std::unique_ptr<Token>> open(const TokenOptions& options, const base::Secret& pin,
                                             bool may_risk_pin, CallWatch& watch);
  ~Token();
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  [[nodiscard]] const TokenFacts& facts() const { return facts_; }
  // True once a call has shown that session, login or token is gone: the owner must open anew.
  [[nodiscard]] bool lost();

  // kKeyMissing when there is none; kKeyRequestRefused when several keys bear the label.
  [[nodiscard]] Result<KeyHandle> find(std::string_view label) const;
  [[nodiscard]] bool has(std::string_view label) const;
  // Makes a token object; the label must be free.
  Result<KeyHandle> generate(TokenKey type, const std::string& label);
  // Destroys a token object (and its public half) or nothing when there is none.
  Result<void> destroy(std::string_view label);
  [[nodiscard]] Result<std::vector<KeyDescription>> describe();
  // Without its label; also for session keys.
  [[nodiscard]] Result<KeyDescription> describe_key(KeyHandle key);

  // A new session key, its wrapped form under `wrapping`, and a handle that cannot be extracted any
  // more: the extractable original is destroyed before this returns.
  struct Wrapped {
    Bytes blob;
    KeyHandle key{};
  };
  Result<Wrapped> generate_wrapped(SessionKey type, KeyHandle wrapping);
  Result<KeyHandle> unwrap(SessionKey type, KeyHandle wrapping, ByteView blob);
  // Best effort: a handle that is gone already is no error for the caller.
  void release(KeyHandle session_key);

  // Appends cipher text and tag to `out`.
  Result<void> gcm_encrypt(KeyHandle key, ByteView nonce, ByteView aad, ByteView plaintext,
                           Bytes& out);
  // Appends the plain text to `out`; kSealBroken when anything was changed.
  Result<void> gcm_decrypt(KeyHandle key, ByteView nonce, ByteView aad, ByteView sealed,
                           Bytes& out);
  Result<base::Sha256> hmac(KeyHandle key, ByteView message);
  // r | s, 64 bytes.
  Result<Bytes> sign(KeyHandle key, ByteView digest);
  // SubjectPublicKeyInfo, DER, of a signing key.
  Result<Bytes> public_key(std::string_view label);

  // Private data objects: a few bytes that outlive every file outside the token. They are made and
  // destroyed, never changed: SoftHSM lets no value be set, and a torn write spoils no older one.
  struct DataObject {
    DataHandle handle{};
    Bytes value;  // at most 4 KiB
  };
  [[nodiscard]] Result<std::vector<DataObject>> find_data(const std::string& label);
  Result<void> create_data(const std::string& label, ByteView value);
  Result<void> destroy_data(DataHandle object);

 private:
  struct Session;
  explicit Token(std::unique_ptr<Session> session);

  Result<void> index();

  std::unique_ptr<Session> session_;
  TokenFacts facts_;
  struct Indexed {
    KeyHandle key{};
    KeyHandle public_half{};  // of a signing pair
    unsigned count = 0;       // keys with this label
  };
  std::unordered_map<std::string, Indexed> keys_;
};

// Makes a token in the first free slot: C_InitToken, C_InitPIN, all inside this process. Answers
// the serial. kKeyRequestRefused when a token with this label exists already.
Result<std::string> make_token(const std::filesystem::path& module, const std::string& label,
                               const base::Secret& so_pin, const base::Secret& user_pin,
                               CallWatch& watch);
// True when an initialised token with this label is there.
Result<bool> token_exists(const std::filesystem::path& module, const std::string& label,
                          CallWatch& watch);

}  // namespace conclave::hsm::pkcs11
