#include "policies/cases/facts_keys.hpp"

#include <vector>

namespace conclave::policy {
namespace {

using schema::Key;
using schema::Value;

constexpr std::int64_t kMostSeconds = 100LL * 365 * 86'400;
constexpr std::size_t kMostText = 512;

const schema::Rule kAge = schema::IntegerRule{0, kMostSeconds};
const schema::Rule kCount = schema::IntegerRule{0, 1'000'000};
const schema::Rule kText = schema::TextRule{0, kMostText};
const schema::Rule kFlag = schema::BooleanRule{};

template <auto Member, class Struct>
Key<Struct> fact(std::string_view name, std::string_view unit, schema::Rule rule) {
  return {name,
          unit,
          std::move(rule),
          "",
          [](const Struct& object) { return bound_value(object.*Member); },
          [](Struct& object, const Value& value) { bind(object.*Member, value); }};
}

template <auto Member, class Struct>
Key<Struct> word(std::string_view name) {
  using Word = std::remove_cvref_t<decltype(std::declval<Struct&>().*Member)>;
  return fact<Member, Struct>(name, "", schema::TextRule{1, 64, as_list(words(Word{}))});
}

template <auto Member, class Struct, class Word>
Key<Struct> word_set(std::string_view name) {
  const auto all = as_list(words(Word{}));
  return fact<Member, Struct>(name, "", schema::TextListRule{all.size(), 0, all});
}

Value address_value(const NetworkFacts& facts) {
  return facts.address ? facts.address->text() : std::string();
}

Value path_value(const RecoveryFacts& facts) {
  return facts.path ? std::string(to_text(*facts.path)) : std::string("none");
}

Value kind_value(const FindingFacts& facts) {
  return std::string(signals::row_of(facts.kind).name);
}

void set_kind(FindingFacts& facts, const Value& value) {
  for (const auto& row : signals::finding_rows())
    if (row.name == std::get<std::string>(value)) facts.kind = row.kind;
}

Value system_value(const NetworkFacts& facts) {
  return static_cast<std::int64_t>(facts.as_number);
}

}  // namespace

Keys<Facts> keys_of(const Facts&) {
  static const std::vector<Key<Facts>> keys = {
      fact<&Facts::now_ms, Facts>("now_ms", "ms since 1970",
                                  schema::IntegerRule{0, 1'000 * kMostSeconds}),
      fact<&Facts::session_dead_after_s, Facts>("session_dead_after_s", "s", kAge),
  };
  return keys;
}

Keys<AccountFacts> keys_of(const AccountFacts&) {
  using A = AccountFacts;
  static const std::vector<Key<A>> keys = {
      word<&A::state, A>("state"),
      fact<&A::tenant_active, A>("tenant_active", "", kFlag),
      fact<&A::name, A>("name", "", kText),
      word_set<&A::roles, A, Role>("roles"),
      fact<&A::has_primary, A>("has_primary", "", kFlag),
      fact<&A::location_consent, A>("location_consent", "", kFlag),
      word_set<&A::enrolled, A, Factor>("enrolled"),
  };
  return keys;
}

Keys<DeviceFacts> keys_of(const DeviceFacts&) {
  using D = DeviceFacts;
  static const std::vector<Key<D>> keys = {
      fact<&D::id, D>("id", "", kText),
      word<&D::device_class, D>("class"),
      fact<&D::known, D>("known", "", kFlag),
      fact<&D::approved, D>("approved", "", kFlag),
      fact<&D::primary, D>("primary", "", kFlag),
      fact<&D::banned, D>("banned", "", kFlag),
      fact<&D::hardware_id, D>("hardware_id", "", kFlag),
      fact<&D::service_id, D>("service_id", "", kFlag),
      fact<&D::attested, D>("attested", "", kFlag),
      fact<&D::idle_s, D>("idle_s", "s", kAge),
  };
  return keys;
}

Keys<SessionFacts> keys_of(const SessionFacts&) {
  using S = SessionFacts;
  static const std::vector<Key<S>> keys = {
      fact<&S::device, S>("device", "", kText),
      word<&S::device_class, S>("class"),
      fact<&S::primary, S>("primary", "", kFlag),
      fact<&S::attached, S>("attached", "", kFlag),
      fact<&S::ended, S>("ended", "", kFlag),
      fact<&S::idle_s, S>("idle_s", "s", kAge),
      fact<&S::signed_in_s, S>("signed_in_s", "s", kAge),
  };
  return keys;
}

Keys<CredentialFacts> keys_of(const CredentialFacts&) {
  using C = CredentialFacts;
  static const std::vector<Key<C>> keys = {
      word<&C::kind, C>("kind"),
      fact<&C::password_age_s, C>("password_age_s", "s", kAge),
      fact<&C::password_breached, C>("password_breached", "", kFlag),
  };
  return keys;
}

Keys<PassedFactor> keys_of(const PassedFactor&) {
  using P = PassedFactor;
  static const std::vector<Key<P>> keys = {
      word<&P::kind, P>("kind"),
      fact<&P::age_s, P>("age_s", "s", kAge),
  };
  return keys;
}

Keys<ApprovalFacts> keys_of(const ApprovalFacts&) {
  using A = ApprovalFacts;
  static const std::vector<Key<A>> keys = {
      word<&A::state, A>("state"),
      word<&A::method, A>("method"),
      fact<&A::age_s, A>("age_s", "s", kAge),
      fact<&A::failed_attempts, A>("failed_attempts", "", kCount),
      fact<&A::asked_today, A>("asked_today", "", kCount),
  };
  return keys;
}

Keys<RecoveryFacts> keys_of(const RecoveryFacts&) {
  using R = RecoveryFacts;
  static const std::vector<Key<R>> keys = {
      {"path", "",
       schema::TextRule{1, 64, {"none", "recovery_code", "second_factor_wait", "admin_pair"}}, "",
       path_value,
       [](R& facts, const Value& value) {
         facts.path = parse_word<Recovery>(std::get<std::string>(value));
       }},
      fact<&R::age_s, R>("age_s", "s", kAge),
      fact<&R::objected, R>("objected", "", kFlag),
      fact<&R::admins, R>("admins", "", kCount),
  };
  return keys;
}

Keys<NetworkFacts> keys_of(const NetworkFacts&) {
  using N = NetworkFacts;
  static const std::vector<Key<N>> keys = {
      {"address", "", schema::TextRule{0, 45}, "", address_value,
       [](N& facts, const Value& value) {
         facts.address = network::Address::parse(std::get<std::string>(value));
       }},
      fact<&N::country, N>("country", "", schema::TextRule{0, 2}),
      {"as_number", "", schema::IntegerRule{0, 4'294'967'295}, "", system_value,
       [](N& facts, const Value& value) {
         facts.as_number = static_cast<std::uint32_t>(std::get<std::int64_t>(value));
       }},
      fact<&N::client_certificate, N>("client_certificate", "", kFlag),
      fact<&N::certificate_refused, N>("certificate_refused", "", kText),
      word<&N::access, N>("access"),
  };
  return keys;
}

Keys<Listing> keys_of(const Listing&) {
  using L = Listing;
  static const std::vector<Key<L>> keys = {
      word<&L::kind, L>("kind"),
      fact<&L::list, L>("list", "", kText),
  };
  return keys;
}

Keys<FindingFacts> keys_of(const FindingFacts&) {
  using F = FindingFacts;
  static const std::vector<Key<F>> keys = [] {
    schema::TextRule kinds{1, 64};
    for (const auto& row : signals::finding_rows()) kinds.allowed.push_back(row.name);
    return std::vector<Key<F>>{
        {"kind", "", kinds, "", kind_value, set_kind},
        fact<&F::confidence, F>("confidence", "%", schema::IntegerRule{0, 100}),
        fact<&F::detail, F>("detail", "", kText),
    };
  }();
  return keys;
}

}  // namespace conclave::policy
