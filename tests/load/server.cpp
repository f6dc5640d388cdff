#include "tests/load/server.hpp"

#include <boost/json/parse.hpp>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/load/http_client.hpp"

namespace conclave::load {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kStartLimit{30};

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

const RaisedLimits& raised_limits() {
  // One generator stands for thousands of people at one address, so what bounds a single person, a
  // single address or a single tenant is out of the way. Durability and sealing are as shipped.
  static const RaisedLimits kRaised{
      {"limits.connections", 19'000},
      {"limits.connections_per_address", 19'000},
      {"limits.connections_per_tenant", 19'000},
      {"limits.new_connections_per_address_per_s", 1'000'000},
      {"limits.handshakes_at_once", 1'000},
      {"limits.messages_per_user_per_s", 1'000'000},
      {"limits.messages_per_tenant_per_s", 10'000'000},
      {"limits.requests_per_session_per_s", 1'000'000},
      {"sign_in.failures_per_address_per_minute", 100'000},
      // Cheap password hashes, for the set-up only: no scenario measures passwords.
      {"password.argon2_passes", 1},
      {"password.argon2_bytes", 8 * 1024 * 1024},
  };
  return kRaised;
}

Server::Server(fs::path programs, fs::path folder)
    : programs_(std::move(programs)), folder_(std::move(folder)), state_(folder_ / "state") {
  fs::create_directories(state_);
  fs::permissions(folder_, fs::perms::owner_all);
  fs::permissions(state_, fs::perms::owner_all);
  for (const char* name : {"conclave-launcher", "conclave-keyd", "conclaved"}) {
    if (!fs::exists(programs_ / name)) throw Failure((programs_ / name).string() + " is not built");
  }
}

Server::~Server() {
  stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Server::write_config() const {
  std::map<std::string, std::string> tables;
  for (const auto& [key, value] : raised_limits()) {
    const std::size_t dot = key.find('.');
    tables[key.substr(0, dot)] += key.substr(dot + 1) + " = " + std::to_string(value) + "\n";
  }
  std::ofstream out(state_ / "conclave.toml");
  for (const auto& [table, lines] : tables) out << "[" << table << "]\n" << lines;
  // The generator is one address with thousands of people: rules about places and devices would be
  // what is measured.
  out << "[policy]\ndefault = \"open\"\n";
  for (const bool tls : {false, true}) {
    out << "[[listen]]\naddress = \"127.0.0.1\"\nport = 0\ntls = " << (tls ? "true" : "false")
        << "\n";
  }
  out.close();
  fs::permissions(state_ / "conclave.toml", fs::perms::owner_read | fs::perms::owner_write);
}

void Server::start() {
  const std::string config = state_ / "conclave.toml";
  if (!fs::exists(config)) {
    write_config();
    run_command({programs_ / "conclave-keyd", "init", "--config", config}, folder_ / "init.out");
  }
  std::error_code ignored;
  fs::remove(state_ / "run" / "ports.json", ignored);
  launcher_ =
      std::make_unique<Child>(Child::Plan{{programs_ / "conclave-launcher", "--config", config},
                                          folder_ / "launcher.out",
                                          kServerCore});
  wait_ready();
}

void Server::wait_ready() {
  const auto end = std::chrono::steady_clock::now() + kStartLimit;
  const fs::path ports = state_ / "run" / "ports.json";
  while (std::chrono::steady_clock::now() < end) {
    if (!launcher_->running()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    boost::system::error_code error;
    const auto value = boost::json::parse(text_of(ports), error);
    if (error) continue;
    plain_port_ = static_cast<std::uint16_t>(value.at("ws").as_int64());
    tls_port_ = static_cast<std::uint16_t>(value.at("https").as_int64());
    HttpClient client(plain_port_);
    if (client.call("GET", "/readyz", {}).status != 200) continue;
    const auto keyds = children_of(launcher_->pid(), "conclave-keyd");
    const auto servers = children_of(launcher_->pid(), "conclaved");
    if (keyds.empty() || servers.empty()) continue;
    keyd_ = keyds.front();
    conclaved_ = servers.front();
    return;
  }
  throw Failure("the server did not become ready:\n" + text_of(folder_ / "launcher.out"));
}

void Server::stop() {
  launcher_.reset();
}

std::string Server::setup_secret() const {
  std::string text = text_of(state_ / "run" / "setup");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Server::Parts Server::usage() const {
  return {usage_of(launcher_->pid()), usage_of(keyd_), usage_of(conclaved_)};
}

}  // namespace conclave::load
