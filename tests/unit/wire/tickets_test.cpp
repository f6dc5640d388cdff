#include "runtime/wire/tickets.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

namespace conclave::wire {
namespace {

class Tickets : public ::testing::Test {
 protected:
  Tickets()
      : cipher_(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free),
        method_(EVP_MAC_fetch(nullptr, "HMAC", nullptr), &EVP_MAC_free),
        mac_(EVP_MAC_CTX_new(method_.get()), &EVP_MAC_CTX_free) {}

  int seal() { return keys_.seal(name_.data(), iv_.data(), cipher_.get(), mac_.get()); }
  int open() { return keys_.open(name_.data(), iv_.data(), cipher_.get(), mac_.get()); }

  std::chrono::steady_clock::time_point now_{std::chrono::hours(1000)};
  TicketKeys keys_{[this] { return now_; }};
  std::array<unsigned char, 16> name_{};
  std::array<unsigned char, 16> iv_{};
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher_;
  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> method_;
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> mac_;
};

TEST_F(Tickets, opens_its_own_ticket_of_this_hour) {
  EXPECT_EQ(seal(), 1);
  now_ += std::chrono::minutes(59);
  EXPECT_EQ(open(), 1);
}

TEST_F(Tickets, renews_a_ticket_of_the_previous_hour_and_knows_no_older_one) {
  EXPECT_EQ(seal(), 1);
  now_ += std::chrono::minutes(61);
  EXPECT_EQ(open(), 2);
  now_ += std::chrono::minutes(61);
  EXPECT_EQ(open(), 0);
}

TEST_F(Tickets, forgets_all_keys_after_hours_without_a_handshake) {
  EXPECT_EQ(seal(), 1);
  now_ += std::chrono::hours(3);
  EXPECT_EQ(open(), 0);
}

TEST_F(Tickets, does_not_know_the_ticket_of_another_process) {
  EXPECT_EQ(seal(), 1);
  TicketKeys other([this] { return now_; });
  EXPECT_EQ(other.open(name_.data(), iv_.data(), cipher_.get(), mac_.get()), 0);
}

}  // namespace
}  // namespace conclave::wire
