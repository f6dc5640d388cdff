#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "runtime/wire/http.hpp"

namespace conclave::wire {

// Takes HTTP/1.1 requests out of a byte stream, one after the other. No I/O.
class HttpReader {
 public:
  using Message = boost::beast::http::request<boost::beast::http::string_body>;
  enum class State { need_more, complete, failed };

  HttpReader(std::size_t header_bytes, std::size_t body_bytes);

  // Takes what it can from the front of `input`; call again with more bytes appended.
  [[nodiscard]] State feed(std::string& input);
  // Ready for the next request.
  void reset();

  // The status for a request that failed (400, 413, 431, 505).
  [[nodiscard]] int failure() const { return failure_; }
  [[nodiscard]] bool head_done() const { return parser_->is_header_done(); }
  // True once when the peer waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool take_expect();
  [[nodiscard]] bool keep_alive() const { return parser_->keep_alive(); }

  // Of a complete request. take_request() leaves the message empty.
  [[nodiscard]] const Message& message() const { return parser_->get(); }
  [[nodiscard]] HttpRequest take_request();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  [[nodiscard]] bool acceptable();

  const std::size_t header_bytes_;
  const std::size_t body_bytes_;
  std::optional<Parser> parser_;
  int failure_ = 0;
  bool expect_answered_ = false;
};

// Head of a response with its length; the body follows it. `date` is an IMF-fixdate (RFC
// 9110 5.6.7).
[[nodiscard]] std::string response_head(const HttpResponse& response, std::string_view date,
                                        bool keep_alive);
[[nodiscard]] std::string http_date();

}  // namespace conclave::wire
