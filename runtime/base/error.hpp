#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace conclave::base {

// What a caller can do about an error; doors map it to their own status codes.
enum class ErrorKind {
  invalid,          // the request is wrong: change it, do not repeat it
  unauthenticated,  // sign in (again)
  denied,           // known person, missing right: ask an admin
  not_found,        // no such thing, or not one that the caller may know of
  conflict,         // the state has moved on: read it, then decide
  limited,          // too much or too often: wait, then repeat
  unavailable,      // a part of the server is down or slow: repeat later
  internal,         // a defect or a broken disk: look at the log
};

// The fixed part of an error: declared once, `inline constexpr`, in the errors.hpp of its module.
// `reason` is machine readable and stable ("room.not_found"); `advice` tells a person what to do.
struct ErrorSpec {
  std::string_view reason;
  ErrorKind kind;
  std::string_view advice;
};

// An error is a spec plus what is particular to this case. `detail` goes to the caller and the log:
// it names things by id and never holds a secret or message content.
class Error {
 public:
  // Implicit: a function may `return std::unexpected<Error>(kSpec)` or `fail(kSpec, detail)`.
  Error(const ErrorSpec& spec, std::string detail = {})  // NOLINT(google-explicit-constructor)
      : spec_(&spec), detail_(std::move(detail)) {}

  [[nodiscard]] const ErrorSpec& spec() const { return *spec_; }
  [[nodiscard]] std::string_view reason() const { return spec_->reason; }
  [[nodiscard]] ErrorKind kind() const { return spec_->kind; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  // When to come back, for limits: milliseconds from now, 0 when not known.
  [[nodiscard]] std::int64_t retry_after_ms() const { return retry_after_ms_; }
  Error&& retry_after(std::int64_t ms) && {
    retry_after_ms_ = ms;
    return std::move(*this);
  }
  // What clients get beside reason and advice: members of a JSON object as text, without braces,
  // written by the module that knows them. Empty for most errors.
  [[nodiscard]] std::string_view members() const {
    return members_ ? std::string_view(*members_) : std::string_view();
  }
  Error&& with_members(std::string json) && {
    members_ = std::make_shared<const std::string>(std::move(json));
    return std::move(*this);
  }
  // "room.not_found: <detail>", for logs and tests.
  [[nodiscard]] std::string text() const;

  // Two errors are the same case when their specs are; details do not count.
  [[nodiscard]] bool is(const ErrorSpec& spec) const { return spec_->reason == spec.reason; }
  friend bool operator==(const Error& left, const Error& right) noexcept {
    return left.reason() == right.reason();
  }

 private:
  const ErrorSpec* spec_;
  std::string detail_;
  std::int64_t retry_after_ms_ = 0;
  std::shared_ptr<const std::string> members_;  // shared by the copies of the error
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(const ErrorSpec& spec, std::string detail = {}) {
  return std::unexpected<Error>(Error(spec, std::move(detail)));
}

// Errors of no particular module.
inline constexpr ErrorSpec kInternal{"internal", ErrorKind::internal,
                                     "This is a defect or a broken machine; see the server's log."};
inline constexpr ErrorSpec kTimeout{"timeout", ErrorKind::unavailable,
                                    "A part of the server did not answer in time; try again."};
inline constexpr ErrorSpec kShuttingDown{"server.draining", ErrorKind::unavailable,
                                         "The server is stopping; connect again shortly."};
inline constexpr ErrorSpec kMalformed{"malformed", ErrorKind::invalid,
                                      "The bytes do not have the documented form."};

}  // namespace conclave::base

namespace conclave {
using base::Error;
using base::ErrorKind;
using base::ErrorSpec;
using base::fail;
using base::Result;
}  // namespace conclave

// Returns the error of `expression` from the enclosing function, or drops its value.
#define CONCLAVE_TRY(expression)                             \
  do {                                                       \
    if (auto try_result = (expression); !try_result)         \
      return std::unexpected(std::move(try_result).error()); \
  } while (false)

// The same inside a coroutine.
#define CONCLAVE_CO_TRY(expression)                             \
  do {                                                          \
    if (auto try_result = (expression); !try_result)            \
      co_return std::unexpected(std::move(try_result).error()); \
  } while (false)
