#include "runtime/doors/native/door.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/doors/native/desk.hpp"

namespace conclave::doors::native {
namespace {

// Frames on their way to one I/O thread above which events that may be lost are not sent.
constexpr std::size_t kOutboxLimit = 65'536;

}  // namespace

NativeDoor::NativeDoor(Parts parts)
    : shard_(std::move(parts.shard)), frontage_(std::make_unique<Frontage>()) {
  for (std::size_t i = 0; i < parts.io.size(); ++i) {
    stations_.push_back(
        std::make_unique<Station>(static_cast<std::uint16_t>(i), parts.io[i], kOutboxLimit));
  }
  frontage_->limits = parts.limits;
  frontage_->server_name = std::move(parts.server_name);
  frontage_->clock = parts.clock;
  frontage_->metrics = std::make_unique<NativeMetrics>(*parts.metrics);
  frontage_->station_of = [this](const boost::asio::any_io_executor& executor) -> Station& {
    for (const auto& station : stations_) {
      if (station->executor() == executor) return *station;
    }
    CONCLAVE_ASSERT(stations_.size() == 1);  // a strand of the only thread, at most
    return *stations_.front();
  };
}

NativeDoor::~NativeDoor() = default;

void NativeDoor::serve(Domain domain, std::string authority) {
  frontage_->authority = std::move(authority);
  frontage_->nonce = [&sign_in = domain.sign_in] { return sign_in.hello(); };
  desk_ = std::make_unique<Desk>(Desk::Parts{
      .domain = domain, .frontage = *frontage_, .stations = stations_, .executor = shard_});
  frontage_->submit = [desk = desk_.get()](Inbound item) { return desk->submit(std::move(item)); };
  serving_.store(true, std::memory_order_release);
}

void NativeDoor::stop(std::function<void()> done) {
  serving_.store(false, std::memory_order_release);
  if (desk_ == nullptr) return done();
  desk_->stop(std::move(done));
}

std::unique_ptr<wire::WebSocketHandler> NativeDoor::accept(const wire::Peer&) {
  if (!serving_.load(std::memory_order_acquire)) return nullptr;
  if (frontage_->strangers.load(std::memory_order_relaxed) >= frontage_->limits.signing_in) {
    frontage_->metrics->refused(Refused::busy);
    return nullptr;
  }
  return std::make_unique<Connection>(*frontage_);
}

void NativeDoor::stop_reading() {
  if (desk_ != nullptr) desk_->stop_reading();
}

void NativeDoor::resume_reading() {
  if (desk_ != nullptr) desk_->resume_reading();
}

}  // namespace conclave::doors::native
