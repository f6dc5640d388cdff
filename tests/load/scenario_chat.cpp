#include <algorithm>
#include <memory>
#include <utility>

#include "tests/load/bench.hpp"
#include "tests/load/frames.hpp"
#include "tests/load/shapes.hpp"

namespace conclave::load {
namespace {

// Pairs of people in direct conversations; the first of each writes, the second reads. Client 2i
// writes to client 2i + 1. Every event is held to the gapless order of its room.
class Pairs : public Sink {
 public:
  Pairs(Bench& bench, bool tls) : bench_(bench), crowd_(bench.poller, bench.target(tls)) {
    crowd_.sign_in(bench.devices(2 * kPairs));
    for (std::size_t i = 0; i < kPairs; ++i) {
      const std::string answer = crowd_.call(
          2 * i, "room.direct", R"({"user":")" + crowd_.device(2 * i + 1).user + R"("})");
      pairs_.push_back({MessageFrame(text_member(answer, "room"))});
    }
    crowd_.listen(this);
  }
  ~Pairs() override { crowd_.listen(nullptr); }

  // A closed loop: each answer makes room for the next message. What counts is both answered and
  // delivered.
  Stretch saturate() {
    closed_loop_ = true;
    for (std::size_t i = 0; i < kPairs; ++i) {
      for (std::size_t j = 0; j < kInFlight; ++j) send(i, 0);
    }
    const Stretch out =
        bench_.measure([this] { return static_cast<double>(std::min(answered_, delivered_)); },
                       [this] { return bench_.server().usage(); });
    finish();
    return out;
  }

  // An open loop: messages leave when they are due, whatever the server does; times are from the
  // moment that was intended.
  std::vector<double> pace(double per_s) {
    const double interval_ns = 1e9 / per_s;
    const std::int64_t began_ns = now_ns();
    double due_ns = static_cast<double>(began_ns);
    std::size_t next = 0;
    const auto step = [&]() -> std::int64_t {
      const auto now = static_cast<double>(now_ns());
      for (; due_ns <= now; due_ns += interval_ns) {
        send(next++ % kPairs, static_cast<std::uint64_t>(due_ns));
      }
      return std::max<std::int64_t>(0, static_cast<std::int64_t>(due_ns) - now_ns());
    };
    static_cast<void>(bench_.measure([this] { return static_cast<double>(delivered_); },
                                     [this] { return bench_.server().usage(); }, step));
    std::vector<double> out = std::move(latencies_ms_);
    // The first fifth is the warm-up.
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(out.size() / 6));
    finish();
    return out;
  }

  void frame(Client& client, std::string_view text) override {
    if (is_answer(text)) return take_answer(client, text);
    const SeqRange range = entries_of(text);
    if (range.count() == 0 || client.number() % 2 == 0) return;
    Pair& pair = pairs_[client.number() / 2];
    if (pair.seq != 0 && range.first != pair.seq + 1) throw Failure("a gap in a room's order");
    // A new conversation begins with its members, which may be told of late.
    const bool first = std::exchange(pair.seq, range.last) == 0;
    if (first && text.find(R"("kind":"membership")") != std::string_view::npos) return;
    delivered_ += range.count();
    if (closed_loop_) return;
    const std::int64_t now = now_ns();
    for (std::size_t at = 0;;) {
      const std::uint64_t stamp = next_stamp(text, at);
      if (at == std::string_view::npos) break;
      latencies_ms_.push_back(static_cast<double>(now - static_cast<std::int64_t>(stamp)) / 1e6);
    }
  }

 private:
  struct Pair {
    MessageFrame message;
    std::uint64_t seq = 0;
  };

  void send(std::size_t pair, std::uint64_t stamp) {
    ++sent_;
    crowd_.client(2 * pair).send_framed(pairs_[pair].message.next(stamp));
  }

  void take_answer(Client& client, std::string_view text) {
    if (is_error(text)) throw Failure("a message was refused: " + std::string(text));
    ++answered_;
    if (closed_loop_) send(client.number() / 2, 0);
  }

  // Everything that was sent is answered and delivered.
  void finish() {
    closed_loop_ = false;
    const auto all = [this] { return answered_ == sent_ && delivered_ == sent_; };
    const std::int64_t end_ns = now_ns() + 30'000'000'000;
    bench_.poller.run_until([&] { return all() || now_ns() > end_ns; }, 60, "the last messages");
    if (!all()) {
      throw Failure("of " + std::to_string(sent_) + " messages " + std::to_string(answered_) +
                    " were answered and " + std::to_string(delivered_) + " delivered");
    }
    latencies_ms_.clear();
  }

  Bench& bench_;
  Crowd crowd_;
  std::vector<Pair> pairs_;
  bool closed_loop_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t delivered_ = 0;
  std::vector<double> latencies_ms_;
};

double percentile(std::vector<double> values, double part) {
  if (values.empty()) throw Failure("no latencies");
  const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + at);
  return values[static_cast<std::size_t>(at)];
}

}  // namespace

void measure_chat(Bench& bench, bool tls) {
  const std::string name = tls ? "chat_tls" : "chat";
  Pairs pairs(bench, tls);
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    const Stretch stretch = pairs.saturate();
    bench.report_rate(name, "msgs", stretch);
    if (!tls) bench.report.add("keyd_share", stretch.keyd_cpu_s / stretch.server_cpu_s);
  }
}

void measure_chat_latency(Bench& bench, bool tls) {
  const std::string name = tls ? "chat_tls" : "chat";
  Pairs pairs(bench, tls);
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    const std::vector<double> ms = pairs.pace(kOpenLoopPerS);
    bench.report.add(name + "_p99_ms", percentile(ms, 0.99));
    bench.report.add(name + "_p50_ms", percentile(ms, 0.50));
  }
}

}  // namespace conclave::load
