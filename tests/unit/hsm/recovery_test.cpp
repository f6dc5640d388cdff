#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "hsm/api/protocol.hpp"
#include "hsm/keyd/errors.hpp"
#include "tests/unit/hsm/keyd_environment.hpp"

// Bad days: keyd restarted, the token slow, gone or locked, peers that send rubbish.
namespace conclave::hsm {
namespace {

using Recovery = KeydTest;

void unavailable_soon(api::KeyService& keys, const ErrorSpec& expected) {
  const auto began = std::chrono::steady_clock::now();
  const auto answer =
      testing::await<Bytes>([&](auto done) { keys.tls_sign(Bytes(32), std::move(done)); });
  EXPECT_EQ(reason_of(answer), expected.reason);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(Recovery, a_restarted_keyd_finds_its_keys_and_old_references_are_stale) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  const auto segment = sealed(name, *key, "before");
  ASSERT_TRUE(segment);
  keyd.kill(SIGKILL);
  ASSERT_TRUE(testing::KeydProcess::eventually([&] { return !keys().ready(); }));
  unavailable_soon(keys(), api::kTokenUnavailable);
  keyd.start();
  ASSERT_TRUE(keyd.ready());
  EXPECT_EQ(reason_of(open_one(key->ref, *segment)), api::kKeyRefStale.reason);
  const auto again = load(name, key->id, key->blob);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(base::as_text(*open_one(*again, *segment)), "before");
}

TEST_F(Recovery, what_was_pending_when_keyd_died_is_answered) {
  // Stopped, so that the request is certainly on its way and not answered.
  ::kill(keyd.pid(), SIGSTOP);
  std::promise<Result<Bytes>> answer;
  auto arrived = answer.get_future();
  keys().tls_sign(Bytes(32), [&](Result<Bytes> result) { answer.set_value(std::move(result)); });
  keyd.kill(SIGKILL);
  EXPECT_EQ(reason_of(arrived.get()), api::kTokenUnavailable.reason);
}

TEST_F(Recovery, a_token_that_is_gone_fails_clearly_and_comes_back_by_itself) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  auto away = keyd.paths().softhsm_dir;
  away += ".away";
  std::filesystem::rename(keyd.paths().softhsm_dir, away);
  ASSERT_TRUE(testing::KeydProcess::eventually([&] { return !keys().ready(); })) << keyd.output();
  unavailable_soon(keys(), api::kTokenUnavailable);
  EXPECT_FALSE(create(name));
  std::filesystem::rename(away, keyd.paths().softhsm_dir);
  ASSERT_TRUE(keyd.ready()) << keyd.output();
  EXPECT_TRUE(load(name, key->id, key->blob));
}

TEST_F(Recovery, a_wrong_pin_is_tried_once_and_stays_refused_until_an_operator_clears_it) {
  keyd.kill();
  std::string right;
  std::ifstream(keyd.paths().pin) >> right;
  std::ofstream(keyd.paths().pin, std::ios::trunc) << "0000111122223333";
  keyd.start();
  const auto locked = [&] {
    const auto status =
        testing::await<api::TokenStatus>([&](auto done) { keys().status(std::move(done)); });
    return status && !status->ready &&
           status->reason.find("CKR_PIN_INCORRECT") != std::string::npos;
  };
  ASSERT_TRUE(testing::KeydProcess::eventually(locked)) << keyd.output();
  unavailable_soon(keys(), api::kTokenLocked);
  keyd.kill();
  // The right PIN again, but nobody has cleared the refusal: it is not tried.
  std::ofstream(keyd.paths().pin, std::ios::trunc) << right;
  keyd.start();
  ASSERT_TRUE(testing::KeydProcess::eventually([&] {
    const auto answer =
        testing::await<Bytes>([&](auto done) { keys().tls_sign(Bytes(32), std::move(done)); });
    return !answer && answer.error().is(api::kTokenLocked);
  })) << keyd.output();
  const auto refusals = [&] {
    const auto text = keyd.output();
    std::size_t count = 0;
    for (auto at = text.find("token.pin_refused"); at != std::string::npos;
         at = text.find("token.pin_refused", at + 1)) {
      ++count;
    }
    return count;
  };
  EXPECT_EQ(refusals(), 1U);
  EXPECT_EQ(keyd.run({"clear-refusal"}), 0);
  EXPECT_TRUE(keyd.ready()) << keyd.output();
  EXPECT_EQ(refusals(), 1U);
}

TEST_F(Recovery, a_missing_mechanism_ends_keyd_and_names_module_and_mechanism) {
  keyd.kill();
  std::ofstream(keyd.paths().softhsm_conf, std::ios::app)
      << "slots.mechanisms = -CKM_DES_CBC,CKM_AES_GCM\n";
  keyd.start();
  EXPECT_EQ(keyd.wait(), keyd::kExitConfiguration);
  EXPECT_NE(keyd.output().find("libsofthsm2.so has no CKM_AES_GCM"), std::string::npos)
      << keyd.output();
}

TEST_F(Recovery, a_state_without_init_is_refused) {
  keyd.kill();
  std::filesystem::remove_all(keyd.paths().keyring_dir);
  std::filesystem::create_directory(keyd.paths().keyring_dir);
  keyd.start();
  EXPECT_EQ(keyd.wait(), keyd::kExitConfiguration);
  EXPECT_NE(keyd.output().find("conclave-keyd init"), std::string::npos);
}

// The launcher starts a process again after 75 and not after 78.
TEST_F(Recovery, a_keyring_out_of_reach_is_tried_again_and_a_damaged_one_is_not) {
  keyd.kill();
  const auto file = keyd.paths().keyring_db;
  std::filesystem::rename(file, file.string() + ".aside");
  std::filesystem::create_directory(file);
  keyd.start();
  EXPECT_EQ(keyd.wait(), keyd::kExitRecycle);
  std::filesystem::remove(file);
  std::ofstream(file) << std::string(8'192, 'x');
  keyd.start();
  EXPECT_EQ(keyd.wait(), keyd::kExitConfiguration);
}

TEST_F(Recovery, sigterm_ends_it_with_status_zero) {
  EXPECT_EQ(keyd.kill(SIGTERM), 0);
}

class SlowToken : public KeydTest {
 protected:
  SlowToken() : KeydTest("[keyd]\nmodule = \"" CONCLAVE_SLOW_MODULE "\"\ndeadline_ms = 500") {}
  void be_slow(int ms) { std::ofstream(keyd.paths().token_dir / "slow") << ms; }
};

TEST_F(SlowToken, a_call_that_hangs_costs_the_process_and_nothing_more) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  be_slow(60'000);
  unavailable_soon(keys(), api::kTokenUnavailable);
  EXPECT_EQ(keyd.wait(), keyd::kExitTokenHung);
  EXPECT_NE(keyd.output().find("token.hung"), std::string::npos);
  std::filesystem::remove(keyd.paths().token_dir / "slow");
  keyd.start();
  ASSERT_TRUE(keyd.ready());
  EXPECT_TRUE(load(name, key->id, key->blob));
}

TEST_F(SlowToken, a_slow_token_sheds_instead_of_letting_everybody_wait) {
  be_slow(100);
  std::atomic<int> left{200};
  std::atomic<int> busy{0};
  std::promise<void> all;
  for (int i = 0; i < 200; ++i) {
    keys().tls_sign(Bytes(32), [&](Result<Bytes> answer) {
      if (!answer && answer.error().is(api::kTokenBusy)) ++busy;
      if (--left == 0) all.set_value();
    });
  }
  EXPECT_EQ(all.get_future().wait_for(std::chrono::seconds(8)), std::future_status::ready);
  EXPECT_GT(busy.load(), 0);
}

// A raw connection to one of keyd's sockets.
class Peer {
 public:
  explicit Peer(const std::filesystem::path& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(const Bytes& bytes) { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // True when keyd closed the connection; reads away what it sent before.
  bool closed() {
    Bytes buffer(4096);
    while (true) {
      const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got == 0 || (got < 0 && errno == ECONNRESET)) return true;
      if (got < 0) return false;
    }
  }
  // The first answer that is not a state frame.
  Result<Error> refusal() {
    Bytes bytes;
    Bytes buffer(4096);
    while (true) {
      const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got <= 0) return fail(base::kTimeout, "no answer");
      bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + got);
      ByteView rest(bytes);
      while (true) {
        const auto frame = api::split_frame(rest, api::kMaxReplyFrame);
        if (!frame) return std::unexpected(frame.error());
        if (!*frame) break;
        if ((*frame)->tag == static_cast<std::uint8_t>(api::ReplyTag::failed)) {
          base::ByteReader in((*frame)->payload);
          return api::read_error(in);
        }
        rest = rest.subspan((*frame)->size);
      }
    }
  }

 private:
  int fd_;
};

Bytes frame_of(std::uint8_t tag, const Bytes& payload) {
  auto writer = api::begin_frame(tag, 1, payload.size());
  writer.raw(payload);
  return api::finish_frame(std::move(writer));
}

TEST_F(Recovery, bytes_that_are_no_frames_end_the_connection_and_nothing_else) {
  for (const auto& socket : {keyd.paths().keyd_socket, keyd.paths().ceremony_socket}) {
    Peer text(socket);
    text.send(base::to_bytes("GET / HTTP/1.1\r\n\r\n"));
    EXPECT_TRUE(text.closed());
    Peer long_frame(socket);
    long_frame.send({0x7f, 0xff, 0xff, 0xff, 1});
    EXPECT_TRUE(long_frame.closed());
    Peer version(socket);
    version.send({0, 0, 0, 10, 9});
    EXPECT_TRUE(version.closed());
  }
  EXPECT_TRUE(keys().ready());
}

TEST_F(Recovery, malformed_payloads_of_every_operation_are_refused) {
  for (int tag = 1; tag <= 40; ++tag) {
    for (const auto& payload : {Bytes(3, 0xff), Bytes(70'000, 0xff), Bytes(1, 0)}) {
      Peer peer(keyd.paths().keyd_socket);
      peer.send(frame_of(static_cast<std::uint8_t>(tag), payload));
      const auto refusal = peer.refusal();
      // One byte of zero is the whole, correct request for the first public key.
      if (tag == static_cast<int>(api::Operation::public_key) && payload.size() == 1) continue;
      ASSERT_TRUE(refusal) << "operation " << tag << " with " << payload.size() << " bytes";
      EXPECT_TRUE(refusal->is(base::kMalformed)) << tag << ": " << refusal->text();
    }
  }
  EXPECT_TRUE(keys().ready());
}

TEST_F(Recovery, ceremony_orders_that_are_not_json_are_refused) {
  for (const auto* text :
       {"", "{", "[]", "{\"operation\":7}", "{\"operation\":\"tenant.destroy\"}"}) {
    Peer peer(keyd.paths().ceremony_socket);
    peer.send(frame_of(1, base::to_bytes(text)));
    const auto refusal = peer.refusal();
    ASSERT_TRUE(refusal) << text;
    EXPECT_TRUE(refusal->is(base::kMalformed)) << text << ": " << refusal->text();
  }
}

}  // namespace
}  // namespace conclave::hsm
