#include "crypto/vaes/vaes_lanes.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "crypto/schedules.h"

namespace sluice::crypto {
namespace {

constexpr size_t kBlock = kCcmBlockBytes;
// The lanes that keep the processor busy. CCM's have two blocks each under way.
constexpr size_t kCmacLanes = kVaesLanes;
constexpr size_t kCcmLanes = 8;

// As few as hold the messages: empty ones cost time as well.
size_t LanesFor(size_t messages, bool ccm) {
  if (messages <= 4) return 4;
  if (messages <= 8 || ccm) return kCcmLanes;
  return messages <= 12 ? 12 : kCmacLanes;
}

uint8_t* InLane(uint8_t* blocks, size_t lane) { return blocks + kBlock * lane; }

void Xor(uint8_t* to, const uint8_t* a, const uint8_t* b) {
  uint64_t left[2];
  uint64_t right[2];
  std::memcpy(left, a, kBlock);
  std::memcpy(right, b, kBlock);
  left[0] ^= right[0];
  left[1] ^= right[1];
  std::memcpy(to, left, kBlock);
}

}  // namespace

VaesLanes::Message::Message(SignJob* job)
    : sign(job),
      round_keys(ScheduleAs<CmacSchedule>(job->key->schedule()).round_keys),
      segments(job->segments.data()),
      size(SizeOf(*job)) {}

VaesLanes::Message::Message(SealJob* job)
    : seal(job),
      round_keys(ScheduleAs<CcmSchedule>(job->key->schedule()).round_keys),
      segments(job->segments.data()),
      size(SizeOf(*job)) {}

void VaesLanes::Run(absl::Span<Message> messages) {
  // The longest first, so that lanes do not wait for one that began late.
  const auto before = [](const Message& a, const Message& b) {
    return a.round_keys != b.round_keys ? std::less<>()(a.round_keys, b.round_keys)
                                        : a.size > b.size;
  };
  if (!std::is_sorted(messages.begin(), messages.end(), before)) {
    std::sort(messages.begin(), messages.end(), before);
  }
  // Groups of one key that fill the lanes run; the others gather behind them, since empty lanes
  // cost more than round keys from memory.
  const bool ccm = !messages.empty() && messages[0].seal != nullptr;
  const size_t lanes = ccm ? kCcmLanes : kCmacLanes;
  Message* rest = messages.begin();
  for (Message* group = rest; group != messages.end();) {
    const uint8_t* const key = group->round_keys;
    Message* const end = std::find_if(
        group, messages.end(), [key](const Message& message) { return message.round_keys != key; });
    if (end - group >= static_cast<ptrdiff_t>(lanes)) {
      RunTogether(absl::MakeSpan(group, end));
      rest = std::rotate(rest, group, end);
    }
    group = end;
  }
  RunTogether(absl::MakeSpan(rest, messages.end()));
  Clear();
}

void VaesLanes::RunTogether(absl::Span<Message> messages) {
  if (messages.empty()) return;
  const Message& first = messages[0];
  const bool ccm = first.seal != nullptr;
  rounds_ = ccm && first.seal->key->cipher() == Cipher::kAes256Ccm ? 14 : 10;
  const uint8_t* const key = first.round_keys;
  const bool one_key = std::all_of(messages.begin(), messages.end(),
                                   [key](const Message& m) { return m.round_keys == key; });
  state_.one_key = one_key ? key : nullptr;
  own_keys_ = own_keys_ || !one_key;
  used_lanes_ = LanesFor(messages.size(), ccm);
  size_t next = 0;
  size_t busy = 0;
  for (size_t lane = 0; lane < used_lanes_; ++lane) {
    if (next < messages.size()) {
      Fill(lane, &messages[next++]);
      ++busy;
    } else {
      Idle(lane);
    }
  }
  while (busy > 0) {
    size_t blocks = busy < used_lanes_ ? idle_.size() / kBlock : SIZE_MAX;
    for (size_t lane = 0; lane < used_lanes_; ++lane) {
      if (lanes_[lane].message != nullptr) blocks = std::min(blocks, lanes_[lane].left);
    }
    if (ccm) {
      CcmKernel(&state_, used_lanes_, rounds_, blocks);
    } else {
      CmacKernel(&state_, used_lanes_, blocks);
    }
    for (size_t i = 0; i < used_lanes_; ++i) {
      Lane& lane = lanes_[i];
      if (lane.message == nullptr) continue;
      state_.text[i] += blocks * kBlock;
      lane.left -= blocks;
      if (lane.left > 0) continue;
      FinishPiece(i);
      if (NextPiece(i)) continue;
      FinishMessage(i);
      if (next < messages.size()) {
        Fill(i, &messages[next++]);
      } else {
        Idle(i);
        --busy;
      }
    }
  }
}

void VaesLanes::Idle(size_t i) {
  lanes_[i].message = nullptr;
  state_.text[i] = idle_.data();
}

void VaesLanes::Fill(size_t i, Message* message) {
  Lane& lane = lanes_[i];
  lane.message = message;
  lane.segment = lane.offset = 0;
  lane.remaining = message->size;
  if (state_.one_key == nullptr) {
    for (size_t round = 0; round <= rounds_; ++round) {
      std::memcpy(InLane(state_.round_keys[round], i), message->round_keys + kBlock * round,
                  kBlock);
    }
  }
  if (message->seal != nullptr) {
    StartCcm(i);
  } else {
    std::memset(InLane(state_.mac, i), 0, kBlock);
    lane.piece = Piece::kDirect;
    NextPiece(i);
  }
}

void VaesLanes::StartCcm(size_t i) {
  Lane& lane = lanes_[i];
  const SealJob& job = *lane.message->seal;
  lane.head_blocks = CcmHead(job, lane.message->size, &lane.head) / kBlock;
  // The head's last block gets the key stream of counter 0, so that the message's first block gets
  // that of counter 1. The stream for a block is computed along with the block before it.
  CcmCounter(job, 0 - static_cast<uint32_t>(std::max<size_t>(lane.head_blocks, 2) - 1),
             InLane(state_.counter, i));
  std::memset(InLane(state_.mac_output, i), 0, kBlock);
  if (lane.head_blocks > 1) {
    StartHead(i);
    return;
  }
  // No associated data: there is no block before the head's last.
  lane.piece = Piece::kPrime;
  lane.left = 1;
  state_.text[i] = scratch_[i].dump.data();
}

void VaesLanes::StartHead(size_t i) {
  Lane& lane = lanes_[i];
  lane.piece = Piece::kHead;
  lane.left = lane.head_blocks;
  scratch_[i].dump = lane.head;
  state_.text[i] = scratch_[i].dump.data();
  std::memset(InLane(state_.mac, i), 0, kBlock);
}

// False where the message is done.
bool VaesLanes::NextPiece(size_t i) {
  Lane& lane = lanes_[i];
  if (lane.piece == Piece::kPrime) {
    StartHead(i);
    return true;
  }
  const Message& message = *lane.message;
  const bool ccm = message.seal != nullptr;
  if (ccm ? lane.remaining == 0 : lane.piece == Piece::kLast) return false;
  if (lane.piece == Piece::kHead && message.seal->open) {
    std::memset(InLane(state_.mac_output, i), 0xff, kBlock);
  }
  while (lane.remaining > 0 && lane.offset == message.segments[lane.segment].size()) {
    ++lane.segment;
    lane.offset = 0;
  }
  // CMAC's last block, whole or not, gets a subkey and so is gathered; that of no bytes as well.
  const size_t direct = ccm ? lane.remaining : std::max<size_t>(lane.remaining, 1) - 1;
  const size_t blocks =
      direct == 0 ? 0
                  : std::min(direct, message.segments[lane.segment].size() - lane.offset) / kBlock;
  if (blocks == 0) {
    Gather(i);
    return true;
  }
  lane.piece = Piece::kDirect;
  lane.left = blocks;
  state_.text[i] = message.segments[lane.segment].data() + lane.offset;
  lane.offset += blocks * kBlock;
  lane.remaining -= blocks * kBlock;
  return true;
}

void VaesLanes::Gather(size_t i) {
  Lane& lane = lanes_[i];
  Scratch& scratch = scratch_[i];
  lane.piece = Piece::kGathered;
  lane.left = 1;
  lane.from_segment = lane.segment;
  lane.from_offset = lane.offset;
  lane.gathered = std::min(kBlock, lane.remaining);
  for (size_t have = 0; have < lane.gathered;) {
    const absl::Span<uint8_t> segment = lane.message->segments[lane.segment];
    if (lane.offset == segment.size()) {
      ++lane.segment;
      lane.offset = 0;
      continue;
    }
    const size_t take = std::min(lane.gathered - have, segment.size() - lane.offset);
    std::copy_n(segment.data() + lane.offset, take, scratch.block.data() + have);
    have += take;
    lane.offset += take;
  }
  lane.remaining -= lane.gathered;
  state_.text[i] = scratch.block.data();
  if (lane.message->sign != nullptr) {
    if (lane.remaining == 0) Pad(i);
    return;
  }
  // The MAC wants zeroes after the message. What it takes in when opening is what comes out, so
  // there the stream itself goes in.
  const bool open = lane.message->seal->open;
  const uint8_t* const stream = InLane(state_.stream, i);
  for (size_t at = lane.gathered; at < kBlock; ++at) scratch.block[at] = open ? stream[at] : 0;
}

// CMAC's last block [RFC 4493] 2.4.
void VaesLanes::Pad(size_t i) {
  Lane& lane = lanes_[i];
  uint8_t* const block = scratch_[i].block.data();
  const CmacSchedule& schedule = ScheduleAs<CmacSchedule>(lane.message->sign->key->schedule());
  lane.piece = Piece::kLast;
  if (lane.gathered == kBlock) {
    Xor(block, block, schedule.subkey1);
    return;
  }
  std::memset(block + lane.gathered, 0, kBlock - lane.gathered);
  block[lane.gathered] = 0x80;
  Xor(block, block, schedule.subkey2);
}

void VaesLanes::FinishPiece(size_t i) {
  Lane& lane = lanes_[i];
  Scratch& scratch = scratch_[i];
  if (lane.piece == Piece::kHead) {
    const size_t last = (lane.head_blocks - 1) * kBlock;
    Xor(scratch.mask.data(), lane.head.data() + last, scratch.dump.data() + last);
  } else if (lane.piece == Piece::kGathered && lane.message->seal != nullptr) {
    size_t segment = lane.from_segment;
    size_t offset = lane.from_offset;
    for (size_t done = 0; done < lane.gathered;) {
      const absl::Span<uint8_t> to = lane.message->segments[segment];
      const size_t take = std::min(lane.gathered - done, to.size() - offset);
      std::copy_n(scratch.block.data() + done, take, to.data() + offset);
      done += take;
      ++segment;
      offset = 0;
    }
  }
}

void VaesLanes::FinishMessage(size_t i) {
  Message& message = *lanes_[i].message;
  if (message.seal != nullptr) {
    Xor(message.tag.data(), InLane(state_.mac, i), scratch_[i].mask.data());
  } else {
    std::memcpy(message.tag.data(), InLane(state_.mac, i), kBlock);
  }
}

void VaesLanes::Clear() {
  if (own_keys_) Wipe(state_.round_keys, sizeof(state_.round_keys));
  own_keys_ = false;
  Wipe(state_.mac, sizeof(state_.mac));
  Wipe(state_.stream, sizeof(state_.stream));
  Wipe(scratch_.data(), sizeof(scratch_));
  Wipe(idle_.data(), idle_.size());
}

}  // namespace sluice::crypto
