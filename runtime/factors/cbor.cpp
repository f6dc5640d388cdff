#include "runtime/factors/cbor.hpp"

#include <algorithm>
#include <limits>

#include "runtime/base/encoding.hpp"
#include "runtime/factors/errors.hpp"

namespace conclave::factors {

namespace {

enum Major : std::uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kByteString = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kSimple = 7,
};
constexpr std::uint8_t kFalse = 20;
constexpr std::uint8_t kTrue = 21;
constexpr std::uint8_t kNull = 22;

// Recursive descent; the first mistake is kept and ends it.
class Parser {
 public:
  explicit Parser(ByteView bytes) : bytes_(bytes), in_(bytes) {}

  Result<ParsedCbor> run() {
    Cbor item = read(0);
    if (wrong_ != nullptr) return fail(kWebAuthnMalformed, std::string("CBOR: ") + wrong_);
    return ParsedCbor{std::move(item), position()};
  }

 private:
  [[nodiscard]] std::size_t position() const { return bytes_.size() - in_.remaining(); }

  Cbor reject(const char* why) {
    if (wrong_ == nullptr) wrong_ = why;
    return {};
  }

  // The argument of a head, in its shortest form.
  std::uint64_t argument(std::uint8_t low) {
    if (low < 24) return low;
    std::uint64_t value = 0;
    std::uint64_t least = 24;
    switch (low) {
      case 24:
        value = in_.u8();
        break;
      case 25:
        value = in_.u16();
        least = 0x100;
        break;
      case 26:
        value = in_.u32();
        least = 0x10000;
        break;
      case 27:
        value = in_.u64();
        least = 0x100000000;
        break;
      default:
        reject("reserved or indefinite length");
        return 0;
    }
    if (!in_.ok()) reject("cut short");
    if (value < least) reject("not in its shortest form");
    return value;
  }

  ByteView run_of(std::uint64_t length) {
    if (length > in_.remaining()) {
      reject("cut short");
      return {};
    }
    return in_.raw(static_cast<std::size_t>(length));
  }

  Cbor array(std::uint64_t count, std::size_t depth) {
    if (count > kCborItems) return reject("too many items");
    Cbor::Array out;
    for (std::uint64_t i = 0; i < count && wrong_ == nullptr; ++i) out.push_back(read(depth + 1));
    return Cbor(std::move(out));
  }

  Cbor map(std::uint64_t count, std::size_t depth) {
    if (count > kCborItems) return reject("too many items");
    Cbor::Map out;
    std::vector<ByteView> keys;
    for (std::uint64_t i = 0; i < count && wrong_ == nullptr; ++i) {
      const std::size_t begin = position();
      Cbor key = read(depth + 1);
      if (wrong_ != nullptr) break;
      if (key.as<std::int64_t>() == nullptr && key.as<std::string_view>() == nullptr) {
        return reject("a key is neither integer nor text");
      }
      // Shortest forms: equal keys are equal bytes.
      const ByteView raw = bytes_.subspan(begin, position() - begin);
      const auto same = [&](ByteView other) { return std::ranges::equal(raw, other); };
      if (std::ranges::any_of(keys, same)) return reject("a key occurs twice");
      keys.push_back(raw);
      Cbor value = read(depth + 1);
      out.emplace_back(std::move(key), std::move(value));
    }
    return Cbor(std::move(out));
  }

  Cbor simple(std::uint8_t low) {
    if (low == kNull) return {};
    if (low == kFalse || low == kTrue) return Cbor(Cbor::Value(low == kTrue));
    return reject("floating point or unknown simple value");
  }

  Cbor read(std::size_t depth) {
    if (depth >= kCborDepth) return reject("too deep");
    if (++items_ > kCborItems) return reject("too many items");
    const std::uint8_t head = in_.u8();
    if (!in_.ok()) return reject("cut short");
    const auto major = static_cast<std::uint8_t>(head >> 5U);
    const auto low = static_cast<std::uint8_t>(head & 0x1fU);
    if (major == kSimple) return simple(low);
    const std::uint64_t value = argument(low);
    if (wrong_ != nullptr) return {};
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    switch (major) {
      case kUnsigned:
        if (value > kMost) return reject("integer out of range");
        return Cbor(Cbor::Value(static_cast<std::int64_t>(value)));
      case kNegative:
        if (value > kMost) return reject("integer out of range");
        return Cbor(Cbor::Value(-1 - static_cast<std::int64_t>(value)));
      case kByteString:
        return Cbor(Cbor::Value(run_of(value)));
      case kText: {
        const std::string_view text = base::as_text(run_of(value));
        if (!base::is_utf8(text)) return reject("text is not UTF-8");
        return Cbor(Cbor::Value(text));
      }
      case kArray:
        return array(value, depth);
      case kMap:
        return map(value, depth);
      default:
        return reject("tags are not taken");
    }
  }

  ByteView bytes_;
  base::ByteReader in_;
  std::size_t items_ = 0;
  const char* wrong_ = nullptr;
};

template <class Key>
const Cbor* find_in(const Cbor& cbor, Key key) {
  const auto* map = cbor.as<Cbor::Map>();
  if (map == nullptr) return nullptr;
  for (const auto& [name, value] : *map) {
    if (const auto* text = name.template as<Key>(); text != nullptr && *text == key) return &value;
  }
  return nullptr;
}

}  // namespace

const Cbor* Cbor::find(std::int64_t key) const {
  return find_in(*this, key);
}

const Cbor* Cbor::find(std::string_view key) const {
  return find_in(*this, key);
}

Result<ParsedCbor> parse_cbor_prefix(ByteView bytes) {
  return Parser(bytes).run();
}

Result<Cbor> parse_cbor(ByteView bytes) {
  auto parsed = parse_cbor_prefix(bytes);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->size != bytes.size()) return fail(kWebAuthnMalformed, "CBOR: bytes left over");
  return std::move(parsed->item);
}

}  // namespace conclave::factors
