#pragma once

#include <cstdint>
#include <random>

#include "policies/document/field.hpp"
#include "policies/engine/facts.hpp"

namespace conclave::policy {

// Facts and policies drawn at random, the same for the same seed on every machine (no distribution
// of the library, which may differ). Values are few and near each other, so that rules meet.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  // 0 to limit - 1.
  [[nodiscard]] std::size_t below(std::size_t limit) { return engine_() % limit; }
  [[nodiscard]] bool chance(std::size_t percent) { return below(100) < percent; }

  [[nodiscard]] Facts facts();
  // A value that the field's rule allows.
  [[nodiscard]] schema::Value value(const Field& field);
  [[nodiscard]] const Field& field() { return fields()[below(fields().size())]; }
  // `policy` with some fields drawn anew; may contradict itself.
  [[nodiscard]] Policy variant(Policy policy, std::size_t changes);

 private:
  template <class Word>
  Word word() {
    return static_cast<Word>(below(words(Word{}).size()));
  }
  template <class Word>
  Words<Word> set(std::size_t percent) {
    Words<Word> out;
    for (std::size_t i = 0; i < words(Word{}).size(); ++i)
      if (chance(percent)) out.add(static_cast<Word>(i));
    return out;
  }
  [[nodiscard]] Seconds age();
  [[nodiscard]] std::vector<SessionFacts> sessions();
  [[nodiscard]] NetworkFacts network();

  std::mt19937_64 engine_;
};

}  // namespace conclave::policy
