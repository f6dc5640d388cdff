#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "hsm/keyd/options.hpp"
#include "hsm/pkcs11/token.hpp"
#include "runtime/base/secret.hpp"

namespace conclave::hsm::keyd {

enum class TokenState : std::uint8_t {
  opening,  // not tried yet
  ready,
  unavailable,  // tried again with back-off
  locked,       // the PIN was refused; only an operator or a ceremony changes that
};

// Opens the token, opens it anew when it was lost, and guards the PIN: after a refusal it writes
// STATE/keyring/pin-refused and never tries again, not even after a restart, until the refusal is
// cleared, which allows exactly one attempt. All on the token's thread except state() and reason().
class TokenKeeper {
 public:
  TokenKeeper(const Options& options, base::Secret pin, std::string serial,
              pkcs11::CallWatch& watch);

  [[nodiscard]] TokenState state() const { return state_.load(std::memory_order_acquire); }
  // Why it is not ready, for people; and the error that requests get meanwhile.
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] Error refusal() const;

  // Opens the token when that is due; true when it has just been opened.
  bool try_open(std::int64_t now_ms);
  // kMechanismMissing from the first attempt: the process cannot work with this module.
  [[nodiscard]] const std::optional<Error>& fatal() const { return fatal_; }
  // Asks the token for a sign of life; false: it is lost, and the handles with it.
  bool check_alive();
  // The token was lost; it is opened again at the next try_open().
  void close(const Error& why, std::int64_t now_ms);
  // The process is ending.
  void shut() { token_.reset(); }
  [[nodiscard]] bool is_open() const { return token_ != nullptr; }
  [[nodiscard]] pkcs11::Token& token() { return *token_; }
  // After the last open; kept while the token is away, for status.
  [[nodiscard]] const pkcs11::TokenFacts& facts() const { return facts_; }

  // Allows one more PIN attempt, now.
  Result<void> clear_refusal();
  // The same from outside a running keyd.
  static Result<void> clear_refusal(const config::StatePaths& paths);

 private:
  void set(TokenState state, std::string reason);
  void opened(std::unique_ptr<pkcs11::Token> token);
  void failed(const Error& error, std::int64_t now_ms);

  const Options& options_;
  base::Secret pin_;
  std::string serial_;
  pkcs11::CallWatch& watch_;
  std::unique_ptr<pkcs11::Token> token_;
  pkcs11::TokenFacts facts_;
  std::optional<Error> fatal_;
  std::int64_t next_attempt_ms_ = 0;
  std::int64_t backoff_ms_ = 0;

  std::atomic<TokenState> state_{TokenState::opening};
  mutable std::mutex mutex_;  // guards reason_
  std::string reason_ = "the token is being opened";
};

}  // namespace conclave::hsm::keyd
