#include "runtime/doors/http/explanation.hpp"

#include <boost/json/array.hpp>

namespace conclave::doors::http {

namespace json = boost::json;

json::object explanation(const policy::Decision& decision, policy::Language language) {
  json::array reasons;
  for (const policy::Reason& reason : decision.reasons) {
    reasons.push_back(json::object{{"code", policy::code_text(reason.code)},
                                   {"effect", policy::to_text(reason.effect)},
                                   {"subject", reason.subject},
                                   {"detail", reason.detail},
                                   {"value", reason.value},
                                   {"limit", reason.limit},
                                   {"advice", policy::advice(reason, language)}});
  }
  json::array needed;
  for (const policy::StepUp& step_up : decision.step_ups) {
    json::array any_of;
    for (const std::string_view word : policy::words(policy::Factor{})) {
      if (step_up.any_of.has(*policy::parse_word<policy::Factor>(word))) {
        any_of.push_back(json::string(word));
      }
    }
    json::object& one = needed.emplace_back(json::object{}).as_object();
    one["any_of"] = std::move(any_of);
    one["approval"] = policy::to_text(step_up.approval);
  }
  json::array methods;
  for (const std::string& method : decision.methods) methods.push_back(json::string(method));
  json::array then;
  for (const policy::Obligation& obligation : decision.obligations) {
    json::object one{{"duty", policy::to_text(obligation.duty)}};
    if (!obligation.subject.empty()) one["subject"] = obligation.subject;
    if (obligation.at_ms != 0) one["at_ms"] = obligation.at_ms;
    then.push_back(std::move(one));
  }
  return {{"outcome", policy::to_text(decision.outcome)},
          {"score", decision.score},
          {"reasons", std::move(reasons)},
          {"needed", std::move(needed)},
          {"methods", std::move(methods)},
          {"then", std::move(then)}};
}

}  // namespace conclave::doors::http
