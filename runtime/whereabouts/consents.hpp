#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runtime/base/clock.hpp"
#include "runtime/identity/actor.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/identity/sound_rows.hpp"

namespace conclave::whereabouts {

// Whether a person agreed that devices tell where they are, to which text, and when.
struct Consent {
  bool given = false;
  std::string text;  // version of the text that was shown: "2026-11/de"
  std::int64_t at_ms = 0;  // UTC; 0: never asked
  std::uint64_t version = 0;  // of the row
};

[[nodiscard]] store::Record encode(TenantId tenant, UserId user, const Consent& consent);
[[nodiscard]] Result<Consent> decode_consent(const store::Record& record);

// The consents of all people: rows with a MAC, each change in the audit trail. A row that is not
// sound is no consent. On the shard's thread.
class Consents {
 public:
  static constexpr std::size_t kTextBytes = 64;

  Consents(identity::RowWriter& writer, const base::Clock& clock)
      : writer_(writer), clock_(clock) {}

  void load(const identity::SoundRows& rows);
  [[nodiscard]] Consent of(TenantId tenant, UserId user) const;
  [[nodiscard]] Task<Result<Consent>> set(identity::Actor actor, bool given, std::string text);

  struct Key {
    TenantId tenant;
    UserId user;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  [[nodiscard]] const std::map<Key, Consent>& all() const { return consents_; }

 private:
  identity::RowWriter& writer_;
  const base::Clock& clock_;
  std::map<Key, Consent> consents_;
};

}  // namespace conclave::whereabouts
