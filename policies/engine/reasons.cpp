#include <algorithm>
#include <array>
#include <utility>

#include "policies/engine/decision.hpp"
#include "policies/engine/facts.hpp"

namespace conclave::policy {
namespace {

using Word = std::string_view;

constexpr Word kDuties[] = {"record",        "notify_devices", "ask_primary",
                            "elect_primary", "sign_out",       "recheck"};
constexpr Word kAccountStates[] = {"active", "disabled", "deleted", "damaged"};
constexpr Word kCredentials[] = {"password", "device_key", "resume", "application_password"};
constexpr Word kApprovalStates[] = {"none", "pending", "approved", "denied"};

// "{subject}", "{detail}", "{value}" and "{limit}" stand for what is particular to the case.
struct Row {
  Code code;
  Word text;
  Word english;
  Word chinese;
};

constexpr std::array<Row, kCodes> kRows{{
    {Code::account_unusable, "account.unusable", "This account is {subject}. Ask your admin.",
     "此账号不可用（{subject}）。请联系管理员。"},
    {Code::tenant_inactive, "tenant.inactive",
     "This organisation no longer uses the service. Ask its admin.",
     "该组织已停用本服务。请联系其管理员。"},
    {Code::device_banned, "device.banned",
     "This device was banned. Use another one, or ask your admin to lift the ban.",
     "此设备已被封禁。请使用其他设备，或请管理员解除封禁。"},
    {Code::device_idle, "device.idle",
     "This device was not used for {value} days (at most {limit}). Enrol it again with your "
     "password.",
     "此设备已 {value} 天未使用（上限 {limit} 天）。请用密码重新登记。"},
    {Code::network_denied, "network.denied",
     "Your organisation lets nobody in from this network. Use another one.",
     "您的组织不允许从此网络登录。请更换网络。"},
    {Code::vpn_missing, "network.vpn_missing",
     "Connect to your organisation's VPN first, then sign in.",
     "请先连接您组织的 VPN，然后再登录。"},
    {Code::network_listed, "network.listed",
     "Your connection comes through a network of kind {subject}. Switch it off, or connect from "
     "another network.",
     "您的连接经过 {subject} 类网络。请将其关闭，或更换网络。"},
    {Code::network_relay, "network.relay",
     "Something seems to stand between you and the server ({subject}). Switch off other VPNs and "
     "proxies.",
     "您与服务器之间似乎存在中转（{subject}）。请关闭其他 VPN 和代理。"},
    {Code::country_denied, "network.country_denied",
     "Your organisation lets nobody in from {subject}.", "您的组织不允许从 {subject} 登录。"},
    {Code::country_not_allowed, "network.country_not_allowed",
     "{subject} is not among the countries that your organisation allows.",
     "{subject} 不在您的组织允许的国家或地区之列。"},
    {Code::country_unknown, "network.country_unknown",
     "It is not known from where you connect. Use another network.",
     "无法确定您的连接来自何处。请更换网络。"},
    {Code::location_finding, "location.finding",
     "Noticed: {subject} (adds {value} to the score). {detail}",
     "发现：{subject}（评分增加 {value}）。{detail}"},
    {Code::location_score, "location.score",
     "This sign-in looks unusual (score {value}, limit {limit}). Sign in from a usual place or "
     "device, or ask your admin.",
     "此次登录异常（评分 {value}，界限 {limit}）。请在常用地点或设备上登录，或联系管理员。"},
    {Code::consent_missing, "location.consent_missing",
     "Your organisation needs your consent to the device's location. Give it in the settings.",
     "您的组织要求您同意使用设备位置。请在设置中同意。"},
    {Code::factor_needed, "factor.needed", "Confirm with a second factor (reason: {subject}).",
     "请用第二因素确认（原因：{subject}）。"},
    {Code::factor_passed, "factor.passed", "A second factor was shown (reason: {subject}).",
     "已通过第二因素验证（原因：{subject}）。"},
    {Code::factor_unusable, "factor.unusable",
     "A second factor is needed (reason: {subject}), but none that counts is set up. Set one up "
     "from a usual place, or ask your admin.",
     "需要第二因素（原因：{subject}），但尚未设置可用的因素。请在常用地点设置，或联系管理员。"},
    {Code::sms_on_gsm, "factor.sms_on_gsm",
     "SMS does not count on a GSM network. Use another factor, or another network.",
     "在 GSM 网络上短信不能作为验证因素。请使用其他因素或更换网络。"},
    {Code::password_expired, "password.expired",
     "Your password is {value} days old (at most {limit}). Change it.",
     "您的密码已使用 {value} 天（上限 {limit} 天）。请修改密码。"},
    {Code::password_breached, "password.breached",
     "This password is known from a data breach. Choose another one.",
     "此密码曾出现在泄露数据中。请更换密码。"},
    {Code::password_short, "password.short",
     "This password has {value} characters; use at least {limit}.",
     "此密码有 {value} 个字符，至少需要 {limit} 个。"},
    {Code::password_reused, "password.reused",
     "You use this password in another organisation too. Choose another one.",
     "您在其他组织也使用此密码。请更换密码。"},
    {Code::primary_incapable, "primary.incapable",
     "The first device must be able to approve others (identifiers and, where demanded, a key in "
     "hardware). Begin with another device.",
     "首台设备必须能够批准其他设备（需具备标识符，必要时密钥须存于硬件）。请先使用另一台设备。"},
    {Code::primary_elected, "primary.elected", "This device becomes your primary device.",
     "此设备将成为您的主设备。"},
    {Code::approval_needed, "primary.approval_needed",
     "Approve this sign-in on your primary device ({subject}). If you have lost it, use a recovery "
     "path.",
     "请在主设备上批准此次登录（{subject}）。如已丢失主设备，请使用恢复途径。"},
    {Code::approval_given, "primary.approval_given",
     "Your primary device approved this sign-in ({subject}).",
     "您的主设备已批准此次登录（{subject}）。"},
    {Code::approval_denied, "primary.approval_denied",
     "Your primary device denied this sign-in. If that was not you, change your password.",
     "您的主设备拒绝了此次登录。如非本人操作，请修改密码。"},
    {Code::approval_attempts, "primary.approval_attempts",
     "The number was wrong {value} times (at most {limit}). Begin anew.",
     "数字已输错 {value} 次（上限 {limit} 次）。请重新开始。"},
    {Code::approval_per_day, "primary.approval_per_day",
     "Your primary device was asked {value} times today (at most {limit}). Try again tomorrow, or "
     "use a recovery path.",
     "今日已向主设备请求 {value} 次（上限 {limit} 次）。请明天再试，或使用恢复途径。"},
    {Code::recovery_done, "recovery.done",
     "Let in without the primary device ({subject}). All your devices are told.",
     "未经主设备批准而登录（{subject}）。您的所有设备都会收到通知。"},
    {Code::recovery_waiting, "recovery.waiting",
     "The waiting time ends in {value} seconds. Come back then with your second factor.",
     "等待期将在 {value} 秒后结束。届时请使用第二因素再次登录。"},
    {Code::recovery_objected, "recovery.objected",
     "One of your devices objected to this recovery. Ask your admin.",
     "您的一台设备反对此次恢复。请联系管理员。"},
    {Code::cap_reached, "devices.cap_reached",
     "{value} other devices are signed in; at most {limit} may be ({subject}). Sign one out and "
     "try again.",
     "已有 {value} 台其他设备登录，上限为 {limit} 台（{subject}）。请先退出一台设备再试。"},
    {Code::cap_tenure, "devices.cap_tenure",
     "No other device may be signed out: each is the primary or signed in less than {limit} "
     "minutes ago.",
     "没有可退出的其他设备：均为主设备，或登录未满 {limit} 分钟。"},
    {Code::cap_unattended, "devices.cap_unattended",
     "A device that returns by itself signs no other out. Sign in with your password.",
     "自动重连的设备不会使其他设备退出。请使用密码登录。"},
}};

// A row is found by its code; that no code stands twice is shown by a test.
static_assert(std::ranges::is_sorted(kRows, {}, &Row::code));

std::string filled(Word pattern, const Reason& reason) {
  const std::pair<Word, std::string> parts[] = {{"{subject}", reason.subject},
                                                {"{detail}", reason.detail},
                                                {"{value}", std::to_string(reason.value)},
                                                {"{limit}", std::to_string(reason.limit)}};
  std::string out;
  while (!pattern.empty()) {
    const auto* part = std::find_if(std::begin(parts), std::end(parts), [&](const auto& one) {
      return pattern.starts_with(one.first);
    });
    const bool found = part != std::end(parts);
    out += found ? std::string_view(part->second) : pattern.substr(0, 1);
    pattern.remove_prefix(found ? part->first.size() : 1);
  }
  return out;
}

}  // namespace

WordList words(Duty) {
  return kDuties;
}
WordList words(AccountState) {
  return kAccountStates;
}
WordList words(CredentialKind) {
  return kCredentials;
}
WordList words(ApprovalState) {
  return kApprovalStates;
}

std::string_view code_text(Code code) {
  return kRows.at(static_cast<std::size_t>(code)).text;
}

std::string advice(const Reason& reason, Language language) {
  const auto& row = kRows.at(static_cast<std::size_t>(reason.code));
  return filled(language == Language::chinese ? row.chinese : row.english, reason);
}

}  // namespace conclave::policy
