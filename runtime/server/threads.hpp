#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <vector>

namespace conclave::server {

// The event loops of the process: one per I/O thread and one for the shard. With a single processor
// the shard shares the first I/O loop, because a second thread would only add switches.
class Threads {
 public:
  explicit Threads(std::size_t io_threads);
  ~Threads();  // stops and joins
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  [[nodiscard]] std::vector<boost::asio::any_io_executor> io() const;
  [[nodiscard]] boost::asio::any_io_executor shard() const;
  // Loops end once nothing is left to do, at the latest after five seconds.
  void finish();

 private:
  struct Loop;
  std::size_t io_threads_;
  std::vector<std::unique_ptr<Loop>> loops_;  // I/O first; the shard's, if it has its own, last
};

}  // namespace conclave::server
