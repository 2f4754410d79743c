#include "benchmarks/load/client/exchange.h"

#include <algorithm>

#include "benchmarks/load/client/client.h"

namespace sluice::bench {
namespace {

uint16_t CreditCharge(size_t payload_bytes) {
  return static_cast<uint16_t>(payload_bytes == 0 ? 1 : 1 + (payload_bytes - 1) / 65536);
}

}  // namespace

Exchange::Exchange(Client& client, proto::Command command, size_t body_bytes_max,
                   size_t payload_bytes)
    : client_(client),
      command_(command),
      charge_(client.multi_credit() ? CreditCharge(payload_bytes) : uint16_t{1}),
      buffer_(client.engine().loop().buffers().Acquire(kPayloadOffset + proto::kHeaderBytes +
                                                       body_bytes_max)),
      room_(buffer_ ? buffer_.span().subspan(kPayloadOffset) : absl::Span<uint8_t>()),
      body_(room_) {
  body_.Advance(proto::kHeaderBytes);
}

void Exchange::await_suspend(std::coroutine_handle<> awaiter) {
  awaiter_ = awaiter;
  client_.Enqueue(*this);
}

}  // namespace sluice::bench
