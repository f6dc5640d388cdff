#include "sdk/client/terminal/proof.hpp"

#include <boost/json/array.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <set>

#include "sdk/client/errors.hpp"
#include "sdk/client/terminal/output.hpp"
#include "sdk/client/terminal/password.hpp"

namespace conclave::client::terminal {
namespace {

constexpr std::chrono::milliseconds kAskAgain{1'000};

// Every factor that would do for one of the things that are asked for.
std::set<std::string> factors_of(const json::object& members) {
  std::set<std::string> out;
  for (const auto& step : array_at(members, "step_ups")) {
    if (!step.is_object()) continue;
    for (const auto& factor : array_at(step.as_object(), "any_of")) {
      if (factor.is_string()) out.emplace(factor.as_string());
    }
  }
  return out;
}

// Of several, the one that asks least of the person; what was named on the command line first.
std::string choose(const std::set<std::string>& factors, const Request& request) {
  if (!request.factor.empty()) return request.factor;
  for (const char* factor : {"totp", "primary", "recovery_code"}) {
    if (factors.contains(factor)) return factor;
  }
  return {};
}

void show_number(const json::object& pending) {
  const std::string number = string_at(pending, "number");
  if (number.empty()) {
    std::fprintf(stderr, "Show this code to your primary device:\n\n    %s\n\n",
                 string_at(pending, "qr").c_str());
  } else {
    std::fprintf(stderr,
                 "Type this number on your primary device (`conclave approve %s`):\n\n    %s\n\n",
                 number.c_str(), number.c_str());
  }
}

// Until the primary's person has answered, or the request is over.
Result<SignedIn> ask_primary(Client& client) {
  std::string shown;
  for (;;) {
    auto done = client.show_proof("primary", {});
    if (done || done.error().reason() != "approval.pending") return done;
    const json::object pending = members_of(done.error());
    const std::string id = string_at(pending, "approval");
    if (id != shown) show_number(pending);
    shown = id;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable never;
    never.wait_for(lock, kAskAgain);
  }
}

Result<SignedIn> ask_code(Client& client, const std::string& factor) {
  const char* prompt = factor == "totp" ? "Code of your authenticator application: "
                                        : "One of your recovery codes: ";
  auto code = read_password(prompt);
  if (!code) return std::unexpected(std::move(code).error());
  return client.show_proof(factor, std::string(base::as_text(code->view())));
}

}  // namespace

void print_reasons(const Error& error) {
  const json::object members = members_of(error);
  for (const auto& value : array_at(members, "reasons")) {
    if (!value.is_object()) continue;
    const auto& reason = value.as_object();
    std::fprintf(stderr, "  - %s (%s)\n", printable(string_at(reason, "advice")).c_str(),
                 string_at(reason, "code").c_str());
  }
}

Result<void> prove_more(Client& client, const Request& request, Error asked) {
  constexpr int kMostSteps = 4;
  for (int step = 0; step < kMostSteps; ++step) {
    print_reasons(asked);
    const std::string factor = choose(factors_of(members_of(asked)), request);
    if (factor.empty()) return std::unexpected(std::move(asked));
    auto done = factor == "primary" ? ask_primary(client) : ask_code(client, factor);
    if (done) return {};
    if (done.error().reason() != "sign_in.step_up") {
      print_reasons(done.error());
      return std::unexpected(std::move(done).error());
    }
    asked = std::move(done).error();
  }
  return std::unexpected(std::move(asked));
}

Result<void> approve(const Request& request) {
  constexpr std::string_view kCode = "conclave:approve:";
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  auto listed = (*client)->call("approval.list", {}).get();
  if (!listed) return std::unexpected(std::move(listed).error());
  const auto waiting = array_at(*listed, "requests");
  if (request.as_json) print_json(*listed);
  for (const auto& value : waiting) {
    const auto& one = value.as_object();
    std::fprintf(stderr, "%s (%s) from %s %s, until %s\n",
                 printable(string_at(one, "device_name")).c_str(),
                 string_at(one, "platform").c_str(), string_at(one, "address").c_str(),
                 printable(string_at(one, "place")).c_str(),
                 time_text(number_at(one, "expires_ms")).c_str());
  }
  if (request.text.empty() && !request.deny) {
    if (waiting.empty()) std::fprintf(stderr, "Nobody waits.\n");
    return {};
  }
  if (waiting.empty()) return fail(kNobodyWaits);
  const bool by_code = request.text.starts_with(kCode);
  const std::string secret =
      by_code ? request.text.substr(request.text.rfind(':') + 1) : std::string();
  return (*client)->answer_newcomer(waiting.front().as_object(), !request.deny,
                                    by_code ? std::string() : request.text, secret);
}

}  // namespace conclave::client::terminal
