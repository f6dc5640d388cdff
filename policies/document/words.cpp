#include "policies/document/words.hpp"

namespace conclave::policy {
namespace {

using Word = std::string_view;

constexpr Word kTreatments[] = {"allow", "step_up", "restrict", "refuse"};
constexpr Word kOverflows[] = {"sign_out_oldest", "ask_primary", "refuse"};
constexpr Word kApprovals[] = {"number_match", "qr"};
constexpr Word kDemands[] = {"never", "new_device", "always"};
constexpr Word kCares[] = {"ignore", "warn", "refuse"};
constexpr Word kConsents[] = {"optional", "required"};
constexpr Word kNotices[] = {"risk", "new_device", "always"};
constexpr Word kRoles[] = {"member",     "guest",          "service",
                           "user_admin", "room_admin",     "security_admin",
                           "auditor",    "provider_admin", "provider_auditor"};
constexpr Word kClasses[] = {"desktop", "mobile", "tablet", "web", "xmpp", "service", "other"};
constexpr Word kFactors[] = {"totp", "webauthn", "recovery_code", "sms", "primary"};
constexpr Word kRecoveries[] = {"recovery_code", "second_factor_wait", "admin_pair"};
constexpr Word kAccesses[] = {"unknown", "wired", "wifi", "gsm", "cellular", "satellite"};
constexpr Word kListed[] = {"vpn", "proxy", "tor", "hosting"};
constexpr Word kParties[] = {"provider", "tenant", "users"};
constexpr Word kSignals[] = {"address",    "device_fix",  "time_zone", "locale", "second_network",
                             "round_trip", "packet_size", "peers",     "habit",  "lists"};

}  // namespace

WordList words(Treatment) {
  return kTreatments;
}
WordList words(Overflow) {
  return kOverflows;
}
WordList words(Approval) {
  return kApprovals;
}
WordList words(Demand) {
  return kDemands;
}
WordList words(Care) {
  return kCares;
}
WordList words(Consent) {
  return kConsents;
}
WordList words(Notice) {
  return kNotices;
}
WordList words(Role) {
  return kRoles;
}
WordList words(DeviceClass) {
  return kClasses;
}
WordList words(Factor) {
  return kFactors;
}
WordList words(Recovery) {
  return kRecoveries;
}
WordList words(Access) {
  return kAccesses;
}
WordList words(Listed) {
  return kListed;
}
WordList words(Signal) {
  return kSignals;
}
WordList words(Party) {
  return kParties;
}

}  // namespace conclave::policy
