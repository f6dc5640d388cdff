#include "runtime/admission/report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"

namespace conclave::admission {

namespace {

namespace json = boost::json;

constexpr policy::Factor kFactors[] = {policy::Factor::totp, policy::Factor::webauthn,
                                       policy::Factor::recovery_code, policy::Factor::sms,
                                       policy::Factor::primary};

}  // namespace

json::array reasons_of(const policy::Decision& decision, policy::Language language) {
  json::array out;
  for (const policy::Reason& reason : decision.reasons) {
    out.push_back(json::object{{"code", policy::code_text(reason.code)},
                               {"effect", policy::to_text(reason.effect)},
                               {"subject", reason.subject},
                               {"detail", reason.detail},
                               {"value", reason.value},
                               {"limit", reason.limit},
                               {"advice", policy::advice(reason, language)}});
  }
  return out;
}

json::array step_ups_of(const policy::Decision& decision) {
  json::array out;
  for (const policy::StepUp& one : decision.step_ups) {
    json::array any_of;
    for (const policy::Factor factor : kFactors) {
      if (one.any_of.has(factor)) any_of.push_back(json::string(policy::to_text(factor)));
    }
    out.push_back(
        json::object{{"any_of", std::move(any_of)}, {"approval", policy::to_text(one.approval)}});
  }
  return out;
}

std::string reasons_json(const policy::Decision& decision, policy::Language language) {
  return json::serialize(reasons_of(decision, language));
}

std::string step_ups_json(const policy::Decision& decision) {
  return json::serialize(step_ups_of(decision));
}

std::string decision_members(const policy::Decision& decision, policy::Language language) {
  std::string out = R"("outcome":")";
  out += policy::to_text(decision.outcome);
  out += R"(","score":)" + std::to_string(decision.score);
  out += R"(,"reasons":)" + reasons_json(decision, language);
  return out;
}

std::string reasons_line(const policy::Decision& decision) {
  std::string out;
  for (const policy::Reason& reason : decision.reasons) {
    if (!out.empty()) out += ", ";
    out += policy::code_text(reason.code);
    if (!reason.subject.empty()) out += "(" + reason.subject + ")";
  }
  return out;
}

std::string certificate_line(const network::PresentedChain& presented,
                             const policy::NetworkFacts& network) {
  constexpr std::size_t kDigestBytes = 16;
  const bool judged = network.client_certificate || !network.certificate_refused.empty();
  if (presented == nullptr || !judged) return {};
  const base::Sha256 digest = base::sha256(presented->der.front());
  return (network.client_certificate ? "proven" : network.certificate_refused) + " " +
         base::hex_encode(ByteView(digest).first(kDigestBytes));
}

}  // namespace conclave::admission
