#include "runtime/wire/http_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <ctime>

namespace conclave::wire {
namespace {

namespace http = boost::beast::http;

int status_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

// "0\r\n\r\n": no chunked body ends with less, and Beast 1.81 asserts that it sees as much once it
// has seen the first line of it.
constexpr std::size_t kLastChunkBytes = 5;

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = std::ranges::find(
      headers, name, [](const auto& each) { return std::string_view(each.first); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

HttpReader::HttpReader(std::size_t header_bytes, std::size_t body_bytes)
    : header_bytes_(header_bytes), body_bytes_(body_bytes) {
  reset();
}

void HttpReader::reset() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(header_bytes_));
  parser_->body_limit(body_bytes_);
  failure_ = 0;
  expect_answered_ = false;
}

HttpReader::State HttpReader::feed(std::string& input) {
  while (!input.empty()) {
    if (head_done() && parser_->chunked() && input.size() < kLastChunkBytes) break;
    boost::system::error_code error;
    const std::size_t taken = parser_->put(boost::asio::buffer(input), error);
    input.erase(0, taken);
    if (error && error != http::error::need_more) {
      failure_ = status_of(error);
      return State::failed;
    }
    if (parser_->is_header_done() && !acceptable()) return State::failed;
    if (parser_->is_done()) return State::complete;
    if (error || taken == 0) break;
  }
  if (!parser_->is_header_done() && input.size() > header_bytes_) {
    failure_ = 431;
    return State::failed;
  }
  return State::need_more;
}

// RFC 9112 section 3.2: exactly one Host with HTTP/1.1. Anything else lets a proxy and us disagree
// about whom a request is for.
bool HttpReader::acceptable() {
  const Message& message = parser_->get();
  if (message.version() != 10 && message.version() != 11) failure_ = 505;
  const auto hosts = message.count(http::field::host);
  if (message.version() == 11 && hosts != 1) failure_ = 400;
  if (message.version() == 10 && message.count(http::field::transfer_encoding) > 0) failure_ = 400;
  return failure_ == 0;
}

bool HttpReader::take_expect() {
  if (expect_answered_ || !head_done() || parser_->is_done()) return false;
  const auto expect = parser_->get()[http::field::expect];
  if (!boost::beast::iequals(expect, "100-continue")) return false;
  return expect_answered_ = true;
}

HttpRequest HttpReader::take_request() {
  Message& message = parser_->get();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    });
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  request.body = std::move(message.body());
  return request;
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), length};
}

std::string response_head(const HttpResponse& response, std::string_view date, bool keep_alive) {
  const auto status = http::int_to_status(static_cast<unsigned>(response.status));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(std::string_view(http::obsolete_reason(status))).append("\r\n");
  const auto add = [&](std::string_view name, std::string_view value) {
    // A value that would end its line could forge headers; a door never means it.
    if (has_line_break(name) || has_line_break(value)) return;
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Date", date);
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!response.body.empty()) add("Content-Type", response.content_type);
  if (!bodiless) add("Content-Length", std::to_string(response.body.size()));
  add("X-Content-Type-Options", "nosniff");
  if (!keep_alive) add("Connection", "close");
  for (const auto& [name, value] : response.headers) add(name, value);
  head.append("\r\n");
  return head;
}

}  // namespace conclave::wire
