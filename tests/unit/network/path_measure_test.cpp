#include "runtime/network/path_measure.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace conclave::network {
namespace {

// A connected pair of TCP sockets on loopback; `mss` is what the client announces, 0 for its own.
class TcpPair {
 public:
  explicit TcpPair(int mss = 0) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener, plain, length), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, plain, &length), 0);
    client_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (mss != 0) {
      EXPECT_EQ(::setsockopt(client_, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof mss), 0);
    }
    EXPECT_EQ(::connect(client_, plain, length), 0);
    server_ = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listener);
  }
  TcpPair(const TcpPair&) = delete;
  TcpPair& operator=(const TcpPair&) = delete;
  ~TcpPair() {
    ::close(client_);
    ::close(server_);
  }
  void exchange() const {
    char byte = 'x';
    EXPECT_EQ(::write(server_, &byte, 1), 1);
    EXPECT_EQ(::read(client_, &byte, 1), 1);
    EXPECT_EQ(::write(client_, &byte, 1), 1);
    EXPECT_EQ(::read(server_, &byte, 1), 1);
  }
  [[nodiscard]] int server() const { return server_; }

 private:
  int client_ = -1;
  int server_ = -1;
};

TEST(PathMeasure, loopback_is_near_and_wide) {
  const TcpPair pair;
  for (int i = 0; i < 5; ++i) pair.exchange();
  const PathMeasure measure = measure_path(pair.server());
  EXPECT_GT(measure.round_trip_ms, 0);
  EXPECT_LT(measure.round_trip_ms, 1'000);
  EXPECT_GT(measure.mtu, 1'500U);
}

TEST(PathMeasure, shows_the_mss_of_a_tunnel) {
  constexpr int kWireGuardMss = 1'380;
  const TcpPair pair(kWireGuardMss);
  pair.exchange();
  EXPECT_EQ(measure_path(pair.server()).mtu, 1'420U);
}

TEST(PathMeasure, nothing_is_known_of_what_is_no_tcp_socket) {
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(measure_path(file).round_trip_ms, 0);
  EXPECT_EQ(measure_path(file).mtu, 0U);
  ::close(file);
  EXPECT_EQ(measure_path(-1).mtu, 0U);
}

}  // namespace
}  // namespace conclave::network
