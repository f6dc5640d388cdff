#include "hsm/keyd/token_keeper.hpp"

#include <algorithm>
#include <fstream>

#include "hsm/keyd/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::int64_t kFirstBackoff_ms = 250;
constexpr std::int64_t kLastBackoff_ms = 5'000;

std::filesystem::path refused_file(const config::StatePaths& paths) {
  return paths.keyring_dir / "pin-refused";
}

// Present: the next attempt was allowed by an operator. Removed before the attempt is made.
std::filesystem::path retry_file(const config::StatePaths& paths) {
  return paths.keyring_dir / "pin-retry";
}

Result<void> write_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::trunc);
  out << text << '\n';
  out.flush();
  if (!out) return fail(base::kInternal, "cannot write " + file.string());
  return {};
}

}  // namespace

TokenKeeper::TokenKeeper(const Options& options, base::Secret pin, std::string serial,
                         pkcs11::CallWatch& watch)
    : options_(options), pin_(std::move(pin)), serial_(std::move(serial)), watch_(watch) {}

std::string TokenKeeper::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

Error TokenKeeper::refusal() const {
  return Error(state() == TokenState::locked ? api::kTokenLocked : api::kTokenUnavailable,
               reason());
}

void TokenKeeper::set(TokenState state, std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    reason_ = std::move(reason);
  }
  state_.store(state, std::memory_order_release);
}

bool TokenKeeper::try_open(std::int64_t now_ms) {
  if (token_ || now_ms < next_attempt_ms_ || fatal_) return false;
  std::error_code
      ignored;  // a file that cannot be looked at counts as absent, and as a refusal below
  const bool allowed_once = std::filesystem::remove(retry_file(options_.paths), ignored);
  if (std::filesystem::exists(refused_file(options_.paths), ignored)) {
    set(TokenState::locked,
        "the token refused the PIN; see " + refused_file(options_.paths).string());
    next_attempt_ms_ = now_ms + kLastBackoff_ms;
    return false;
  }
  const pkcs11::TokenOptions wanted{options_.config.keyd.module, options_.config.keyd.token_label,
                                    serial_};
  auto token = pkcs11::Token::open(wanted, pin_, allowed_once, watch_);
  if (!token) {
    failed(token.error(), now_ms);
    return false;
  }
  opened(std::move(*token));
  return true;
}

void TokenKeeper::opened(std::unique_ptr<pkcs11::Token> token) {
  token_ = std::move(token);
  facts_ = token_->facts();
  backoff_ms_ = 0;
  set(TokenState::ready, "");
  observe::info("token.opened", {{"module", facts_.module},
                                 {"manufacturer", facts_.manufacturer},
                                 {"token", facts_.label},
                                 {"serial", facts_.serial}});
  for (const auto& warning : facts_.warnings) {
    observe::warn("token.weaker", {{"module", facts_.module}, {"what", warning}});
  }
}

void TokenKeeper::failed(const Error& error, std::int64_t now_ms) {
  backoff_ms_ = std::clamp(2 * backoff_ms_, kFirstBackoff_ms, kLastBackoff_ms);
  next_attempt_ms_ = now_ms + backoff_ms_;
  if (error.is(api::kTokenLocked)) {
    // Written before anything else can happen: a restart must not try again.
    const auto written = write_text(refused_file(options_.paths), error.text());
    if (!written) fatal_ = written.error();
    set(TokenState::locked, error.detail());
    observe::error("token.pin_refused", {{"error", error}});
    return;
  }
  if (error.is(api::kMechanismMissing)) fatal_ = error;
  set(TokenState::unavailable, error.detail());
  observe::error("token.unavailable", {{"error", error}, {"again_in_ms", backoff_ms_}});
}

bool TokenKeeper::check_alive() {
  const auto key = token_->find("rows");
  if (!key) return false;
  return token_->hmac(*key, base::as_bytes("conclave/alive")).has_value() && !token_->lost();
}

void TokenKeeper::close(const Error& why, std::int64_t now_ms) {
  token_.reset();
  next_attempt_ms_ = now_ms;
  set(TokenState::unavailable, why.detail());
  observe::error("token.lost", {{"error", why}});
}

Result<void> TokenKeeper::clear_refusal(const config::StatePaths& paths) {
  CONCLAVE_TRY(write_text(retry_file(paths), "one attempt"));
  std::error_code failed;
  std::filesystem::remove(refused_file(paths), failed);
  if (failed) return fail(base::kInternal, "cannot remove " + refused_file(paths).string());
  return {};
}

Result<void> TokenKeeper::clear_refusal() {
  CONCLAVE_TRY(clear_refusal(options_.paths));
  next_attempt_ms_ = 0;
  return {};
}

}  // namespace conclave::hsm::keyd
