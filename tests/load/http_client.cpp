#include "tests/load/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace conclave::load {

HttpClient::~HttpClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool HttpClient::connect() {
  if (socket_ >= 0) return true;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return true;
  ::close(socket_);
  socket_ = -1;
  return false;
}

HttpAnswer HttpClient::call(std::string_view method, std::string_view target, std::string_view body,
                            const std::vector<std::string>& headers) {
  if (!connect()) return {};
  std::string request;
  request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1:");
  request.append(std::to_string(port_)).append("\r\n");
  for (const std::string& header : headers) request.append(header).append("\r\n");
  if (!body.empty()) {
    request.append("Content-Type: application/json\r\nContent-Length: ");
    request.append(std::to_string(body.size())).append("\r\n");
  }
  request.append("\r\n").append(body);
  if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return {};
  }
  return read_answer();
}

HttpAnswer HttpClient::read_answer() {
  std::string text;
  std::size_t head = std::string::npos;
  std::size_t whole = 0;
  while (head == std::string::npos || text.size() < whole) {
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (head != std::string::npos) continue;
    head = text.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    std::string lower = text.substr(0, head);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view kLength = "content-length:";
    const std::size_t length = lower.find(kLength);
    whole = head + 4;
    if (length != std::string::npos) whole += std::stoul(lower.substr(length + kLength.size()));
  }
  HttpAnswer answer;
  answer.status = std::stoi(text.substr(text.find(' ') + 1));
  answer.body = text.substr(head + 4, whole - head - 4);
  return answer;
}

}  // namespace conclave::load
