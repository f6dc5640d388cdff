#include "policies/document/binding.hpp"

namespace conclave::policy {

void add_automation_fields(std::vector<Field>& list) {
  constexpr auto automation = &Policy::automation;
  list.push_back({key<automation, &Automation::window_minutes>(
                      "automation.window_minutes", "min", schema::IntegerRule{5, 1'440},
                      "How far back sign-ins of one network or hardware are counted together."),
                  Order::larger, Trust::stays, kBothSides, Reader::signals});
  list.push_back({key<automation, &Automation::accounts_tried>(
                      "automation.accounts_tried", "", schema::IntegerRule{3, 200},
                      "Accounts that were tried in vain from one network (/24, /48) before new "
                      "devices from there are suspicious; of an autonomous system five times as "
                      "many."),
                  Order::smaller, Trust::stays, kBothSides, Reader::signals});
  list.push_back({key<automation, &Automation::accounts_enrolled>(
                      "automation.accounts_enrolled", "", schema::IntegerRule{3, 200},
                      "Accounts that brought a new device in from one network before more are "
                      "suspicious, unless as many come in as ever; of an autonomous system five "
                      "times as many."),
                  Order::smaller, Trust::stays, kBothSides, Reader::signals});
  list.push_back({key<automation, &Automation::accounts_per_device>(
                      "automation.accounts_per_device", "", schema::IntegerRule{2, 50},
                      "Accounts on one hardware before one more is suspicious."),
                  Order::smaller, Trust::stays, kBothSides, Reader::signals});
}

}  // namespace conclave::policy
