#include "runtime/ctl/ceremony.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <optional>

#include "hsm/api/frame.hpp"
#include "hsm/api/frame_socket.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/base/random.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/table.hpp"

namespace conclave::ctl {

namespace {

namespace json = boost::json;

constexpr std::size_t kNonceBytes = 32;
constexpr std::chrono::seconds kPatience{10};

Result<std::string> text_of(const json::object& order, std::string_view name) {
  const json::value* value = order.if_contains(name);
  if (value == nullptr || !value->is_string()) return fail(kOrderBroken, std::string(name));
  return std::string(value->get_string());
}

Result<std::int64_t> expiry_of(const json::object& order) {
  const json::value* value = order.if_contains("expiry_ms");
  if (value == nullptr || !value->is_int64()) return fail(kOrderBroken, "expiry_ms");
  return value->get_int64();
}

int connected(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path) return -1;
  name.copy(address.sun_path, name.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return descriptor;
  }
  close(descriptor);
  return -1;
}

Result<json::object> answer_of(const hsm::api::Frame& frame) {
  if (frame.tag == static_cast<std::uint8_t>(hsm::api::ReplyTag::failed)) {
    base::ByteReader reader(frame.payload);
    const Error error = hsm::api::read_error(reader);
    return fail(kCeremonyRefused, error.text());
  }
  boost::system::error_code broken;
  json::value value = json::parse(base::as_text(frame.payload), broken);
  if (broken || !value.is_object()) return fail(kCeremonyRefused, "its answer is not understood");
  return std::move(value.get_object());
}

}  // namespace

json::object make_order(const std::string& operation, const std::string& argument,
                        const std::string& installation, std::int64_t expiry_ms) {
  Bytes nonce(kNonceBytes);
  base::system_random().fill(nonce);
  return {{"operation", operation},
          {"argument", argument},
          {"installation", installation},
          {"expiry_ms", expiry_ms},
          {"nonce", base::base64url_encode(nonce)},
          {"approvals", json::array{}}};
}

Result<json::object> load_order(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text) return std::unexpected(text.error());
  boost::system::error_code broken;
  json::value value = json::parse(*text, broken);
  if (broken || !value.is_object()) return fail(kOrderBroken, file.filename().string());
  if (auto digest = order_digest(value.get_object()); !digest) {
    return std::unexpected(digest.error());
  }
  return std::move(value.get_object());
}

Result<base::Sha256> order_digest(const json::object& order) {
  const auto operation = text_of(order, "operation");
  const auto argument = text_of(order, "argument");
  const auto installation = text_of(order, "installation");
  const auto nonce = text_of(order, "nonce");
  const auto expiry = expiry_of(order);
  for (const auto* field : {&operation, &argument, &installation, &nonce}) {
    if (!*field) return std::unexpected(field->error());
  }
  if (!expiry) return std::unexpected(expiry.error());
  const auto nonce_bytes = base::base64url_decode(*nonce);
  if (!nonce_bytes) return fail(kOrderBroken, "nonce");
  const base::Sha256 argument_digest = base::sha256(*argument);
  const std::string expiry_text = std::to_string(*expiry);
  return base::transcript_digest({base::as_bytes("conclave/ceremony/1"), base::as_bytes(*operation),
                                  argument_digest, base::as_bytes(*installation),
                                  base::as_bytes(expiry_text), *nonce_bytes});
}

std::string order_in_words(const json::object& order) {
  const std::string operation = text_of(order, "operation").value_or("?");
  const std::string argument = text_of(order, "argument").value_or("?");
  std::string words = "operation " + operation + " " + argument;
  if (operation == "tenant.destroy") {
    words = "DESTROY all keys of tenant " + argument +
            ": nothing it ever wrote can be read again, in no backup";
  } else if (operation == "approvers.change") {
    words = "REPLACE the custodians by these:\n" + argument;
  } else if (operation == "pin.clear") {
    words = "ALLOW one more attempt with the PIN after the token refused it";
  } else if (operation == "anchor.reset") {
    words = "ACCEPT the store as the next start finds it, although the token has seen a later one";
  }
  return words + "\ninstallation " + text_of(order, "installation").value_or("?") +
         "\nvalid until " + utc_text(expiry_of(order).value_or(0)) + " UTC";
}

void add_approval(json::object* order, const std::string& name, ByteView signature) {
  json::array kept;
  if (const json::value* old = order->if_contains("approvals"); old && old->is_array()) {
    for (const json::value& approval : old->get_array()) {
      const bool same = approval.is_object() && text_of(approval.get_object(), "approver") == name;
      if (!same) kept.push_back(approval);
    }
  }
  kept.push_back(
      json::object{{"approver", name}, {"signature", base::base64url_encode(signature)}});
  (*order)["approvals"] = std::move(kept);
}

Result<json::object> ask_keyd(const std::filesystem::path& path, const json::object& request) {
  const int descriptor = connected(path);
  if (descriptor < 0) return fail(kCeremonyUnreachable, path.string());
  hsm::api::FrameSocket socket(descriptor, hsm::api::kMaxReplyFrame, hsm::api::kMaxRequestFrame);
  const std::string text = json::serialize(request);
  auto frame = hsm::api::begin_frame(1, 1, text.size());
  frame.raw(base::as_bytes(text));
  const auto sent = socket.send(hsm::api::finish_frame(std::move(frame)));
  if (sent == hsm::api::FrameSocket::Sent::broken) {
    return fail(kCeremonyUnreachable, "connection lost");
  }
  std::optional<Result<json::object>> answer;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!answer) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return fail(kCeremonyUnreachable, "no answer within ten seconds");
    pollfd waiting{descriptor, POLLIN, 0};
    if (socket.wants_write()) waiting.events |= POLLOUT;
    if (poll(&waiting, 1, static_cast<int>(left.count())) < 0) continue;
    if ((waiting.revents & POLLOUT) != 0 && !socket.flush()) break;
    const bool whole = socket.receive([&answer](const hsm::api::Frame& got) {
      // A new connection is first told whether the token is ready; that is not the answer.
      if (got.tag != static_cast<std::uint8_t>(hsm::api::ReplyTag::state)) answer = answer_of(got);
    });
    if (!whole && !answer) return fail(kCeremonyUnreachable, "connection lost");
  }
  return answer ? *std::move(answer) : fail(kCeremonyUnreachable, "connection lost");
}

}  // namespace conclave::ctl
