#include "crypto/ipsec_mb/mac_lanes.h"

#include <algorithm>

#include "crypto/ccm_format.h"
#include "crypto/schedules.h"

namespace sluice::crypto {
namespace {

constexpr size_t kBlockBytes = 16;
// The library refuses jobs above 65,534 bytes; this is the most whole blocks below that.
constexpr size_t kPieceBytesMax = 65520;
constexpr size_t kPageBytes = 4096;

alignas(16) constexpr std::array<uint8_t, 16> kZeroBlock = {};

// Row n undoes the padding of CMAC, a 0x80 after n bytes of the last block: used as second subkey
// it turns that padding into the zeroes that CCM wants.
struct PaddingTable {
  alignas(16) uint8_t rows[kBlockBytes][kBlockBytes] = {};
  constexpr PaddingTable() {
    for (size_t n = 0; n < kBlockBytes; ++n) rows[n][n] = 0x80;
  }
};
constexpr PaddingTable kUnpad;

void Xor(uint8_t* to, const uint8_t* from) {
  for (size_t i = 0; i < kBlockBytes; ++i) to[i] ^= from[i];
}

// The library loads all 16 bytes of a partial last block. That reads no memory which is not there
// unless the 16 bytes cross into the next page.
bool LastBlockCrossesPage(const uint8_t* data, size_t size) {
  if (size % kBlockBytes == 0) return false;
  const uintptr_t last = reinterpret_cast<uintptr_t>(data) + (size & ~(kBlockBytes - 1));
  return last % kPageBytes > kPageBytes - kBlockBytes;
}

IMB_JOB* NextMacJob(IMB_MGR* manager, IMB_HASH_ALG algorithm, const uint8_t* data, size_t size,
                    uint8_t* mac) {
  IMB_JOB* const job = IMB_GET_NEXT_JOB(manager);
  job->cipher_mode = IMB_CIPHER_NULL;
  job->cipher_direction = IMB_DIR_ENCRYPT;
  job->chain_order = IMB_ORDER_HASH_CIPHER;
  job->hash_alg = algorithm;
  job->src = data;
  job->hash_start_src_offset_in_bytes = 0;
  job->msg_len_to_hash_in_bytes = size;
  job->auth_tag_output = mac;
  job->auth_tag_output_len_in_bytes = kBlockBytes;
  return job;
}

}  // namespace

MacLanes::MacLanes(IMB_MGR* manager) : manager_(manager) {
  counter_job_.cipher_mode = IMB_CIPHER_CNTR;
  counter_job_.cipher_direction = IMB_DIR_ENCRYPT;
  counter_job_.hash_alg = IMB_AUTH_NULL;
  counter_job_.chain_order = IMB_ORDER_CIPHER_HASH;
  counter_job_.iv_len_in_bytes = kBlockBytes;
}

MacLanes::Chain& MacLanes::NewChain(absl::Span<const absl::Span<uint8_t>> segments) {
  if (count_ == chains_.size()) chains_.push_back(std::make_unique<Chain>());
  Chain& chain = *chains_[count_++];
  chain.patched = nullptr;
  chain.sign = nullptr;
  chain.seal = nullptr;
  chain.segments = segments;
  chain.wide = false;
  chain.head_size = 0;
  chain.head_done = true;
  chain.first = true;
  chain.segment = chain.offset = 0;
  chain.total = 0;
  for (absl::Span<uint8_t> segment : segments) chain.total += segment.size();
  chain.remaining = chain.total;
  return chain;
}

void MacLanes::Add(SignJob* job) {
  const absl::Span<uint8_t> message = job->segments[0];
  if (job->segment_count == 1 && !message.empty() && message.size() <= kPieceBytesMax &&
      !LastBlockCrossesPage(message.data(), message.size())) {
    whole_.emplace_back().sign = job;
    return;
  }
  Chain& chain = NewChain({job->segments.data(), job->segment_count});
  const CmacSchedule& schedule = ScheduleAs<CmacSchedule>(job->key->schedule());
  chain.sign = job;
  chain.round_keys = schedule.round_keys;
  chain.subkey1 = schedule.subkey1;
  chain.subkey2 = schedule.subkey2;
}

void MacLanes::Add(SealJob* job) {
  Chain& chain = NewChain({job->segments.data(), job->segment_count});
  chain.seal = job;
  chain.round_keys = ScheduleAs<CcmSchedule>(job->key->schedule()).round_keys;
  chain.subkey1 = chain.subkey2 = kZeroBlock.data();
  chain.wide = job->key->cipher() == Cipher::kAes256Ccm;
  chain.head_size = CcmHead(*job, chain.total, &chain.head);
  chain.head_done = false;
  CcmCounter(*job, 0, chain.counter.data());
}

void MacLanes::Run() {
  // The longest first: it has the most pieces, which only run one after the other.
  ready_.clear();
  for (size_t i = 0; i < count_; ++i) ready_.push_back(chains_[i].get());
  const auto shorter = [](const Chain* a, const Chain* b) { return a->total < b->total; };
  // Most often they are of one length.
  if (!std::is_sorted(ready_.begin(), ready_.end(), shorter)) {
    std::sort(ready_.begin(), ready_.end(), shorter);
  }
  size_t in_flight = 0;
  size_t next = 0;
  while (!ready_.empty() || next < whole_.size() || in_flight > 0) {
    IMB_JOB* done;
    if (!ready_.empty()) {
      Chain* const chain = ready_.back();
      ready_.pop_back();
      Prepare(*chain);
      done = Submit(*chain);
      ++in_flight;
    } else if (next < whole_.size()) {
      done = Submit(whole_[next++]);
      ++in_flight;
    } else {
      done = IMB_FLUSH_JOB(manager_);
    }
    for (; done != nullptr; done = IMB_GET_COMPLETED_JOB(manager_)) {
      --in_flight;
      Chain* const chain = static_cast<Chain*>(done->user_data);
      if (chain == nullptr) continue;
      Complete(*chain);
      if (!chain->last) ready_.push_back(chain);
    }
  }
}

void MacLanes::Prepare(Chain& chain) {
  chain.start = chain.total - chain.remaining;
  chain.gathered = false;
  if (!chain.head_done) {
    chain.head_done = true;
    chain.data = chain.head.data();
    chain.size = chain.head_size;
    chain.message_size = 0;
    chain.last = chain.remaining == 0;
    return;
  }
  while (chain.segment < chain.segments.size() &&
         chain.offset == chain.segments[chain.segment].size()) {
    ++chain.segment;
    chain.offset = 0;
  }
  const size_t left =
      chain.remaining == 0 ? 0 : chain.segments[chain.segment].size() - chain.offset;
  if (left >= kBlockBytes) {
    TakeDirect(chain, left);
  } else {
    Gather(chain);
  }
  if (!chain.first) {
    if (!chain.gathered) {
      chain.patched = chain.data;
      std::copy_n(chain.data, kBlockBytes, chain.saved.begin());
    }
    Xor(chain.data, chain.mac.data());
  }
}

// A piece that lies in the segment at the cursor, which has at least one block left.
void MacLanes::TakeDirect(Chain& chain, size_t left_in_segment) {
  chain.data = chain.segments[chain.segment].data() + chain.offset;
  chain.size = std::min(left_in_segment, kPieceBytesMax);
  chain.last = chain.size == chain.remaining;
  if (!chain.last || LastBlockCrossesPage(chain.data, chain.size)) {
    chain.size &= ~(kBlockBytes - 1);
    chain.last = chain.size == chain.remaining;
  }
  chain.message_size = chain.size;
  chain.offset += chain.size;
  chain.remaining -= chain.size;
  if (chain.seal != nullptr && chain.seal->open) CryptPiece(chain);
}

// A block of fewer than 16 bytes at the end of a segment: it goes on in the next one or is the
// message's last.
void MacLanes::Gather(Chain& chain) {
  chain.start_segment = chain.segment;
  chain.start_offset = chain.offset;
  chain.gathered = true;
  chain.data = chain.block.data();
  chain.size = kBlockBytes;
  chain.block.fill(0);
  size_t have = 0;
  while (have < kBlockBytes && have < chain.remaining) {
    const absl::Span<uint8_t> segment = chain.segments[chain.segment];
    const size_t take = std::min(kBlockBytes - have, segment.size() - chain.offset);
    std::copy_n(segment.data() + chain.offset, take, chain.block.data() + have);
    have += take;
    chain.offset += take;
    if (chain.offset == segment.size() && have < chain.remaining) {
      ++chain.segment;
      chain.offset = 0;
    }
  }
  chain.message_size = have;
  chain.remaining -= have;
  chain.last = chain.remaining == 0;
  if (chain.seal != nullptr && chain.seal->open) CryptPiece(chain);
  if (chain.sign != nullptr && have < kBlockBytes) {
    // Padded here, so the second subkey goes in here too and the job sees a whole block.
    chain.block[have] = 0x80;
    chain.subkey1 = chain.subkey2;
  }
}

void MacLanes::Scatter(const Chain& chain) {
  size_t at = 0;
  size_t segment = chain.start_segment;
  size_t offset = chain.start_offset;
  while (at < chain.message_size) {
    const absl::Span<uint8_t> to = chain.segments[segment];
    const size_t take = std::min(chain.message_size - at, to.size() - offset);
    std::copy_n(chain.block.data() + at, take, to.data() + offset);
    at += take;
    ++segment;
    offset = 0;
  }
}

IMB_JOB* MacLanes::Submit(Chain& chain) {
  IMB_JOB* const job = NextMacJob(manager_, chain.wide ? IMB_AUTH_AES_CMAC_256 : IMB_AUTH_AES_CMAC,
                                  chain.data, chain.size, chain.mac.data());
  job->u.CMAC._key_expanded = chain.round_keys;
  job->u.CMAC._skey1 = chain.last ? chain.subkey1 : kZeroBlock.data();
  job->u.CMAC._skey2 =
      chain.sign != nullptr ? chain.subkey2 : kUnpad.rows[chain.size % kBlockBytes];
  job->user_data = &chain;
  return IMB_SUBMIT_JOB_NOCHECK(manager_);
}

IMB_JOB* MacLanes::Submit(Whole& whole) {
  const absl::Span<uint8_t> message = whole.sign->segments[0];
  const CmacSchedule& schedule = ScheduleAs<CmacSchedule>(whole.sign->key->schedule());
  IMB_JOB* const job =
      NextMacJob(manager_, IMB_AUTH_AES_CMAC, message.data(), message.size(), whole.mac.data());
  job->u.CMAC._key_expanded = schedule.round_keys;
  job->u.CMAC._skey1 = schedule.subkey1;
  job->u.CMAC._skey2 = schedule.subkey2;
  job->user_data = nullptr;
  return IMB_SUBMIT_JOB_NOCHECK(manager_);
}

void MacLanes::Complete(Chain& chain) {
  chain.first = false;
  if (chain.patched != nullptr) {
    std::copy(chain.saved.begin(), chain.saved.end(), chain.patched);
    chain.patched = nullptr;
  }
  if (chain.seal == nullptr) return;
  if (!chain.seal->open && chain.message_size > 0) {
    if (chain.gathered) {
      // The block holds the padding and the chain by now: take the plain text again.
      size_t at = 0;
      size_t segment = chain.start_segment;
      size_t offset = chain.start_offset;
      while (at < chain.message_size) {
        const absl::Span<uint8_t> from = chain.segments[segment];
        const size_t take = std::min(chain.message_size - at, from.size() - offset);
        std::copy_n(from.data() + offset, take, chain.block.data() + at);
        at += take;
        ++segment;
        offset = 0;
      }
    }
    CryptPiece(chain);
  }
  if (chain.last) CounterMode(chain, chain.mac.data(), kBlockBytes, 0);
}

// Counter mode over the piece's bytes, in place in the message and, for a gathered one, in `block`.
void MacLanes::CryptPiece(Chain& chain) {
  CounterMode(chain, chain.data, chain.message_size,
              static_cast<uint32_t>(chain.start / kBlockBytes) + 1);
  if (chain.gathered) Scatter(chain);
}

void MacLanes::CounterMode(Chain& chain, uint8_t* data, size_t size, uint32_t block) {
  if (size == 0) return;
  for (size_t i = 0; i < 4; ++i) {
    chain.counter[12 + i] = static_cast<uint8_t>(block >> (24 - 8 * i));
  }
  counter_job_.src = data;
  counter_job_.dst = data;
  counter_job_.iv = chain.counter.data();
  counter_job_.enc_keys = chain.round_keys;
  counter_job_.msg_len_to_cipher_in_bytes = size;
  const IMB_KEY_SIZE_BYTES key = chain.wide ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES;
  counter_job_.key_len_in_bytes = key;
  IMB_SUBMIT_CIPHER_BURST_NOCHECK(manager_, &counter_job_, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                  key);
}

void MacLanes::Clear() {
  for (size_t i = 0; i < count_; ++i) {
    chains_[i]->block.fill(0);
    chains_[i]->saved.fill(0);
  }
  // As in Wipe(): whoever reads memory after this sees the zeroes, so the stores stay.
  __asm__ __volatile__("" : : : "memory");
  whole_.clear();
  count_ = 0;
}

}  // namespace sluice::crypto
