#include <algorithm>

#include "tests/load/bench.hpp"
#include "tests/load/frames.hpp"
#include "tests/load/shapes.hpp"

namespace conclave::load {
namespace {

// One room with many members, each on one device. Every member's copy of the log is held to the
// gapless order.
class Room : public Sink {
 public:
  Room(Bench& bench, bool tls, std::size_t members)
      : bench_(bench), crowd_(bench.poller, bench.target(tls)), seen_(members) {
    crowd_.sign_in(bench.devices(members));
    const std::string answer =
        crowd_.call(0, "room.create", R"({"kind":"room","name":"Bench","join":"open"})");
    room_ = text_member(answer, "room");
    crowd_.listen(this);
  }
  ~Room() override { crowd_.listen(nullptr); }

  // All members join at once; over when everybody has been told of the last one. In seconds.
  double join() {
    const std::int64_t began_ns = now_ns();
    const std::string params = R"({"room":")" + room_ + R"("})";
    joining_ = crowd_.size() - 1;
    for (std::size_t i = 1; i < crowd_.size(); ++i) {
      crowd_.client(i).send(request(1, "room.join", params));
    }
    bench_.poller.run_until([this] { return joining_ == 0; }, 300, "all to join");
    const std::uint64_t head = std::ranges::max(seen_);
    bench_.poller.run_until([&] { return std::ranges::min(seen_) == head; }, 300,
                            "everybody to know of the last member");
    return static_cast<double>(now_ns() - began_ns) / 1e9;
  }

  Stretch saturate() {
    while (messages_.size() < std::min(kRoomSenders, crowd_.size())) {
      messages_.emplace_back(room_);
    }
    sending_ = true;
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      for (std::size_t j = 0; j < kInFlight; ++j) send(i);
    }
    const Stretch out = bench_.measure([this] { return static_cast<double>(delivered_); },
                                       [this] { return bench_.server().usage(); });
    sending_ = false;
    bench_.poller.run_until(
        [this] { return answered_ == sent_ && std::ranges::min(seen_) == std::ranges::max(seen_); },
        60, "the last messages");
    return out;
  }

  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::uint64_t delivered() const { return delivered_; }

  void frame(Client& client, std::string_view text) override {
    if (is_answer(text)) return take_answer(client, text);
    const SeqRange range = entries_of(text);
    if (range.count() == 0) return;
    std::uint64_t& seen = seen_[client.number()];
    if (seen != 0 && range.first != seen + 1) {
      throw Failure("member " + std::to_string(client.number()) + " got " +
                    std::to_string(range.first) + " after " + std::to_string(seen));
    }
    seen = range.last;
    ++frames_;
    delivered_ += range.count();
  }

 private:
  void send(std::size_t number) {
    ++sent_;
    crowd_.client(number).send_framed(messages_[number].next(number));
  }

  void take_answer(Client& client, std::string_view text) {
    if (is_error(text)) throw Failure("refused: " + std::string(text));
    if (answer_id(text) == 1) {
      --joining_;
      return;
    }
    ++answered_;
    if (sending_) send(client.number());
  }

  Bench& bench_;
  Crowd crowd_;
  std::string room_;
  std::vector<std::uint64_t> seen_;  // by member: the newest seq that it was told
  std::vector<MessageFrame> messages_;
  bool sending_ = false;
  std::size_t joining_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t delivered_ = 0;
};

void measure_room(Bench& bench, bool tls, std::size_t wanted) {
  const std::string name = "room" + std::to_string(wanted) + (tls ? "_tls" : "");
  const std::size_t members = std::min(wanted, bench.options.people);
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    Room room(bench, tls, members);
    bench.report.add(name + "_join_s", room.join());
    const Stretch stretch = room.saturate();
    bench.report_rate(name, "deliveries", stretch);
    bench.report.add(name + "_entries_per_frame",
                     static_cast<double>(room.delivered()) / static_cast<double>(room.frames()));
  }
}

}  // namespace

void measure_rooms(Bench& bench, bool tls) {
  measure_room(bench, tls, 200);
  measure_room(bench, tls, 1'000);
}

}  // namespace conclave::load
