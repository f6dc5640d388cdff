#include "tests/load/frames.hpp"

#include <chrono>

#include "tests/load/client.hpp"
#include "tests/load/process.hpp"

namespace conclave::load {
namespace {

constexpr std::size_t kTextBytes = 128;
constexpr std::size_t kStampDigits = 16;
constexpr std::string_view kAnswer = R"({"jsonrpc":"2.0","id":)";
constexpr std::string_view kEntries = R"({"jsonrpc":"2.0","method":"room.entries")";
constexpr std::string_view kText = R"("text":"#)";

void patch_decimal(std::string& text, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value /= 10) {
    text[at + i] = static_cast<char>('0' + value % 10);
  }
}

std::uint64_t decimal_at(std::string_view text, std::size_t at) {
  std::uint64_t value = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  return value;
}

// Counts up over runs and restarts of the bench: devices remember the highest client_id.
std::uint64_t first_number() {
  static const auto kBegan = std::chrono::steady_clock::now();
  const auto age = std::chrono::steady_clock::now() - kBegan;
  return 1'000'000'000 + static_cast<std::uint64_t>(
                             std::chrono::duration_cast<std::chrono::milliseconds>(age).count()) *
                             1'000;
}

}  // namespace

MessageFrame::MessageFrame(std::string_view room) : number_(first_number()) {
  std::string text = "#" + std::string(kStampDigits, '0');
  text.append(kTextBytes - text.size(), 'x');
  const std::string params = R"({"room":")" + std::string(room) + R"(","client_id":)" +
                             std::to_string(number_) + R"(,"text":")" + text + R"("})";
  frame_ = framed(request(number_, "message.send", params));
  id_at_ = frame_.find(kAnswer) + kAnswer.size();
  client_id_at_ = frame_.find(std::to_string(number_), id_at_ + 1);
  text_at_ = frame_.find(kText) + kText.size();
}

std::string_view MessageFrame::next(std::uint64_t stamp) {
  constexpr std::size_t kNumberDigits = 10;
  ++number_;
  patch_decimal(frame_, id_at_, kNumberDigits, number_);
  patch_decimal(frame_, client_id_at_, kNumberDigits, number_);
  patch_decimal(frame_, text_at_, kStampDigits, stamp);
  return frame_;
}

std::string request(std::uint64_t id, std::string_view method, std::string_view params) {
  std::string out(kAnswer);
  out += std::to_string(id) + R"(,"method":")";
  out.append(method).append(R"(","params":)").append(params).append("}");
  return out;
}

bool is_answer(std::string_view frame) {
  return frame.starts_with(kAnswer);
}

bool is_error(std::string_view answer) {
  const std::size_t comma = answer.find(',', kAnswer.size());
  return answer.substr(comma).starts_with(R"(,"error")");
}

std::uint64_t answer_id(std::string_view answer) {
  return decimal_at(answer, kAnswer.size());
}

SeqRange entries_of(std::string_view event) {
  if (!event.starts_with(kEntries)) return {};
  constexpr std::string_view kFirst = R"("entries":[{"seq":)";
  constexpr std::string_view kEach = R"({"seq":)";
  const std::size_t first = event.find(kFirst, kEntries.size());
  const std::size_t last = event.rfind(kEach);
  if (first == std::string_view::npos) throw Failure("room.entries of another form");
  return {decimal_at(event, first + kFirst.size()), decimal_at(event, last + kEach.size())};
}

std::uint64_t next_stamp(std::string_view event, std::size_t& at) {
  at = event.find(kText, at);
  if (at == std::string_view::npos) return 0;
  at += kText.size();
  return decimal_at(event, at);
}

}  // namespace conclave::load
