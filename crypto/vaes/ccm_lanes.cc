#include "crypto/vaes/ccm_lanes.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "crypto/schedules.h"

namespace sluice::crypto {
namespace {

constexpr size_t kBlock = kCcmBlockBytes;
constexpr ptrdiff_t kOneKeyMessagesMin = 4;

const uint8_t* RoundKeys(const CipherKey& key) {
  return ScheduleAs<CcmSchedule>(key.schedule()).round_keys;
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

void CcmLanes::Run(absl::Span<Message> messages) {
  // The longest first, so that lanes do not wait for one that began late.
  const auto before = [](const Message& a, const Message& b) {
    return a.job->key != b.job->key ? std::less<>()(a.job->key, b.job->key) : a.size > b.size;
  };
  if (!std::is_sorted(messages.begin(), messages.end(), before)) {
    std::sort(messages.begin(), messages.end(), before);
  }
  // Groups of one key run; the others gather behind them.
  Message* rest = messages.begin();
  for (Message* group = rest; group != messages.end();) {
    const CipherKey* const key = group->job->key;
    Message* const end = std::find_if(
        group, messages.end(), [key](const Message& message) { return message.job->key != key; });
    if (end - group >= kOneKeyMessagesMin) {
      RunTogether(absl::MakeSpan(group, end));
      rest = std::rotate(rest, group, end);
    }
    group = end;
  }
  RunTogether(absl::MakeSpan(rest, messages.end()));
  Clear();
}

void CcmLanes::RunTogether(absl::Span<Message> messages) {
  if (messages.empty()) return;
  const CipherKey& first = *messages[0].job->key;
  rounds_ = first.cipher() == Cipher::kAes256Ccm ? 14 : 10;
  const bool one_key = std::all_of(messages.begin(), messages.end(),
                                   [&first](const Message& m) { return m.job->key == &first; });
  state_.one_key = one_key ? RoundKeys(first) : nullptr;
  own_keys_ = own_keys_ || !one_key;
  used_lanes_ = messages.size() <= 4 ? 4 : messages.size() <= 8 ? 8 : kCcmLanes;
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
    CcmKernel(&state_, used_lanes_, rounds_, blocks);
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

void CcmLanes::Idle(size_t i) {
  lanes_[i].message = nullptr;
  state_.text[i] = idle_.data();
}

void CcmLanes::Fill(size_t i, Message* message) {
  Lane& lane = lanes_[i];
  const SealJob& job = *message->job;
  lane.message = message;
  lane.segment = lane.offset = 0;
  lane.remaining = message->size;
  lane.head_blocks = CcmHead(job, message->size, &lane.head) / kBlock;
  if (state_.one_key == nullptr) {
    const uint8_t* const keys = RoundKeys(*job.key);
    for (size_t round = 0; round <= rounds_; ++round) {
      std::memcpy(InLane(state_.round_keys[round], i), keys + kBlock * round, kBlock);
    }
  }
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

void CcmLanes::StartHead(size_t i) {
  Lane& lane = lanes_[i];
  lane.piece = Piece::kHead;
  lane.left = lane.head_blocks;
  scratch_[i].dump = lane.head;
  state_.text[i] = scratch_[i].dump.data();
  std::memset(InLane(state_.mac, i), 0, kBlock);
}

// False where the message is done.
bool CcmLanes::NextPiece(size_t i) {
  Lane& lane = lanes_[i];
  if (lane.piece == Piece::kPrime) {
    StartHead(i);
    return true;
  }
  if (lane.remaining == 0) return false;
  const SealJob& job = *lane.message->job;
  if (lane.piece == Piece::kHead && job.open) {
    std::memset(InLane(state_.mac_output, i), 0xff, kBlock);
  }
  while (lane.offset == job.segments[lane.segment].size()) {
    ++lane.segment;
    lane.offset = 0;
  }
  const absl::Span<uint8_t> segment = job.segments[lane.segment];
  const size_t blocks = (segment.size() - lane.offset) / kBlock;
  if (blocks == 0) {
    Gather(i);
    return true;
  }
  lane.piece = Piece::kDirect;
  lane.left = blocks;
  state_.text[i] = segment.data() + lane.offset;
  lane.offset += blocks * kBlock;
  lane.remaining -= blocks * kBlock;
  return true;
}

void CcmLanes::Gather(size_t i) {
  Lane& lane = lanes_[i];
  Scratch& scratch = scratch_[i];
  const SealJob& job = *lane.message->job;
  lane.piece = Piece::kGathered;
  lane.left = 1;
  lane.from_segment = lane.segment;
  lane.from_offset = lane.offset;
  lane.gathered = std::min(kBlock, lane.remaining);
  for (size_t have = 0; have < lane.gathered;) {
    const absl::Span<uint8_t> segment = job.segments[lane.segment];
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
  // The MAC wants zeroes after the message. What it takes in when opening is what comes out, so
  // there the stream itself goes in.
  const uint8_t* const stream = InLane(state_.stream, i);
  for (size_t at = lane.gathered; at < kBlock; ++at) scratch.block[at] = job.open ? stream[at] : 0;
  state_.text[i] = scratch.block.data();
}

void CcmLanes::FinishPiece(size_t i) {
  Lane& lane = lanes_[i];
  Scratch& scratch = scratch_[i];
  if (lane.piece == Piece::kHead) {
    const size_t last = (lane.head_blocks - 1) * kBlock;
    Xor(scratch.mask.data(), lane.head.data() + last, scratch.dump.data() + last);
  } else if (lane.piece == Piece::kGathered) {
    const SealJob& job = *lane.message->job;
    size_t segment = lane.from_segment;
    size_t offset = lane.from_offset;
    for (size_t done = 0; done < lane.gathered;) {
      const absl::Span<uint8_t> to = job.segments[segment];
      const size_t take = std::min(lane.gathered - done, to.size() - offset);
      std::copy_n(scratch.block.data() + done, take, to.data() + offset);
      done += take;
      ++segment;
      offset = 0;
    }
  }
}

void CcmLanes::FinishMessage(size_t i) {
  Xor(lanes_[i].message->tag.data(), InLane(state_.mac, i), scratch_[i].mask.data());
}

void CcmLanes::Clear() {
  if (own_keys_) Wipe(state_.round_keys, sizeof(state_.round_keys));
  own_keys_ = false;
  Wipe(state_.mac, sizeof(state_.mac));
  Wipe(state_.stream, sizeof(state_.stream));
  Wipe(scratch_.data(), sizeof(scratch_));
  Wipe(idle_.data(), idle_.size());
}

}  // namespace sluice::crypto
