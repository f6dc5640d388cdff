#include "hsm/keyd/ceremony.hpp"

#include <sodium.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/json.hpp>
#include <cstring>

#include "hsm/api/frame.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/base/random.hpp"
#include "tests/unit/hsm/keyd_environment.hpp"

namespace conclave::hsm {
namespace {

// A custodian with an Ed25519 key of their own.
class Custodian {
 public:
  explicit Custodian(std::string who) : name(std::move(who)) {
    crypto_sign_keypair(public_key_.data(), secret_key_.data());
  }
  [[nodiscard]] boost::json::object entry() const {
    return {{"name", name}, {"algorithm", "Ed25519"}, {"key", base::base64url_encode(public_key_)}};
  }
  [[nodiscard]] keyd::Approval approve(const keyd::CeremonyRequest& request) const {
    const auto digest = keyd::ceremony_digest(request);
    Bytes signature(crypto_sign_BYTES);
    crypto_sign_detached(signature.data(), nullptr, digest.data(), digest.size(),
                         secret_key_.data());
    return {name, signature};
  }

  const std::string name;

 private:
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_key_{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret_key_{};
};

std::string approvers_json(std::size_t needed, const std::vector<const Custodian*>& all) {
  boost::json::array list;
  for (const auto* custodian : all) list.push_back(custodian->entry());
  return boost::json::serialize(boost::json::object{{"needed", needed}, {"approvers", list}});
}

// Written before keyd is initialised, since custodians are pinned there.
struct ApproversFile {
  Custodian ada{"ada"};
  Custodian bob{"bob"};
  Custodian cleo{"cleo"};
  std::filesystem::path path;

  ApproversFile() {
    auto pattern = (std::filesystem::temp_directory_path() / "conclave-approvers-XXXXXX").string();
    ::close(::mkstemp(pattern.data()));
    path = pattern;
    std::ofstream(path) << approvers_json(2, {&ada, &bob, &cleo});
  }
  ~ApproversFile() { std::filesystem::remove(path); }
};

class Ceremony : public ApproversFile, public KeydTest {
 protected:
  Ceremony() : KeydTest("", {"--approvers", path.string()}) {}

  void SetUp() override {
    KeydTest::SetUp();
    const auto described = say(R"({"operation":"describe"})");
    ASSERT_TRUE(described) << described.error().text();
    const auto object = boost::json::parse(*described).as_object();
    installation = object.at("installation").as_string();
    EXPECT_EQ(object.at("needed").to_number<int>(), 2);
    EXPECT_EQ(object.at("approvers").as_array().size(), 3U);
  }

  Result<std::string> say(std::string_view text) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, keyd.paths().ceremony_socket.c_str());
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      ::close(fd);
      return fail(base::kTimeout, "keyd does not listen");
    }
    auto writer = api::begin_frame(1, 9, text.size());
    writer.raw(text);
    const auto frame = api::finish_frame(std::move(writer));
    EXPECT_EQ(::send(fd, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
    Bytes answer(65'536);
    std::size_t used = 0;
    Result<std::string> out = fail(base::kTimeout, "connection closed");
    while (true) {
      const auto got = ::recv(fd, answer.data() + used, answer.size() - used, 0);
      if (got <= 0) break;
      used += static_cast<std::size_t>(got);
      const auto whole = api::split_frame(ByteView(answer).first(used), api::kMaxReplyFrame);
      if (!whole || !*whole) continue;
      if ((*whole)->tag == static_cast<std::uint8_t>(api::ReplyTag::done)) {
        out = std::string(base::as_text((*whole)->payload));
      } else {
        base::ByteReader in((*whole)->payload);
        out = std::unexpected(api::read_error(in));
      }
      break;
    }
    ::close(fd);
    return out;
  }

  keyd::CeremonyRequest order(std::string operation, std::string argument) {
    keyd::CeremonyRequest out;
    out.operation = std::move(operation);
    out.argument = std::move(argument);
    out.installation = installation;
    out.expiry_ms = base::system_clock().utc_ms() + 60'000;
    out.nonce = base::system_random().bytes(16);
    return out;
  }

  Result<std::string> give(const keyd::CeremonyRequest& request) {
    boost::json::array approvals;
    for (const auto& approval : request.approvals) {
      approvals.push_back(
          boost::json::object{{"approver", approval.approver},
                              {"signature", base::base64url_encode(approval.signature)}});
    }
    return say(
        boost::json::serialize(boost::json::object{{"operation", request.operation},
                                                   {"argument", request.argument},
                                                   {"installation", request.installation},
                                                   {"expiry_ms", request.expiry_ms},
                                                   {"nonce", base::base64url_encode(request.nonce)},
                                                   {"approvals", std::move(approvals)}}));
  }

  std::string installation;
};

TEST_F(Ceremony, two_custodians_destroy_a_tenant_for_good) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  auto request = order("tenant.destroy", base::to_text(kTenant));
  request.approvals = {ada.approve(request), cleo.approve(request)};
  const auto answer = give(request);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_FALSE(load(name, key->id, key->blob));
  EXPECT_EQ(reason_of(create_tenant(kTenant)), api::kKeyDestroyed.reason);
  const auto status =
      testing::await<api::TokenStatus>([&](auto done) { keys().status(std::move(done)); });
  ASSERT_TRUE(status);
  for (const auto& left : status->keys) {
    EXPECT_EQ(left.label.find(base::to_text(kTenant)), std::string::npos) << left.label;
  }
}

TEST_F(Ceremony, too_few_or_the_same_custodian_twice_are_refused) {
  auto request = order("tenant.destroy", base::to_text(kTenant));
  EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
  request.approvals = {ada.approve(request)};
  EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
  request.approvals = {ada.approve(request), ada.approve(request)};
  EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
  EXPECT_TRUE(create(name)) << "the tenant lives";
}

TEST_F(Ceremony, signatures_of_strangers_and_wrong_signatures_are_refused) {
  const Custodian mallory("mallory");
  auto request = order("tenant.destroy", base::to_text(kTenant));
  request.approvals = {ada.approve(request), mallory.approve(request)};
  EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
  auto as_bob = mallory.approve(request);
  as_bob.approver = "bob";
  request.approvals = {ada.approve(request), as_bob};
  EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
}

TEST_F(Ceremony, approvals_cover_operation_argument_installation_and_expiry) {
  const auto signed_order = [&] {
    auto request = order("tenant.destroy", base::to_text(kTenant));
    request.approvals = {ada.approve(request), bob.approve(request)};
    return request;
  };
  auto argument = signed_order();
  argument.argument = base::to_text(kOtherTenant);
  auto operation = signed_order();
  operation.operation = "pin.clear";
  auto elsewhere = signed_order();
  elsewhere.installation = std::string(32, '0');
  auto later = signed_order();
  later.expiry_ms += 1;
  auto nonce = signed_order();
  nonce.nonce[0] ^= 1;
  for (const auto& wrong : {argument, operation, elsewhere, later, nonce}) {
    EXPECT_EQ(reason_of(give(wrong)), api::kApprovalInvalid.reason);
  }
  EXPECT_TRUE(create(name)) << "the tenant lives";
}

TEST_F(Ceremony, expired_orders_and_orders_for_too_long_are_refused) {
  for (const std::int64_t expiry :
       {base::system_clock().utc_ms() - 1, base::system_clock().utc_ms() + 200'000'000}) {
    auto request = order("pin.clear", "");
    request.expiry_ms = expiry;
    request.approvals = {ada.approve(request), bob.approve(request)};
    EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
  }
}

TEST_F(Ceremony, an_order_is_carried_out_once_even_after_a_restart) {
  auto request = order("pin.clear", "");
  request.approvals = {ada.approve(request), bob.approve(request)};
  EXPECT_TRUE(give(request));
  EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
  keyd.kill();
  keyd.start();
  ASSERT_TRUE(keyd.ready());
  EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
}

TEST_F(Ceremony, custodians_change_only_by_their_own_order) {
  const Custodian dora("dora");
  auto request = order("approvers.change", approvers_json(1, {&dora}));
  request.approvals = {ada.approve(request), bob.approve(request)};
  ASSERT_TRUE(give(request));
  auto old = order("pin.clear", "");
  old.approvals = {ada.approve(old), bob.approve(old)};
  EXPECT_EQ(reason_of(give(old)), api::kApprovalInvalid.reason);
  auto fresh = order("pin.clear", "");
  fresh.approvals = {dora.approve(fresh)};
  EXPECT_TRUE(give(fresh));
}

TEST_F(Ceremony, a_written_approvers_file_makes_nobody_a_custodian) {
  const Custodian mallory("mallory");
  std::ofstream(keyd.paths().approvers, std::ios::trunc) << approvers_json(1, {&mallory});
  auto request = order("tenant.destroy", base::to_text(kTenant));
  request.approvals = {mallory.approve(request)};
  EXPECT_EQ(reason_of(give(request)), api::kApprovalInvalid.reason);
}

TEST_F(Ceremony, a_refused_pin_is_cleared_by_custodians) {
  keyd.kill();
  std::string right;
  std::ifstream(keyd.paths().pin) >> right;
  std::ofstream(keyd.paths().pin, std::ios::trunc) << "0000111122223333";
  keyd.start();
  ASSERT_TRUE(testing::KeydProcess::eventually(
      [&] { return keyd.output().find("token.pin_refused") != std::string::npos; }));
  keyd.kill();
  std::ofstream(keyd.paths().pin, std::ios::trunc) << right;
  keyd.start();
  ASSERT_TRUE(testing::KeydProcess::eventually([&] {
    const auto state = say(R"({"operation":"describe"})");
    return state && boost::json::parse(*state).as_object().at("locked").as_bool();
  }));
  auto request = order("pin.clear", "");
  request.approvals = {bob.approve(request), cleo.approve(request)};
  ASSERT_TRUE(give(request));
  EXPECT_TRUE(keyd.ready()) << keyd.output();
}

TEST(Approvers, wrong_files_are_refused) {
  const Custodian ada("ada");
  const Custodian bob("bob");
  EXPECT_TRUE(keyd::parse_approvers(approvers_json(2, {&ada, &bob})));
  EXPECT_FALSE(keyd::parse_approvers(approvers_json(3, {&ada, &bob})));
  EXPECT_FALSE(keyd::parse_approvers(approvers_json(0, {&ada})));
  EXPECT_FALSE(keyd::parse_approvers(approvers_json(1, {})));
  EXPECT_FALSE(keyd::parse_approvers(approvers_json(2, {&ada, &ada}))) << "one person counts once";
  for (const auto* text : {"", "[]", "{}", R"({"needed":1,"approvers":[7]})"}) {
    EXPECT_FALSE(keyd::parse_approvers(text)) << text;
  }
}

}  // namespace
}  // namespace conclave::hsm
