// A connection's credits and the window of message ids that they buy
// [MS-SMB2] 3.3.1.1, 3.3.1.2, 3.3.5.2.3, 3.3.5.2.5.
#ifndef SLUICE_SERVER_SESSION_CREDITS_H_
#define SLUICE_SERVER_SESSION_CREDITS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/limits.h"

namespace sluice::session {

// The bytes that one credit pays for.
inline constexpr uint64_t kCreditBytes = 65536;

// The credits that a request carrying, or asking for, `payload_bytes` costs (whichever is more).
constexpr uint64_t RequiredCharge(uint64_t payload_bytes) {
  return payload_bytes == 0 ? 1 : (payload_bytes - 1) / kCreditBytes + 1;
}

// Whether a request's CreditCharge pays for `payload_bytes`; if not, it gets INVALID_PARAMETER
// [MS-SMB2] 3.3.5.2.5. Without multi-credit support the field is reserved and every request may
// carry what one credit pays for.
constexpr bool ChargeCovers(bool multi_credit, uint16_t credit_charge, uint64_t payload_bytes) {
  const uint64_t paid = multi_credit && credit_charge > 1 ? credit_charge : 1;
  return RequiredCharge(payload_bytes) <= paid;
}

// The ids that a client may use. Owned by its connection's loop; its memory is fixed at the start
// (a quarter of a byte per credit): a client that leaves the lowest id unused gets no more credits
// once the ids beyond it fill the window, as 3.3.1.1 suggests, and is never the cause of growth.
//
// CANCEL never comes here: it uses no id and is granted nothing. An asynchronous request's interim
// response is given the grant, its final response none.
class CreditWindow {
 public:
  // The window starts with id 0 for the NEGOTIATE.
  // REQUIRES: 0 < credits_max <= 65535.
  explicit CreditWindow(size_t credits_max = limits::credits_per_connection_max);

  // Takes the ids from `message_id` on that a request uses: `credit_charge` of them with
  // multi-credit support, one without or for a charge of 0. False, with nothing taken, if one of
  // them is outside the window or was used before: the caller ends the connection (3.3.5.2.3).
  [[nodiscard]] bool Consume(uint64_t message_id, uint16_t credit_charge, bool multi_credit);

  // The CreditResponse to a request that asked for `requested`; the window grows by it. It is what
  // was asked, as far as credits_max and the window's memory allow, and at least 1 as long as the
  // client would otherwise have none left to go on with.
  [[nodiscard]] uint16_t Grant(uint16_t requested);

  // Ids that were granted and not used yet.
  size_t available() const { return available_; }
  // The lowest unused id, and the first that was not granted.
  uint64_t low() const { return low_; }
  uint64_t high() const { return high_; }

 private:
  bool used(uint64_t id) const { return (used_[(id & mask_) / 64] >> (id % 64) & 1) != 0; }

  const size_t credits_max_;
  uint64_t mask_;  // of the ring's bits, a power of two less one
  uint64_t low_ = 0;
  uint64_t high_ = 1;
  size_t available_ = 1;
  // One bit for every id of [low_, high_), at its number modulo the size; zero outside.
  std::vector<uint64_t> used_;
};

}  // namespace sluice::session

#endif  // SLUICE_SERVER_SESSION_CREDITS_H_
