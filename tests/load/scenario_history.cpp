#include <algorithm>
#include <random>

#include "tests/load/bench.hpp"
#include "tests/load/frames.hpp"
#include "tests/load/shapes.hpp"

namespace conclave::load {
namespace {

constexpr std::size_t kReaders = 8;
constexpr std::size_t kPage = 50;
// Beyond what the server keeps of a room in memory, so that pages come from the disk.
constexpr std::uint64_t kInMemory = 128;

// Rooms whose logs were written by their members in turn, then read page by page from places that
// are drawn anew each time.
class Archive : public Sink {
 public:
  Archive(Bench& bench, std::size_t nth, std::size_t authors, std::size_t rooms,
          std::size_t messages)
      : bench_(bench), nth_(nth), authors_(authors), messages_(messages) {
    const std::size_t people = std::max(authors, kReaders);
    crowd_ = std::make_unique<Crowd>(bench.poller, bench.target(false));
    crowd_->sign_in(bench.devices(people, nth_));
    for (std::size_t i = 0; i < rooms; ++i) make_room();
    crowd_->listen(this);
    for (std::size_t i = 0; i < rooms; ++i) fill(i);
  }

  // Before and after the server is started again.
  void disconnect() {
    people_ = crowd_->size();
    crowd_.reset();
  }
  void reconnect() {
    crowd_ = std::make_unique<Crowd>(bench_.poller, bench_.target(false));
    crowd_->sign_in(bench_.devices(people_, nth_));
    crowd_->listen(this);
  }

  Stretch read() {
    reading_ = true;
    for (std::size_t i = 0; i < kReaders; ++i) ask(i);
    const Stretch out = bench_.measure([this] { return static_cast<double>(pages_); },
                                       [this] { return bench_.server().usage(); });
    finish();
    return out;
  }

  // Every room once, from the beginning; pages a second.
  double read_each_once() {
    next_room_ = 0;
    const std::uint64_t before = pages_;
    const std::int64_t began_ns = now_ns();
    for (std::size_t i = 0; i < kReaders; ++i) ask_once(i);
    bench_.poller.run_until([&] { return pages_ - before == rooms_.size(); }, 120, "all pages");
    return static_cast<double>(rooms_.size()) * 1e9 / static_cast<double>(now_ns() - began_ns);
  }

  void frame(Client& client, std::string_view text) override {
    if (!is_answer(text)) return;
    if (is_error(text)) throw Failure("refused: " + std::string(text.substr(0, 300)));
    if (answer_id(text) != kPageRequest) {
      ++answered_;
      return;
    }
    ++pages_;
    --asked_;
    if (text.find(R"("unreadable")") != std::string_view::npos) throw Failure("unreadable");
    if (next_room_ < rooms_.size()) return ask_once(client.number());
    if (reading_) ask(client.number());
  }

 private:
  static constexpr std::uint64_t kPageRequest = 9;

  void make_room() {
    const std::string made =
        crowd_->call(0, "room.create", R"({"kind":"room","name":"Archive","join":"open"})");
    const std::string room(text_member(made, "room"));
    for (std::size_t i = 1; i < crowd_->size(); ++i) {
      crowd_->call(i, "room.join", R"({"room":")" + room + R"("})");
    }
    rooms_.push_back(room);
  }

  // The authors take turns, a few messages of all of them on their way at a time.
  void fill(std::size_t room) {
    std::vector<MessageFrame> frames(authors_, MessageFrame(rooms_[room]));
    std::uint64_t sent = 0;
    const std::uint64_t from = answered_;
    while (sent < messages_) {
      for (std::size_t i = 0; i < authors_ && sent < messages_; ++i, ++sent) {
        crowd_->client(i).send_framed(frames[i].next(0));
      }
      const std::uint64_t late = std::max<std::uint64_t>(authors_, kInFlight);
      bench_.poller.run_until([&] { return answered_ - from + late >= sent; }, 30, "the archive");
    }
    bench_.poller.run_until([&] { return answered_ - from == sent; }, 30, "the archive");
  }

  void ask(std::size_t reader) {
    const std::uint64_t first = crowd_->size() + kPage + 2;
    std::uniform_int_distribution<std::uint64_t> place(first,
                                                       first + messages_ - kInMemory - kPage);
    ask_page(reader, rooms_[random_() % rooms_.size()], place(random_));
  }

  void ask_once(std::size_t reader) {
    if (next_room_ < rooms_.size()) {
      ask_page(reader, rooms_[next_room_++], crowd_->size() + kPage + 2);
    }
  }

  void ask_page(std::size_t reader, const std::string& room, std::uint64_t before) {
    ++asked_;
    crowd_->client(reader).send(request(
        kPageRequest, "message.history",
        R"({"room":")" + room + R"(","before":)" + std::to_string(before) + R"(,"limit":50})"));
  }

  void finish() {
    reading_ = false;
    bench_.poller.run_until([this] { return asked_ == 0; }, 30, "the last pages");
  }

  Bench& bench_;
  std::size_t nth_;  // which device of each person: one connection each
  std::size_t authors_;
  std::size_t messages_;
  std::size_t people_ = 0;
  std::unique_ptr<Crowd> crowd_;
  std::vector<std::string> rooms_;
  std::mt19937_64 random_{20'000};  // the same places in every run
  std::size_t next_room_ = ~std::size_t{0};
  bool reading_ = false;
  std::uint64_t answered_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t asked_ = 0;
};

}  // namespace

void measure_history(Bench& bench) {
  constexpr std::size_t kAuthors = 50;
  const bool small = bench.options.people < kAuthors;  // a trial of the bench itself
  const std::size_t authors = small ? bench.options.people : kAuthors;
  const std::size_t rooms = small ? 2 : 20;
  const std::size_t messages = small ? 250 : 1'000;
  Archive of_two(bench, 0, 2, rooms, messages);
  Archive of_fifty(bench, 1, authors, rooms, messages);
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    bench.report_rate("history", "pages", of_two.read());
    bench.report_rate("history50", "pages", of_fifty.read());
  }
  // Cold: neither server nor key process holds anything of what is asked for.
  for (std::size_t run = 0; run < bench.options.runs; ++run) {
    of_two.disconnect();
    of_fifty.disconnect();
    bench.restart_server();
    of_two.reconnect();
    of_fifty.reconnect();
    bench.report.add("history_cold_pages_per_s", of_two.read_each_once());
    bench.report.add("history50_cold_pages_per_s", of_fifty.read_each_once());
  }
}

}  // namespace conclave::load
