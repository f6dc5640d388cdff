#include "runtime/wire/proxy_head.hpp"

#include <array>
#include <utility>

#include "runtime/observe/log.hpp"

namespace conclave::wire {
namespace {

namespace net = boost::asio;

class ProxyHead : public LoopMember, public std::enable_shared_from_this<ProxyHead> {
 public:
  ProxyHead(std::shared_ptr<Environment> env, std::shared_ptr<Loop> loop,
            net::ip::tcp::socket socket, ProxyArrived arrived)
      : env_(std::move(env)),
        loop_(std::move(loop)),
        socket_(std::move(socket)),
        arrived_(std::move(arrived)) {
    env_->proxy_heads.fetch_add(1);
  }
  ~ProxyHead() override { env_->proxy_heads.fetch_sub(1); }

  void start() { read(network::kProxyHeadBytes); }

  void tick(Clock::time_point now) override {
    if (now - since_ < env_->limits.handshake) return;
    env_->metrics.timeouts.add();
    leave();
  }
  void drain() override { leave(); }
  void cut() override { leave(); }

 private:
  // Never reads beyond the header: OpenSSL takes the rest from the descriptor itself.
  void read(std::size_t wanted) {
    socket_.async_read_some(
        net::buffer(bytes_.data() + filled_, wanted - filled_),
        [self = shared_from_this(), wanted](boost::system::error_code error, std::size_t got) {
          if (self->left_) return;
          if (error) return self->leave();
          self->filled_ += got;
          self->look(wanted);
        });
  }

  void look(std::size_t wanted) {
    const auto parsed = network::parse_proxy_header(ByteView(bytes_).first(filled_));
    if (!parsed) {
      observe::warn("wire.proxy_header", {{"error", parsed.error()}});
      env_->metrics.refused_proxy_header.add();
      return leave();
    }
    if (!*parsed) {
      const std::size_t rest = static_cast<std::size_t>(bytes_[14]) << 8U | bytes_[15];
      return read(filled_ < network::kProxyHeadBytes ? wanted : network::kProxyHeadBytes + rest);
    }
    const auto self = shared_from_this();
    left_ = true;
    loop_->remove(*this);
    arrived_(std::move(socket_), **parsed);
  }

  void leave() {
    if (std::exchange(left_, true)) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    loop_->remove(*this);
  }

  std::shared_ptr<Environment> env_;  // shared with every connection
  std::shared_ptr<Loop> loop_;        // shared with the connections of this thread
  net::ip::tcp::socket socket_;
  ProxyArrived arrived_;
  const Clock::time_point since_ = Clock::now();
  std::array<std::uint8_t, network::kMostProxyBytes> bytes_{};
  std::size_t filled_ = 0;
  bool left_ = false;
};

}  // namespace

void read_proxy_head(std::shared_ptr<Environment> env, std::shared_ptr<Loop> loop,
                     net::ip::tcp::socket socket, ProxyArrived arrived) {
  const auto owner = loop;
  auto member = std::make_shared<ProxyHead>(std::move(env), std::move(loop), std::move(socket),
                                            std::move(arrived));
  member->start();
  owner->add(std::move(member));
}

}  // namespace conclave::wire
