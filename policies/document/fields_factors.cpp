#include <algorithm>

#include "policies/document/binding.hpp"

namespace conclave::policy {
namespace {

bool is_method(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < text.size() && text.size() <= 64 &&
         std::ranges::all_of(text,
                             [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; });
}

void add_factors(std::vector<Field>& list) {
  constexpr auto factors = &Policy::factors;
  list.push_back(
      {set_key<factors, &Factors::kinds, Factor>(
           "factors.kinds",
           "Second factors that count; `primary` is the approval by the primary device."),
       Order::subset, Trust::moves_when_weaker});
  list.push_back(ladder<factors, &Factors::demand>(
      "factors.demand",
      "When a second factor is asked for as a matter of course; suspicion asks for one besides."));
  list.push_back(
      {set_key<factors, &Factors::roles_always, Role>(
           "factors.roles_always", "Holders of these roles always need a second factor."),
       Order::superset});
  list.push_back({key<factors, &Factors::remember_hours>(
                      "factors.remember_hours", "h", schema::IntegerRule{0, 8'760},
                      "A factor that was passed on a device counts there for this long; not "
                      "against suspicion."),
                  Order::smaller});
  list.push_back({key<factors, &Factors::fresh_minutes>(
                      "factors.fresh_minutes", "minutes", schema::IntegerRule{1, 60},
                      "Against suspicion only a factor counts that was passed less than this ago."),
                  Order::smaller});
  list.push_back({key<factors, &Factors::sms_on_gsm>(
                      "factors.sms_on_gsm", "", schema::BooleanRule{},
                      "SMS counts as a factor for a device on a GSM network (X.1606 8.1.2); to "
                      "switch SMS off altogether leave it out of factors.kinds."),
                  Order::no});
}

void add_passwords(std::vector<Field>& list) {
  constexpr auto password = &Policy::password;
  list.push_back({key<password, &Passwords::length>("password.length", "characters",
                                                    schema::IntegerRule{8, 128},
                                                    "Least length of a new password."),
                  Order::larger});
  list.push_back({key<password, &Passwords::age_days>(
                      "password.age_days", "days", schema::IntegerRule{1, 36'500},
                      "An older password must be changed before anything else."),
                  Order::smaller});
  list.push_back(ladder<password, &Passwords::breached>(
      "password.breached", "A password that stands on the list of breached ones."));
  list.push_back(ladder<password, &Passwords::reused>(
      "password.reused",
      "A password that the same person uses in another tenant of this installation."));
}

void add_sessions(std::vector<Field>& list) {
  constexpr auto session = &Policy::session;
  list.push_back({key<session, &Sessions::recheck_minutes>(
                      "session.recheck_minutes", "minutes", schema::IntegerRule{5, 10'080},
                      "The decision about an open session is taken again this often."),
                  Order::smaller});
  list.push_back({key<session, &Sessions::recheck_risky_minutes>(
                      "session.recheck_risky_minutes", "minutes", schema::IntegerRule{1, 10'080},
                      "The same while the session is suspicious or restricted."),
                  Order::smaller});
  list.push_back(ladder<session, &Sessions::notice>(
      "session.notice", "Which sign-ins the user's other devices are told of."));
  list.push_back(
      {key<session, &Sessions::restricted_methods>(
           "session.restricted_methods", "",
           schema::TextListRule{64, 0, {}, is_method, "methods such as \"device.list\""},
           "What a restricted session may still call. factor.* and user.set_password are "
           "taken off while the restriction comes from suspicion: a thief must not enrol "
           "a factor of his own."),
       Order::subset});
}

}  // namespace

void add_factor_fields(std::vector<Field>& list) {
  add_factors(list);
  add_passwords(list);
  add_sessions(list);
}

}  // namespace conclave::policy
