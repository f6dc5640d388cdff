#include "policies/document/binding.hpp"

namespace conclave::policy {
namespace {

constexpr Number kMostDevices = 1'000;
constexpr std::size_t kMostNamed = 1'000;  // users with a cap of their own

void add_caps(std::vector<Field>& list) {
  constexpr auto devices = &Policy::devices;
  const schema::IntegerRule cap{1, kMostDevices};
  list.push_back(
      {key<devices, &Devices::cap>("devices.cap", "devices", cap,
                                   "Devices that one user may have signed in at the same time."),
       Order::smaller});
  list.push_back(
      {key<devices, &Devices::cap_by_role>(
           "devices.cap_by_role", "devices",
           schema::IntegerMapRule{cap, 16, as_list(words(Role{})), "roles"},
           "Caps for holders of a role instead of devices.cap; of several roles the least counts."),
       Order::caps});
  list.push_back({key<devices, &Devices::cap_by_user>(
                      "devices.cap_by_user", "devices",
                      schema::IntegerMapRule{cap, kMostNamed, {}, "account names"},
                      "Caps for single accounts instead of devices.cap and devices.cap_by_role."),
                  Order::caps});
  list.push_back({key<devices, &Devices::cap_by_class>(
                      "devices.cap_by_class", "devices",
                      schema::IntegerMapRule{cap, 16, as_list(words(DeviceClass{})), "classes"},
                      "Caps for devices of a class, beside the cap of all devices."),
                  Order::least});
  list.push_back(ladder<devices, &Devices::overflow>(
      "devices.overflow",
      "What happens at the cap: the least recently used device is signed out, the primary device "
      "is asked, or the newcomer is refused."));
  list.push_back({key<devices, &Devices::tenure_minutes>(
                      "devices.tenure_minutes", "minutes", schema::IntegerRule{1, 10'080},
                      "A device that signed in less than this ago is not signed out for a "
                      "newcomer."),
                  Order::larger});
  list.push_back({key<devices, &Devices::idle_days>(
                      "devices.idle_days", "days", schema::IntegerRule{1, 3'650},
                      "A device that was not used for this long has to be enrolled again."),
                  Order::smaller});
}

void add_primary(std::vector<Field>& list) {
  constexpr auto primary = &Policy::primary;
  list.push_back({key<primary, &Primary::required>(
                      "primary.required", "", schema::BooleanRule{},
                      "New devices get in only when the user's primary device approves them; the "
                      "first device becomes the primary."),
                  Order::yes});
  list.push_back({key<primary, &Primary::attestation>(
                      "primary.attestation", "", schema::BooleanRule{},
                      "A primary device must prove that its key lives in hardware."),
                  Order::yes});
  list.push_back(ladder<primary, &Primary::approval>(
      "primary.approval", "The weakest way in which the primary may approve a newcomer."));
  list.push_back(ladder<primary, &Primary::approval_risky>(
      "primary.approval_risky", "The same when the newcomer's place or network is suspicious."));
  list.push_back({key<primary, &Primary::attempts>(
                      "primary.attempts", "attempts", schema::IntegerRule{1, 5},
                      "Wrong numbers that a request for approval survives, plus one."),
                  Order::smaller});
  list.push_back(
      {key<primary, &Primary::lifetime_s>("primary.lifetime_s", "s", schema::IntegerRule{15, 600},
                                          "An approval is good for this long."),
       Order::smaller});
  list.push_back({key<primary, &Primary::per_day>(
                      "primary.per_day", "requests", schema::IntegerRule{1, 50},
                      "Requests for approval that a user's primary gets in a day."),
                  Order::smaller});
}

void add_recovery(std::vector<Field>& list) {
  constexpr auto recovery = &Policy::recovery;
  list.push_back({set_key<recovery, &RecoveryRules::paths, Recovery>(
                      "recovery.paths",
                      "Ways in without the primary device: a recovery code, a second factor plus "
                      "waiting time with notice on all devices, a tenant admin with a second "
                      "admin."),
                  Order::subset, Trust::moves_when_weaker});
  list.push_back({key<recovery, &RecoveryRules::wait_hours>(
                      "recovery.wait_hours", "h", schema::IntegerRule{1, 720},
                      "Waiting time of the path second_factor_wait."),
                  Order::larger});
}

}  // namespace

void add_device_fields(std::vector<Field>& list) {
  add_caps(list);
  add_primary(list);
  add_recovery(list);
}

}  // namespace conclave::policy
