#include <memory>

#include "tests/load/bench.hpp"
#include "tests/load/frames.hpp"
#include "tests/load/shapes.hpp"

namespace conclave::load {
namespace {

// Devices come and go, a fixed number at a time: connect, upgrade, hello, proof (or handle),
// answer, connection lost. Each device keeps the handle of its last answer.
class SignIns : public Sink {
 public:
  SignIns(Bench& bench, bool tls, bool resume, const std::vector<Device*>& devices)
      : bench_(bench), target_(bench.target(tls)), resume_(resume), devices_(devices) {
    const std::size_t at_once = std::min(kSignInsAtOnce, devices.size());
    for (std::size_t i = 0; i < at_once; ++i) {
      slots_.push_back({std::make_unique<Client>(bench.poller, *this, i)});
    }
    sessions_.resize(devices.size());
    busy_.resize(devices.size());
  }

  Stretch run() {
    running_ = true;
    for (Slot& slot : slots_) begin(slot);
    const Stretch out = bench_.measure([this] { return static_cast<double>(done_); },
                                       [this] { return bench_.server().usage(); });
    running_ = false;
    bench_.poller.run_until([this] { return active_ == 0; }, 30, "the last sign-ins");
    return out;
  }

  void frame(Client& client, std::string_view text) override {
    Slot& slot = slots_[client.number()];
    if (!slot.asked) {
      slot.asked = true;
      const std::string_view nonce = text_member(text, "nonce");
      if (resume_) {
        const std::string& handle = slot.device->resume_handle;
        return client.send(request(1, "session.resume", R"({"handle":")" + handle + R"("})"));
      }
      return client.send(
          request(1, "session.prove", slot.device->prove_params(nonce, client.binding())));
    }
    if (!is_answer(text)) return;
    slot.device->signed_in(text);
    sessions_[slot.turn] = client.take_session();
    client.drop();
    busy_[slot.turn] = false;
    ++done_;
    --active_;
    if (running_) begin(slot);
  }

 private:
  struct Slot {
    std::unique_ptr<Client> client;
    Device* device = nullptr;
    std::size_t turn = 0;
    bool asked = false;
  };

  void begin(Slot& slot) {
    // A device signs in once at a time: its handle has one use. There is one free for every slot.
    do {
      slot.turn = next_++ % devices_.size();
    } while (busy_[slot.turn]);
    busy_[slot.turn] = true;
    slot.device = devices_[slot.turn];
    slot.asked = false;
    ++active_;
    // Over TLS a device that comes back resumes its TLS session as well.
    Target target = target_;
    target.session = resume_ ? sessions_[slot.turn].get() : nullptr;
    slot.client->connect(target);
  }

  Bench& bench_;
  Target target_;
  bool resume_;
  const std::vector<Device*>& devices_;
  std::vector<Slot> slots_;
  std::vector<SslSession> sessions_;
  std::vector<bool> busy_;
  bool running_ = false;
  std::size_t next_ = 0;
  std::size_t active_ = 0;
  std::uint64_t done_ = 0;
};

// TLS alone, without what comes after it.
class Handshakes : public Sink {
 public:
  Handshakes(Bench& bench, bool resume) : bench_(bench), resume_(resume) {
    for (std::size_t i = 0; i < kSignInsAtOnce; ++i) {
      clients_.push_back(std::make_unique<Client>(bench.poller, *this, i));
    }
  }

  Stretch run() {
    if (resume_) obtain_session();
    running_ = true;
    for (auto& client : clients_) begin(*client);
    const Stretch out = bench_.measure([this] { return static_cast<double>(done_); },
                                       [this] { return bench_.server().usage(); });
    running_ = false;
    for (auto& client : clients_) client->drop();
    return out;
  }

  void opened(Client& client) override {
    if (!running_) return;
    if (client.session_was_resumed() != resume_)
      throw Failure((resume_ ? "a session was not resumed" : "a handshake was not full") +
                    std::string(", after ") + std::to_string(done_));
    ++done_;
    client.drop();
    begin(client);
  }
  void frame(Client& client, std::string_view) override { session_ = client.take_session(); }

 private:
  void begin(Client& client) {
    Target target = bench_.target(true);
    target.session = session_.get();
    target.handshake_only = true;
    client.connect(target);
  }

  // Tickets come with the first bytes after the handshake: those of a hello.
  void obtain_session() {
    Client first(bench_.poller, *this, 0);
    first.connect(bench_.target(true));
    bench_.poller.run_until([this] { return session_ != nullptr; }, 10, "a ticket");
    if (SSL_SESSION_is_resumable(session_.get()) != 1) throw Failure("the ticket cannot be used");
  }

  Bench& bench_;
  bool resume_;
  SslSession session_;
  std::vector<std::unique_ptr<Client>> clients_;
  bool running_ = false;
  std::uint64_t done_ = 0;
};

constexpr std::size_t kDevices = 1'000;

}  // namespace

void measure_sign_in(Bench& bench, bool tls) {
  const std::string suffix = tls ? "_tls" : "";
  const auto devices = bench.devices(std::min(kDevices, bench.options.people));
  Crowd(bench.poller, bench.target(false)).sign_in(devices);
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    SignIns logins(bench, tls, false, devices);
    bench.report_rate("logins" + suffix, "", logins.run());
    SignIns resumes(bench, tls, true, devices);
    bench.report_rate("resumes" + suffix, "", resumes.run());
  }
}

void measure_policy(Bench& bench) {
  const std::size_t people = std::min(kDevices, bench.options.people);
  const auto open = bench.devices(people);
  const auto strict = bench.devices(people, 0, kStrictTenant);
  Crowd(bench.poller, bench.target(false)).sign_in(open);
  Crowd(bench.poller, bench.target(false)).sign_in(strict);
  bench.population().tighten();
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    const Stretch loose = SignIns(bench, false, false, open).run();
    const Stretch tight = SignIns(bench, false, false, strict).run();
    bench.report_rate("logins_open", "", loose);
    bench.report_rate("logins_strict", "", tight);
    bench.report.add("logins_strict_share", tight.per_s() / loose.per_s());
  }
}

void measure_handshakes(Bench& bench) {
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    bench.report_rate("handshakes_full", "", Handshakes(bench, false).run());
    bench.report_rate("handshakes_resumed", "", Handshakes(bench, true).run());
  }
}

}  // namespace conclave::load
