#include <memory>

#include "tests/load/bench.hpp"
#include "tests/load/client.hpp"
#include "tests/load/frames.hpp"
#include "tests/load/relay.hpp"
#include "tests/load/shapes.hpp"

namespace conclave::load {
namespace {

// The same frames as in the scenarios, in a closed loop: a frame that arrived makes room for the
// next one.
class FloorLoad : public Sink {
 public:
  FloorLoad(Bench& bench, const Relay& relay, bool room)
      : bench_(bench), relay_(relay), room_(room), frame_("r_0000000000004") {}

  Stretch run() {
    const std::size_t count = room_ ? kFloorMembers : 2 * kPairs;
    Target target;
    target.port = relay_.port();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string path = room_ ? "/room" : "/pair/" + std::to_string(i / 2);
      target.path = path;
      clients_.push_back(std::make_unique<Client>(bench_.poller, *this, i));
      clients_.back()->connect(target);
      bench_.poller.run_until([&] { return opened_ == i + 1; }, 10, "the relay");
    }
    const std::size_t senders = room_ ? kRoomSenders : kPairs;
    for (std::size_t i = 0; i < senders; ++i) {
      for (std::size_t j = 0; j < kInFlight; ++j) send(room_ ? i : 2 * i);
    }
    return bench_.measure([this] { return static_cast<double>(delivered_); },
                          [this] { return Server::Parts{{}, {}, relay_.usage()}; });
  }

  void opened(Client&) override { ++opened_; }
  void frame(Client& client, std::string_view text) override {
    ++delivered_;
    if (!room_) return send(client.number() - 1);
    std::size_t at = 0;
    const std::uint64_t sender = next_stamp(text, at);
    if (sender == client.number()) send(client.number());
  }

 private:
  void send(std::size_t number) { clients_[number]->send_framed(frame_.next(number)); }

  Bench& bench_;
  const Relay& relay_;
  bool room_;
  MessageFrame frame_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::size_t opened_ = 0;
  std::uint64_t delivered_ = 0;
};

}  // namespace

void measure_floors(Bench& bench) {
  const std::string program = bench.options.programs / "bench";
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    const Relay relay(program, bench.options.folder, false);
    const Stretch pairs = FloorLoad(bench, relay, false).run();
    bench.report_rate("floor", "msgs", pairs);
    const Stretch room = FloorLoad(bench, relay, true).run();
    bench.report.add("floor_deliveries_per_s", room.per_s());
    bench.report.add("floor_delivery_cpu_us", room.cpu_us());
    const Relay durable(program, bench.options.folder, true);
    bench.report_rate("floor_durable", "msgs", FloorLoad(bench, durable, false).run());
  }
}

}  // namespace conclave::load
