#include "server/session/credits.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace sluice::session {

CreditWindow::CreditWindow(size_t credits_max) : credits_max_(credits_max) {
  assert(credits_max > 0 && credits_max <= 65535);
  const uint64_t bits = std::bit_ceil(std::max<uint64_t>(2 * credits_max, 64));
  mask_ = bits - 1;
  used_.resize(bits / 64);
}

bool CreditWindow::Consume(uint64_t message_id, uint16_t credit_charge, bool multi_credit) {
  const uint64_t count = multi_credit && credit_charge > 1 ? credit_charge : 1;
  if (message_id < low_ || message_id >= high_ || high_ - message_id < count) return false;
  for (uint64_t id = message_id; id < message_id + count; ++id) {
    if (used(id)) return false;
  }
  for (uint64_t id = message_id; id < message_id + count; ++id) {
    used_[(id & mask_) / 64] |= uint64_t{1} << (id % 64);
  }
  available_ -= count;
  while (low_ < high_ && used(low_)) {
    used_[(low_ & mask_) / 64] &= ~(uint64_t{1} << (low_ % 64));
    ++low_;
  }
  assert(available_ <= high_ - low_);
  return true;
}

uint16_t CreditWindow::Grant(uint16_t requested) {
  // Nothing unused means that the window is empty, so that there is room for this one.
  uint64_t grant = available_ == 0 ? std::max<uint16_t>(requested, 1) : requested;
  grant = std::min<uint64_t>(grant, credits_max_ - available_);
  grant = std::min<uint64_t>(grant, mask_ + 1 - (high_ - low_));
  // Message ids end at 2^64 - 2; the last one is reserved for oplock breaks.
  grant = std::min<uint64_t>(grant, ~uint64_t{0} - high_);
  high_ += grant;
  available_ += grant;
  assert(available_ <= credits_max_ && high_ - low_ <= mask_ + 1);
  return static_cast<uint16_t>(grant);
}

}  // namespace sluice::session
