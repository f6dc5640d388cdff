#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/admission/sign_in.hpp"
#include "runtime/chat/chat.hpp"
#include "runtime/doors/native/link.hpp"
#include "runtime/factors/factors.hpp"
#include "runtime/factors/persons.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/orders/orders.hpp"
#include "runtime/presence/presence.hpp"
#include "runtime/whereabouts/disclosure.hpp"
#include "sdk/protocol/methods.hpp"

namespace conclave::doors::native {
namespace protocol = sdk::protocol;

// A request that is being answered. Held by the coroutine or callback that answers it.
struct Call {
  std::shared_ptr<Link> link;
  std::string id;  // JSON text
  protocol::Method method{};
  std::int64_t received_us = 0;

  [[nodiscard]] const identity::Actor& actor() const { return link->actor; }
};

// The result as JSON text, or why there is none.
using Text = Result<std::string>;

// What the door calls; all of it lives on the shard's thread and outlives the door.
struct Domain {
  admission::SignIn& sign_in;
  admission::Doorkeeper& doorkeeper;
  admission::Approvals& approvals;
  admission::Recovery& recovery;
  identity::Account& account;
  identity::Sessions& sessions;
  chat::Chat& chat;
  presence::Presence& presence;
  sync::UserStates& states;
  sync::Hub& hub;
  whereabouts::Disclosure& disclosure;
  factors::Factors& factors;
  factors::Persons& persons;
  orders::Orders& orders;
  orders::Bans& bans;
};

// One perform() for each method of the schema: the dispatcher visits all of them, so that a missing
// one does not compile. It translates and calls; rights and rules are the domain's.
//
// Three forms: Text answers at once; Task<Text> answers when it is done; void answers by itself
// through `answer` (writes, which take a callback, and sign-in, which opens the session between its
// answer and the next event). Parameters have passed the schema.
class Methods {
 public:
  using Answer = std::function<void(const Call&, Text)>;
  // Tells the client that it is signed in and opens its session.
  using Admit = std::function<void(const Call&, const admission::SignedIn&)>;

  Methods(Domain domain, const base::Clock& clock, Answer answer, Admit admit);

  // session
  Task<void> perform(Call call, protocol::SessionEnrol params);
  Task<void> perform(Call call, protocol::SessionProve params);
  Task<void> perform(Call call, protocol::SessionResume params);
  Task<void> perform(Call call, protocol::SessionStepUp params);
  Task<void> perform(Call call, protocol::SessionRecover params);
  Task<Text> perform(Call call, protocol::SessionVerify params);
  Task<Text> perform(Call call, protocol::SessionToken params);
  Text perform(const Call& call, protocol::SessionPing params);
  Text perform(const Call& call, protocol::SessionEnd params);

  // To the other sessions of the actor's user.
  void tell_device_changed(const identity::Actor& actor, DeviceId device, std::string_view change);

  // device, user
  Task<Text> perform(Call call, protocol::DeviceList params);
  Task<Text> perform(Call call, protocol::DeviceRename params);
  Task<Text> perform(Call call, protocol::DeviceSignOut params);
  Task<Text> perform(Call call, protocol::DeviceRemove params);
  Task<Text> perform(Call call, protocol::DeviceMakePrimary params);
  Task<Text> perform(Call call, protocol::DeviceObject params);
  Text perform(const Call& call, protocol::ApprovalList params);
  Task<Text> perform(Call call, protocol::ApprovalAnswer params);
  Task<Text> perform(Call call, protocol::UserMe params);
  Task<Text> perform(Call call, protocol::UserGet params);
  Task<Text> perform(Call call, protocol::UserSearch params);
  Task<Text> perform(Call call, protocol::UserSetProfile params);
  Task<Text> perform(Call call, protocol::UserSetPassword params);

  // factor, account
  Task<Text> perform(Call call, protocol::FactorList params);
  Task<Text> perform(Call call, protocol::FactorEnrol params);
  Task<Text> perform(Call call, protocol::FactorConfirm params);
  Task<Text> perform(Call call, protocol::FactorRemove params);
  Task<Text> perform(Call call, protocol::FactorCodes params);
  Text perform(const Call& call, protocol::FactorChallenge params);
  Task<Text> perform(Call call, protocol::AccountLinkCode params);
  Task<Text> perform(Call call, protocol::AccountLink params);
  Task<Text> perform(Call call, protocol::AccountUnlink params);
  // order, and what gives one
  Task<Text> perform(Call call, protocol::DeviceBan params);
  Text perform(const Call& call, protocol::DeviceWipe params);
  Task<Text> perform(Call call, protocol::OrderKey params);
  Task<Text> perform(Call call, protocol::OrderSubmit params);
  Text perform(const Call& call, protocol::OrderList params);
  Task<void> perform(Call call, protocol::OrderFetch params);
  Task<Text> perform(Call call, protocol::OrderReceipt params);

  // room
  Task<Text> perform(Call call, protocol::RoomCreate params);
  Task<Text> perform(Call call, protocol::RoomDirect params);
  Text perform(const Call& call, protocol::RoomGet params);
  Text perform(const Call& call, protocol::RoomList params);
  Text perform(const Call& call, protocol::RoomFind params);
  Text perform(const Call& call, protocol::RoomMembers params);
  Task<Text> perform(Call call, protocol::RoomInvite params);
  Task<Text> perform(Call call, protocol::RoomAccept params);
  Task<Text> perform(Call call, protocol::RoomDecline params);
  Task<Text> perform(Call call, protocol::RoomJoin params);
  Task<Text> perform(Call call, protocol::RoomLeave params);
  Task<Text> perform(Call call, protocol::RoomKick params);
  Task<Text> perform(Call call, protocol::RoomBan params);
  Task<Text> perform(Call call, protocol::RoomUnban params);
  Task<Text> perform(Call call, protocol::RoomSetRole params);
  Task<Text> perform(Call call, protocol::RoomSetProfile params);
  Task<Text> perform(Call call, protocol::RoomSetPermissions params);
  Task<Text> perform(Call call, protocol::RoomDelete params);

  // message: writes without a coroutine
  void perform(Call call, protocol::MessageSend params);
  void perform(Call call, protocol::MessageEdit params);
  void perform(Call call, protocol::MessageRedact params);
  void perform(Call call, protocol::MessageReact params);
  void perform(Call call, protocol::MessageUnreact params);
  void perform(Call call, protocol::MessagePin params);
  void perform(Call call, protocol::MessageUnpin params);
  Task<Text> perform(Call call, protocol::MessageHistory params);
  Task<Text> perform(Call call, protocol::MessageAt params);
  Task<Text> perform(Call call, protocol::MessageGet params);
  Task<Text> perform(Call call, protocol::MessageThread params);
  Task<Text> perform(Call call, protocol::MessagePins params);
  Task<Text> perform(Call call, protocol::MentionList params);

  // receipt, typing, presence
  Task<Text> perform(Call call, protocol::ReceiptRead params);
  Text perform(const Call& call, protocol::ReceiptDelivered params);
  Text perform(const Call& call, protocol::ReceiptList params);
  Text perform(const Call& call, protocol::TypingSet params);
  Task<Text> perform(Call call, protocol::PresenceSet params);
  Task<Text> perform(Call call, protocol::PresenceSubscribe params);
  Task<Text> perform(Call call, protocol::PresenceUnsubscribe params);
  Task<Text> perform(Call call, protocol::PresenceApprove params);
  Task<Text> perform(Call call, protocol::PresenceDeny params);
  Task<Text> perform(Call call, protocol::PresenceList params);
  Task<Text> perform(Call call, protocol::PresenceGet params);

  // location
  Task<Text> perform(Call call, protocol::LocationReport params);
  Task<Text> perform(Call call, protocol::LocationConsent params);
  Task<Text> perform(Call call, protocol::LocationView params);
  Task<Text> perform(Call call, protocol::LocationErase params);
  Text perform(const Call& call, protocol::LocationSecondNetwork params);
  Text perform(const Call& call, protocol::LocationPresent params);

  // sync, state
  Task<Text> perform(Call call, protocol::SyncSince params);
  Task<Text> perform(Call call, protocol::StateSet params);
  Task<Text> perform(Call call, protocol::StateGet params);
  Task<Text> perform(Call call, protocol::StateList params);
  Task<Text> perform(Call call, protocol::StateDelete params);

 private:
  // Answers a write when it is on disk.
  [[nodiscard]] Callback<chat::WriteReceipt> receipt_of(Call call);
  void react(Call call, RoomId room, std::uint64_t client_id, std::uint64_t target,
             std::string emoji, bool active);
  void pin(Call call, RoomId room, std::uint64_t client_id, std::uint64_t target, bool active);
  void conclude(const Call& call, Result<admission::SignedIn> signed_in);

  Domain domain_;
  const base::Clock& clock_;
  Answer answer_;
  Admit admit_;
};

// "{}" for a call without a result.
[[nodiscard]] inline Text empty_object(const Result<void>& result) {
  if (!result) return std::unexpected(result.error());
  return std::string("{}");
}

inline constexpr std::size_t kDefaultPage = 50;

}  // namespace conclave::doors::native
