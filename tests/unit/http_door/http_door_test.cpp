#include "runtime/doors/http/http_door.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <future>

#include "runtime/base/encoding.hpp"
#include "tests/unit/http_door/door_services.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::doors::http {
namespace {

namespace json = boost::json;
using identity::testing::TestDevice;
using identity::testing::World;

class NoRooms : public identity::RoomAdministration {
 public:
  Task<Result<std::vector<identity::RoomSummary>>> list_rooms(identity::Actor, TenantId, RoomId,
                                                              std::size_t) override {
    co_return std::vector<identity::RoomSummary>{{RoomId{5}, "room", "", 2, 9}};
  }
  Task<Result<std::vector<identity::RoomMember>>> room_members(identity::Actor, TenantId,
                                                               RoomId) override {
    co_return std::vector<identity::RoomMember>{};
  }
  Task<Result<void>> delete_room(identity::Actor, TenantId, RoomId) override {
    ++deleted;
    co_return Result<void>{};
  }
  void forget_tenant(TenantId) override {}
  int deleted = 0;
};

class HttpDoorTest : public ::testing::Test {
 protected:
  World world;
  NoRooms rooms;
  TestDevice device;
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("backup-" + std::to_string(::getpid()));
  bool healthy = true;
  std::unique_ptr<testing::DoorServices> services;
  std::unique_ptr<HttpDoor> door;
  std::string token;
  int nonce = 0;

  void SetUp() override {
    std::filesystem::create_directories(folder);
    services = std::make_unique<testing::DoorServices>(world, rooms, folder / "setup");
    static constexpr ErrorSpec kSick{"token.unavailable", ErrorKind::unavailable, "Mend it."};
    Limits limits;
    limits.calls_per_device_burst = 30;
    door = std::make_unique<HttpDoor>(HttpDoor::Parts{
        services->services(),
        world.metrics,
        world.io.get_executor(),
        {{"token", [this]() -> Result<void> { return healthy ? Result<void>{} : fail(kSick); }}},
        {"test", "0.1.0", "none", folder},
        limits});
    door->set_started();
  }
  void TearDown() override {
    door->close([] {});
    world.io.restart();
    world.io.poll();
    std::filesystem::remove_all(folder);
  }

  struct Reply {
    int status = 0;
    json::object body;
    std::string text;
  };
  Reply send(wire::HttpRequest request) {
    std::optional<wire::HttpResponse> out;
    request.peer.address = "127.0.0.1";
    request.peer.port = 1;
    request.peer.loopback = true;
    request.peer.host = "localhost";
    door->handle(std::move(request),
                 [&](wire::HttpResponse response) { out = std::move(response); });
    while (!out) {
      world.io.restart();
      auto work = boost::asio::make_work_guard(world.io);
      world.io.run_one();
    }
    boost::system::error_code error;
    json::value value = json::parse(out->body, error);
    return {out->status, value.is_object() ? value.as_object() : json::object{}, out->body};
  }
  wire::HttpRequest plain(std::string method, std::string target, std::string body = "") {
    return {std::move(method), std::move(target), {}, std::move(body), {}};
  }
  wire::HttpRequest proven(std::string method, std::string target, std::string body = "") {
    wire::HttpRequest out = plain(std::move(method), std::move(target), std::move(body));
    const Bytes fresh = base::ByteWriter().u64(0).u64(static_cast<std::uint64_t>(++nonce)).take();
    const auto message = identity::http_proof_digest(out.method, out.target, out.body, token,
                                                     world.clock.now_ms, fresh);
    Bytes signature(crypto_sign_BYTES);
    crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                         device.secret_key.data());
    out.headers = {{"authorization", "Bearer " + token},
                   {"conclave-proof", "v1 " + std::to_string(world.clock.now_ms) + " " +
                                          base::base64url_encode(fresh) + " " +
                                          base::base64url_encode(signature)}};
    return out;
  }
  void sign_in(std::string account) {
    const auto in =
        world.run(world.s->sign_in.enrol(world.enrol_request(device, account), World::loopback()));
    ASSERT_TRUE(in) << in.error().text();
    token = in->access_token;
  }
  static std::string reason(const Reply& reply) {
    const auto* found = reply.body.if_contains("reason");
    return found == nullptr ? "" : std::string(found->as_string());
  }
};

TEST_F(HttpDoorTest, SignsInOverHttp) {
  const Reply hello = send(plain("POST", "/api/v1/session/hello"));
  ASSERT_EQ(hello.status, 200);
  const std::string nonce_text(hello.body.at("nonce").as_string());
  const Bytes nonce_s = *base::base64url_decode(nonce_text);
  const Bytes nonce_c(32, 3);
  const Bytes signature = device.sign({"enrol",
                                       "demo.example",
                                       "ann@demo.example",
                                       {},
                                       device.key(),
                                       nonce_s,
                                       nonce_c,
                                       {"loopback", {}}});
  const json::object body{
      {"account", "ann@demo.example"},
      {"password", World::kPassword},
      {"device", json::object{{"name", "Shell"},
                              {"platform", "linux"},
                              {"algorithm", "Ed25519"},
                              {"key", base::base64url_encode(device.public_key)}}},
      {"hello", nonce_text},
      {"nonce", base::base64url_encode(nonce_c)},
      {"binding", json::object{{"type", "loopback"}}},
      {"signature", base::base64url_encode(signature)}};
  const Reply in = send(plain("POST", "/api/v1/session/enrol", json::serialize(body)));
  ASSERT_EQ(in.status, 200) << in.text;
  token = std::string(in.body.at("access_token").as_string());
  const Reply me = send(proven("GET", "/api/v1/session"));
  EXPECT_EQ(me.status, 200) << me.text;
  EXPECT_EQ(me.body.at("account").as_string(), "ann@demo.example");
}

TEST_F(HttpDoorTest, ATokenAloneIsWorthNothing) {
  sign_in("admin@demo.example");
  EXPECT_EQ(reason(send(plain("GET", "/api/v1/session"))), "token.missing");
  wire::HttpRequest bare = plain("GET", "/api/v1/session");
  bare.headers = {{"authorization", "Bearer " + token}};
  EXPECT_EQ(reason(send(bare)), "proof.invalid");
  wire::HttpRequest forged = proven("GET", "/api/v1/session");
  forged.headers[0].second = "Bearer token.forged";
  EXPECT_EQ(reason(send(forged)), "session.ended");
}

TEST_F(HttpDoorTest, AProofCoversTheWholeRequest) {
  sign_in("admin@demo.example");
  wire::HttpRequest other_body = proven("POST", "/api/v1/tenants/self/users", R"({"name":"a"})");
  other_body.body = R"({"name":"b"})";
  EXPECT_EQ(reason(send(other_body)), "proof.invalid");
  wire::HttpRequest other_target = proven("GET", "/api/v1/tenants/self/users?limit=1");
  other_target.target = "/api/v1/tenants/self/users?limit=2";
  EXPECT_EQ(reason(send(other_target)), "proof.invalid");
  wire::HttpRequest other_method = proven("GET", "/api/v1/tenants/self/users/ann");
  other_method.method = "DELETE";
  EXPECT_EQ(reason(send(other_method)), "proof.invalid");
}

TEST_F(HttpDoorTest, AProofWorksOnceAndForAMinute) {
  sign_in("admin@demo.example");
  const wire::HttpRequest request = proven("GET", "/api/v1/session");
  EXPECT_EQ(send(request).status, 200);
  EXPECT_EQ(reason(send(request)), "proof.replayed");
  const wire::HttpRequest late = proven("GET", "/api/v1/session");
  world.clock.now_ms += 60'001;
  EXPECT_EQ(reason(send(late)), "proof.stale");
}

TEST_F(HttpDoorTest, AnEndedSessionsTokenIsRefusedAtOnce) {
  sign_in("admin@demo.example");
  EXPECT_EQ(send(proven("DELETE", "/api/v1/session")).status, 200);
  EXPECT_EQ(reason(send(proven("GET", "/api/v1/session"))), "session.ended");
}

TEST_F(HttpDoorTest, OneKeyMayNotFlood) {
  sign_in("admin@demo.example");
  Reply last;
  for (int i = 0; i < 40 && last.status != 429; ++i) last = send(proven("GET", "/api/v1/session"));
  EXPECT_EQ(reason(last), "flood");
  EXPECT_GT(last.body.at("retry_after_ms").as_int64(), 0);
}

TEST_F(HttpDoorTest, AnAdminManagesUsersDevicesAndGroups) {
  sign_in("admin@demo.example");
  const Reply made =
      send(proven("POST", "/api/v1/tenants/self/users",
                  R"({"name":"bob","display_name":"Bob B","password":"long enough pw"})"));
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body.at("account").as_string(), "bob@demo.example");
  EXPECT_EQ(reason(send(proven("POST", "/api/v1/tenants/self/users", R"({"name":"bob"})"))),
            "user.exists");
  EXPECT_EQ(send(proven("PATCH", "/api/v1/tenants/self/users/bob", R"({"enabled":false})"))
                .body.at("state")
                .as_string(),
            "disabled");
  const Reply found = send(proven("GET", "/api/v1/tenants/demo.example/users?query=ann"));
  EXPECT_EQ(found.body.at("users").as_array().size(), 1U);
  EXPECT_EQ(send(proven("POST", "/api/v1/tenants/self/groups", R"({"name":"staff"})")).status, 201);
  EXPECT_EQ(send(proven("PUT", "/api/v1/tenants/self/groups/staff/members/ann")).status, 200);
  const Reply devices = send(proven("GET", "/api/v1/tenants/self/users/admin/devices"));
  EXPECT_EQ(devices.body.at("devices").as_array().size(), 1U);
  EXPECT_EQ(send(proven("DELETE", "/api/v1/tenants/self/users/bob")).status, 200);
}

TEST_F(HttpDoorTest, WrongInputIsAnsweredWithFieldAndAdvice) {
  sign_in("admin@demo.example");
  struct Row {
    std::string method, target, body, reason;
    int status;
  };
  const std::string users = "/api/v1/tenants/self/users";
  for (const Row& row :
       {Row{"POST", users, "{", "body.invalid", 400}, Row{"POST", users, "[]", "body.invalid", 400},
        Row{"POST", users, "{}", "params.invalid", 400},
        Row{"POST", users, R"({"name":"x","color":1})", "params.invalid", 400},
        Row{"POST", users, R"({"name":"x","kind":"cat"})", "params.invalid", 400},
        Row{"POST", users, R"({"name":"A B"})", "name.invalid", 400},
        Row{"POST", users, R"({"name":"x","password":"short"})", "password.weak", 400},
        Row{"GET", users + "/nobody", "", "user.not_found", 404},
        Row{"GET", users + "?limit=0", "", "params.invalid", 400},
        Row{"PUT", users, "", "method.not_allowed", 405},
        Row{"GET", "/api/v1/tenants/provider.local", "", "tenant.not_found", 404},
        Row{"GET", "/api/v1/nothing", "", "path.unknown", 404},
        Row{"GET", "/api/v1/tenants", "", "role.missing", 403},
        Row{"GET", "/api/v1/status", "", "role.missing", 403}}) {
    const Reply reply = send(proven(row.method, row.target, row.body));
    EXPECT_EQ(reply.status, row.status) << row.target << row.body << reply.text;
    EXPECT_EQ(reason(reply), row.reason) << row.target << row.body;
    EXPECT_FALSE(reply.body.at("advice").as_string().empty());
  }
}

TEST_F(HttpDoorTest, TheProviderSeesKeysTakesBackupsAndReadsTheTrail) {
  sign_in("root@provider.local");
  EXPECT_EQ(send(proven("GET", "/api/v1/keys")).body.at("keys").as_array().size(), 1U);
  EXPECT_EQ(send(proven("POST", "/api/v1/keys/epoch-turn", R"({"tenant":"demo.example"})")).status,
            200);
  const Reply backup = send(proven("POST", "/api/v1/backups", R"({"kind":"keyring"})"));
  ASSERT_EQ(backup.status, 201) << backup.text;
  const std::filesystem::path file = folder / std::string(backup.body.at("file").as_string());
  EXPECT_EQ(std::filesystem::file_size(file), 3U);
  EXPECT_EQ(send(proven("GET", "/api/v1/backups")).body.at("backups").as_array().size(), 1U);
  const json::object digest{{"sha256", backup.body.at("sha256")}};
  EXPECT_EQ(send(proven("POST", "/api/v1/backups/confirm", json::serialize(digest))).status, 200);
  const Reply trail = send(proven("GET", "/api/v1/audit"));
  for (const auto& entry : trail.body.at("entries").as_array()) {
    EXPECT_TRUE(entry.at("chained").as_bool());
  }
  EXPECT_EQ(send(proven("GET", "/api/v1/status")).status, 200);
}

TEST_F(HttpDoorTest, RoomsNeedARoomAdmin) {
  sign_in("admin@demo.example");
  EXPECT_EQ(reason(send(proven("GET", "/api/v1/tenants/self/rooms"))), "role.missing");
  TestDevice other;
  std::swap(device.public_key, other.public_key);
  std::swap(device.secret_key, other.secret_key);
  sign_in("root@provider.local");
  const Reply rooms_of = send(proven("GET", "/api/v1/tenants/demo.example/rooms"));
  ASSERT_EQ(rooms_of.body.at("rooms").as_array().size(), 1U);
  const std::string room = base::to_text(RoomId{5});
  EXPECT_EQ(send(proven("DELETE", "/api/v1/tenants/demo.example/rooms/" + room)).status, 200);
  EXPECT_EQ(rooms.deleted, 1);
}

TEST_F(HttpDoorTest, ProbesTellHowItStands) {
  EXPECT_EQ(send(plain("GET", "/livez")).status, 200);
  EXPECT_EQ(send(plain("GET", "/startupz")).status, 200);
  EXPECT_EQ(send(plain("GET", "/readyz")).status, 200);
  healthy = false;
  const Reply sick = send(plain("GET", "/readyz"));
  EXPECT_EQ(sick.status, 503);
  EXPECT_EQ(sick.body.at("checks").at("token").as_string(), "token.unavailable");
  healthy = true;
  door->set_draining();
  EXPECT_EQ(send(plain("GET", "/readyz")).status, 503);
  EXPECT_NE(send(plain("GET", "/metrics")).text.find("conclave_http_requests_total"),
            std::string::npos);
}

TEST_F(HttpDoorTest, MetricsAreForLoopbackOnly) {
  std::optional<wire::HttpResponse> out;
  wire::HttpRequest request = plain("GET", "/metrics");
  request.peer.address = "10.0.0.1";
  door->handle(std::move(request), [&](wire::HttpResponse response) { out = std::move(response); });
  EXPECT_EQ(out->status, 403);
}

}  // namespace
}  // namespace conclave::doors::http
