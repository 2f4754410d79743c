// AES-CMAC and AES-CCM in the multi-buffer library's lanes.
//
// Both are CBC-MACs, which one message can only compute block after block, so that lanes fill with
// blocks of different messages. Each message is a chain of pieces: a piece lies within one segment
// and is no longer than what a job of the library may have. A piece runs as a CMAC job; one whose
// two subkeys are zero is a plain CBC-MAC, so the result of one piece, xored into the first block
// of the next, continues the chain. That block is put back when the piece is done.
//
// CCM's other half, counter mode, needs no lanes. It runs piece by piece while the piece is in the
// cache: after the MAC when sealing, before it when opening.
#ifndef SLUICE_CRYPTO_IPSEC_MB_MAC_LANES_H_
#define SLUICE_CRYPTO_IPSEC_MB_MAC_LANES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "crypto/batch_stage.h"
#include "crypto/ccm_format.h"
#include "crypto/ipsec_mb/manager.h"

namespace sluice::crypto {

class MacLanes {
 public:
  // `manager` outlives this and has no other jobs in flight during Run().
  explicit MacLanes(IMB_MGR* manager);
  MacLanes(const MacLanes&) = delete;
  MacLanes& operator=(const MacLanes&) = delete;
  ~MacLanes() { Clear(); }

  // REQUIRES: keys of this processor, of CMAC and of CCM; no more associated data than
  // kMaxAssociatedDataBytes.
  void Add(SignJob* job);
  void Add(SealJob* job);
  size_t size() const { return count_ + whole_.size(); }

  // Computes every signature and tag; a sealed message is encrypted, an opened one decrypted.
  void Run();
  // Calls take(job, made) with what came out for each job; `take` wipes what may not survive.
  template <typename Take>
  void ForEachResult(Take take) {
    for (Whole& whole : whole_) take(whole.sign, whole.mac);
    for (size_t i = 0; i < count_; ++i) {
      Chain& chain = *chains_[i];
      if (chain.sign != nullptr) {
        take(chain.sign, chain.mac);
      } else {
        take(chain.seal, chain.mac);
      }
    }
  }
  // Forgets the jobs and wipes what is left of their messages.
  void Clear();

 private:
  using Block = std::array<uint8_t, 16>;

  // A message to sign that one job does: contiguous and not too long. Most are, and what a chain
  // has to remember would cost a twentieth of 4 KiB.
  struct Whole {
    alignas(16) Block mac;
    SignJob* sign;
  };

  // A message under way that takes several jobs.
  struct Chain {
    alignas(16) Block mac;      // what the last piece gave
    alignas(16) Block block;    // a block gathered from two segments, or a padded last one
    Block saved;                // what patched held
    alignas(16) Block counter;  // CCM
    alignas(16) std::array<uint8_t, kCcmHeadBytesMax> head;  // CCM: the length block and the header
    uint8_t* patched;                                        // into a segment, or null

    SignJob* sign;  // one of the two
    SealJob* seal;
    absl::Span<const absl::Span<uint8_t>> segments;
    const uint8_t* round_keys;
    const uint8_t* subkey1;
    const uint8_t* subkey2;
    bool wide;  // AES-256
    size_t head_size;
    bool head_done;
    bool first;  // no piece is done yet

    size_t segment;  // the cursor: what is not yet in a piece
    size_t offset;
    size_t total;
    size_t remaining;

    // The piece in flight.
    uint8_t* data;
    size_t size;          // of the job, padding included
    size_t message_size;  // of the message's bytes in it
    size_t start;         // offset in the message
    size_t start_segment;
    size_t start_offset;
    bool gathered;
    bool last;
  };

  Chain& NewChain(absl::Span<const absl::Span<uint8_t>> segments);
  void Prepare(Chain& chain);
  void TakeDirect(Chain& chain, size_t left_in_segment);
  void Gather(Chain& chain);
  void Scatter(const Chain& chain);
  IMB_JOB* Submit(Chain& chain);
  IMB_JOB* Submit(Whole& whole);
  void Complete(Chain& chain);
  void CryptPiece(Chain& chain);
  void CounterMode(Chain& chain, uint8_t* data, size_t size, uint32_t block);

  IMB_MGR* const manager_;
  std::vector<Whole> whole_;
  std::vector<std::unique_ptr<Chain>> chains_;  // jobs in flight point to them
  size_t count_ = 0;
  std::vector<Chain*> ready_;  // chains whose next piece may go, the most urgent last
  IMB_JOB counter_job_{};
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_IPSEC_MB_MAC_LANES_H_
