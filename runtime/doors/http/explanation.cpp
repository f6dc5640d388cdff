#include "runtime/doors/http/explanation.hpp"

#include <boost/json/array.hpp>

#include "runtime/admission/report.hpp"

namespace conclave::doors::http {

namespace json = boost::json;

json::object explanation(const policy::Decision& decision, policy::Language language) {
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
          {"reasons", admission::reasons_of(decision, language)},
          {"needed", admission::step_ups_of(decision)},
          {"methods", std::move(methods)},
          {"then", std::move(then)}};
}

}  // namespace conclave::doors::http
