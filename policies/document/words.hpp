#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

// The words of policies and facts. A ladder's words stand from the laxest to the strictest; the
// others have no order. Each enum's values are the places in its list of words.
namespace conclave::policy {

// What is done with somebody to whom a rule applies.
enum class Treatment : std::uint8_t { allow, step_up, restrict, refuse };
enum class Overflow : std::uint8_t { sign_out_oldest, ask_primary, refuse };
enum class Approval : std::uint8_t { number_match, qr };
enum class Demand : std::uint8_t { never, new_device, always };
enum class Care : std::uint8_t { ignore, warn, refuse };
enum class Consent : std::uint8_t { optional, required };
enum class Notice : std::uint8_t { risk, new_device, always };

enum class Role : std::uint8_t {
  member,
  guest,
  service,
  user_admin,
  room_admin,
  security_admin,
  auditor,
  provider_admin,
  provider_auditor,
};
enum class DeviceClass : std::uint8_t { desktop, mobile, tablet, web, xmpp, service, other };
enum class Factor : std::uint8_t { totp, webauthn, recovery_code, sms, primary };
enum class Recovery : std::uint8_t { recovery_code, second_factor_wait, admin_pair };
enum class Access : std::uint8_t { unknown, wired, wifi, gsm, cellular, satellite };
enum class Listed : std::uint8_t { vpn, proxy, tor, hosting };

// Who has to agree to a change: who runs the installation, the organisation, its people.
enum class Party : std::uint8_t { provider, tenant, users };

// What is looked at to tell where a device is and whether something stands in front of it.
enum class Signal : std::uint8_t {
  address,
  device_fix,
  time_zone,
  locale,
  second_network,
  round_trip,
  packet_size,
  peers,
  habit,
  lists,
};

using WordList = std::span<const std::string_view>;

[[nodiscard]] WordList words(Treatment);
[[nodiscard]] WordList words(Overflow);
[[nodiscard]] WordList words(Approval);
[[nodiscard]] WordList words(Demand);
[[nodiscard]] WordList words(Care);
[[nodiscard]] WordList words(Consent);
[[nodiscard]] WordList words(Notice);
[[nodiscard]] WordList words(Role);
[[nodiscard]] WordList words(DeviceClass);
[[nodiscard]] WordList words(Factor);
[[nodiscard]] WordList words(Recovery);
[[nodiscard]] WordList words(Access);
[[nodiscard]] WordList words(Listed);
[[nodiscard]] WordList words(Signal);
[[nodiscard]] WordList words(Party);

template <class Word>
[[nodiscard]] std::string_view to_text(Word word) {
  return words(word)[static_cast<std::size_t>(word)];
}

template <class Word>
[[nodiscard]] std::optional<Word> parse_word(std::string_view text) {
  const WordList list = words(Word{});
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i] == text) return static_cast<Word>(i);
  return std::nullopt;
}

// A set of words.
template <class Word>
class Words {
 public:
  constexpr Words() = default;
  constexpr Words(std::initializer_list<Word> list) {
    for (const Word word : list) add(word);
  }
  constexpr void add(Word word) { bits_ |= bit(word); }
  constexpr void remove(Word word) { bits_ &= ~bit(word); }
  [[nodiscard]] constexpr bool has(Word word) const { return (bits_ & bit(word)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr Words operator&(Words other) const {
    Words out;
    out.bits_ = bits_ & other.bits_;
    return out;
  }
  [[nodiscard]] constexpr Words operator|(Words other) const {
    Words out;
    out.bits_ = bits_ | other.bits_;
    return out;
  }
  friend constexpr bool operator==(Words, Words) = default;

  // The word at place n of its list is bit n.
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  [[nodiscard]] static constexpr Words from_bits(std::uint32_t bits) {
    Words out;
    out.bits_ = bits;
    return out;
  }

 private:
  static constexpr std::uint32_t bit(Word word) { return 1U << static_cast<unsigned>(word); }

  std::uint32_t bits_ = 0;
};

}  // namespace conclave::policy
