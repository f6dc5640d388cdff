#include "tests/unit/native_door/world.hpp"

#include <sodium.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/store/sqlite_content_store.hpp"
#include "tests/unit/native_door/schema_check.hpp"
#include "tests/unit/protocol/schema_files.hpp"

namespace conclave::tests {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  return value.as_string().c_str();
}

std::filesystem::path fresh_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "native_door_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return name;
}

doors::native::NativeDoor::Parts door_parts(World& world, doors::native::Limits limits) {
  return {.io = {world.io.get_executor()},
          .shard = world.io.get_executor(),
          .limits = limits,
          .server_name = "conclave/test",
          .clock = &base::system_clock(),
          .metrics = &world.metrics};
}

}  // namespace

bool FakeSocket::send(wire::SharedFrame frame) {
  if (stuck) {
    if (queued != 0 && queued + frame->size() > limit) return false;
    queued += frame->size();
  }
  sent.push_back(std::move(frame));
  return true;
}

World::World(doors::native::Limits limits, std::size_t connections_per_tenant)
    : folder(fresh_folder()) {
  config.limits.connections_per_tenant = connections_per_tenant;
  config.password.argon2_passes = 1;
  config.policy.default_policy = "open";
  config.password.argon2_bytes = 64 * 1024;
  paths_.emplace(folder);
  std::filesystem::create_directories(paths_->run_dir);
  auto opened = store::open_sqlite_store({.folder = paths_->content_dir, .readers = 1});
  if (!opened) throw std::runtime_error(opened.error().text());
  store = std::move(*opened);
  door = std::make_unique<doors::native::NativeDoor>(door_parts(*this, limits));
  domain = std::make_unique<server::Domain>(server::Domain::Parts{
      config, *paths_, *store, keys, argon2, metrics, io.get_executor(), location, door.get()});
  if (auto started = run(domain->start()); !started)
    throw std::runtime_error(started.error().text());
  auto made = run(domain->administration.make_tenant({}, "demo.example", false));
  if (!made) throw std::runtime_error(made.error().text());
  tenant = *made;
  for (const char* name : {"ann", "bob", "cyd"}) {
    identity::NewUser person;
    person.name = name;
    person.password = base::Secret(std::string_view("correct horse battery"));
    auto user = run(domain->administration.make_user({}, tenant, std::move(person)));
    if (!user) throw std::runtime_error(user.error().text());
  }
  door->serve(
      {domain->sign_in, domain->doorkeeper, domain->approvals, domain->recovery, domain->account,
       domain->sessions, domain->chat, domain->presence, domain->states, domain->hub,
       domain->disclosure, domain->factors, domain->persons, domain->orders, domain->bans},
      "");
}

World::~World() {
  bool stopped = false;
  door->stop([&] { stopped = true; });
  run_until([&] { return stopped; });
  bool ended = false;
  boost::asio::co_spawn(io, domain->stop(), [&](std::exception_ptr) { ended = true; });
  run_until([&] { return ended; });
  door.reset();
  domain.reset();
  store->close();
  std::filesystem::remove_all(folder);
}

template <class T>
T World::run(Task<T> task) {
  std::optional<T> out;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
    if (error) std::rethrow_exception(error);
    out.emplace(std::move(value));
  });
  run_until([&] { return out.has_value(); });
  return std::move(*out);
}

void World::run_until(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done()) {
    io.restart();
    const auto work = boost::asio::make_work_guard(io);
    io.run_one_for(std::chrono::milliseconds(100));
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("nothing came in time");
  }
}

void World::settle() {
  io.restart();
  while (io.poll() > 0) io.restart();
}

json::value World::user(std::string_view name) const {
  const identity::User* found = domain->directory.user_by_name(tenant, name);
  if (found == nullptr) throw std::runtime_error("no such user");
  return json::value(json::string_view(base::to_text(found->id)));
}

Client::Client(World& world, std::string account)
    : world_(world),
      account_(std::move(account)),
      public_key_(crypto_sign_PUBLICKEYBYTES),
      secret_key_(crypto_sign_SECRETKEYBYTES) {
  crypto_sign_keypair(public_key_.data(), secret_key_.data());
  connect();
}

Client::~Client() {
  if (handler_) disconnect();
}

void Client::connect() {
  socket = std::make_unique<FakeSocket>(world_.io.get_executor());
  taken_ = 0;
  events_.clear();
  handler_ = world_.door->accept(socket->peer());
  ASSERT_NE(handler_, nullptr);
  handler_->on_open(*socket);
  hello_ = event("session.hello");
}

void Client::disconnect() {
  handler_->on_closed(1006, "");
  handler_.reset();
  world_.settle();
}

json::object Client::hello() {
  return hello_;
}

std::int64_t Client::send(std::string_view method, const json::object& params) {
  const std::int64_t id = next_id_++;
  methods_[id] = method;
  const json::object frame{
      {"jsonrpc", "2.0"}, {"id", id}, {"method", std::string(method)}, {"params", params}};
  handler_->on_message(json::serialize(frame));
  return id;
}

json::object Client::answer_to(std::int64_t id) {
  world_.run_until([&] {
    take_frames();
    return answers_.contains(id);
  });
  json::object out = std::move(answers_.at(id));
  answers_.erase(id);
  return out;
}

json::object Client::call(std::string_view method, const json::object& params) {
  const json::object frame = answer_to(send(method, params));
  EXPECT_TRUE(frame.contains("result")) << method << ": " << json::serialize(frame);
  return frame.contains("result") ? frame.at("result").as_object() : json::object{};
}

json::object Client::fail(std::string_view method, const json::object& params) {
  const json::object frame = answer_to(send(method, params));
  EXPECT_TRUE(frame.contains("error")) << method << ": " << json::serialize(frame);
  return frame.contains("error") ? frame.at("error").as_object() : json::object{};
}

std::string Client::sign(std::string_view purpose, const Bytes& nonce_c) const {
  const Bytes nonce_s = *base::base64url_decode(text_of(hello_.at("nonce")));
  const std::string domain = account_.substr(account_.find('@') + 1);
  const std::string device_text = purpose == "prove" ? device : std::string();
  const auto message = base::transcript_digest({base::as_bytes("conclave/auth/1"),
                                                base::as_bytes(purpose),
                                                base::as_bytes(domain),
                                                {},
                                                base::as_bytes(account_),
                                                base::as_bytes(device_text),
                                                base::as_bytes("Ed25519"),
                                                public_key_,
                                                nonce_s,
                                                nonce_c,
                                                base::as_bytes("loopback"),
                                                {}});
  Bytes signature(crypto_sign_BYTES);
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                       secret_key_.data());
  return base::base64url_encode(signature);
}

json::object Client::enrol_params(std::string_view password) {
  const Bytes nonce_c(32, 7);
  return {{"account", account_},
          {"password", std::string(password)},
          {"device",
           {{"name", "Laptop"},
            {"platform", "linux"},
            {"algorithm", "Ed25519"},
            {"key", base::base64url_encode(public_key_)}}},
          {"nonce", base::base64url_encode(nonce_c)},
          {"binding", {{"type", "loopback"}}},
          {"signature", sign("enrol", nonce_c)}};
}

json::object Client::enrol(std::string_view password) {
  json::object signed_in = call("session.enrol", enrol_params(password));
  if (signed_in.contains("device")) device = text_of(signed_in.at("device"));
  return signed_in;
}

json::object Client::prove() {
  const Bytes nonce_c(32, 9);
  return call("session.prove", {{"account", account_},
                                {"device", device},
                                {"nonce", base::base64url_encode(nonce_c)},
                                {"binding", {{"type", "loopback"}}},
                                {"signature", sign("prove", nonce_c)}});
}

void Client::take_frames() {
  for (; taken_ < socket->sent.size(); ++taken_) {
    json::object frame = json::parse(*socket->sent[taken_]).as_object();
    hold_to_schema(frame);
    if (frame.contains("method")) {
      events_.push_back(std::move(frame));
    } else if (frame.at("id").is_int64()) {
      answers_[frame.at("id").as_int64()] = std::move(frame);
    } else {
      strays_.push_back(std::move(frame));
    }
  }
}

void Client::hold_to_schema(const json::object& frame) {
  std::vector<std::string> faults;
  std::string name;
  if (const json::value* method = frame.if_contains("method")) {
    name = text_of(*method);
    faults = faults_of(schema().event(name).at("params"), frame.at("params"));
  } else if (const json::value* result = frame.if_contains("result")) {
    name = methods_.at(frame.at("id").as_int64());
    faults = faults_of(schema().method(name).at("result"), *result);
  } else {
    const std::string reason =
        text_of(frame.at("error").as_object().at("data").as_object().at("reason"));
    EXPECT_TRUE(schema().errors().contains(reason)) << reason;
  }
  EXPECT_TRUE(faults.empty()) << name << ": " << faults.front() << "\n" << json::serialize(frame);
}

json::object Client::event(std::string_view name) {
  json::object out;
  world_.run_until([&] {
    take_frames();
    for (auto at = events_.begin(); at != events_.end(); ++at) {
      if (text_of(at->at("method")) != name) continue;
      out = at->at("params").as_object();
      events_.erase(at);
      return true;
    }
    return false;
  });
  return out;
}

bool Client::has_event(std::string_view name) {
  world_.settle();
  take_frames();
  for (const json::object& each : events_) {
    if (text_of(each.at("method")) == name) return true;
  }
  return false;
}

json::object Client::stray() {
  world_.run_until([&] {
    take_frames();
    return !strays_.empty();
  });
  json::object out = std::move(strays_.back());
  strays_.clear();
  return out;
}

}  // namespace conclave::tests
