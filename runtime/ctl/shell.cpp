#include "runtime/ctl/shell.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"

namespace conclave::ctl {

namespace json = boost::json;

std::string encoded(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || c == '@';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4U]);
      out.push_back(kDigits[byte & 15U]);
    }
  }
  return out;
}

Result<void> require_yes(bool given, std::string_view what) {
  if (given) return {};
  return fail(kUsage, "this deletes " + std::string(what) + " for good; repeat with --yes");
}

std::string Shell::in_tenant(const std::string& rest) const {
  return "/api/v1/tenants/" + encoded(tenant) + rest;
}

void Shell::show(const json::object& result, const View& view) {
  if (json) {
    out_ << json::serialize(result) << '\n';
  } else if (view.columns.empty()) {
    out_ << "done\n";
  } else if (view.list.empty()) {
    print_fields(out_, result, view.columns);
  } else {
    const json::value* rows = result.if_contains(view.list);
    print_table(out_, rows != nullptr && rows->is_array() ? rows->as_array() : json::array(),
                view.columns);
  }
}

Result<json::object> Shell::call(const std::string& method, const std::string& target,
                                 const std::optional<json::object>& body) {
  auto profile = load_profile(home);
  if (!profile) return std::unexpected(profile.error());
  Api api(profile->server);
  answer_step_ups(api);
  const auto signed_in = api.prove(*profile);
  remember(api);
  CONCLAVE_TRY(signed_in);
  auto result = api.call(method, target, body ? &*body : nullptr);
  remember(api);
  api.end();
  return result;
}

std::string factor_of(const std::string& code) {
  constexpr std::size_t kLongestOfApplication = 8;
  return code.size() > kLongestOfApplication ? "recovery_code" : "totp";
}

void Shell::answer_step_ups(Api& api) {
  api.present(certificate);
  const auto has = [](const std::vector<std::string>& factors, std::string_view one) {
    return std::ranges::find(factors, one) != factors.end();
  };
  api.on_step_up(
      [this, has](const std::vector<std::string>& factors) -> Result<ShownFactor> {
        if (!factor.factor.empty()) return factor;
        if (has(factors, "totp") || !has(factors, "primary")) {
          auto code = read_code();
          if (!code) return std::unexpected(code.error());
          std::string factor_name = factor_of(*code);
          return ShownFactor{std::move(factor_name), *std::move(code)};
        }
        return ShownFactor{"primary", {}};
      },
      [this](const std::string& number, const std::string& qr) {
        if (number.empty()) {
          err_ << "Show this code to your primary device:\n\n    " << qr << "\n\n";
        } else {
          err_ << "Type this number on your primary device:\n\n    " << number << "\n\n";
        }
        err_.flush();
      });
}

void Shell::show_notices(const Api& api) {
  if (json || api.notices().empty()) return;
  err_ << "Your organisation's rules let this account do little until this is set right:\n";
  for (const std::string& notice : api.notices()) err_ << "  - " << notice << '\n';
  err_ << "  `conclavectl factor add LABEL` sets an authenticator application up.\n";
}

Result<void> Shell::request(const std::string& method, const std::string& target,
                            const std::optional<json::object>& body, const View& view) {
  const auto result = call(method, target, body);
  if (!result) return std::unexpected(result.error());
  show(*result, view);
  return {};
}

void Shell::report(const Error& error) {
  Refusal said{
      0, std::string(error.reason()), std::string(error.spec().advice), error.detail(), {}};
  if (error.is(kServerRefused) && refusal_) said = *refusal_;
  if (json) {
    out_ << json::serialize(json::object{
                {"reason", said.reason}, {"advice", said.advice}, {"detail", said.detail}})
         << '\n';
    return;
  }
  err_ << "conclavectl: " << said.reason;
  if (!said.detail.empty()) err_ << " (" << said.detail << ")";
  err_ << "\n  " << said.advice << '\n';
  for (const std::string& reason : said.reasons) err_ << "  - " << reason << '\n';
}

int Shell::run() {
  const auto result = action(*this);
  if (result) return 0;
  report(result.error());
  return result.error().is(kUsage) ? 2 : 1;
}

}  // namespace conclave::ctl
