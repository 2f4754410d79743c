// AES-GCM and AES-GMAC by the multi-buffer library. They run at full speed alone, so there are no
// lanes to fill: each message is done at once, its segments in place and without a copy.
#ifndef SLUICE_CRYPTO_IPSEC_MB_GCM_H_
#define SLUICE_CRYPTO_IPSEC_MB_GCM_H_

#include <array>
#include <cstdint>
#include <cstring>

#include "crypto/batch_stage.h"
#include "crypto/ipsec_mb/manager.h"
#include "crypto/schedules.h"

namespace sluice::crypto {

class Gcm {
 public:
  using Tag = std::array<uint8_t, kSignatureBytes>;

  // `manager` outlives this; its jobs are not used.
  explicit Gcm(IMB_MGR* manager) : manager_(manager) {}
  Gcm(const Gcm&) = delete;
  Gcm& operator=(const Gcm&) = delete;
  ~Gcm() { Clear(); }

  void Sign(const SignJob& job, Tag* signature) {
    if (job.segment_count != 1 || job.segments[0].empty()) {
      SignSegments(job, signature);
      return;
    }
    // GCM with nothing but associated data: one call, and faster than by segments. The library
    // refuses null pointers, also for no bytes.
    uint8_t* const nothing = signature->data();
    manager_->gcm128_enc(&ScheduleAs<gcm_key_data>(job.key->schedule()), &context_, nothing,
                         nothing, 0, job.nonce.data(), job.segments[0].data(),
                         job.segments[0].size(), signature->data(), signature->size());
  }
  // Encrypts or decrypts in place and gives the tag of what was there; the caller compares.
  void Crypt(const SealJob& job, Tag* tag) {
    if (job.segment_count != 1 || job.segments[0].empty() || job.associated_data.empty()) {
      CryptSegments(job, tag);
      return;
    }
    const bool wide = job.key->cipher() == Cipher::kAes256Gcm;
    const aes_gcm_enc_dec_t crypt = job.open ? wide ? manager_->gcm256_dec : manager_->gcm128_dec
                                    : wide   ? manager_->gcm256_enc
                                             : manager_->gcm128_enc;
    const absl::Span<uint8_t> message = job.segments[0];
    crypt(&ScheduleAs<gcm_key_data>(job.key->schedule()), &context_, message.data(), message.data(),
          message.size(), job.nonce.data(), job.associated_data.data(), job.associated_data.size(),
          tag->data(), tag->size());
  }
  // Wipes what the last message left.
  void Clear() {
    std::memset(context_.aad_hash, 0, sizeof(context_.aad_hash));
    std::memset(context_.partial_block_enc_key, 0, sizeof(context_.partial_block_enc_key));
    // As in Wipe(), which would cost a tenth of a small message. The rest is nonce and lengths.
    __asm__ __volatile__("" : : "r"(&context_) : "memory");
  }

 private:
  void SignSegments(const SignJob& job, Tag* signature);
  void CryptSegments(const SealJob& job, Tag* tag);

  IMB_MGR* const manager_;
  alignas(64) gcm_context_data context_{};
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_IPSEC_MB_GCM_H_
