#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Requests of the set-up, one after the other over one kept connection to the plain listener.
namespace conclave::load {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : port_(port) {}
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `headers`: whole lines without their end. Status 0: no connection.
  HttpAnswer call(std::string_view method, std::string_view target, std::string_view body,
                  const std::vector<std::string>& headers = {});

 private:
  bool connect();
  HttpAnswer read_answer();

  std::uint16_t port_;
  int socket_ = -1;
};

}  // namespace conclave::load
