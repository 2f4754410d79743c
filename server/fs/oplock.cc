#include "server/fs/oplock.h"

#include <algorithm>
#include <cassert>

namespace sluice::fs {

using proto::NtStatus;

bool Oplocks::BreakForOpen(bool conflicts, bool overwrites, uint64_t now, uint64_t timeout_ms,
                           AfterUnlock* after) {
  Expire(now);
  if (break_.has_value()) {
    // One that the share mode refuses need not wait for an exclusive holder to write its data back.
    const Holder* const holder = FindExclusive();
    return !conflicts || holder->level == OplockLevel::kBatch;
  }
  Holder* const holder = FindExclusive();
  if (holder == nullptr) {
    if (overwrites && !conflicts) BreakShared(after);
    return false;
  }
  // A batch oplock's holder may have the file open for its cache's sake only: it breaks before the
  // share modes are compared.
  if (conflicts && holder->level != OplockLevel::kBatch) return false;
  const OplockLevel to = overwrites ? OplockLevel::kNone : OplockLevel::kLevelII;
  break_ = Break{holder->open, to, now + timeout_ms * 1'000'000};
  Tell(*holder, to, after);
  return true;
}

OplockLevel Oplocks::Grant(const OpenFile* open, OplockLevel wanted, bool alone, bool locked) {
  assert(Find(open) == nullptr);
  if (wanted == OplockLevel::kNone || locked || FindExclusive() != nullptr) {
    return OplockLevel::kNone;
  }
  const bool shared = std::any_of(holders_.begin(), holders_.end(), [](const Holder& holder) {
    return holder.level != OplockLevel::kNone;
  });
  const OplockLevel level = alone && !shared ? wanted : OplockLevel::kLevelII;
  holders_.push_back({open, level, nullptr, std::nullopt});
  return level;
}

void Oplocks::BreakShared(AfterUnlock* after) {
  for (Holder& holder : holders_) {
    if (holder.level != OplockLevel::kLevelII) continue;
    holder.level = OplockLevel::kNone;
    Tell(holder, OplockLevel::kNone, after);
  }
}

void Oplocks::Listen(const OpenFile* open, BreakListener listener, AfterUnlock* after) {
  Holder* const holder = Find(open);
  if (holder == nullptr) return;
  holder->listener = std::move(listener);
  if (!holder->untold.has_value()) return;
  const OplockLevel to = *holder->untold;
  holder->untold.reset();
  Tell(*holder, to, after);
}

NtStatus Oplocks::Acknowledge(const OpenFile* open, OplockLevel answer, OplockLevel* level) {
  Holder* const holder = Find(open);
  if (holder == nullptr) return NtStatus::kInvalidDeviceState;
  if (!break_.has_value() || break_->open != open) return NtStatus::kInvalidOplockProtocol;
  holder->level = *level = std::min({answer, break_->to, OplockLevel::kLevelII});
  break_.reset();
  return NtStatus::kOk;
}

void Oplocks::Remove(const OpenFile* open) {
  if (break_.has_value() && break_->open == open) break_.reset();
  holders_.erase(std::remove_if(holders_.begin(), holders_.end(),
                                [open](const Holder& holder) { return holder.open == open; }),
                 holders_.end());
}

void Oplocks::Expire(uint64_t now) {
  if (!break_.has_value() || break_->deadline > now) return;
  Find(break_->open)->level = OplockLevel::kNone;
  break_.reset();
}

OplockLevel Oplocks::LevelOf(const OpenFile* open) const {
  const auto found = std::find_if(holders_.begin(), holders_.end(),
                                  [open](const Holder& holder) { return holder.open == open; });
  return found == holders_.end() ? OplockLevel::kNone : found->level;
}

Oplocks::Holder* Oplocks::Find(const OpenFile* open) {
  const auto found = std::find_if(holders_.begin(), holders_.end(),
                                  [open](const Holder& holder) { return holder.open == open; });
  return found == holders_.end() ? nullptr : &*found;
}

Oplocks::Holder* Oplocks::FindExclusive() {
  const auto found = std::find_if(holders_.begin(), holders_.end(), [](const Holder& holder) {
    return holder.level >= OplockLevel::kExclusive;
  });
  return found == holders_.end() ? nullptr : &*found;
}

void Oplocks::Tell(Holder& holder, OplockLevel to, AfterUnlock* after) {
  if (holder.listener == nullptr) {
    holder.untold = to;
    return;
  }
  after->Add([listener = holder.listener, to] { listener(to); });
}

}  // namespace sluice::fs
