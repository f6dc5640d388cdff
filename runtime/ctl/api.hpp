#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/error.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/ctl/profile.hpp"
#include "sdk/client/device_key.hpp"

namespace conclave::ctl {

// What a server said instead of doing it.
struct Refusal {
  int status = 0;
  std::string reason;
  std::string advice;
  std::string detail;
  std::vector<std::string> reasons;  // of the organisation's rules: "advice (code)"
};

// A second factor that a person shows: what it is, and its code. `primary` needs no code.
struct ShownFactor {
  std::string factor;
  std::string code;
};
// Asked when a sign-in needs one of `factors`.
using AskFactor = std::function<Result<ShownFactor>(const std::vector<std::string>& factors)>;
// Told once what has to be typed or read on the primary device.
using ShowNumber = std::function<void(const std::string& number, const std::string& qr)>;

// The management API of one server, over one kept-alive connection, with the authority pinned. One
// thread; calls block, at most two minutes.
class Api {
 public:
  explicit Api(ServerPlace server);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  struct Response {
    int status = 0;
    boost::json::object body;
  };
  // Any status is a response; kUnreachable when there is none.
  [[nodiscard]] Result<Response> send(const std::string& method, const std::string& target,
                                      const std::string& body,
                                      const std::vector<std::string>& headers = {});

  // Without them a sign-in that needs a second factor is refused.
  void on_step_up(AskFactor ask, ShowNumber show) {
    ask_ = std::move(ask);
    show_ = std::move(show);
  }
  // A client certificate to show in the TLS handshake, for organisations whose VPN it proves: a PEM
  // file with the certificate, what stands behind it, and its key.
  void present(std::filesystem::path file) { certificate_ = std::move(file); }
  // What the organisation's rules said about the last sign-in that was let in only in part.
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }

  // Makes a device key, enrols it, and returns the profile to keep. Signed in afterwards.
  [[nodiscard]] Result<Profile> enrol(const std::string& account, const base::Secret& password,
                                      const std::string& device_name);
  // Signs in with the device key of `profile`.
  [[nodiscard]] Result<void> prove(const Profile& profile);
  // Ends the session; what went wrong does not matter any more.
  void end();

  // A call with token and proof. A refusal is kServerRefused; refusal() has the whole.
  [[nodiscard]] Result<boost::json::object> call(const std::string& method,
                                                 const std::string& target,
                                                 const boost::json::object* body = nullptr);
  // Without a token (set-up).
  [[nodiscard]] Result<boost::json::object> call_open(const std::string& target,
                                                      const boost::json::object& body);
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  struct Curl;
  struct Signed;
  [[nodiscard]] Result<boost::json::object> accepted(Result<Response> response);
  // The answer to enrol or prove, once everything that it still asks for was shown.
  [[nodiscard]] Result<boost::json::object> signed_in(Result<Response> response);
  [[nodiscard]] Result<Response> step_up(const std::string& ticket, const ShownFactor& shown);
  [[nodiscard]] Result<Signed> sign(std::string_view purpose, const std::string& account,
                                    const std::string& device, const client::DeviceKey& key);
  [[nodiscard]] Result<std::string> proof(const std::string& method, const std::string& target,
                                          const std::string& body) const;
  [[nodiscard]] std::string origin() const;  // empty for a plain loopback server

  ServerPlace server_;
  std::filesystem::path certificate_;  // empty: none is shown
  std::unique_ptr<Curl> curl_;
  std::optional<client::DeviceKey> key_;
  std::string token_;
  std::optional<Refusal> refusal_;
  AskFactor ask_;
  ShowNumber show_;
  std::vector<std::string> notices_;
};

}  // namespace conclave::ctl
